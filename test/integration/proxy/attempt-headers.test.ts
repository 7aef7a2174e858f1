// Promises of what is told of attempts: to pods and callers, to proxies further on and further out, and in the access log.
import type { RetryPolicySpec } from '../../../src/model/retry-policy-spec.ts';
import { type LivePlane, type LivePlaneOptions, ROUTES } from '../../support/live-plane.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { get, post } from '../../support/raw-client.ts';
import { echo, named, resets, type Script, type ScriptedBackend } from '../../support/scripted-backend.ts';
import { Stage } from '../../support/stage.ts';
import { until } from '../../support/until.ts';

const stage = new Stage();
afterEach(() => stage.close());

function answers(status: number, fields = ''): Script {
  return (_request, connection) => connection.answer(status, 'bad', fields);
}

async function planeOf(
  scripts: readonly Script[],
  options: LivePlaneOptions = {},
): Promise<{ plane: LivePlane; backends: ScriptedBackend[] }> {
  const backends = await Promise.all(scripts.map((script) => stage.backend(script)));
  return { plane: await stage.plane({ services: { web: backends }, ...options }), backends };
}

/** Of all pods together, in the order of pods. */
function attemptsSeen(backends: readonly ScriptedBackend[]): (string | undefined)[] {
  return backends.flatMap(({ requests }) => requests.map((request) => request.get('x-switchboard-attempt')));
}

describe('a repeated request', () => {
  it('says which attempt it is, the first one nothing', async () => {
    const { plane, backends } = await planeOf([answers(503), answers(503), answers(503)]);
    await (await plane.client()).ask(get('web'));
    expect(attemptsSeen(backends).sort()).toEqual(['2', '3', undefined]);
  });

  it('says so where its route changes its head', async () => {
    const request = { add: [{ name: 'x-added', value: '1', action: 'append' as const }], remove: [] };
    const { plane, backends } = await planeOf([resets, echo]);
    const { virtualHosts } = plane.routes(['web']);
    const upserted = [{ name: ROUTES, virtualHosts: virtualHosts.map((host) => ({ ...host, headers: { request } })) }];
    plane.apply({ routes: { upserted, removed: [] } });
    for (let i = 0; i < 2; i += 1) await (await plane.client()).ask(get('web'));
    const seen = backends[1]?.requests.map((each) => `${each.get('x-switchboard-attempt')} ${each.get('x-added')}`);
    expect(seen?.sort()).toEqual(['2 1', 'undefined 1']);
  });
});

describe('a request that was repeated further out', () => {
  const repeated = 'x-switchboard-attempt: 2\r\n';

  it('is not repeated after a pod may have seen it, and keeps what it says', async () => {
    const { plane, backends } = await planeOf([resets, resets]);
    const answer = await (await plane.client()).ask(get('web', '/', repeated));
    expect([answer.status, answer.get('x-switchboard-retries')]).toEqual([503, undefined]);
    expect(attemptsSeen(backends)).toEqual(['2']);
    expect(await plane.logged(0)).toMatchObject({ attempts: 1, flags: 'UC' });
  });

  it('goes to another pod where one cannot be reached: no pod has seen it', async () => {
    const good = await stage.backend(named('good'));
    const plane = await stage.plane({ services: { web: [await stage.refusing(), good] } });
    for (let i = 0; i < 2; i += 1) {
      expect((await (await plane.client()).ask(get('web', '/', repeated))).text).toBe('good /');
    }
    expect(attemptsSeen([good])).toEqual(['2', '2']);
  });
});

describe('an answer after the last attempt', () => {
  it('is passed on with x-switchboard-retries: spent, and logged with URX', async () => {
    const { plane } = await planeOf([answers(503), answers(503), answers(503)]);
    const answer = await (await plane.client()).ask(get('web'));
    expect([answer.status, answer.text, answer.get('x-switchboard-retries')]).toEqual([503, 'bad', 'spent']);
    const { flags, details, attempts } = await plane.logged(0);
    expect([flags, details, attempts]).toEqual(['URX', 'retries_exhausted: 3 attempts', 3]);
    expect(plane.stat('cluster.web.upstream_rq_retry_limit_exceeded')).toBe(1);
  });

  it('of the sidecar itself says so too, beside its reason', async () => {
    const { plane } = await planeOf([resets, resets, resets]);
    const answer = await (await plane.client()).ask(get('web'));
    expect(answer.get('x-switchboard-error')).toBe('UC upstream_connection_termination');
    expect(answer.get('x-switchboard-retries')).toBe('spent');
    expect((await plane.logged(0)).flags).toBe('URX,UC');
  });

  it('is UO where the budget is spent', async () => {
    const clock = new ManualClock();
    clock.advance(60_000);
    const { plane } = await planeOf([answers(503), answers(503), answers(503)], { clock });
    const client = await plane.client();
    const flags = new Set<string>();
    for (let i = 0; i < 12; i += 1) await client.ask(get('web'));
    for (let i = 0; i < 12; i += 1) flags.add((await plane.logged(i)).flags);
    expect([...flags].sort()).toEqual(['UO', 'URX']);
  });

  it('of a proxy further on ends the attempts here: nobody multiplies', async () => {
    const { plane, backends } = await planeOf([
      answers(503, 'x-switchboard-retries: spent\r\n'),
      answers(503, 'x-switchboard-retries: spent\r\n'),
    ]);
    const answer = await (await plane.client()).ask(get('web'));
    expect([answer.status, answer.get('x-switchboard-retries')]).toEqual([503, 'spent']);
    expect(attemptsSeen(backends)).toEqual([undefined]);
  });

  it('costs three attempts through two proxies, not nine', async () => {
    const { plane: inner, backends } = await planeOf([answers(503), answers(503), answers(503)]);
    const outer = await stage.plane({ services: { web: [{ host: '127.0.0.1', port: inner.port }] } });
    expect((await (await outer.client()).ask(get('web'))).status).toBe(503);
    expect(attemptsSeen(backends)).toHaveLength(3);
  });

  it('says nothing of retries where the answer is good', async () => {
    const { plane } = await planeOf([resets, named('b')]);
    for (let i = 0; i < 2; i += 1) {
      const answer = await (await plane.client()).ask(get('web'));
      expect([answer.status, answer.get('x-switchboard-retries')]).toEqual([200, undefined]);
      expect((await plane.logged(i)).flags).toBe('');
    }
  });
});

describe('an answer with Retry-After', () => {
  const patient = answers(503, 'Retry-After: 2\r\n');

  it('is passed on where every pod was tried: its caller knows better when to come back', async () => {
    const { plane, backends } = await planeOf([patient]);
    const answer = await (await plane.client()).ask(get('web'));
    expect([answer.status, answer.get('retry-after')]).toEqual([503, '2']);
    expect(backends[0]?.requests).toHaveLength(1);
  });

  it('does not keep a request from another pod', async () => {
    const { plane } = await planeOf([patient, named('b')]);
    for (let i = 0; i < 2; i += 1) expect((await (await plane.client()).ask(get('web'))).text).toBe('b /');
  });

  it('is obeyed where its route says so: two to three seconds of the clock', async () => {
    const clock = new ManualClock();
    const headers = [{ name: 'retry-after', format: 'seconds' as const }];
    const retry: RetryPolicySpec = {
      ...{ on: ['5xx'], numRetries: 1, statusCodes: [] },
      resetBackOff: { headers, maxMs: 300_000 },
    };
    const { plane, backends } = await planeOf([patient, patient], { clock, action: { retry } });
    const client = await plane.client();
    client.send(get('web'));
    await until('the pause has begun', () => plane.stat('cluster.web.upstream_rq_retry_backoff_ratelimited') === 1);
    clock.advance(1_999);
    expect(attemptsSeen(backends)).toHaveLength(1);
    clock.advance(1_002);
    expect((await client.answer()).status).toBe(503);
    expect(attemptsSeen(backends)).toHaveLength(2);
  });
});

describe('x-envoy-attempt-count', () => {
  async function counting(attemptCount: { request?: true; response?: true }, scripts: readonly Script[]) {
    const { plane, backends } = await planeOf(scripts);
    const { virtualHosts } = plane.routes(['web']);
    const upserted = [{ name: ROUTES, virtualHosts: virtualHosts.map((host) => ({ ...host, attemptCount })) }];
    plane.apply({ routes: { upserted, removed: [] } });
    const counts = () =>
      backends.flatMap(({ requests }) => requests.map(({ head }) => head.get('x-envoy-attempt-count')));
    return { plane, counts };
  }

  it('tells pods the number of the attempt, whatever the caller says of its own', async () => {
    const { plane, counts } = await counting({ request: true }, [answers(503), answers(503)]);
    const answer = await (await plane.client()).ask(post('web', 'x', 'X-Envoy-Attempt-Count: 7\r\n', 'PUT'));
    expect(counts().sort()).toEqual(['1', '2', '3']);
    expect(answer.get('x-envoy-attempt-count')).toBeUndefined();
  });

  it('tells callers how many there were, in answers of pods and of the sidecar', async () => {
    const { plane, counts } = await counting({ response: true }, [named('a')]);
    expect((await (await plane.client()).ask(get('web'))).get('x-envoy-attempt-count')).toBe('1');
    expect(counts()).toEqual([undefined]);
    const gone = await counting({ response: true }, [resets, resets, resets]);
    const answer = await (await gone.plane.client()).ask(get('web'));
    expect([answer.status, answer.get('x-envoy-attempt-count')]).toEqual([503, '3']);
  });

  it('is nobody’s business elsewhere', async () => {
    const { plane, backends } = await planeOf([named('a')]);
    const answer = await (await plane.client()).ask(get('web', '/', 'X-Envoy-Attempt-Count: 7\r\n'));
    expect(answer.get('x-envoy-attempt-count')).toBeUndefined();
    expect(backends[0]?.requests[0]?.get('x-envoy-attempt-count')).toBe('7');
  });
});
