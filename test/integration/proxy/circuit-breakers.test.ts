// Promises of circuit breakers on real sockets: who waits, who is refused, and that no more is in use than is allowed.
import type { CircuitBreakersSpec } from '../../../src/model/circuit-breakers-spec.ts';
import { DEFAULT_OUTLIER_DETECTION } from '../../../src/model/outlier-detection-spec.ts';
import { Http2Backend } from '../../support/http2-backend.ts';
import type { LivePlane, LivePlaneOptions } from '../../support/live-plane.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { get, type RawAnswer } from '../../support/raw-client.ts';
import { type BackendRequest, named, type Script, type ScriptedBackend } from '../../support/scripted-backend.ts';
import { Stage } from '../../support/stage.ts';
import { until } from '../../support/until.ts';

const stage = new Stage();
const http2Backends: Http2Backend[] = [];
afterEach(async () => {
  await stage.close();
  for (const backend of http2Backends.splice(0)) backend.close();
});

async function http2Backend(maxStreams?: number): Promise<Http2Backend> {
  const backend = await Http2Backend.start(() => {}, maxStreams);
  http2Backends.push(backend);
  return backend;
}

/** Answers when the test says so. */
const held: Script = () => {};

function planeOf(
  circuitBreakers: CircuitBreakersSpec,
  backends: readonly ScriptedBackend[],
  options: LivePlaneOptions = {},
): Promise<LivePlane> {
  return stage.plane({
    ...options,
    cluster: { circuitBreakers, ...options.cluster },
    services: { web: backends },
  });
}

/** A request of a caller of its own. */
async function ask(plane: LivePlane, request = get('web')): Promise<{ readonly answer: Promise<RawAnswer> }> {
  const client = await plane.client();
  return { answer: client.ask(request) };
}

/** So many more of them, each at the backend. */
async function hold(plane: LivePlane, backend: ScriptedBackend, count: number): Promise<readonly Promise<RawAnswer>[]> {
  const before = backend.requests.length;
  const answers = [];
  for (let index = 0; index < count; index += 1) {
    answers.push((await ask(plane)).answer);
    await backend.request(before + index);
  }
  return answers;
}

function release({ requests }: ScriptedBackend): void {
  for (const { connection } of requests) connection.answer(200, 'late');
}

async function statusesOf(answers: readonly Promise<RawAnswer>[]): Promise<readonly number[]> {
  return (await Promise.all(answers)).map(({ status }) => status);
}

const waiting = (plane: LivePlane) => plane.plane.clusters[0]?.breakers?.default.pending;

describe('max_requests', () => {
  it('refuses the third of three requests at once with 503 UO, and the two before it are answered', async () => {
    const backend = await stage.backend(held);
    const plane = await planeOf({ default: { maxRequests: 2 } }, [backend]);
    const answers = await hold(plane, backend, 2);
    const refused = await (await ask(plane)).answer;
    expect([refused.status, refused.get('x-switchboard-error')]).toEqual([503, 'UO upstream_overflow']);
    expect(refused.text).toContain('2 requests are in work, as many as max_requests allows');
    expect(plane.stat('cluster.web.circuit_breakers.default.rq_open')).toBe(1);
    expect(plane.stat('cluster.web.upstream_rq_active_overflow')).toBe(1);
    release(backend);
    expect(await statusesOf(answers)).toEqual([200, 200]);
    expect(plane.stat('cluster.web.circuit_breakers.default.rq_open')).toBe(0);
    expect(backend.requests).toHaveLength(2);
    expect((await plane.logged(0)).flags).toBe('UO');
  });

  it('is no fault of the pod: nothing is counted against it, and nothing is tried again', async () => {
    const backend = await stage.backend(held);
    const outlierDetection = { ...DEFAULT_OUTLIER_DETECTION, consecutive5xx: 1 };
    const plane = await planeOf({ default: { maxRequests: 1 } }, [backend], { cluster: { outlierDetection } });
    const [answer] = await hold(plane, backend, 1);
    for (let index = 0; index < 3; index += 1) expect((await (await ask(plane)).answer).status).toBe(503);
    const endpoint = plane.endpoint('web', backend);
    expect([endpoint?.requestsError, endpoint?.lastError, endpoint?.outlier?.answers.total]).toEqual([0, '', 0]);
    expect(plane.stat('cluster.web.upstream_rq_retry')).toBe(0);
    expect((await plane.logged(0)).attempts).toBe(1);
    release(backend);
    expect((await answer)?.status).toBe(200);
  });

  it('lets the next request of the same caller in when the one before it is answered, a hundred times', async () => {
    const backend = await stage.backend(named('a'));
    const plane = await planeOf({ default: { maxRequests: 1, maxPendingRequests: 1, maxConnections: 1 } }, [backend]);
    const client = await plane.client();
    for (let index = 0; index < 100; index += 1) expect((await client.ask(get('web'))).status).toBe(200);
    expect(backend.connections).toHaveLength(1);
  });

  it('counts each retry as the one request that it is', async () => {
    const [sick, well] = [await stage.backend((_, connection) => connection.reset()), await stage.backend(named('b'))];
    const plane = await planeOf({ default: { maxRequests: 1, maxPendingRequests: 1 } }, [sick, well]);
    for (let index = 0; index < 4; index += 1) expect((await (await ask(plane)).answer).status).toBe(200);
    expect(plane.stat('cluster.web.upstream_rq_retry')).toBeGreaterThan(0);
  });

  it('holds for an endpoint of HTTP/2, whose requests share one connection', async () => {
    const backend = await http2Backend();
    const plane = await planeOf({ default: { maxRequests: 2, maxConnections: 1 } }, [], { http2Services: ['web'] });
    plane.setEndpoints('web', [backend]);
    const answers = [];
    for (let index = 0; index < 2; index += 1) {
      answers.push((await ask(plane)).answer);
      await until('it is at the pod', () => backend.streams.length > index);
    }
    expect((await (await ask(plane)).answer).get('x-switchboard-error')).toBe('UO upstream_overflow');
    for (const stream of backend.streams) stream.respond({ ':status': 204 }, { endStream: true });
    expect(await statusesOf(answers)).toEqual([204, 204]);
    expect(backend.sessions).toHaveLength(1);
  });
});

describe('max_connections', () => {
  it('of 1 lets requests of HTTP/2 wait that the connection has no room for', async () => {
    const backend = await http2Backend(1);
    const plane = await planeOf({ default: { maxConnections: 1 } }, [], { http2Services: ['web'] });
    plane.setEndpoints('web', [backend]);
    const first = await ask(plane);
    await until('it is at the pod', () => backend.streams.length === 1);
    const second = await ask(plane);
    await until('it waits', () => waiting(plane) === 1);
    backend.streams[0]?.respond({ ':status': 201 }, { endStream: true });
    expect((await first.answer).status).toBe(201);
    await until('it is at the pod', () => backend.streams.length === 2);
    backend.streams[1]?.respond({ ':status': 202 }, { endStream: true });
    expect((await second.answer).status).toBe(202);
    expect(backend.sessions).toHaveLength(1);
  });

  it('of 1 lets the second request wait for the first, on the same connection', async () => {
    const backend = await stage.backend(held);
    const plane = await planeOf({ default: { maxConnections: 1 } }, [backend]);
    const [first] = await hold(plane, backend, 1);
    const second = await ask(plane);
    await until('it waits', () => waiting(plane) === 1);
    expect(plane.stat('cluster.web.upstream_cx_overflow')).toBe(1);
    expect(plane.stat('cluster.web.circuit_breakers.default.cx_open')).toBe(1);
    backend.script = named('a');
    release(backend);
    expect((await first)?.text).toBe('late');
    expect((await second.answer).text).toBe('a /');
    expect(backend.connections).toHaveLength(1);
  });

  it('of 1 with one place to wait refuses the third', async () => {
    const backend = await stage.backend(held);
    const plane = await planeOf({ default: { maxConnections: 1, maxPendingRequests: 1 } }, [backend]);
    const [first] = await hold(plane, backend, 1);
    const second = await ask(plane);
    await until('it waits', () => waiting(plane) === 1);
    const third = await (await ask(plane)).answer;
    expect([third.status, third.get('x-switchboard-error')]).toEqual([503, 'UO upstream_overflow']);
    expect(third.text).toContain('1 requests wait for a connection, as many as max_pending_requests allows');
    backend.script = named('a');
    release(backend);
    expect((await first)?.status).toBe(200);
    expect((await second.answer).status).toBe(200);
  });

  it('is no fault of the pod, where it makes requests run out of time', async () => {
    const clock = new ManualClock();
    const backend = await stage.backend(held);
    const plane = await planeOf({ default: { maxConnections: 1 } }, [backend], { clock, routeTimeoutMs: 1_000 });
    const [first] = await hold(plane, backend, 1);
    const second = await ask(plane);
    await until('it waits', () => waiting(plane) === 1);
    clock.advance(1_100);
    expect(await statusesOf([first as Promise<RawAnswer>, second.answer])).toEqual([504, 504]);
    expect(plane.endpoint('web', backend)?.requestsTimedOut).toBe(1);
    expect(waiting(plane)).toBe(0);
  });

  it('gives the place of a caller that leaves to the next', async () => {
    const backend = await stage.backend(held);
    const plane = await planeOf({ default: { maxConnections: 1, maxPendingRequests: 1 } }, [backend]);
    const [first] = await hold(plane, backend, 1);
    const leaving = await plane.client();
    leaving.send(get('web'));
    await until('it waits', () => waiting(plane) === 1);
    leaving.socket.destroy();
    await until('it is gone', () => waiting(plane) === 0);
    const next = await ask(plane);
    await until('the next waits', () => waiting(plane) === 1);
    backend.script = named('a');
    release(backend);
    expect((await first)?.status).toBe(200);
    expect((await next.answer).status).toBe(200);
    expect(backend.requests).toHaveLength(2);
  });

  it('gives the place of a connection that closes to a new one, for who waits', async () => {
    const backend = await stage.backend(held);
    const plane = await planeOf({ default: { maxConnections: 1 } }, [backend]);
    const [first] = await hold(plane, backend, 1);
    const second = await ask(plane);
    await until('it waits', () => waiting(plane) === 1);
    backend.script = named('a');
    (backend.requests[0] as BackendRequest).connection.answer(200, 'bye', 'Connection: close\r\n');
    expect((await first)?.text).toBe('bye');
    expect((await second.answer).text).toBe('a /');
    expect(backend.connections).toHaveLength(2);
  });

  it('keeps the body of who waits: 300,000 bytes arrive whole', async () => {
    const backend = await stage.backend(held);
    const plane = await planeOf({ default: { maxConnections: 1 } }, [backend]);
    const [first] = await hold(plane, backend, 1);
    const body = 'x'.repeat(300_000);
    const posting = await ask(plane, `POST / HTTP/1.1\r\nHost: web\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    await until('it waits', () => waiting(plane) === 1);
    release(backend);
    await first;
    const request = await backend.request(1);
    expect((await request.body).body).toHaveLength(body.length);
    request.connection.answer(200, 'got it');
    expect((await posting.answer).text).toBe('got it');
  });

  it('of 1 lets each of two pods have its own, as nobody could wait for a pod without any', async () => {
    const backends = await Promise.all([stage.backend(held), stage.backend(held)]);
    const plane = await planeOf({ default: { maxConnections: 1 } }, backends);
    const answers = [(await ask(plane)).answer, (await ask(plane)).answer];
    await Promise.all(backends.map((backend) => backend.request(0)));
    for (const backend of backends) release(backend);
    expect(await statusesOf(answers)).toEqual([200, 200]);
    expect(plane.stat('cluster.web.upstream_cx_overflow')).toBe(1);
  });

  it('of one endpoint holds for each of them', async () => {
    const backends = await Promise.all([stage.backend(held), stage.backend(held)]);
    const plane = await planeOf({ default: { maxConnectionsPerEndpoint: 2 } }, backends);
    const callers = [];
    for (let index = 0; index < 6; index += 1) callers.push(await ask(plane));
    await until('two wait', () => waiting(plane) === 2);
    expect(backends.map(({ connections }) => connections.length)).toEqual([2, 2]);
    for (const backend of backends) {
      backend.script = named('a');
      release(backend);
    }
    expect(await statusesOf(callers.map(({ answer }) => answer))).toEqual([200, 200, 200, 200, 200, 200]);
    expect(backends.map(({ connections }) => connections.length)).toEqual([2, 2]);
  });
});

describe('max_pending_requests', () => {
  it('of 0 refuses whoever needs a new connection', async () => {
    const backend = await stage.backend(named('a'));
    const plane = await planeOf({ default: { maxPendingRequests: 0 } }, [backend]);
    expect((await (await ask(plane)).answer).status).toBe(503);
    expect(backend.connections).toHaveLength(0);
    expect(plane.stat('cluster.web.circuit_breakers.default.rq_pending_open')).toBe(1);
  });

  it('is free again when the connection cannot be made', async () => {
    const plane = await planeOf({ default: { maxPendingRequests: 1 } }, []);
    plane.setEndpoints('web', [await stage.refusing()]);
    for (let index = 0; index < 3; index += 1) {
      expect((await (await ask(plane)).answer).get('x-switchboard-error')).toBe('UF upstream_connection_failure');
    }
    expect(waiting(plane)).toBe(0);
  });
});

describe('a route of high priority', () => {
  it('has limits and connections of its own', async () => {
    const backend = await stage.backend(held);
    const limits = { default: { maxRequests: 0 }, high: { maxRequests: 1 } };
    const plane = await planeOf(limits, [backend], { action: { priority: 'high' } });
    const [first] = await hold(plane, backend, 1);
    expect((await (await ask(plane)).answer).status).toBe(503);
    expect(plane.stat('cluster.web.circuit_breakers.high.rq_open')).toBe(1);
    release(backend);
    expect((await first)?.status).toBe(200);
  });

  it('is not held up by requests without it', async () => {
    const backend = await stage.backend(named('a'));
    const plane = await planeOf({ default: { maxRequests: 0 } }, [backend], { action: { priority: 'high' } });
    expect((await (await ask(plane)).answer).status).toBe(200);
  });
});

describe('CONNECT', () => {
  const CONNECT = 'CONNECT web:80 HTTP/1.1\r\nHost: web:80\r\n\r\n';

  it.each([
    ['max_connections', { maxConnections: 1 }, '1 connections are open, as many as max_connections allows'],
    ['max_requests', { maxRequests: 1 }, '1 requests are in work, as many as max_requests allows'],
    ['max_connections of an endpoint', { maxConnectionsPerEndpoint: 1 }, 'has 1 connections, as many as it may have'],
  ])('is refused beyond %s, and again when the tunnel before it has ended', async (_, thresholds, why) => {
    const backend = await stage.backend(held);
    const plane = await planeOf({ default: thresholds }, [backend], { cluster: { appProtocol: 'tcp' } });
    const first = await plane.client();
    expect((await first.ask(CONNECT)).status).toBe(200);
    const refused = await (await ask(plane, CONNECT)).answer;
    expect([refused.status, refused.get('x-switchboard-error')]).toEqual([503, 'UO upstream_overflow']);
    expect(refused.text).toContain(why);
    first.socket.destroy();
    await until('it has ended', () => plane.stat('cluster.web.upstream_cx_active') === 0);
    const next = await plane.client();
    expect((await next.ask(CONNECT)).status).toBe(200);
  });
});

describe('a change of the limits', () => {
  it('that raises them holds for the next request, and what is in use stays counted', async () => {
    const backend = await stage.backend(held);
    const plane = await planeOf({ default: { maxRequests: 1 } }, [backend]);
    const one = await hold(plane, backend, 1);
    plane.apply({
      clusters: {
        upserted: [{ ...plane.cluster('web'), circuitBreakers: { default: { maxRequests: 2 } } }],
        removed: [],
      },
    });
    const two = await hold(plane, backend, 1);
    expect((await (await ask(plane)).answer).status).toBe(503);
    release(backend);
    expect(await statusesOf([...one, ...two])).toEqual([200, 200]);
  });

  it('that takes them away lets everybody in', async () => {
    const backend = await stage.backend(held);
    const plane = await planeOf({ default: { maxRequests: 0 } }, [backend]);
    const { circuitBreakers: _, ...without } = plane.cluster('web');
    plane.apply({ clusters: { upserted: [without], removed: [] } });
    const answers = await hold(plane, backend, 3);
    release(backend);
    expect(await statusesOf(answers)).toEqual([200, 200, 200]);
  });

  it('that brings the first ones counts from there; what is in work goes on', async () => {
    const backend = await stage.backend(held);
    const plane = await stage.plane({ services: { web: [backend] } });
    const before = await hold(plane, backend, 2);
    plane.apply({
      clusters: {
        upserted: [{ ...plane.cluster('web'), circuitBreakers: { default: { maxRequests: 1 } } }],
        removed: [],
      },
    });
    const after = await hold(plane, backend, 1);
    expect((await (await ask(plane)).answer).status).toBe(503);
    release(backend);
    expect(await statusesOf([...before, ...after])).toEqual([200, 200, 200]);
  });
});

describe('track_remaining', () => {
  it('tells what is left of each limit that there is', async () => {
    const backend = await stage.backend(held);
    const plane = await planeOf({ default: { maxConnections: 5, maxRequests: 3, trackRemaining: true } }, [backend]);
    const answers = await hold(plane, backend, 2);
    expect(plane.stat('cluster.web.circuit_breakers.default.remaining_cx')).toBe(3);
    expect(plane.stat('cluster.web.circuit_breakers.default.remaining_rq')).toBe(1);
    expect(plane.stat('cluster.web.circuit_breakers.default.remaining_pending')).toBeNaN();
    release(backend);
    expect(await statusesOf(answers)).toEqual([200, 200]);
  });
});
