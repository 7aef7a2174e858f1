// The sidecar's path from a caller's connection to a pod's, with memory in place of both sockets.
import { seededRandom } from '../../../src/base/random.ts';
import { TimerWheel } from '../../../src/base/timer-wheel.ts';
import { Http1ServerConnection } from '../../../src/proxy/codec/http1/server-connection.ts';
import { Http2Commons } from '../../../src/proxy/codec/http2/http2-commons.ts';
import { Http2Stats } from '../../../src/proxy/codec/http2/http2-stats.ts';
import { Http2ServerConnection, type Http2ServerOwner } from '../../../src/proxy/codec/http2/server-connection.ts';
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

/** What callers and pods speak. */
export interface Protocols {
  readonly down: 'http1' | 'http2';
  readonly up: 'http1' | 'http2';
}

const HTTP1: Protocols = { down: 'http1', up: 'http1' };

/** A connection to a proxy of its own; `onUpstream` gets the pod's end of each connection that the proxy makes. */
export function connectThroughProxy(
  traffic: Traffic,
  onUpstream: (end: WireEnd) => void,
  { down, up }: Protocols = HTTP1,
): ProxiedWire {
  const dial: Dial = () => {
    const [proxy, pod] = WireEnd.pair(traffic);
    queueMicrotask(() => proxy.emit('connect'));
    onUpstream(pod);
    return proxy.asSocket();
  };
  const [caller, proxy] = WireEnd.pair(traffic);
  const cluster = createCluster(dial, up);
  serve(proxy, createContext(dial, cluster, { upgrades: UPGRADES[down] }), down);
  return {
    caller,
    close() {
      caller.destroy();
      proxy.destroy();
      cluster.close();
    },
  };
}

function serve(proxy: WireEnd, context: ExchangeContext, protocol: Protocols['down']): void {
  const limits = { ...LIMITS, headTimeoutMs: 0, idleTimeoutMs: 0, maxRequests: 0, maxAgeMs: 0 };
  const createExchange = (): Exchange => new Exchange(context, 'caller', () => undefined);
  if (protocol === 'http1') {
    const exchange = createExchange();
    exchange.bind(new Http1ServerConnection(proxy.asSocket(), exchange, limits, WHEEL));
    return;
  }
  const owner: Http2ServerOwner = {
    createExchange(stream) {
      const exchange = createExchange();
      exchange.bindStream(stream);
      return exchange;
    },
    onMalformedRequest: () => undefined,
    onHttp2Closed: () => undefined,
  };
  const commons = new Http2Commons(limits.maxHeadBytes, () => CLOCK.now(), new Http2Stats());
  new Http2ServerConnection(proxy.asSocket(), owner, limits, commons, WHEEL);
}

function createCluster(dial: Dial, protocol: Protocols['up']): Cluster {
  const pool = { dial, wheel: WHEEL, idleTimeoutMs: 1_000, now: () => CLOCK.now() };
  const discovery = { kind: 'static' as const, assignment: assignment(NAME, [{ host: '127.0.0.1', port: 1 }]) };
  return new Cluster(
    {
      ...{ name: NAME, discovery, connectTimeoutMs: 1_000, loadBalancer: 'round-robin' as const },
      ...(protocol === 'http2' ? { protocol } : {}),
    },
    { ...LIMITS, pool, random: RANDOM },
  );
}

/** Extended CONNECT is not compared: it becomes another request on the way to HTTP/1.1. */
const UPGRADES = { http1: { '*': true }, http2: {} } as const;

function createContext(dial: Dial, cluster: Cluster, { upgrades }: Pick<ExchangeContext, 'upgrades'>): ExchangeContext {
  const slot: ClusterSlot = { name: NAME, cluster };
  return {
    routes: { name: NAME, table: new RouteTable(ROUTES, () => slot, RANDOM), demand: null },
    upgrades,
    filters: null,
    envoyHeaders: null,
    ownAddress: '',
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
