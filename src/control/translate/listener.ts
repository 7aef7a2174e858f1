// The outbound listener of a view: where its sidecar takes calls, and whose names it knows.

import { DEFAULT_IDLE_TIMEOUT_MS, httpChain, type ListenerSpec } from '../../model/listener-spec.ts';
import { OUTBOUND_LISTENER, proxyRouteName } from '../../model/names.ts';
import { ANY_PROTOCOL, type UpgradesSpec } from '../../model/upgrades-spec.ts';
import type { View } from './view.ts';

/** contract.md, Ports: where a sidecar listens that says nothing else. */
const DEFAULT_OUTBOUND_ADDRESS = { host: '127.0.0.1', port: 15_001 };

/** A head that takes longer is an attack or a broken client; Node's own server waits as long. */
const REQUEST_HEADERS_TIMEOUT_MS = 60_000;

/** What a pod agrees to is its own business. Envoy, which knows no such star, lets WebSocket pass. */
const UPGRADES: UpgradesSpec = { websocket: true, [ANY_PROTOCOL]: true };

export function listenerOf(view: View): ListenerSpec {
  const [address = DEFAULT_OUTBOUND_ADDRESS, ...additionalAddresses] = view.outboundAddresses;
  return {
    name: OUTBOUND_LISTENER,
    address,
    additionalAddresses,
    filterChains: [
      httpChain({
        statPrefix: OUTBOUND_LISTENER,
        routes: view.onDemand === true ? { kind: 'on-demand' } : { kind: 'rds', name: proxyRouteName(view.namespace) },
        idleTimeoutMs: DEFAULT_IDLE_TIMEOUT_MS,
        requestHeadersTimeoutMs: REQUEST_HEADERS_TIMEOUT_MS,
        upgrades: UPGRADES,
      }),
    ],
  };
}
