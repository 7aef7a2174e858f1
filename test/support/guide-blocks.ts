// The fenced blocks of the guides, and what their manifests and fragments are parts of.
import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { listenerOf, loadAssignment, ROUTER } from './bootstrap-files.ts';

const ROOT = new URL('../../', import.meta.url);

export interface GuideBlock {
  /** `docs/guides/retries.md:39`. */
  readonly place: string;
  readonly language: string;
  readonly text: string;
  /** The page up to here. */
  readonly before: string;
}

export function readPage(path: string): string {
  return readFileSync(new URL(path, ROOT), 'utf8');
}

export function guides(): readonly string[] {
  const names = readdirSync(new URL('docs/guides/', ROOT)).filter((name) => name.endsWith('.md'));
  return names.map((name) => `docs/guides/${name}`);
}

export function blocksOf(path: string): readonly GuideBlock[] {
  const page = readPage(path);
  return [...page.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(({ 1: language = '', 2: text = '', index }) => {
    const before = page.slice(0, index);
    return { place: `${path}:${before.split('\n').length}`, language, text, before };
  });
}

type Mapping = Readonly<Record<string, unknown>>;

/** Fields of a bootstrap file; of the listener's manager, of a route's action and of a cluster. */
const OF_FILE = ['node', 'cluster_manager'];
const OF_MANAGER = ['typed_config'];
const OF_ACTION = ['retry_policy', 'hedge_policy'];
const OF_CLUSTER = ['circuit_breakers', 'outlier_detection', 'metadata'];
/** Of the filter of rate limits. */
const OF_RATE_LIMIT = ['token_bucket', 'rate_limits', 'descriptors'];

/** The smallest bootstrap file of which `fragment` is a part; clusters that it names, and does not have, are there. Throws where nobody knows of what. */
export function completeBootstrap(fragment: string): string {
  const given = parse(fragment) as Mapping;
  const { clusters = [], routes, ...rest } = given as { clusters?: readonly Mapping[]; routes?: unknown };
  const pick = (names: readonly string[]) =>
    Object.fromEntries(Object.entries(rest).filter(([name]) => names.includes(name)));
  const strange = Object.keys(rest).filter(
    (name) => ![...OF_FILE, ...OF_MANAGER, ...OF_ACTION, ...OF_CLUSTER, ...OF_RATE_LIMIT].includes(name),
  );
  if (strange.length > 0) throw new Error(`nobody knows what ${strange.join(', ')} is a part of`);
  const list = routes ?? [{ match: { prefix: '/' }, route: { cluster: 'main', ...pick(OF_ACTION) } }];
  const named = [...JSON.stringify([list, rest]).matchAll(/"(?:cluster|local_cluster_name)":"([\w-]+)"/g)].map(
    ([, name = '']) => name,
  );
  const missing = [...new Set(named)].filter((name) => !clusters.some((cluster) => cluster['name'] === name));
  const all: readonly Mapping[] = [
    ...clusters,
    ...missing.map((name) => (name === 'main' ? { name, ...pick(OF_CLUSTER) } : { name })),
  ];
  const { typed_config: said = {} } = given as { typed_config?: Mapping };
  const limit = pick(OF_RATE_LIMIT);
  const manager = {
    ...said,
    ...(Object.keys(limit).length === 0 ? {} : { http_filters: [rateLimit(limit), ROUTER] }),
    route_config: { name: 'r', virtual_hosts: [{ name: 'v', domains: ['*'], routes: list }] },
  };
  return JSON.stringify({
    node: { id: 'a', cluster: 'b' },
    ...pick(OF_FILE),
    static_resources: {
      listeners: [listenerOf('l', 0, manager)],
      clusters: all.map((cluster) => ({
        ...{ type: 'STATIC', load_assignment: loadAssignment(String(cluster['name']), [['127.0.0.1', 1]]) },
        ...cluster,
      })),
    },
  });
}

function rateLimit(said: Mapping): object {
  const type = 'envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit';
  return { name: 'limit', typed_config: { '@type': `type.googleapis.com/${type}`, stat_prefix: 'limit', ...said } };
}
