// A control plane of a live plane that holds what it dials: notes what is asked for, and sends it when the test says so.

import { type ClusterSpec, DEFAULT_CONNECT_TIMEOUT_MS } from '../../src/model/cluster-spec.ts';
import type { ConfigSink } from '../../src/model/config-sink.ts';
import { outboundClusterName, portRouteName } from '../../src/model/names.ts';
import type { ConfigDemand } from '../../src/model/on-demand.ts';
import type { RouteConfigSpec, RouteSpec } from '../../src/model/route-spec.ts';
import type { ServiceNameSpec, ServicePortName } from '../../src/model/service-name-spec.ts';
import type { OnDemandSpec } from '../../src/proxy/on-demand-routes.ts';
import { assignment, type TestAddress } from './live-plane.ts';

const DOMAIN = 'cluster.local';

export function hostOf(service: string, namespace = 'default'): string {
  return `${service}.${namespace}.svc.${DOMAIN}`;
}

/** A name with one port, 80. */
export function nameOf(service: string, namespace = 'default', addresses: readonly string[] = []): ServiceNameSpec {
  const ports = [{ number: 80, servicePort: 80 }];
  return { name: hostOf(service, namespace), addresses, ports };
}

interface DeliverOptions {
  /** Default: `default`. */
  readonly namespace?: string;
  /** In place of those that lead to the cluster. */
  readonly routes?: readonly RouteSpec[];
  /** What the cluster says beyond its name and endpoints. */
  readonly cluster?: Partial<ClusterSpec>;
}

export class ScriptedDemand implements ConfigDemand {
  /** `+web.default…:80`, `-web.default…:80`, as it came. */
  readonly asked: string[] = [];
  problem: string | null = null;
  unreachable = false;
  /** Set when the plane is there. */
  sink: ConfigSink | null = null;

  /** In namespace `default`. */
  spec(own: Partial<Pick<OnDemandSpec, 'waitMs' | 'idleMs' | 'prefetchWaitMs' | 'onUnavailable'>> = {}): OnDemandSpec {
    const defaults = { waitMs: 5_000, idleMs: 600_000, prefetchWaitMs: 5_000, onUnavailable: 'wait' as const };
    return { namespace: 'default', clusterDomain: DOMAIN, demand: this, ...defaults, ...own };
  }

  subscribe(ports: readonly ServicePortName[]): void {
    this.asked.push(...ports.map(({ host, port }) => `+${host}:${port}`));
  }

  unsubscribe(ports: readonly ServicePortName[]): void {
    this.asked.push(...ports.map(({ host, port }) => `-${host}:${port}`));
    const clusters = ports.map(({ host, port }) => outboundClusterName(port, host));
    this.#apply({
      clusters: { upserted: [], removed: clusters },
      endpoints: { upserted: [], removed: clusters },
      routes: { upserted: [], removed: ports.map(({ host, port }) => portRouteName(port, host)) },
    });
  }

  names(upserted: readonly ServiceNameSpec[], removed: readonly string[] = []): void {
    this.#apply({ names: { upserted, removed } });
  }

  /** What siblings hold, and which Service port all of them are behind. */
  hints(routes: readonly string[], home?: string): void {
    const hints = { name: 'siblings', routes, ...(home === undefined ? {} : { home }) };
    this.#apply({ hints: { upserted: [hints], removed: [] } });
  }

  /** Routes, cluster and endpoints of port 80 of `service`, the routes last. */
  deliver(service: string, endpoints: readonly TestAddress[], options: DeliverOptions = {}): void {
    const { namespace, routes, cluster: own } = options;
    const host = hostOf(service, namespace);
    const name = outboundClusterName(80, host);
    const discovery = { kind: 'eds', serviceName: name } as const;
    const cluster = {
      ...{ name, discovery, connectTimeoutMs: DEFAULT_CONNECT_TIMEOUT_MS },
      loadBalancer: 'round-robin' as const,
      ...own,
    };
    this.#apply({ clusters: { upserted: [cluster], removed: [] } });
    this.#apply({ endpoints: { upserted: [assignment(name, endpoints)], removed: [] } });
    this.#apply({ routes: { upserted: [routesOf(host, name, routes)], removed: [] } });
  }

  /** The control plane says that there are no such routes. */
  deny(service: string): void {
    this.#apply({ routes: { upserted: [], removed: [portRouteName(80, hostOf(service))] } });
  }

  #apply(changes: Parameters<ConfigSink['apply']>[0]): void {
    const issues = this.sink?.apply(changes);
    if (issues?.length !== 0) throw new Error(`not applied: ${JSON.stringify(issues)}`);
  }
}

function routesOf(host: string, cluster: string, own?: readonly RouteSpec[]): RouteConfigSpec {
  const name = portRouteName(80, host);
  const path = { kind: 'prefix', value: '/' } as const;
  const action = { cluster, timeoutMs: 0 };
  const routes = own ?? [
    { name: 'connect', match: { path, connect: true }, action },
    { name: 'default', match: { path }, action },
  ];
  return { name, virtualHosts: [{ name, domains: ['*'], routes }] };
}
