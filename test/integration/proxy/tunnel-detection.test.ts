// Promises of CONNECT to a Service port of which nobody has said what it speaks: whoever speaks first tells.
import type { AppProtocol } from '../../../src/model/cluster-spec.ts';
import { realClientHello } from '../../support/client-hellos.ts';
import type { LivePlane, LivePlaneOptions, TestAddress } from '../../support/live-plane.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import type { RawClient } from '../../support/raw-client.ts';
import { Stage } from '../../support/stage.ts';
import { TcpPods } from '../../support/tcp-pods.ts';
import { until } from '../../support/until.ts';

const stage = new Stage();
const pods = new TcpPods();

afterEach(async () => {
  await stage.close();
  pods.close();
});

const CONNECT = 'CONNECT web:80 HTTP/1.1\r\nHost: web:80\r\n\r\n';
const ESTABLISHED = 'HTTP/1.1 200 Connection Established\r\n\r\n';
const GET = 'GET / HTTP/1.1\r\nHost: other\r\n\r\n';
const GREETING = '220 ready\r\n';

interface Scene {
  readonly http?: LivePlaneOptions['http'];
  readonly clock?: ManualClock;
  readonly says?: AppProtocol;
}

async function planeOf(endpoints: readonly TestAddress[], scene: Scene = {}): Promise<LivePlane> {
  const { clock = new ManualClock(), says = 'detect', http = {} } = scene;
  return stage.plane({ services: { web: endpoints, other: [] }, cluster: { appProtocol: says }, clock, http });
}

async function opened(plane: LivePlane, early = ''): Promise<RawClient> {
  const client = await plane.client();
  client.send(CONNECT + early);
  expect((await client.read(ESTABLISHED.length)).toString()).toBe(ESTABLISHED);
  return client;
}

/** Greets whoever comes, and gives back what it gets. */
function greeter() {
  return pods.pod((socket) => {
    socket.write(GREETING);
    socket.pipe(socket);
  });
}

describe('a tunnel whose protocol nobody has declared', () => {
  it('of a caller who speaks HTTP/1.1 is balanced request by request, to where the tunnel leads', async () => {
    const plane = await planeOf(await stage.backends(2));
    const client = await opened(plane);
    const names = [(await client.ask(GET)).text, (await client.ask(GET)).text];
    expect(names.sort()).toEqual(['a /', 'b /']);
    expect(await plane.logged(0)).toMatchObject({ method: 'CONNECT', details: "http/1.1: the caller's first bytes" });
    expect(await plane.logged(1)).toMatchObject({ method: 'GET', status: 200, upstreamCluster: 'web' });
    expect(plane.stat('http.outbound.detection_http1')).toBe(1);
  });

  it('lets a server speak first without any wait', async () => {
    const plane = await planeOf([await greeter()]);
    const client = await opened(plane);
    expect((await client.read(GREETING.length)).toString()).toBe(GREETING);
    client.send('EHLO a\r\n');
    expect((await client.read(8)).toString()).toBe('EHLO a\r\n');
    await client.finish();
    expect(await plane.logged(0)).toMatchObject({ details: 'tcp: the server spoke first', bytesSent: 19 });
    expect(plane.stat('http.outbound.detection_server_first')).toBe(1);
    expect(plane.stat('http.outbound.detection_learnt')).toBe(1);
  });

  it.each([
    ['tcp', 'Redis', Buffer.from('*1\r\n$4\r\nPING\r\n')],
    ['tcp', 'Postgres', Buffer.from('0000000804d2162f', 'hex')],
    ['tls', 'TLS', null],
  ])('counts as %s where the caller speaks %s, and goes to one pod', async (found, _name, said) => {
    const bytes = said ?? (await realClientHello({ servername: 'a.example' }));
    const plane = await planeOf([await pods.echo()]);
    const client = await opened(plane);
    client.send(bytes);
    expect(await client.read(bytes.length)).toEqual(bytes);
    await client.finish();
    expect(plane.stat(`http.outbound.detection_${found}`)).toBe(1);
    expect((await plane.logged(0)).details).toContain(found === 'tls' ? 'TLS for a.example' : 'tcp: bytes');
  });

  it('takes no beginning for the whole: half a request line is TCP after 5 s', async () => {
    const clock = new ManualClock();
    const pod = await pods.echo();
    const plane = await planeOf([pod], { clock });
    const client = await opened(plane);
    client.send('HELLO ');
    await until('the pod has it', () => {
      clock.advance(1_000);
      return pod.accepted[0]?.bytesRead === 6;
    });
    expect((await client.read(6)).toString()).toBe('HELLO ');
    await client.finish();
    expect((await plane.logged(0)).details).toBe('tcp: no whole request line within 5000 ms');
  });

  it('takes SETTINGS of a server of HTTP/2 for no greeting, and gives them to a caller who speaks something else', async () => {
    const settings = Buffer.from('000006040000000000000400010000', 'hex');
    const pod = await pods.pod((socket) => {
      socket.write(settings);
      socket.once('data', (bytes) => socket.end(bytes));
    });
    const plane = await planeOf([pod]);
    const client = await opened(plane);
    await until('they have come', () => plane.stat('http.outbound.detection_learnt') === 1);
    expect(plane.stat('http.outbound.detection_server_first')).toBe(0);
    client.send('*1\r\n');
    expect(await client.rest()).toBe(`${settings.toString('latin1')}*1\r\n`);
    await client.finish();
    expect(plane.stat('http.outbound.detection_tcp')).toBe(1);
  });

  it('carries upgrades of the requests in it', async () => {
    const upgraded = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\nhello';
    const pod = await pods.pod((socket) => void socket.once('data', () => socket.end(upgraded, 'latin1')));
    const plane = await planeOf([pod], { http: { upgrades: { websocket: true } } });
    const client = await opened(
      plane,
      'GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n',
    );
    expect(await client.rest()).toMatch(/^HTTP\/1.1 101 .*hello$/s);
    await client.finish();
  });

  it('passes on the end of a caller who says nothing', async () => {
    const plane = await planeOf([await pods.named('late')]);
    const client = await opened(plane);
    client.end();
    expect(await client.rest()).toBe('late');
  });

  it('ends in order where the server ends before anybody has spoken, and by reset where it resets', async () => {
    const ending = await pods.pod((socket) => void socket.end());
    const plane = await planeOf([ending]);
    const first = await opened(plane);
    expect(await first.rest()).toBe('');
    await first.finish();
    const resetting = await pods.pod(() => {});
    plane.setEndpoints('web', [resetting]);
    const second = await opened(plane);
    await until('the pod has it', () => resetting.accepted.length === 1);
    resetting.accepted[0]?.resetAndDestroy();
    expect(await second.closed).toBe('ECONNRESET');
    expect((await plane.logged(1)).flags).toMatch(/UC/);
  });

  it('is answered 503 where no pod can be reached, as nothing has been promised yet', async () => {
    const plane = await planeOf([await stage.refusing()]);
    const client = await plane.client();
    client.send(CONNECT);
    expect((await client.answer('CONNECT')).status).toBe(503);
    expect((await plane.logged(0)).flags).toBe('UF');
  });

  it('dials no pod for callers of HTTP once one has spoken it, and dials again for a silent one after 50 ms', async () => {
    const clock = new ManualClock();
    const [backend] = await stage.backends(1);
    const plane = await planeOf([backend as TestAddress], { clock });
    for (const vain of [1, 1]) {
      const client = await opened(plane);
      expect((await client.ask(GET)).text).toBe('a /');
      expect(plane.stat('http.outbound.detection_dialled_in_vain')).toBe(vain);
      client.socket.destroy();
    }
    const pod = await greeter();
    plane.setEndpoints('web', [pod]);
    const silent = await opened(plane);
    expect(pod.accepted).toHaveLength(0);
    clock.advance(100);
    expect((await silent.read(GREETING.length)).toString()).toBe(GREETING);
  });

  it.each(['FIN', 'RST'])('of a caller who leaves by %s leaves nothing behind', async (how) => {
    const pod = await pods.pod((socket) => void socket.resume());
    const plane = await planeOf([pod]);
    const client = await opened(plane);
    if (how === 'FIN') client.end();
    else client.reset();
    await until('the pod has it', () => pod.accepted.length === 1);
    pod.accepted[0]?.end();
    expect((await plane.logged(0)).flags).toBe(how === 'FIN' ? '' : 'DC');
  });
});

describe('a tunnel whose protocol is declared', () => {
  it('tcp: nobody looks into it, not even at HTTP', async () => {
    const plane = await planeOf([await pods.echo()], { says: 'tcp' });
    const client = await opened(plane, GET);
    expect((await client.read(GET.length)).toString()).toBe(GET);
    await client.finish();
    expect(await plane.logged(0)).toMatchObject({ details: 'tcp: declared', status: 200 });
    expect(plane.stat('http.outbound.detection_tcp')).toBe(0);
  });

  it('http: no pod is dialled before a request has come', async () => {
    const [backend] = await stage.backends(1);
    const plane = await planeOf([backend as TestAddress], { says: 'http' });
    const client = await opened(plane);
    expect(plane.stat('cluster.web.upstream_cx_total')).toBe(0);
    expect((await client.ask(GET)).text).toBe('a /');
    expect(plane.stat('http.outbound.detection_dialled_in_vain')).toBe(0);
  });
});
