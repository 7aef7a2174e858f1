// TrafficPolicy's connections as the spec of a cluster.
import type { ConnectionsSection } from '../../kube/traffic-policy/connections-section.ts';
import { type ConnectionsSpec, DEFAULT_TCP_KEEPALIVE, type TcpKeepaliveSpec } from '../../model/connections-spec.ts';
import { msOf } from './duration-ms.ts';

/** Undefined where everything is as it would be anyway. */
export function connectionsOf(section: ConnectionsSection): ConnectionsSpec | undefined {
  const { idleTimeout, maxRequests, maxAge, tcpKeepalive } = section;
  const connections: ConnectionsSpec = {
    ...(idleTimeout === undefined ? {} : { idleTimeoutMs: msOf(idleTimeout) }),
    ...(maxRequests === undefined ? {} : { maxRequests }),
    ...(maxAge === undefined ? {} : { maxAgeMs: msOf(maxAge) }),
    ...(tcpKeepalive === undefined ? {} : { tcpKeepalive: keepaliveOf(tcpKeepalive) }),
  };
  return Object.keys(connections).length === 0 ? undefined : connections;
}

const MS_PER_S = 1_000;

function keepaliveOf({ time, interval, probes }: NonNullable<ConnectionsSection['tcpKeepalive']>): TcpKeepaliveSpec {
  const usual = DEFAULT_TCP_KEEPALIVE;
  return {
    timeS: time === undefined ? usual.timeS : msOf(time) / MS_PER_S,
    intervalS: interval === undefined ? usual.intervalS : msOf(interval) / MS_PER_S,
    probes: probes ?? usual.probes,
  };
}
