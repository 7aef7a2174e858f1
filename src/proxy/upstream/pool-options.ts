// What a cluster says of its connections, as options of the pools that make them.
import type { ConnectionsSpec, TcpKeepaliveSpec } from '../../model/connections-spec.ts';
import type { Dial, PoolOptions } from './connection-pool.ts';

/** No clock runs that long. */
const FOREVER_MS = 1e12;
const MS_PER_S = 1_000;

/** `base`: where the cluster says nothing. */
export function poolOptionsOf(base: PoolOptions, spec: ConnectionsSpec | undefined): PoolOptions {
  if (spec === undefined) return base;
  const { idleTimeoutMs, maxRequests, maxAgeMs, tcpKeepalive } = spec;
  return {
    ...base,
    ...(idleTimeoutMs === undefined ? {} : { idleTimeoutMs: idleTimeoutMs === 0 ? FOREVER_MS : idleTimeoutMs }),
    ...(maxRequests === undefined ? {} : { maxRequests }),
    ...(maxAgeMs === undefined ? {} : { maxAgeMs }),
    ...(tcpKeepalive === undefined ? {} : { dial: keepingAlive(base.dial, tcpKeepalive) }),
  };
}

/** The operating system asks whether the other side is still there. */
function keepingAlive(dial: Dial, { timeS, intervalS, probes }: TcpKeepaliveSpec): Dial {
  return (host, port, onread) =>
    dial(host, port, onread).setKeepAlive(true, timeS * MS_PER_S, intervalS * MS_PER_S, probes);
}

/** Whether connections of the one are as the other wants them. */
export function sameConnections(one: ConnectionsSpec | undefined, other: ConnectionsSpec | undefined): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}
