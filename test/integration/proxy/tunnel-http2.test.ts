// Promises of CONNECT to a Service of HTTP/2: what speaks it is routed stream by stream, everything else goes to one pod untouched.
import { Http2Backend } from '../../support/http2-backend.ts';
import { Http2Caller } from '../../support/http2-caller.ts';
import type { LivePlane, TestAddress } from '../../support/live-plane.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import type { RawClient } from '../../support/raw-client.ts';
import { Stage } from '../../support/stage.ts';
import { TcpPods } from '../../support/tcp-pods.ts';
import { until } from '../../support/until.ts';

const stage = new Stage();
const pods = new TcpPods();
const callers: Http2Caller[] = [];
const backends: Http2Backend[] = [];

afterEach(async () => {
  for (const caller of callers.splice(0)) caller.close();
  await stage.close();
  pods.close();
  for (const backend of backends.splice(0)) backend.close();
});

const CONNECT = 'CONNECT web:80 HTTP/1.1\r\nHost: web:80\r\n\r\n';
const ESTABLISHED = 'HTTP/1.1 200 Connection Established\r\n\r\n';
const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';

/** Time stands still unless the test moves it: callers have their 50 ms however slow the machine is. */
async function planeOf(endpoints: readonly TestAddress[], clock = new ManualClock()): Promise<LivePlane> {
  const services = { web: endpoints, other: [] };
  return stage.plane({ services, http2Services: ['web'], clock });
}

async function opened(plane: LivePlane, early = ''): Promise<RawClient> {
  const client = await plane.client();
  client.send(CONNECT + early);
  expect((await client.read(ESTABLISHED.length)).toString()).toBe(ESTABLISHED);
  return client;
}

async function named(name: string): Promise<Http2Backend> {
  const backend = await Http2Backend.start((stream) => {
    stream.respond({ ':status': 200 });
    stream.end(name);
  });
  backends.push(backend);
  return backend;
}

async function callerThrough(plane: LivePlane): Promise<Http2Caller> {
  const client = await opened(plane);
  // The reader of the raw client has had what was for it.
  client.socket.removeAllListeners('data');
  const caller = new Http2Caller(client.socket);
  callers.push(caller);
  return caller;
}

describe('HTTP/2 in a tunnel', () => {
  it('is balanced stream by stream over the pods, as gRPC through http_proxy must be', async () => {
    const plane = await planeOf([await named('a'), await named('b')]);
    const caller = await callerThrough(plane);
    let names = '';
    for (let i = 0; i < 4; i += 1) names += (await caller.ask('web')).body.toString();
    expect([...names].sort().join('')).toBe('aabb');
    expect(plane.stat('cluster.web.upstream_cx_total')).toBe(2);
    expect(await plane.logged(0)).toMatchObject({ method: 'CONNECT', status: 200, flags: '', attempts: 0 });
    expect(await plane.logged(1)).toMatchObject({ method: 'GET', protocol: 'HTTP/2', status: 200 });
  });

  it('goes where the tunnel leads to, whatever authority it names', async () => {
    const plane = await planeOf([await named('a')]);
    const caller = await callerThrough(plane);
    expect((await caller.ask('other')).body.toString()).toBe('a');
    expect(plane.stat('http.outbound.downstream_cx_active')).toBe(1);
  });
});

describe('a tunnel to a Service of HTTP/2', () => {
  it('of a caller who speaks something else goes to one pod, first bytes and all', async () => {
    const plane = await planeOf([await pods.echo()]);
    const early = await opened(plane, 'GET / HTTP/1.1\r\n');
    expect((await early.read(16)).toString()).toBe('GET / HTTP/1.1\r\n');
    await early.finish();
    const late = await opened(plane);
    late.send('PRI');
    late.send('ORITY');
    expect((await late.read(8)).toString()).toBe('PRIORITY');
    await late.finish();
    expect((await plane.logged(0)).bytesReceived).toBe(16);
  });

  it('of a caller who says nothing for 50 ms lets the pod speak first', async () => {
    const clock = new ManualClock();
    const pod = await pods.pod((socket) => void socket.write('220 ready\r\n'));
    const plane = await planeOf([pod], clock);
    const client = await opened(plane);
    expect(pod.accepted).toHaveLength(0);
    clock.advance(100);
    expect((await client.read(11)).toString()).toBe('220 ready\r\n');
    client.send(PREFACE);
    await until('the pod has it', () => pod.accepted[0]?.bytesRead === PREFACE.length);
    client.end();
    pod.accepted[0]?.end();
  });

  it('is cut off with UF when no pod can be reached', async () => {
    const plane = await planeOf([await stage.refusing()]);
    const client = await opened(plane, 'hello');
    expect(await client.closed).toBe('ECONNRESET');
    expect((await plane.logged(0)).flags).toBe('UF');
  });

  it.each(['FIN', 'RST'])('of a caller who leaves by %s before it has said anything is forgotten', async (how) => {
    const plane = await planeOf([await pods.echo()]);
    const client = await opened(plane);
    if (how === 'FIN') client.end();
    else client.reset();
    expect((await plane.logged(0)).flags).toBe('DC');
    expect(plane.stat('cluster.web.upstream_cx_total')).toBe(0);
  });

  it('without pods is answered before it is promised: UH', async () => {
    const plane = await planeOf([]);
    const client = await plane.client();
    client.send(CONNECT);
    expect((await client.answer()).status).toBe(503);
  });
});
