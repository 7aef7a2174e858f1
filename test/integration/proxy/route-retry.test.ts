// Promises of retries where the route gives a policy: what Envoy's conditions retry, with which body, how often, and what is passed on at last.
import type { RetryPolicySpec } from '../../../src/model/retry-policy-spec.ts';
import { LISTENER, type LivePlane, type LivePlaneOptions, ROUTES } from '../../support/live-plane.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { chunk, get, post } from '../../support/raw-client.ts';
import { echo, named, resets, type Script, type ScriptedBackend } from '../../support/scripted-backend.ts';
import { Stage } from '../../support/stage.ts';
import { turns, until } from '../../support/until.ts';

const stage = new Stage();
afterEach(() => stage.close());

const POLICY: RetryPolicySpec = { on: ['connect-failure', 'reset', 'gateway-error'], numRetries: 2, statusCodes: [] };

function answers(status: number, body = ''): Script {
  return (_request, connection) => connection.answer(status, body);
}

/** Backends behind `web`, whose one route has `retry`. */
async function planeOf(
  scripts: readonly Script[],
  retry: RetryPolicySpec = POLICY,
  options: LivePlaneOptions = {},
): Promise<{ plane: LivePlane; backends: ScriptedBackend[] }> {
  const backends = await Promise.all(scripts.map((script) => stage.backend(script)));
  const plane = await stage.plane({ ...options, services: { web: backends } });
  const action = { cluster: 'web', timeoutMs: 0, retry };
  const routes = [{ name: 'retried', match: { path: { kind: 'prefix' as const, value: '/' } }, action }];
  const virtualHosts = [{ name: 'all', domains: ['*'], routes }];
  plane.apply({ routes: { upserted: [{ name: ROUTES, virtualHosts }], removed: [] } });
  return { plane, backends };
}

describe('a route with a retry policy', () => {
  it.each(['GET', 'POST', 'PATCH'])(
    'sends a %s request that was answered with 503 to another pod, body and all',
    async (method) => {
      const { plane, backends } = await planeOf([answers(503, 'sick'), echo]);
      for (let i = 0; i < 4; i += 1) {
        const answer = await (await plane.client()).ask(post('web', 'the body', '', method));
        expect([answer.status, answer.text]).toEqual([200, 'the body']);
      }
      const retries = backends[0]?.requests.length ?? 0;
      expect(retries).toBeGreaterThan(0);
      expect(plane.stat('cluster.web.upstream_rq_retry')).toBe(retries);
      expect(plane.stat('cluster.web.upstream_rq_retry_success')).toBe(retries);
      expect(plane.stat('cluster.web.upstream_rq_5xx')).toBe(retries);
      expect(plane.stat(`http.${LISTENER}.downstream_rq_5xx`)).toBe(0);
    },
  );

  it('passes the last answer on when every attempt got one of those', async () => {
    const { plane } = await planeOf([answers(503, 'sick'), answers(502, 'sick'), answers(504, 'sick')]);
    const answer = await (await plane.client()).ask(get('web'));
    expect([answer.status, answer.text, answer.get('x-switchboard-error')]).toEqual([
      expect.any(Number),
      'sick',
      undefined,
    ]);
    expect(answer.status).toBeGreaterThan(501);
    expect(await plane.logged(0)).toMatchObject({ attempts: 3, status: answer.status });
  });

  it('leaves answers alone that its conditions do not name', async () => {
    const { plane } = await planeOf([answers(500), answers(500)]);
    expect((await (await plane.client()).ask(get('web'))).status).toBe(500);
    const connectOnly = await planeOf([answers(503), answers(503)], { ...POLICY, on: ['connect-failure'] });
    expect((await (await connectOnly.plane.client()).ask(get('web'))).status).toBe(503);
    expect((await connectOnly.plane.logged(0)).attempts).toBe(1);
  });

  it('retries the statuses that it lists', async () => {
    const listed = { on: ['retriable-status-codes'], numRetries: 1, statusCodes: [418] } as const;
    const { plane } = await planeOf([answers(418), named('kettle')], listed);
    for (let i = 0; i < 2; i += 1) expect((await (await plane.client()).ask(get('web'))).text).toBe('kettle /');
  });

  it('sends a POST request that was cut off again, which nobody does unasked', async () => {
    const { plane } = await planeOf([resets, echo]);
    for (let i = 0; i < 2; i += 1) expect((await (await plane.client()).ask(post('web', 'x'))).text).toBe('x');
  });

  it('makes no more attempts than it may, and none with 0', async () => {
    const { plane } = await planeOf([resets, resets, resets], { ...POLICY, numRetries: 1 });
    expect((await (await plane.client()).ask(get('web'))).status).toBe(503);
    expect((await plane.logged(0)).attempts).toBe(2);
    const none = await planeOf([answers(503)], { ...POLICY, numRetries: 0 });
    expect((await (await none.plane.client()).ask(get('web'))).status).toBe(503);
    expect((await none.plane.logged(0)).attempts).toBe(1);
  });

  it('passes an answer on when the body is too large to have been kept', async () => {
    const whenWhole: Script = async (request, connection) => {
      await request.body;
      connection.answer(503, 'sick');
    };
    const { plane } = await planeOf([whenWhole, whenWhole], POLICY, { replayBytes: 1_000 });
    const answer = await (await plane.client()).ask(post('web', 'x'.repeat(10_000)));
    expect([answer.status, answer.text]).toEqual([503, 'sick']);
  });

  it('goes on with a body whose first part got a bad answer', async () => {
    const { plane, backends } = await planeOf([answers(503), answers(503)]);
    const client = await plane.client();
    client.send(`POST / HTTP/1.1\r\nHost: web\r\nTransfer-Encoding: chunked\r\n\r\n${chunk('first ')}`);
    await until('both were asked', () => backends.every(({ requests }) => requests.length > 0));
    for (const backend of backends) backend.script = echo;
    await until('the third attempt', () => backends.some(({ requests }) => requests.length > 1));
    client.send(`${chunk('second')}0\r\n\r\n`);
    const answer = await client.answer();
    expect([answer.status, answer.text]).toEqual([200, 'first second']);
  });

  it('waits before each retry where it says so, though another pod is there', async () => {
    const clock = new ManualClock();
    const backOff = { baseMs: 400, maxMs: 400 };
    const { plane, backends } = await planeOf([answers(503), answers(503)], { ...POLICY, backOff }, { clock });
    const client = await plane.client();
    client.send(get('web'));
    await until('the first pause has begun', () => plane.stat('cluster.web.upstream_rq_retry') === 1);
    await turns(5);
    expect(backends.reduce((sum, { requests }) => sum + requests.length, 0)).toBe(1);
    clock.advance(400);
    await until('the second pause has begun', () => plane.stat('cluster.web.upstream_rq_retry') === 2);
    clock.advance(400);
    expect((await client.answer()).status).toBe(503);
    expect(backends.reduce((sum, { requests }) => sum + requests.length, 0)).toBe(3);
  });

  it('spends the retry budget, and passes answers on when that is gone', async () => {
    const clock = new ManualClock();
    clock.advance(60_000);
    const { plane } = await planeOf([answers(503), answers(503), answers(503)], POLICY, { clock });
    const client = await plane.client();
    for (let i = 0; i < 12; i += 1) expect((await client.ask(get('web'))).status).toBe(503);
    expect(plane.stat('cluster.web.upstream_rq_retry')).toBe(12);
    expect(plane.stat('cluster.web.upstream_rq_retry_overflow')).toBeGreaterThan(0);
  });
});
