// Promises of rate limits with descriptors beyond which requests pass (test/peers/rate-limit-descriptors.test.ts): what is told, when there is more, and what outlasts a change.
import { ALWAYS } from '../../../src/model/fraction-spec.ts';
import type { LocalRateLimitSpec } from '../../../src/model/local-rate-limit-spec.ts';
import { Http2Caller } from '../../support/http2-caller.ts';
import { LISTENER, type LivePlane } from '../../support/live-plane.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { get, type RawClient } from '../../support/raw-client.ts';
import { named } from '../../support/scripted-backend.ts';
import { Stage } from '../../support/stage.ts';

const stage = new Stage();
afterEach(() => stage.close());

/** Of user ann one each 30 s, of all 100 each 10 s. */
const LIMIT: LocalRateLimitSpec = {
  ...{ statPrefix: 'web', enabled: ALWAYS, enforced: ALWAYS, status: 429, tellLimits: true },
  bucket: { maxTokens: 100, tokensPerFill: 100, fillIntervalMs: 10_000 },
  descriptors: {
    actions: [[{ kind: 'request-header', name: 'x-user', key: 'user' }]],
    buckets: [
      {
        entries: [{ key: 'user', value: 'ann' }],
        bucket: { maxTokens: 1, tokensPerFill: 1, fillIntervalMs: 30_000 },
      },
    ],
  },
};
const ANN = get('web', '/', 'X-User: ann\r\n');
const BOB = get('web', '/', 'X-User: bob\r\n');

interface Scene {
  readonly plane: LivePlane;
  readonly clock: ManualClock;
  readonly client: RawClient;
}

async function sceneOf(limit: LocalRateLimitSpec = LIMIT): Promise<Scene> {
  const clock = new ManualClock();
  const filters = [{ name: 'limit', config: { kind: 'local-rate-limit' as const, limit } }];
  const plane = await stage.plane({ clock, services: { web: [await stage.backend(named('web'))] }, http: { filters } });
  return { plane, clock, client: await plane.client() };
}

describe('a request whose own bucket is empty', () => {
  it('is told when that has a token again, and gets it then; others never notice', async () => {
    const { clock, client, plane } = await sceneOf();
    expect((await client.ask(ANN)).status).toBe(200);
    const refused = await client.ask(ANN);
    expect([refused.status, refused.get('retry-after'), refused.get('x-ratelimit-limit')]).toEqual([429, '30', '1']);
    expect((await client.ask(BOB)).status).toBe(200);
    clock.advance(30_000);
    expect((await client.ask(ANN)).status).toBe(200);
    expect(plane.stat('web.http_local_rate_limit.rate_limited')).toBe(1);
  });

  it('is told what is left of the bucket that has least', async () => {
    const { client } = await sceneOf();
    const told = async (request: string) => (await client.ask(request)).get('x-ratelimit-remaining');
    expect([await told(ANN), await told(BOB)]).toEqual(['0', '98']);
  });

  it('is refused over HTTP/2, too', async () => {
    const { plane } = await sceneOf();
    const caller = new Http2Caller(plane.port);
    const statuses: number[] = [];
    for (const user of ['ann', 'ann', 'bob']) statuses.push((await caller.ask('web', { 'x-user': user })).status);
    caller.close();
    expect(statuses).toEqual([200, 429, 200]);
  });
});

it('what is left of a bucket outlasts a change of the listener that leaves the limit as it is', async () => {
  const { plane, client } = await sceneOf();
  await client.ask(ANN);
  const listener = plane.listener();
  const copy = structuredClone({ ...listener, filterChains: listener.filterChains.map((chain) => ({ ...chain })) });
  expect(copy.name).toBe(LISTENER);
  plane.apply({ listeners: { upserted: [copy], removed: [] } });
  expect((await client.ask(ANN)).status).toBe(429);
});

it('callers may say what they like: there are no more buckets than are configured', async () => {
  const { client } = await sceneOf();
  for (let i = 0; i < 50; i += 1) expect((await client.ask(get('web', '/', `X-User: u${i}\r\n`))).status).toBe(200);
  expect((await client.ask(ANN)).status).toBe(200);
});
