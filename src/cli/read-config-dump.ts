// `/config_dump` of a sidecar (or of Envoy) → its clusters and route configurations, wherever they stand in it.
import { fieldAt, fieldOf, listOf, textOf } from './json-value.ts';

export interface ConfigDump {
  /** envoy.config.cluster.v3.Cluster as JSON. */
  readonly clusters: readonly unknown[];
  /** envoy.config.route.v3.RouteConfiguration as JSON. */
  readonly routeConfigs: readonly unknown[];
}

export function readConfigDump(page: unknown): ConfigDump {
  const dumps = listOf(fieldOf(page, 'configs'));
  const items = (list: string, item: string) =>
    dumps.flatMap((dump) => listOf(fieldOf(dump, list)).flatMap((entry) => fieldOf(entry, item) ?? []));
  const file = dumps.map((dump) => fieldAt(dump, 'bootstrap', 'static_resources')).find((part) => part !== undefined);
  return {
    clusters: unique([
      ...items('static_clusters', 'cluster'),
      ...items('dynamic_active_clusters', 'cluster'),
      ...listOf(fieldOf(file, 'clusters')),
    ]),
    routeConfigs: unique([
      ...items('static_route_configs', 'route_config'),
      ...items('dynamic_route_configs', 'route_config'),
      ...listOf(fieldOf(file, 'listeners')).flatMap(inlineRoutes),
    ]),
  };
}

/** Those that stand in the listener itself. */
function inlineRoutes(listener: unknown): readonly unknown[] {
  const chains = [...listOf(fieldOf(listener, 'filter_chains')), fieldOf(listener, 'default_filter_chain')];
  const filters = chains.flatMap((chain) => listOf(fieldOf(chain, 'filters')));
  const configs = filters.flatMap((filter) => fieldAt(filter, 'typed_config', 'route_config') ?? []);
  return configs.filter((config) => listOf(fieldOf(config, 'virtual_hosts')).length > 0);
}

/** What a file says stands in it and, in Envoy's dump, once more where it came to be. */
function unique(configs: readonly unknown[]): readonly unknown[] {
  const byName = new Map<string, unknown>();
  for (const config of configs) {
    const name = textOf(fieldOf(config, 'name'));
    if (!byName.has(name)) byName.set(name, config);
  }
  return [...byName.values()];
}
