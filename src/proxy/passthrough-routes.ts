// Where calls go while nobody can be asked for routes: to the Service's own address, as if there were no mesh.
import { type ClusterSpec, DEFAULT_CONNECT_TIMEOUT_MS } from '../model/cluster-spec.ts';
import { passthroughClusterName, portRouteName } from '../model/names.ts';
import type { RouteConfigSpec, RouteSpec } from '../model/route-spec.ts';
import type { ServicePortName } from '../model/service-name-spec.ts';
import type { RouteSlot } from './exchange/exchange-context.ts';
import type { RouteTable } from './route/route-table.ts';

/** Of the data plane. */
export interface PassthroughParts {
  /** In force before it returns. What has the same name is replaced. */
  readonly install: (clusters: readonly ClusterSpec[], routes: RouteConfigSpec) => RouteSlot;
  readonly uninstall: (clusters: readonly string[], routes: string) => void;
}

interface Installed {
  readonly address: string;
  readonly clusters: readonly string[];
  readonly slot: RouteSlot;
}

/** As many as names that were dialled without a control plane: each goes when its own routes have come, or when it is let go of. */
export class PassthroughRoutes {
  readonly #parts: PassthroughParts;
  /** By name of the routes that they stand for. */
  readonly #installed = new Map<string, Installed>();

  constructor(parts: PassthroughParts) {
    this.#parts = parts;
  }

  /** `address`: IP literal of the Service. */
  tableTo(port: ServicePortName, address: string): RouteTable | null {
    const key = portRouteName(port.port, port.host);
    const known = this.#installed.get(key);
    if (known?.address === address) return known.slot.table;
    const clusters = clustersTo(port, address);
    const slot = this.#parts.install(clusters, routesTo(key, clusters));
    this.#installed.set(key, { address, clusters: clusters.map(({ name }) => name), slot });
    return slot.table;
  }

  /** Names of routes for which something stands in. */
  names(): readonly string[] {
    return [...this.#installed.keys()];
  }

  /** What is in work there is finished. */
  remove(routes: string): void {
    const known = this.#installed.get(routes);
    if (known === undefined) return;
    this.#installed.delete(routes);
    this.#parts.uninstall(known.clusters, known.slot.name);
  }
}

/** Nobody knows what the Service speaks: bytes and HTTP/1.1, and gRPC, which says so, in HTTP/2. */
function clustersTo({ host, port }: ServicePortName, address: string): readonly [ClusterSpec, ClusterSpec] {
  const spec = (name: string): ClusterSpec => ({
    name,
    discovery: { kind: 'static', assignment: { name, localities: [localityOf(address, port)] } },
    connectTimeoutMs: DEFAULT_CONNECT_TIMEOUT_MS,
    loadBalancer: 'round-robin',
  });
  const name = passthroughClusterName(port, host);
  return [spec(name), { ...spec(`${name}|grpc`), protocol: 'http2' }];
}

function localityOf(host: string, port: number) {
  const endpoint = { host, port, health: 'healthy', weight: 1 } as const;
  return { locality: { region: '', zone: '', subZone: '' }, priority: 0, weight: 1, endpoints: [endpoint] };
}

function routesTo(key: string, [plain, grpc]: readonly [ClusterSpec, ClusterSpec]): RouteConfigSpec {
  const path = { kind: 'prefix', value: '/' } as const;
  const isGrpc = { name: 'content-type', match: { kind: 'prefix', value: 'application/grpc' } } as const;
  const route = (match: RouteSpec['match'], { name: cluster }: ClusterSpec): RouteSpec => {
    return { name: 'passthrough', match, action: { cluster, timeoutMs: 0 } };
  };
  const routes = [
    route({ path, connect: true }, plain),
    route({ path, headers: [isGrpc] }, grpc),
    route({ path }, plain),
  ];
  const name = `passthrough/${key}`;
  return { name, virtualHosts: [{ name, domains: ['*'], routes }] };
}
