// TrafficPolicy, section connections: how long connections to pods live, and how dead ones are found.
import { Type } from 'typebox';
import { duration, integer, type Of, rules } from '../schema/schema.ts';

/** Linux counts whole seconds, and takes no more than 32,767. */
const PROBE_TIME = { min: '1s', max: '9h' };

const WHOLE_SECONDS = {
  rule: "(!has(self.time) || !self.time.contains('ms')) && (!has(self.interval) || !self.interval.contains('ms'))",
  message: 'has milliseconds, which the operating system does not know here; write whole seconds',
};

const TCP_KEEPALIVE = Type.Object(
  {
    time: Type.Optional(duration('Nothing has come for so long before a pod is asked. Default 2h.', PROBE_TIME)),
    interval: Type.Optional(duration('Between two questions. Default 1m15s.', PROBE_TIME)),
    probes: Type.Optional(integer('So many without an answer end the connection. Default 9.', 1, 127)),
  },
  {
    description: 'The operating system asks whether the other side is still there. Absent = it does not.',
    ...rules(WHOLE_SECONDS),
  },
);

export const CONNECTIONS = Type.Object(
  {
    idleTimeout: Type.Optional(
      duration(
        'One that carries nothing for so long is closed; 0s = never, but pods that close earlier are learnt from. Default: as the sidecar is set.',
        { min: '0s' },
      ),
    ),
    maxRequests: Type.Optional(
      integer(
        'One that has carried so many takes no more; 1 = a connection for each. Default: no limit.',
        1,
        1_000_000_000,
      ),
    ),
    maxAge: Type.Optional(duration('One that is so old takes no more requests. Default: no limit.', { min: '100ms' })),
    tcpKeepalive: Type.Optional(TCP_KEEPALIVE),
  },
  {
    description: 'How long connections to pods live, and how dead ones are found. (What they wait for is in timeouts.)',
  },
);

export type ConnectionsSection = Of<typeof CONNECTIONS>;
