// Listeners for redirected connections to the addresses of Services, one for each address and port: nothing binds them.
import { isHeadless } from '../../kube/service.ts';
import type { AppProtocol } from '../../model/cluster-spec.ts';
import type { ListenerSpec, SocketAddressSpec } from '../../model/listener-spec.ts';
import { FOREIGN_FILTERS, outboundChain } from './listener.ts';
import type { NamedHost } from './named-host.ts';
import type { ServiceRoute } from './service-route.ts';
import { tcpChain } from './tcp-chain.ts';
import type { TranslatedService } from './translate-service.ts';

/**
 * How long clients other than our own sidecars wait for first bytes, ms. They cannot dial meanwhile, so being wrong costs HTTP its routes: long
 * enough for slow callers. Servers that speak first are that much late where their port does not say what it speaks.
 */
const INSPECTION_TIMEOUT_MS = 1_000;

/** Their servers speak first: nobody is waited for (semantics of detection). */
const SERVER_FIRST_PORTS: ReadonlySet<number> = new Set([25, 587, 3306]);

const HTTP_BY_FIRST_BYTES = ['http/1.0', 'http/1.1', 'h2c'];

interface Made {
  readonly cluster: ServiceRoute['cluster'];
  readonly listeners: readonly ListenerSpec[];
}

export class VipListeners {
  /** By what else they are made from. */
  readonly #made = new WeakMap<NamedHost, Made>();

  /** By name, `<address>_<port>`; of two Services with one address and port the first has it. Pods are reached by their own addresses. */
  of(services: readonly TranslatedService[]): ReadonlyMap<string, ListenerSpec> {
    const listeners = new Map<string, ListenerSpec>();
    for (const { service, routes } of services) {
      if (isHeadless(service.object)) continue;
      for (const route of routes) {
        for (const listener of this.#listenersOf(route)) {
          if (!listeners.has(listener.name)) listeners.set(listener.name, listener);
        }
      }
    }
    return listeners;
  }

  /** The same objects for the same route. */
  #listenersOf(route: ServiceRoute): readonly ListenerSpec[] {
    const known = this.#made.get(route.host);
    if (known?.cluster === route.cluster) return known.listeners;
    const { addresses, ports } = route.answersTo;
    const listeners = addresses.flatMap((authority) =>
      ports.map((port) => vipListener({ host: authority.replace(/^\[|\]$/g, ''), port }, route)),
    );
    this.#made.set(route.host, { cluster: route.cluster, listeners });
    return listeners;
  }
}

function vipListener(address: SocketAddressSpec, { cluster, config, answersTo }: ServiceRoute): ListenerSpec {
  const { host, port } = address;
  const base = { name: `${host}_${port}`, address, additionalAddresses: [], bindToPort: false } as const;
  const http = outboundChain(config.name, { kind: 'rds', name: config.name }, FOREIGN_FILTERS);
  const { hashPolicies = [] } = answersTo.action;
  const byClient = hashPolicies.some(({ kind }) => kind === 'source-ip');
  const tcp = tcpChain(cluster.name, cluster.name, byClient);
  const said: AppProtocol = cluster.appProtocol ?? 'detect';
  if (said === 'http') return { ...base, filterChains: [http] };
  if (said === 'tcp' || SERVER_FIRST_PORTS.has(port)) return { ...base, filterChains: [tcp] };
  return {
    ...base,
    filterChains: [{ ...http, match: { applicationProtocols: HTTP_BY_FIRST_BYTES } }],
    defaultFilterChain: tcp,
    inspection: { tls: false, http: true, timeoutMs: INSPECTION_TIMEOUT_MS, continueOnTimeout: true },
  };
}
