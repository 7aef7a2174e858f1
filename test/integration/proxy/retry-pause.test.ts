// Promises of requests whose bodies come while nobody takes them: in the pause before a retry, and before there is a connection.
import type { RetryPolicySpec } from '../../../src/model/retry-policy-spec.ts';
import { answerOf, Http2Caller } from '../../support/http2-caller.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import type { BackendConnection, Script } from '../../support/scripted-backend.ts';
import { Stage } from '../../support/stage.ts';
import { turns, until } from '../../support/until.ts';

const stage = new Stage();
const callers: Http2Caller[] = [];
afterEach(async () => {
  for (const caller of callers.splice(0)) caller.close();
  await stage.close();
});

const KEPT = 20_000;
const RETRY: RetryPolicySpec = {
  ...{ on: ['5xx'], numRetries: 3, statusCodes: [] },
  backOff: { baseMs: 1_000, maxMs: 1_000 },
};
/** The first half of what may be kept, and far more than the rest of it. */
const BEGINNING = 'a'.repeat(KEPT / 2);
const REST = 'b'.repeat(KEPT * 3);

interface Outcome {
  /** What came with each attempt: a body, or '' where its end did not come. */
  readonly bodies: readonly string[];
  readonly status: number;
}

/** A caller of HTTP/2 may send a whole window, however it is asked to wait. `statuses`: of the attempts; failures do not wait for bodies. */
async function putThroughPause(statuses: readonly number[], fields: Record<string, string>): Promise<Outcome> {
  const bodies: string[] = [];
  let attempts = 0;
  const script: Script = async (request, connection) => {
    const attempt = attempts++;
    const status = statuses[attempt] ?? 500;
    bodies[attempt] = '';
    if (attempt === 0) connection.answer(status);
    const whole = await request.body.catch(() => null);
    if (whole === null) return;
    bodies[attempt] = String(whole.body);
    connection.answer(status);
  };
  const backend = await stage.backend(script);
  const clock = new ManualClock();
  const plane = await stage.plane({ services: { web: [backend] }, action: { retry: RETRY }, replayBytes: KEPT, clock });
  const caller = new Http2Caller(plane.port);
  callers.push(caller);
  const stream = caller.open('web', { ':method': 'PUT', ...fields }, false);
  const answer = answerOf(stream);
  stream.write(BEGINNING);
  await until('the pause has begun', () => plane.stat('cluster.web.upstream_rq_retry') === 1);
  stream.end(REST);
  await until('the rest has left', () => stream.writableFinished);
  await turns(20);
  clock.advance(1_000);
  return { status: (await answer).status, bodies };
}

describe.each<[string, Record<string, string>]>([
  ['of known length', { 'content-length': `${BEGINNING.length + REST.length}` }],
  ['of unknown length', {}],
])('a body %s that outgrows in the pause before a retry what is kept of it', (_, fields) => {
  it('goes with the retry, whole', async () => {
    expect(await putThroughPause([503, 200], fields)).toEqual({ status: 200, bodies: ['', BEGINNING + REST] });
  });

  it('is sent no third time', async () => {
    expect(await putThroughPause([503, 502], fields)).toEqual({ status: 502, bodies: ['', BEGINNING + REST] });
  });
});

it('a body that is larger than what is kept and comes before its pod is found not to be there goes to another pod, whole', async () => {
  const bodies: string[] = [];
  const backend = await stage.backend(async (request, connection) => {
    bodies.push(String((await request.body).body));
    connection.answer(200);
  });
  const plane = await stage.plane({ services: { web: [await stage.refusing(), backend] }, replayBytes: KEPT });
  const caller = new Http2Caller(plane.port);
  callers.push(caller);
  const asks = [1, 2].map(() => caller.ask('web', { ':method': 'POST' }, BEGINNING + REST));
  for (const { status } of await Promise.all(asks)) expect(status).toBe(200);
  expect(bodies).toEqual([BEGINNING + REST, BEGINNING + REST]);
});

it('a body that is larger than what is kept goes whole with a hedge whose pause is not over when the first try gets its connection', async () => {
  const bodies: string[] = [];
  const connections: BackendConnection[] = [];
  const backend = await stage.backend(async (request, connection) => {
    connections.push(connection);
    bodies.push(String((await request.body).body));
  });
  const clock = new ManualClock();
  const requestHeaders = [{ name: 'x-hedge', match: { kind: 'present', value: true } }] as const;
  const plane = await stage.plane({
    services: { web: [backend] },
    cluster: { circuitBreakers: { default: { maxConnections: 1 } } },
    action: { retry: { ...RETRY, requestHeaders, perTryTimeoutMs: 100, hedgeOnPerTryTimeout: true } },
    ...{ replayBytes: KEPT, clock },
  });
  const first = await plane.client();
  first.send('GET / HTTP/1.1\r\nHost: web\r\n\r\n');
  await until('the connection is taken', () => connections.length === 1);
  const caller = new Http2Caller(plane.port);
  callers.push(caller);
  const body = BEGINNING + REST;
  const answer = caller.ask('web', { ':method': 'PUT', 'content-length': body.length, 'x-hedge': '1' }, body);
  await until('the first try waits', () => plane.stat('cluster.web.upstream_rq_active') === 2);
  await turns(20);
  clock.advance(100);
  expect(plane.stat('cluster.web.upstream_rq_retry')).toBe(1);
  connections[0]?.answer(200, 'first');
  await until('the first try has come', () => connections.length === 2);
  clock.advance(1_000);
  await until('the hedge waits', () => plane.stat('cluster.web.upstream_rq_active') === 2);
  connections[1]?.reset();
  await until('the hedge has come', () => connections.length === 3 && bodies.length === 3);
  connections[2]?.answer(200, 'hedge');
  expect(String((await answer).body)).toBe('hedge');
  expect(bodies).toEqual(['', body, body]);
});
