// Promises about the size of heads: a listener's own limits for requests, a cluster's own for answers, in both protocols.
import type { ClusterSpec } from '../../../src/model/cluster-spec.ts';
import type { HttpConnectionManagerSpec } from '../../../src/model/listener-spec.ts';
import { Http2Backend } from '../../support/http2-backend.ts';
import { Http2Caller } from '../../support/http2-caller.ts';
import type { LivePlane } from '../../support/live-plane.ts';
import { get } from '../../support/raw-client.ts';
import { named } from '../../support/scripted-backend.ts';
import { Stage } from '../../support/stage.ts';
import { until } from '../../support/until.ts';

const stage = new Stage();
const closers: (() => void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) close();
  await stage.close();
});

/** So many fields, each with a name and a value of two characters. */
function fieldsOf(count: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`x${index + 10}`, 'ab']));
}

function linesOf(fields: Readonly<Record<string, string>>): string {
  return Object.entries(fields)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('');
}

async function statusOfHttp1(plane: LivePlane, fields: Readonly<Record<string, string>>): Promise<number> {
  return (await (await plane.client()).ask(get('web', '/', linesOf(fields)))).status;
}

function callerOf(plane: LivePlane): Http2Caller {
  const caller = new Http2Caller(plane.port);
  closers.push(() => caller.close());
  return caller;
}

describe('a listener that says how large the head of a request may be', () => {
  it.each<[string, Partial<HttpConnectionManagerSpec>, Record<string, string>, Record<string, string>]>([
    ['smaller than all', { maxRequestHeadBytes: 2_048 }, { x: 'v'.repeat(1_500) }, { x: 'v'.repeat(2_100) }],
    ['larger than all', { maxRequestHeadBytes: 16_384 }, { x: 'v'.repeat(15_000) }, { x: 'v'.repeat(17_000) }],
    ['with fewer fields', { maxRequestFields: 20 }, fieldsOf(12), fieldsOf(21)],
    ['with more fields', { maxRequestFields: 300 }, fieldsOf(290), fieldsOf(301)],
  ])('%s is obeyed: what is larger gets 431', async (_what, http, fits, tooLarge) => {
    const backend = await stage.backend(named('a'));
    const plane = await stage.plane({ services: { web: [backend] }, maxHeadBytes: 12_000, http });
    const caller = callerOf(plane);
    expect([await statusOfHttp1(plane, fits), (await caller.ask('web', fits)).status]).toEqual([200, 200]);
    expect([await statusOfHttp1(plane, tooLarge), (await caller.ask('web', tooLarge)).status]).toEqual([431, 431]);
    expect(backend.requests).toHaveLength(2);
  });

  it('says it to callers of HTTP/2, and a change holds for connections to come', async () => {
    const backend = await stage.backend(named('a'));
    const plane = await stage.plane({ services: { web: [backend] }, http: { maxRequestHeadBytes: 2_048 } });
    const old = callerOf(plane);
    const head = { x: 'v'.repeat(3_000) };
    expect((await old.ask('web', head)).status).toBe(431);
    expect(old.session.remoteSettings.maxHeaderListSize).toBe(2_048);
    const listener = plane.listener();
    const filterChains = listener.filterChains.map((chain) =>
      chain.filter.kind === 'tcp'
        ? chain
        : { ...chain, filter: { ...chain.filter, http: { ...chain.filter.http, maxRequestHeadBytes: 4_096 } } },
    );
    plane.apply({ listeners: { upserted: [{ ...listener, filterChains }], removed: [] } });
    const caller = callerOf(plane);
    expect((await caller.ask('web', head)).status).toBe(200);
    expect(caller.session.remoteSettings.maxHeaderListSize).toBe(4_096);
    expect((await old.ask('web', head)).status).toBe(431);
  });
});

describe('a cluster that says how large the head of an answer may be', () => {
  const cases: [string, Partial<ClusterSpec>, Record<string, string>, Record<string, string>][] = [
    ['smaller than all', { maxResponseHeadBytes: 2_048 }, { x: 'v'.repeat(1_500) }, { x: 'v'.repeat(2_100) }],
    ['larger than all', { maxResponseHeadBytes: 16_384 }, { x: 'v'.repeat(15_000) }, { x: 'v'.repeat(17_000) }],
    ['with fewer fields', { maxResponseFields: 20 }, fieldsOf(12), fieldsOf(21)],
    ['with more fields', { maxResponseFields: 300 }, fieldsOf(290), fieldsOf(301)],
  ];

  it.each(cases)('%s is obeyed over HTTP/1.1: what is larger makes 502', async (_what, limits, fits, tooLarge) => {
    const backend = await stage.backend(({ connection, target }) =>
      connection.answer(200, '', linesOf(target === '/large' ? tooLarge : fits)),
    );
    const plane = await stage.plane({ services: { web: [backend] }, maxHeadBytes: 12_000 });
    plane.apply({ clusters: { upserted: [{ ...plane.cluster('web'), ...limits }], removed: [] } });
    const client = await plane.client();
    expect((await client.ask(get('web'))).status).toBe(200);
    expect((await client.ask(get('web', '/large'))).status).toBe(502);
  });

  it.each(cases)('%s is obeyed over HTTP/2: what is larger makes 502', async (_what, limits, fits, tooLarge) => {
    const answers: Record<string, Record<string, string>> = { '/large': tooLarge, '/fits': fits };
    const backend = await Http2Backend.start((stream, headers) =>
      stream.respond(answers[String(headers[':path'])] ?? {}, { endStream: true }),
    );
    closers.push(() => backend.close());
    const plane = await stage.plane({ services: { web: [backend] }, http2Services: ['web'], maxHeadBytes: 12_000 });
    const client = await plane.client();
    // Its first connection comes from before the change.
    expect((await client.ask(get('web', '/first'))).status).toBe(200);
    plane.apply({ clusters: { upserted: [{ ...plane.cluster('web'), ...limits }], removed: [] } });
    await until('it has gone', () => plane.stat('cluster.web.upstream_cx_active') === 0);
    expect((await client.ask(get('web', '/fits'))).status).toBe(200);
    expect((await client.ask(get('web', '/large'))).status).toBe(502);
  });
});
