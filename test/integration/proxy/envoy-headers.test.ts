// Promises of x-envoy-… headers of single requests beyond what Envoy does alike (test/peers/envoy-headers.test.ts): their bounds, HTTP/2, and listeners that trust nobody.
import type { EnvoyHeadersSpec } from '../../../src/model/envoy-headers-spec.ts';
import { Http2Caller } from '../../support/http2-caller.ts';
import type { LivePlane } from '../../support/live-plane.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { get, post, type RawAnswer, type RawClient } from '../../support/raw-client.ts';
import { echo, resets, type Script, type ScriptedBackend } from '../../support/scripted-backend.ts';
import { Stage } from '../../support/stage.ts';
import { until } from '../../support/until.ts';

const stage = new Stage();
const callers: Http2Caller[] = [];
afterEach(async () => {
  for (const caller of callers.splice(0)) caller.close();
  await stage.close();
});

const LOOPBACK = { address: '127.0.0.0', prefixLength: 8 };
const TRUSTING: EnvoyHeadersSpec = { internal: [LOOPBACK], caller: 'connection' };
const ASKS = 'x-envoy-retry-on: 5xx,connect-failure\r\nx-envoy-max-retries: 999999999\r\n';

async function planeOf(
  script: Script,
  envoyHeaders: EnvoyHeadersSpec | undefined,
  clock?: ManualClock,
): Promise<{ plane: LivePlane; backend: ScriptedBackend }> {
  const backend = await stage.backend(script);
  const http = envoyHeaders === undefined ? {} : { envoyHeaders };
  const plane = await stage.plane({ services: { web: [backend] }, http, ...(clock === undefined ? {} : { clock }) });
  return { plane, backend };
}

/** Asks for as many retries as there are; after each the pause before the next is over. */
async function askPatiently(plane: LivePlane, client: RawClient, clock: ManualClock): Promise<RawAnswer> {
  client.send(get('web', '/', ASKS));
  let ended = false;
  const answer = client.answer().finally(() => {
    ended = true;
  });
  for (let retries = 0; !ended; retries += 1) {
    await until('it is tried again, or over', () => ended || plane.stat('cluster.web.upstream_rq_retry') > retries);
    clock.advance(250);
  }
  return answer;
}

function pod(status: number): Script {
  return (_request, connection) => connection.answer(status, '');
}

describe('a listener that says nothing of whom to trust', () => {
  it('passes x-envoy-… headers on as they came, and does nothing for them', async () => {
    const { plane, backend } = await planeOf(pod(500), undefined);
    const said = `${ASKS}x-envoy-upstream-rq-timeout-ms: 1\r\nx-envoy-internal: true\r\n`;
    const answer = await (await plane.client()).ask(get('web', '/', said));
    expect(answer.status).toBe(500);
    expect(backend.requests).toHaveLength(1);
    const head = backend.requests[0]?.head;
    const names = ['x-envoy-retry-on', 'x-envoy-max-retries', 'x-envoy-upstream-rq-timeout-ms', 'x-envoy-internal'];
    expect(names.map((name) => head?.get(name))).toEqual(['5xx,connect-failure', '999999999', '1', 'true']);
    expect(answer.get('x-envoy-upstream-service-time')).toBeUndefined();
  });
});

describe('a caller who is trusted', () => {
  it('has no more retries than the budget of the cluster lets through, however many it asks for', async () => {
    const clock = new ManualClock();
    clock.advance(60_000);
    const { plane, backend } = await planeOf(resets, TRUSTING, clock);
    const client = await plane.client();
    const startedAtMs = clock.now();
    const { status } = await askPatiently(plane, client, clock);
    expect(status).toBe(503);
    expect(backend.requests.length).toBeGreaterThanOrEqual(11);
    expect(backend.requests.length).toBeLessThanOrEqual(11 + (clock.now() - startedAtMs) / 1_000);
    expect((await plane.logged(0)).flags).toBe('UO,UC');
  });

  it('has 100 retries at most where no pod can be reached, which no budget counts', async () => {
    const clock = new ManualClock();
    const plane = await stage.plane({
      services: { web: [await stage.refusing()] },
      http: { envoyHeaders: TRUSTING },
      clock,
    });
    const client = await plane.client();
    const { status } = await askPatiently(plane, client, clock);
    expect(status).toBe(503);
    expect((await plane.logged(0)).attempts).toBe(101);
  });

  it('is heard over HTTP/2, with heads that say the same again', async () => {
    let calls = 0;
    const { plane, backend } = await planeOf((_request, connection) => {
      calls += 1;
      connection.answer(calls % 2 === 1 ? 500 : 200, 'ok');
    }, TRUSTING);
    const caller = new Http2Caller(plane.port);
    callers.push(caller);
    const wishes = { 'x-envoy-retry-on': '5xx', 'x-envoy-upstream-rq-timeout-ms': '9000' };
    for (let i = 0; i < 6; i += 1) {
      const { status, headers } = await caller.ask('web', wishes);
      expect([status, /^[0-9]+$/.test(String(headers['x-envoy-upstream-service-time']))]).toEqual([200, true]);
    }
    const heads = backend.requests.map(({ head }) => head);
    expect(heads).toHaveLength(12);
    for (const head of heads) {
      expect([head.get('x-envoy-retry-on'), head.get('x-envoy-internal')]).toEqual([undefined, 'true']);
      expect(Number(head.get('x-envoy-expected-rq-timeout-ms'))).toBeLessThanOrEqual(9_000);
    }
  });

  it('is told nothing of how long an answer took that was there before the request was whole', async () => {
    const { plane } = await planeOf(pod(200), TRUSTING);
    const client = await plane.client();
    client.send('POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 5\r\n\r\nab');
    expect((await client.answer()).get('x-envoy-upstream-service-time')).toBeUndefined();
  });

  it('has its body repeated with what it asks for', async () => {
    let calls = 0;
    const { plane } = await planeOf((request, connection) => {
      calls += 1;
      return calls === 1 ? connection.answer(500, '') : echo(request, connection);
    }, TRUSTING);
    const answer = await (await plane.client()).ask(post('web', 'whole', 'x-envoy-retry-on: 5xx\r\n'));
    expect([answer.status, answer.text.endsWith('whole')]).toEqual([200, true]);
  });
});

describe('a change of whom a listener trusts', () => {
  it('counts for the next request of connections that are open', async () => {
    const { plane, backend } = await planeOf(pod(500), undefined);
    const client = await plane.client();
    await client.ask(get('web', '/', ASKS.replace('999999999', '1')));
    const listener = plane.listener();
    const [chain] = listener.filterChains;
    if (chain?.filter.kind !== 'http') throw new Error('the listener has no HTTP');
    const http = { ...chain.filter.http, envoyHeaders: TRUSTING };
    const changed = { ...listener, filterChains: [{ ...chain, filter: { kind: 'http' as const, http } }] };
    plane.apply({ listeners: { upserted: [changed], removed: [] } });
    await client.ask(get('web', '/', ASKS.replace('999999999', '1')));
    expect(backend.requests).toHaveLength(3);
  });
});
