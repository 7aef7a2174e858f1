// The connections to one endpoint: which one carries a request, which are closed, and that every one is counted.
import { Socket } from 'node:net';
import { TimerWheel } from '../../../../src/base/timer-wheel.ts';
import { BODY_LENGTH, RequestHead } from '../../../../src/proxy/codec/head.ts';
import type { ClientExchange, UpstreamStream } from '../../../../src/proxy/codec/upstream.ts';
import { Endpoint } from '../../../../src/proxy/endpoint/endpoint.ts';
import { ClusterStats } from '../../../../src/proxy/upstream/cluster-stats.ts';
import { ConnectionPool, type PoolOptions } from '../../../../src/proxy/upstream/connection-pool.ts';
import { poolOptionsOf } from '../../../../src/proxy/upstream/pool-options.ts';
import { WireEnd } from '../../../fuzz/http1/memory-wire.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { turns } from '../../../support/until.ts';

const IDLE_MS = 4_000;
const CONNECT_MS = 1_000;
const ANSWER = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n';

/** Of a pool that never connects. */
const UNUSED: PoolOptions = {
  dial: () => new Socket(),
  wheel: new TimerWheel(new ManualClock()),
  idleTimeoutMs: IDLE_MS,
  now: () => 0,
};

function scene(own: Partial<PoolOptions> = {}) {
  const clock = new ManualClock();
  const wheel = new TimerWheel(clock);
  const stats = new ClusterStats();
  const spec = { host: '10.0.0.1', port: 80, health: 'healthy' as const, weight: 1 };
  const locality = { region: '', zone: '', subZone: '' };
  const endpoint = new Endpoint(spec, { locality, priority: 0, weight: 1, endpoints: [spec] });
  /** The pool's end of each connection, and the pod's. */
  const ours: WireEnd[] = [];
  const pods: WireEnd[] = [];
  const dial = () => {
    const [left, right] = WireEnd.pair({ events: 0 });
    right.resume();
    ours.push(left);
    pods.push(right);
    return left.asSocket();
  };
  const options = { dial, wheel, idleTimeoutMs: IDLE_MS, now: () => clock.now(), ...own };
  const limits = { maxHeadBytes: 8_192, maxFields: 32, connectTimeoutMs: CONNECT_MS };
  const pool = new ConnectionPool(endpoint, stats, options, limits);
  const begin = (exchange: Partial<ClientExchange> = {}, repeatable = true): UpstreamStream =>
    pool.begin({ ...DEAF, ...exchange }, 'GET', clock.now(), repeatable);
  /** Carries one request to its end on connection number `at`. */
  const serve = async (at: number, answer = ANSWER): Promise<void> => {
    ours[at]?.emit('connect');
    pods[at]?.write(answer);
    await turns(4);
  };
  return { clock, wheel, stats, endpoint, ours, pods, pool, limits, begin, serve };
}

const DEAF: ClientExchange = {
  onInformational: () => {},
  onUpgraded: () => {},
  onResponseHead: () => {},
  onResponseData: () => {},
  onResponseEnd: () => {},
  onResponseBatchEnd: () => {},
  onUpstreamWritable: () => {},
  onUpstreamFailure: () => {},
};

/** Begins and ends a request without a body. */
function send(stream: UpstreamStream): UpstreamStream {
  stream.endRequest('');
  return stream;
}

describe('a connection', () => {
  it('is made for each request while the others are taken, and used again afterwards, the latest first', async () => {
    const { ours, pool, begin, serve } = scene();
    const [first, second] = [send(begin()), send(begin())];
    await serve(0);
    await serve(1);
    expect([ours.length, pool.idleCount]).toEqual([2, 2]);
    expect(send(begin())).toBe(second);
    expect(send(begin())).toBe(first);
    expect([ours.length, pool.idleCount]).toEqual([2, 0]);
  });

  it.each([
    ['says that it closes', `HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`],
    ['is followed by bytes that nobody asked for', `${ANSWER}more`],
    ['is older than HTTP/1.1', 'HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n'],
  ])('is closed when its answer %s', async (_what, answer) => {
    const { ours, pool, begin, serve } = scene();
    send(begin());
    await serve(0, answer);
    expect([pool.idleCount, ours[0]?.destroyed]).toEqual([0, true]);
  });

  it('is closed when its request has ended with less than its Content-Length: the next one would be taken for the rest', async () => {
    const { pool, pods, begin, serve } = scene();
    const head = new RequestHead(4);
    Object.assign(head, { method: 'PUT', path: '/', authority: 'web', bodyKind: BODY_LENGTH, contentLength: 3 });
    const whole = begin();
    whole.sendHead(head, '', 'PUT / HTTP/1.1\r\nContent-Length: 3\r\n\r\n');
    whole.sendData(Buffer.from('abc'), 0, 3);
    whole.endRequest('');
    await serve(0);
    expect(pool.idleCount).toBe(1);
    const short = begin();
    short.sendHead(head, '', 'PUT / HTTP/1.1\r\nContent-Length: 3\r\n\r\n');
    short.sendData(Buffer.from('ab'), 0, 2);
    short.endRequest('');
    await serve(0);
    expect([pool.idleCount, pods.length]).toEqual([0, 1]);
  });

  it('is closed when its request is not complete at the end of the answer', async () => {
    const { ours, pool, begin, serve } = scene();
    begin();
    await serve(0);
    expect([pool.idleCount, ours[0]?.destroyed]).toEqual([0, true]);
  });

  it('whose exchange refuses the answer at its head is closed, and never handed out again', async () => {
    const { ours, wheel, pool, begin, serve } = scene();
    const stream: UpstreamStream = begin({ onResponseHead: () => stream.destroy() });
    send(stream);
    await serve(0);
    expect([pool.idleCount, ours[0]?.destroyed, wheel.size]).toEqual([0, true, 0]);
    expect(send(begin())).not.toBe(stream);
  });

  it.each(['ends', 'resets', 'says something'])('is dropped when the pod %s while it is idle', async (how) => {
    const { ours, pods, pool, begin, serve } = scene();
    send(begin());
    await serve(0);
    if (how === 'ends') pods[0]?.end();
    else if (how === 'resets') pods[0]?.resetAndDestroy();
    else pods[0]?.write('HTTP/1.1 408 Request Timeout\r\n\r\n');
    await turns(4);
    expect([pool.idleCount, ours[0]?.destroyed]).toEqual([0, true]);
  });

  it('that has been idle for the whole time is not used, even where no timer has come round yet', async () => {
    const { clock, ours, pool, begin, serve } = scene();
    const old = send(begin());
    await serve(0);
    expect(send(pool.begin(DEAF, 'GET', clock.now() + IDLE_MS, true))).not.toBe(old);
    expect(ours[0]?.destroyed).toBe(true);
  });

  it('that has been idle for the whole time is closed, one that was used meanwhile is not', async () => {
    const { clock, ours, wheel, pool, begin, serve } = scene();
    send(begin());
    send(begin());
    await serve(0);
    await serve(1);
    clock.advance(IDLE_MS - 100);
    send(begin());
    await serve(1);
    clock.advance(150);
    await turns(4);
    expect([ours[0]?.destroyed, ours[1]?.destroyed, pool.idleCount]).toEqual([true, false, 1]);
    clock.advance(2 * IDLE_MS);
    expect([pool.idleCount, wheel.size]).toEqual([0, 0]);
  });

  it('that does not come to be in time is given up, as unsent', async () => {
    const { clock, stats, endpoint, limits, pool, begin } = scene();
    const failures: unknown[] = [];
    const onUpstreamFailure: ClientExchange['onUpstreamFailure'] = (...failure) => failures.push(failure);
    send(begin({ onUpstreamFailure }));
    pool.setLimits({ ...limits, connectTimeoutMs: 200 });
    send(begin({ onUpstreamFailure }));
    clock.advance(250);
    await turns(4);
    expect(failures).toEqual([['upstream_connection_failure', 'no connection within 200 ms', true]]);
    clock.advance(CONNECT_MS);
    await turns(4);
    expect(failures[1]).toEqual(['upstream_connection_failure', 'no connection within 1000 ms', true]);
    expect([stats.connectFailures, endpoint.connectFailures, endpoint.connectionsActive]).toEqual([2, 2, 0]);
  });
});

describe('a connection of a cluster that bounds them', () => {
  it('closes behind as many answers as it may carry', async () => {
    const { stats, ours, pool, begin, serve } = scene({ maxRequests: 2 });
    const first = send(begin());
    await serve(0);
    expect(send(begin())).toBe(first);
    await serve(0);
    expect([pool.idleCount, ours[0]?.destroyed, stats.requestLimitsReached, stats.idleTimeouts]).toEqual([
      0,
      true,
      1,
      0,
    ]);
    expect(send(begin())).not.toBe(first);
  });

  it('takes no request when it is as old as it may be, and finishes what it carries', async () => {
    const { clock, stats, ours, pool, begin, serve } = scene({ maxAgeMs: 1_000 });
    send(begin());
    ours[0]?.emit('connect');
    clock.advance(1_500);
    await serve(0);
    expect([ours[0]?.destroyed, pool.idleCount]).toEqual([false, 1]);
    send(begin());
    expect([ours.length, ours[0]?.destroyed, stats.agesReached, stats.idleTimeouts]).toEqual([2, true, 1, 0]);
  });

  it('is closed at that age where nobody calls', async () => {
    const { clock, wheel, stats, ours, begin, serve } = scene({ maxAgeMs: 1_000 });
    send(begin());
    await serve(0);
    clock.advance(600);
    send(begin());
    await serve(0);
    clock.advance(1_000);
    await turns(4);
    expect([ours[0]?.destroyed, stats.agesReached, wheel.size]).toEqual([true, 1, 0]);
  });

  it('lives on at any age, idle for 30 years, where nothing bounds it', async () => {
    const { idleTimeoutMs } = poolOptionsOf({ ...UNUSED, idleTimeoutMs: IDLE_MS }, { idleTimeoutMs: 0 });
    const { clock, begin, pool, serve } = scene({ idleTimeoutMs });
    const first = send(begin());
    await serve(0);
    expect(send(pool.begin(DEAF, 'GET', clock.now() + 30 * 365 * 86_400_000, true))).toBe(first);
  });
});

describe('options of a pool', () => {
  it('are those of the program where the cluster says nothing, the same object', () => {
    expect(poolOptionsOf(UNUSED, undefined)).toBe(UNUSED);
  });

  it('have connections that the operating system asks whether the other side is still there', () => {
    const asked: unknown[] = [];
    const socket = Object.assign(new Socket(), {
      setKeepAlive(this: Socket, ...options: unknown[]): Socket {
        asked.push(options);
        return this;
      },
    });
    const { dial } = poolOptionsOf(
      { ...UNUSED, dial: () => socket },
      { tcpKeepalive: { timeS: 30, intervalS: 5, probes: 3 } },
    );
    expect(dial('10.0.0.1', 80)).toBe(socket);
    expect(asked).toEqual([[true, 30_000, 5_000, 3]]);
  });
});

describe('the pool', () => {
  it('closes what is idle when it drains, and the others behind their answers', async () => {
    const { ours, wheel, pool, begin, serve } = scene();
    send(begin());
    send(begin());
    await serve(0);
    pool.drain();
    await turns(4);
    expect([ours[0]?.destroyed, ours[1]?.destroyed]).toEqual([true, false]);
    await serve(1);
    expect([ours[1]?.destroyed, pool.idleCount, wheel.size]).toEqual([true, 0, 0]);
  });

  it('closes everything at once when it closes', async () => {
    const { ours, wheel, pool, begin, serve } = scene();
    send(begin());
    send(begin());
    await serve(0);
    pool.close();
    await turns(4);
    expect([ours.map(({ destroyed }) => destroyed), wheel.size]).toEqual([[true, true], 0]);
  });

  it('counts each connection once, from the dialling to the close', async () => {
    const { stats, endpoint, pods, pool, begin, serve } = scene();
    for (let i = 0; i < 3; i += 1) send(begin());
    await serve(0);
    expect([stats.connectionsTotal, stats.connectionsActive, endpoint.connectionsActive]).toEqual([3, 3, 3]);
    pods[1]?.resetAndDestroy();
    await turns(4);
    expect([stats.connectionsTotal, stats.connectionsActive, endpoint.connectionsActive]).toEqual([3, 2, 2]);
    pool.close();
    await turns(4);
    expect([endpoint.connectionsTotal, stats.connectionsActive, endpoint.connectionsActive]).toEqual([3, 0, 0]);
  });
});
