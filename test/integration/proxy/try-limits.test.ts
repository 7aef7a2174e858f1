// Promises of limits of single tries, and of hedging: who is asked when, and whose answer the caller gets.
import type { RetryPolicySpec } from '../../../src/model/retry-policy-spec.ts';
import type { LivePlane, LivePlaneOptions } from '../../support/live-plane.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { get, post, type RawClient } from '../../support/raw-client.ts';
import { named, type Script, type ScriptedBackend } from '../../support/scripted-backend.ts';
import { Stage } from '../../support/stage.ts';
import { until } from '../../support/until.ts';

const stage = new Stage();
afterEach(() => stage.close());

const LIMITED: RetryPolicySpec = { on: ['reset'], numRetries: 2, statusCodes: [], perTryTimeoutMs: 100 };
const HEDGED: RetryPolicySpec = { ...LIMITED, on: ['5xx'], hedgeOnPerTryTimeout: true };
const silent: Script = () => {};

interface Scene {
  readonly plane: LivePlane;
  readonly clock: ManualClock;
  readonly backends: ScriptedBackend[];
  readonly client: RawClient;
}

async function scene(scripts: readonly Script[], retry: RetryPolicySpec, more: LivePlaneOptions = {}): Promise<Scene> {
  const clock = new ManualClock();
  const backends = await Promise.all(scripts.map((script) => stage.backend(script)));
  const plane = await stage.plane({ clock, services: { web: backends }, action: { retry }, ...more });
  return { plane, clock, backends, client: await plane.client() };
}

function asked({ backends }: Scene): number {
  return backends.reduce((sum, { requests }) => sum + requests.length, 0);
}

/** The `count`th attempt has come to its pod, body and all: from then on its time runs. */
async function attempt(at: Scene, count: number): Promise<void> {
  await until(`attempt ${count} has come`, () => asked(at) === count);
  await Promise.all(at.backends.flatMap(({ requests }) => requests.map(({ body }) => body.catch(() => {}))));
}

async function readThrough(client: RawClient, ending: string): Promise<void> {
  for (let seen = ''; !seen.endsWith(ending); ) seen += (await client.read(1)).toString('latin1');
}

describe('a try that is not answered in time', () => {
  it('is given up, and another pod is asked', async () => {
    const at = await scene([silent, named('b')], LIMITED);
    at.client.send(get('web') + get('web'));
    await until('the silent pod was asked', () => (at.backends[0]?.requests.length ?? 0) === 1);
    at.clock.advance(100);
    expect((await at.client.answer()).text).toBe('b /');
    expect((await at.client.answer()).text).toBe('b /');
    expect(at.plane.stat('cluster.web.upstream_rq_per_try_timeout')).toBe(1);
    expect(at.plane.stat('cluster.web.upstream_rq_retry_success')).toBe(1);
    await at.backends[0]?.connections[0]?.closed;
  });

  it('is not given up a millisecond earlier', async () => {
    const at = await scene([silent], LIMITED);
    at.client.send(get('web'));
    await attempt(at, 1);
    at.clock.advance(99);
    at.backends[0]?.connections[0]?.answer(200, 'late');
    expect((await at.client.answer()).text).toBe('late');
  });

  it('of which the last one is given up is 504, by UT behind URX', async () => {
    const at = await scene([silent, silent, silent], LIMITED);
    at.client.send(post('web', 'body'));
    for (let count = 1; count <= 3; count += 1) {
      await attempt(at, count);
      at.clock.advance(100);
    }
    const answer = await at.client.answer();
    expect([answer.status, answer.get('x-switchboard-error')]).toEqual([504, 'UT upstream_timeout']);
    expect(answer.text).toContain('no answer within the 100 ms of one try');
    expect(await at.plane.logged(0)).toMatchObject({ attempts: 3, flags: 'URX,UT' });
    expect(at.plane.stat('cluster.web.upstream_rq_per_try_timeout')).toBe(3);
  });

  it('is 504 at once where its route retries for other reasons only', async () => {
    const at = await scene([silent, silent], { ...LIMITED, on: ['connect-failure', 'retriable-4xx'] });
    at.client.send(get('web'));
    await attempt(at, 1);
    at.clock.advance(100);
    expect((await at.client.answer()).status).toBe(504);
    expect(await at.plane.logged(0)).toMatchObject({ attempts: 1, flags: 'UT' });
  });

  it('has its time from the end of the request on: a body may come as slowly as it likes', async () => {
    const at = await scene([silent], { ...LIMITED, numRetries: 0 });
    at.client.send('POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 2\r\n\r\na');
    await until('the pod was asked', () => asked(at) === 1);
    at.clock.advance(1_000);
    at.client.send('b');
    await attempt(at, 1);
    at.clock.advance(99);
    at.backends[0]?.connections[0]?.answer(200, 'whole');
    expect((await at.client.answer()).text).toBe('whole');
  });

  it('is not cut off once its answer has begun, however long that takes', async () => {
    const at = await scene([silent], LIMITED);
    at.client.send(get('web'));
    await attempt(at, 1);
    at.backends[0]?.connections[0]?.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na');
    await readThrough(at.client, '\r\n\r\na');
    at.clock.advance(10_000);
    at.backends[0]?.connections[0]?.send('b');
    expect((await at.plane.logged(0)).status).toBe(200);
  });

  it('ends within the timeout of its route all the same', async () => {
    const at = await scene([silent, silent, silent], { ...LIMITED, perTryTimeoutMs: 400 }, { routeTimeoutMs: 500 });
    at.client.send(get('web'));
    await attempt(at, 1);
    at.clock.advance(400);
    await attempt(at, 2);
    at.clock.advance(150);
    expect((await at.client.answer()).status).toBe(504);
    expect(at.plane.stat('cluster.web.upstream_rq_per_try_timeout')).toBe(1);
  });
});

describe('a try in which nothing moves', () => {
  const idle: RetryPolicySpec = { on: ['reset'], numRetries: 1, statusCodes: [], perTryIdleTimeoutMs: 200 };

  it('is given up, and another pod is asked', async () => {
    const at = await scene([silent, silent], idle);
    at.client.send(get('web'));
    await attempt(at, 1);
    at.clock.advance(200);
    await attempt(at, 2);
    for (const { connections } of at.backends) connections[0]?.answer(200, 'second');
    expect((await at.client.answer()).text).toBe('second');
    expect(at.plane.stat('cluster.web.upstream_rq_per_try_idle_timeout')).toBe(1);
  });

  it('lives on with each byte, and is cut off in the middle of an answer that stops', async () => {
    const at = await scene([silent], idle);
    at.client.send(get('web'));
    await attempt(at, 1);
    const pod = at.backends[0]?.connections[0];
    at.clock.advance(150);
    pod?.send('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\na');
    await readThrough(at.client, '\r\n\r\na');
    at.clock.advance(150);
    pod?.send('b');
    await readThrough(at.client, 'b');
    at.clock.advance(200);
    expect(await at.plane.logged(0)).toMatchObject({ status: 200, flags: 'UT' });
  });
});

/** Two attempts are under way, and no pod has answered; `first` has the earlier one. */
async function hedge(retry: RetryPolicySpec, request = get('web')): Promise<{ at: Scene; first: number }> {
  const at = await scene([silent, silent], retry);
  at.client.send(request);
  await attempt(at, 1);
  const first = at.backends.findIndex(({ requests }) => requests.length > 0);
  at.clock.advance(100);
  await attempt(at, 2);
  return { at, first };
}

describe('a hedged try', () => {
  it('goes on beside the next, and the first answer of both counts: the earlier one', async () => {
    const { at, first } = await hedge(HEDGED);
    at.backends[first]?.connections[0]?.answer(200, 'earlier');
    expect((await at.client.answer()).text).toBe('earlier');
    await at.backends[1 - first]?.connections[0]?.closed;
    const { attempts, upstreamHost, flags } = await at.plane.logged(0);
    const { host, port } = at.backends[first] as ScriptedBackend;
    expect([attempts, upstreamHost, flags]).toEqual([2, `${host}:${port}`, '']);
  });

  it('or the later one, and the other is cut off', async () => {
    const { at, first } = await hedge(HEDGED, post('web', 'body'));
    expect(String((await at.backends[1 - first]?.requests[0]?.body)?.body)).toBe('body');
    at.backends[1 - first]?.connections[0]?.answer(200, 'later');
    expect((await at.client.answer()).text).toBe('later');
    await at.backends[first]?.connections[0]?.closed;
  });

  it('that is answered badly waits for the other', async () => {
    const { at, first } = await hedge({ ...HEDGED, numRetries: 1 });
    at.backends[first]?.connections[0]?.answer(503, 'bad');
    await at.backends[first]?.connections[0]?.closed;
    at.backends[1 - first]?.connections[0]?.answer(200, 'good');
    expect((await at.client.answer()).text).toBe('good');
    expect((await at.plane.logged(0)).flags).toBe('');
  });

  it('that fails waits for the other, whichever fails first', async () => {
    for (const newest of [false, true]) {
      const { at, first } = await hedge({ ...HEDGED, numRetries: 1 });
      const failing = newest ? 1 - first : first;
      at.backends[failing]?.connections[0]?.reset();
      await at.backends[failing]?.connections[0]?.closed;
      await until('the reset was seen', () => at.plane.stat('cluster.web.upstream_rq_rx_reset') === 1);
      at.backends[1 - failing]?.connections[0]?.answer(200, 'good');
      expect((await at.client.answer()).text).toBe('good');
    }
  });

  it('is a failure where both fail, and a bad answer where the last one is bad', async () => {
    const { at: both } = await hedge({ ...HEDGED, numRetries: 1 });
    for (const { connections } of both.backends) connections[0]?.reset();
    expect((await both.client.answer()).status).toBe(503);
    expect((await both.plane.logged(0)).flags).toBe('URX,UC');
    const { at: last, first } = await hedge({ ...HEDGED, numRetries: 1 });
    last.backends[1 - first]?.connections[0]?.reset();
    await until('the reset was seen', () => last.plane.stat('cluster.web.upstream_rq_rx_reset') === 1);
    last.backends[first]?.connections[0]?.answer(500, 'bad');
    const answer = await last.client.answer();
    expect([answer.status, answer.text, answer.get('x-switchboard-retries')]).toEqual([500, 'bad', 'spent']);
  });

  it('is one of so many as there may be retries, and the last goes on until its route ends it', async () => {
    const at = await scene([silent, silent, silent], HEDGED, { routeTimeoutMs: 1_000 });
    at.client.send(get('web'));
    for (let count = 1; count <= 3; count += 1) {
      await attempt(at, count);
      at.clock.advance(100);
    }
    at.clock.advance(1_000);
    expect((await at.client.answer()).status).toBe(504);
    expect(asked(at)).toBe(3);
  });

  it('leaves nothing behind when its caller goes', async () => {
    const { at } = await hedge(HEDGED);
    at.client.socket.destroy();
    await Promise.all(at.backends.map(({ connections }) => connections[0]?.closed));
    await at.plane.quiet();
  });
});
