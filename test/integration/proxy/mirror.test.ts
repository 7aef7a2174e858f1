// Promises of mirroring on real sockets: copies arrive as they should, and whatever happens to them, the caller does not notice.
import type { MirrorSpec } from '../../../src/model/mirror-spec.ts';
import { Http2Backend } from '../../support/http2-backend.ts';
import type { LivePlane, LivePlaneOptions, TestAddress } from '../../support/live-plane.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { get, post } from '../../support/raw-client.ts';
import { named, type ScriptedBackend, silent } from '../../support/scripted-backend.ts';
import { Stage } from '../../support/stage.ts';
import { TcpPods } from '../../support/tcp-pods.ts';
import { until } from '../../support/until.ts';

const stage = new Stage();
const pods = new TcpPods();
const closing: (() => void)[] = [];
afterEach(async () => {
  await stage.close();
  pods.close();
  for (const close of closing.splice(0)) close();
});

/** Requests to `web` are copied to `mirror`. */
function planeOf(
  web: readonly TestAddress[],
  mirror: readonly TestAddress[],
  spec: Partial<MirrorSpec> = {},
  options: LivePlaneOptions = {},
): Promise<LivePlane> {
  const mirrors = [{ cluster: 'mirror', percent: 100, ...spec }];
  return stage.plane({ ...options, services: { web, mirror }, action: { mirrors, ...options.action } });
}

const stat = (plane: LivePlane, name: string): number => plane.stat(`cluster.mirror.mirror.${name}`);

async function copyOf(
  mirror: ScriptedBackend,
  index = 0,
): Promise<{ readonly head: readonly string[]; readonly body: string }> {
  const request = await mirror.request(index);
  const fields = ['host', 'content-length', 'transfer-encoding', 'x-a', 'connection'].flatMap((name) => {
    const value = request.get(name);
    return value === undefined ? [] : [`${name}: ${value}`];
  });
  return {
    head: [`${request.method} ${request.target}`, ...fields],
    body: (await request.body).body.toString('latin1'),
  };
}

describe('a copy', () => {
  it('is the request: method, path, fields, and a Host that says what it is', async () => {
    const [web, mirror] = [await stage.backend(named('web')), await stage.backend(named('mirror'))];
    const plane = await planeOf([web], [mirror]);
    const client = await plane.client();
    const answer = await client.ask('GET /a?b=c HTTP/1.1\r\nHost: web:80\r\nX-A: one\r\n\r\n');
    expect(answer.text).toBe('web /a?b=c');
    const { head } = await copyOf(mirror);
    expect(head.slice(0, 2)).toEqual(['GET /a?b=c', 'host: web-shadow:80']);
    expect(head).toContain('x-a: one');
    await until('it is answered', () => stat(plane, 'rq_answered') === 1);
    expect([stat(plane, 'rq_total'), stat(plane, 'rq_active')]).toEqual([1, 0]);
    expect(plane.endpoint('mirror', mirror)?.requestsSuccess).toBe(1);
  });

  it.each([
    [{ keepsHost: true }, 'web'],
    [{ hostRewrite: 'canary.example' }, 'canary.example'],
    [{}, 'web-shadow'],
  ] as const)('with %j is addressed to %s', async (spec, host) => {
    const [web, mirror] = [await stage.backend(named('web')), await stage.backend(named('mirror'))];
    const plane = await planeOf([web], [mirror], spec);
    await (await plane.client()).ask(get('web'));
    expect((await mirror.request(0)).get('host')).toBe(host);
  });

  it('has what its route changes in the request', async () => {
    const [web, mirror] = [await stage.backend(named('web')), await stage.backend(named('mirror'))];
    const action = {
      pathRewrite: { kind: 'prefix', value: '/v2/' },
      hostRewrite: { kind: 'literal', value: 'b.example' },
    } as const;
    const plane = await planeOf([web], [mirror], {}, { action });
    await (await plane.client()).ask(get('web', '/orders'));
    const [request, copy] = [await web.request(0), await mirror.request(0)];
    expect(copy.target).toBe(request.target);
    expect([request.get('host'), copy.get('host')]).toEqual(['b.example', 'b.example-shadow']);
  });

  it.each([
    ['of known length', (body: string) => post('web', body)],
    [
      'in chunks',
      (body: string) =>
        `POST / HTTP/1.1\r\nHost: web\r\nTransfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
    ],
  ])('has the body, %s, of 200,000 bytes', async (_, request) => {
    const [web, mirror] = [await stage.backend(named('web')), await stage.backend(named('mirror'))];
    const plane = await planeOf([web], [mirror]);
    const body = 'x'.repeat(200_000);
    expect((await (await plane.client()).ask(request(body))).status).toBe(200);
    expect((await copyOf(mirror)).body).toBe(body);
    await until('it is answered', () => stat(plane, 'rq_answered') === 1);
  });

  it('goes to each of several mirrors', async () => {
    const [web, mirror] = [await stage.backend(named('web')), await stage.backend(named('mirror'))];
    const mirrors = [
      { cluster: 'mirror', percent: 100 },
      { cluster: 'mirror', percent: 100, hostRewrite: 'second' },
    ];
    const plane = await planeOf([web], [mirror], {}, { action: { mirrors } });
    await (await plane.client()).ask(get('web'));
    await mirror.request(1);
    expect(mirror.requests.map((request) => request.get('host')).toSorted()).toEqual(['second', 'web-shadow']);
  });

  it('is made of 0 % of the requests never, of 25 % for about a quarter of 400', async () => {
    const [web, mirror] = [await stage.backend(named('web')), await stage.backend(named('mirror'))];
    const plane = await planeOf([web], [mirror], { percent: 25 });
    const client = await plane.client();
    for (let index = 0; index < 400; index += 1) await client.ask(get('web'));
    expect(stat(plane, 'rq_total')).toBeGreaterThan(70);
    expect(stat(plane, 'rq_total')).toBeLessThan(130);
    const none = await planeOf([web], [mirror], { percent: 0 });
    await (await none.client()).ask(get('web'));
    expect(stat(none, 'rq_total')).toBeNaN();
  });

  it('reaches pods that speak HTTP/2', async () => {
    const web = await stage.backend(named('web'));
    const mirror = await Http2Backend.start((stream) => stream.respond({ ':status': 204 }, { endStream: true }));
    closing.push(() => mirror.close());
    const plane = await planeOf([web], [mirror], {}, { http2Services: ['mirror'] });
    await (await plane.client()).ask(get('web', '/x'));
    await until('it is answered', () => stat(plane, 'rq_answered') === 1);
    const [headers] = mirror.requests;
    expect([headers?.[':method'], headers?.[':path'], headers?.[':authority']]).toEqual(['GET', '/x', 'web-shadow']);
  });
});

describe('a mirror that', () => {
  it('never answers changes nothing for the caller: 200 requests, each answered', async () => {
    const [web, mirror] = [await stage.backend(named('web')), await stage.backend(silent)];
    const clock = new ManualClock();
    const plane = await planeOf([web], [mirror], {}, { clock, routeTimeoutMs: 0 });
    const client = await plane.client();
    for (let index = 0; index < 600; index += 1) expect((await client.ask(get('web'))).text).toBe('web /');
    expect([stat(plane, 'rq_active'), stat(plane, 'rq_dropped')]).toEqual([512, 88]);
    expect(plane.plane.activeRequests).toBe(0);
    clock.advance(15_100);
    expect([stat(plane, 'rq_active'), stat(plane, 'rq_failed')]).toEqual([0, 512]);
  });

  it('reads nothing is given up beyond 256 KiB of a body, which the caller sends on as fast as its pod takes it', async () => {
    const [web, stalled] = [
      await stage.backend(async (request, connection) => {
        const { body } = await request.body;
        connection.answer(200, String(body.length));
      }),
      await pods.pod((socket) => void socket.pause()),
    ];
    const plane = await planeOf([web], [stalled]);
    const body = 'x'.repeat(16_000_000);
    expect((await (await plane.client()).ask(post('web', body))).text).toBe('16000000');
    await until(
      'it is dropped',
      () => stat(plane, 'rq_dropped') === 1,
      () => stat(plane, 'rq_active'),
    );
    expect(stat(plane, 'rq_active')).toBe(0);
  });

  it('cannot be reached, or has no pods, is counted and nothing more', async () => {
    const web = await stage.backend(named('web'));
    const plane = await planeOf([web], [await stage.refusing()]);
    const client = await plane.client();
    expect((await client.ask(get('web'))).status).toBe(200);
    await until('it has failed', () => stat(plane, 'rq_failed') === 1);
    plane.setEndpoints('mirror', []);
    expect((await client.ask(get('web'))).status).toBe(200);
    expect(stat(plane, 'rq_failed')).toBe(2);
  });

  it('takes longer than the timeout of the route is given up', async () => {
    const [web, mirror] = [await stage.backend(named('web')), await stage.backend(silent)];
    const clock = new ManualClock();
    const plane = await planeOf([web], [mirror], {}, { clock, routeTimeoutMs: 2_000 });
    expect((await (await plane.client()).ask(get('web'))).status).toBe(200);
    clock.advance(1_900);
    expect(stat(plane, 'rq_active')).toBe(1);
    clock.advance(200);
    expect([stat(plane, 'rq_active'), stat(plane, 'rq_failed')]).toEqual([0, 1]);
  });
});

describe('a request that ends early', () => {
  it('takes its copy along: half a body is another request', async () => {
    const [web, mirror] = [await stage.backend(silent), await stage.backend(silent)];
    const plane = await planeOf([web], [mirror]);
    const client = await plane.client();
    client.send('POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 10\r\n\r\nhalf');
    const copy = await mirror.request(0);
    client.socket.destroy();
    await until('it is cancelled', () => stat(plane, 'rq_cancelled') === 1);
    await copy.connection.closed;
  });
});

describe('a copy that fails', () => {
  it('is not repeated, and says nothing about its request', async () => {
    const [web, mirror] = [
      await stage.backend(named('web')),
      await stage.backend((_, connection) => connection.answer(503)),
    ];
    const plane = await planeOf([web], [mirror]);
    expect((await (await plane.client()).ask(get('web'))).status).toBe(200);
    await until('it is answered', () => stat(plane, 'rq_answered') === 1);
    expect(mirror.requests).toHaveLength(1);
    expect((await plane.logged(0)).status).toBe(200);
  });
});
