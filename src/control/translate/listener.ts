// The outbound listener of a view: where its sidecar takes calls, and whose names it knows.
import { type HttpFilterSpec, SESSION_FILTER } from '../../model/http-filter-spec.ts';
import {
  DEFAULT_IDLE_TIMEOUT_MS,
  type FilterChainSpec,
  type HttpConnectionManagerSpec,
  httpChain,
  type ListenerSpec,
  type SocketAddressSpec,
} from '../../model/listener-spec.ts';
import { OUTBOUND_LISTENER, PASSTHROUGH_CLUSTER, proxyRouteName } from '../../model/names.ts';
import { ANY_PROTOCOL, type UpgradesSpec } from '../../model/upgrades-spec.ts';
import { OWN_SERVICE_FILTERS, SERVICE_FILTERS } from './service-filters.ts';
import { tcpChain } from './tcp-chain.ts';
import type { View } from './view.ts';

/** contract.md, Ports: where a sidecar listens that says nothing else. */
const DEFAULT_OUTBOUND_ADDRESS = { host: '127.0.0.1', port: 15_001 };

/** A head that takes longer is an attack or a broken client; Node's own server waits as long. */
const REQUEST_HEADERS_TIMEOUT_MS = 60_000;

/** What a pod agrees to is its own business. Envoy, which knows no such star, lets WebSocket pass. */
const UPGRADES: UpgradesSpec = { websocket: true, [ANY_PROTOCOL]: true };

export function listenerOf(view: View): ListenerSpec {
  const [address = DEFAULT_OUTBOUND_ADDRESS, ...additionalAddresses] = view.outboundAddresses;
  const base = { name: OUTBOUND_LISTENER, address, additionalAddresses };
  const proxy = proxyChain(view);
  if (view.interception === undefined) return { ...base, filterChains: [proxy] };
  const defaultFilterChain = tcpChain(PASSTHROUGH_CLUSTER, PASSTHROUGH_CLUSTER);
  // Who holds what is dialled finds out itself which Service an address belongs to.
  if (view.onDemand === true) {
    return { ...base, filterChains: [proxy], defaultFilterChain, originalDestination: 'match' };
  }
  // Others have a listener for each address; what was not redirected came to this one's own port.
  const ports = [...new Set([address, ...additionalAddresses].map(({ port }: SocketAddressSpec) => port))];
  const filterChains = ports.map((destinationPort) => ({ ...proxy, match: { destinationPort } }));
  return { ...base, filterChains, defaultFilterChain, originalDestination: 'hand-over' };
}

function proxyChain(view: View): FilterChainSpec {
  if (view.onDemand === true) return outboundChain(OUTBOUND_LISTENER, { kind: 'on-demand' }, OWN_SERVICE_FILTERS);
  return outboundChain(OUTBOUND_LISTENER, { kind: 'rds', name: proxyRouteName(view.namespace) }, FOREIGN_FILTERS);
}

/** With sessions of routes that have them, for clients that know the filter alone; our own sidecars need none for theirs. */
export const FOREIGN_FILTERS: readonly HttpFilterSpec[] = [
  ...SERVICE_FILTERS,
  { name: SESSION_FILTER, config: { kind: 'stateful-session', session: null } },
];

/** Takes HTTP of the pod to wherever `routes` say. */
export function outboundChain(
  statPrefix: string,
  routes: HttpConnectionManagerSpec['routes'],
  filters: readonly HttpFilterSpec[],
): FilterChainSpec {
  return httpChain({
    statPrefix,
    routes,
    idleTimeoutMs: DEFAULT_IDLE_TIMEOUT_MS,
    requestHeadersTimeoutMs: REQUEST_HEADERS_TIMEOUT_MS,
    upgrades: UPGRADES,
    filters,
  });
}
