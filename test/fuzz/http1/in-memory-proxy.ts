// The sidecar's HTTP/1.1 path from a caller's connection to a pod's, with memory in place of both sockets.
import { seededRandom } from '../../../src/base/random.ts';
import { TimerWheel } from '../../../src/base/timer-wheel.ts';
import { Http1ServerConnection } from '../../../src/proxy/codec/http1/server-connection.ts';
import { Exchange } from '../../../src/proxy/exchange/exchange.ts';
import type { ExchangeContext } from '../../../src/proxy/exchange/exchange-context.ts';
import { ExchangeStats } from '../../../src/proxy/exchange/exchange-stats.ts';
import { RouteTable } from '../../../src/proxy/route/route-table.ts';
import { Detection } from '../../../src/proxy/tcp/detection.ts';
import { Cluster, type ClusterSlot } from '../../../src/proxy/upstream/cluster.ts';
import type { Dial } from '../../../src/proxy/upstream/connection-pool.ts';
import { assignment } from '../../support/live-plane.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { type Traffic, WireEnd } from './memory-wire.ts';

const NAME = 'svc';
const LIMITS = { maxHeadBytes: 16_384, maxFields: 100 };
const CLOCK = new ManualClock();
/** Time stands still: nothing on it ever fires. */
const WHEEL = new TimerWheel(CLOCK);
const RANDOM = seededRandom(1);

/** Every request, whoever it asks for, goes to one pod; none is tried again, so that it sees each once. */
const ROUTES = {
  name: NAME,
  virtualHosts: [
    {
      name: NAME,
      domains: ['*'],
      routes: [
        {
          name: NAME,
          match: { path: { kind: 'prefix' as const, value: '' } },
          action: { cluster: NAME, timeoutMs: 0, retry: { on: [], numRetries: 0, statusCodes: [] } },
        },
      ],
    },
  ],
};

export interface ProxiedWire {
  /** The caller's end. */
  readonly caller: WireEnd;
  close(): void;
}

/** A connection to a proxy of its own; `onUpstream` gets the pod's end of each connection that the proxy makes. */
export function connectThroughProxy(traffic: Traffic, onUpstream: (end: WireEnd) => void): ProxiedWire {
  const dial: Dial = () => {
    const [proxy, pod] = WireEnd.pair(traffic);
    queueMicrotask(() => proxy.emit('connect'));
    onUpstream(pod);
    return proxy.asSocket();
  };
  const [caller, proxy] = WireEnd.pair(traffic);
  const cluster = createCluster(dial);
  const exchange = new Exchange(createContext(dial, cluster), 'caller', () => undefined);
  const limits = { ...LIMITS, headTimeoutMs: 0, idleTimeoutMs: 0, maxRequests: 0, maxAgeMs: 0 };
  exchange.bind(new Http1ServerConnection(proxy.asSocket(), exchange, limits, WHEEL));
  return {
    caller,
    close() {
      caller.destroy();
      proxy.destroy();
      cluster.close();
    },
  };
}

function createCluster(dial: Dial): Cluster {
  const pool = { dial, wheel: WHEEL, idleTimeoutMs: 1_000, now: () => CLOCK.now() };
  const discovery = { kind: 'static' as const, assignment: assignment(NAME, [{ host: '127.0.0.1', port: 1 }]) };
  return new Cluster(
    { name: NAME, discovery, connectTimeoutMs: 1_000, loadBalancer: 'round-robin' },
    { ...LIMITS, pool, random: RANDOM },
  );
}

function createContext(dial: Dial, cluster: Cluster): ExchangeContext {
  const slot: ClusterSlot = { name: NAME, cluster };
  return {
    routes: { name: NAME, table: new RouteTable(ROUTES, () => slot), demand: null },
    upgrades: { '*': true },
    stats: new ExchangeStats(),
    accessLog: null,
    clock: CLOCK,
    random: RANDOM,
    wheel: WHEEL,
    dial,
    newRequestIdLine: () => 'x-request-id: made\r\n',
    replayBytes: 0,
    bodyMeter: { note: () => undefined },
    admission: { refusing: false, reason: '' },
    streamIdleTimeoutMs: 0,
    requestBodyTimeoutMs: 0,
    maxStreamDurationMs: 0,
    draining: false,
    pinnedAuthority: null,
    serveTunnelled: null,
    detection: new Detection(CLOCK),
  };
}
