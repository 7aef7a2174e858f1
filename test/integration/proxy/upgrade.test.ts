// Promises of upgrades in HTTP/1.1: what each side sees of the other's head, and bytes both ways behind it.
import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { LivePlane, LivePlaneOptions, TestAddress } from '../../support/live-plane.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { get, type RawAnswer } from '../../support/raw-client.ts';
import { echo, named, silent } from '../../support/scripted-backend.ts';
import { Stage } from '../../support/stage.ts';
import { TcpPods } from '../../support/tcp-pods.ts';
import { turns, until } from '../../support/until.ts';
import { asking, switchedOver, switching, switchingPod, upgraded, upgradePlane } from '../../support/upgrades.ts';

const stage = new Stage();
const pods = new TcpPods();

afterEach(async () => {
  await stage.close();
  pods.close();
});

const planeTo = (web: readonly TestAddress[], options?: LivePlaneOptions): Promise<LivePlane> =>
  upgradePlane(stage, web, options);

function failure(answer: RawAnswer): string {
  return `${answer.status} ${answer.get('x-switchboard-error')}`;
}

describe('an upgrade', () => {
  it('reaches the pod as it was asked for, and its 101 reaches the caller', async () => {
    const pod = await switchingPod(pods, undefined, switching('websocket', 'Sec-WebSocket-Accept: x\r\nX-Pod: a\r\n'));
    const plane = await planeTo([pod]);
    const fields = 'Sec-WebSocket-Key: k\r\nConnection: x-hop\r\nX-Hop: 1\r\n';
    const answer = await upgraded(await plane.client(), asking('websocket', fields));
    expect(pod.heads[0]?.split('\r\n').sort()).toEqual([
      '',
      '',
      'GET /chat HTTP/1.1',
      'Host: web',
      'Sec-WebSocket-Key: k',
      'connection: Upgrade',
      'upgrade: websocket',
      'x-request-id: made-1',
    ]);
    expect(answer.start).toBe('HTTP/1.1 101 Switching Protocols');
    expect(answer.fields).toEqual([
      ['Sec-WebSocket-Accept', 'x'],
      ['X-Pod', 'a'],
      ['connection', 'Upgrade'],
      ['upgrade', 'websocket'],
    ]);
  });

  it('carries bytes both ways, and is told in log and statistics', async () => {
    const plane = await planeTo([await switchingPod(pods)]);
    const client = await plane.client();
    await upgraded(client);
    client.send('\x00\xff no HTTP \r\n\r\n');
    expect((await client.read(15)).toString('latin1')).toBe('\x00\xff no HTTP \r\n\r\n');
    expect(plane.stat('http.outbound.downstream_cx_upgrades_active')).toBe(1);
    expect(plane.stat('cluster.web.upstream_rq_active')).toBe(1);
    expect(await client.finish()).toBe('fin');
    expect(await plane.logged(0)).toMatchObject({
      method: 'GET',
      path: '/chat',
      status: 101,
      flags: '',
      attempts: 1,
      bytesReceived: 15,
      bytesSent: 15,
      route: 'web-route',
    });
    expect(plane.stat('http.outbound.downstream_cx_upgrades_total')).toBe(1);
    expect(plane.stat('http.outbound.downstream_rq_1xx')).toBe(1);
    expect(plane.stat('cluster.web.upstream_rq_1xx')).toBe(1);
    await plane.quiet();
  });

  it('carries what came behind either head in the same packet', async () => {
    const pod = await switchingPod(pods, undefined, `${switching()}first`);
    const plane = await planeTo([pod]);
    const client = await plane.client();
    await upgraded(client, `${asking()}early`);
    expect((await client.read(10)).toString()).toBe('firstearly');
  });

  it('loses nothing of what the caller sends while the pod has not answered', async () => {
    const backend = await stage.backend(silent);
    const plane = await planeTo([backend]);
    const client = await plane.client();
    client.send(asking());
    const { connection } = await backend.request(0);
    client.send('much ');
    await turns(20);
    client.send('too early');
    connection.send(switching());
    expect((await client.answer()).status).toBe(101);
    expect((await connection.reader.exactly(14)).toString()).toBe('much too early');
    connection.end();
  });

  it('loses nothing behind a 101 that comes in pieces', async () => {
    const backend = await stage.backend(silent);
    const plane = await planeTo([backend]);
    const client = await plane.client();
    client.send(asking());
    const { connection } = await backend.request(0);
    for (const byte of `${switching()}hello`) {
      connection.send(byte);
      await turns(2);
    }
    expect((await client.answer()).status).toBe(101);
    expect((await client.read(5)).toString()).toBe('hello');
  });

  it('follows interim answers', async () => {
    const pod = await switchingPod(pods, undefined, `HTTP/1.1 100 Continue\r\n\r\n${switching()}`);
    const plane = await planeTo([pod]);
    const client = await plane.client();
    client.send(asking('websocket', 'Expect: 100-continue\r\n'));
    expect([(await client.answer()).status, (await client.answer()).status]).toEqual([100, 101]);
  });

  it('comes behind the whole body of its request', async () => {
    const backend = await stage.backend(async (request, connection) => {
      const { body } = await request.body;
      connection.send(`${switching('tcp')}${body}`);
      return switchedOver(connection);
    });
    const plane = await planeTo([backend], { http: { upgrades: { tcp: true } } });
    const client = await plane.client();
    const fields = 'Connection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: 4\r\n';
    await upgraded(client, `POST /attach HTTP/1.1\r\nHost: web\r\n${fields}\r\nbodybehind`);
    expect((await client.read(4)).toString()).toBe('body');
    const [request] = backend.requests;
    expect((await request?.connection.reader.exactly(6))?.toString()).toBe('behind');
  });

  it('follows an ordinary request on both connections', async () => {
    const backend = await stage.backend(named('a'));
    const plane = await planeTo([backend]);
    const client = await plane.client();
    expect((await client.ask(get('web'))).text).toBe('a /');
    backend.script = (_request, connection) => {
      connection.send(switching());
      return switchedOver(connection);
    };
    await upgraded(client);
    expect(backend.connections).toHaveLength(1);
    // The connection is not used for another request.
    backend.script = named('a');
    expect((await (await plane.client()).ask(get('web'))).text).toBe('a /');
    expect(backend.connections).toHaveLength(2);
  });
});

describe('each side of an upgraded connection', () => {
  it('may go on when the other has ended its own: the pod', async () => {
    const pod = await switchingPod(pods, (socket) => {
      socket.on('end', () => socket.end('behind your end'));
      socket.resume();
    });
    const plane = await planeTo([pod]);
    const client = await plane.client();
    await upgraded(client);
    client.end();
    expect(await client.rest()).toBe('behind your end');
  });

  it('may go on when the other has ended its own: the caller', async () => {
    let got = '';
    const pod = await switchingPod(pods, (socket) => {
      socket.end('bye');
      socket.on('data', (bytes: Buffer) => {
        got += bytes;
      });
    });
    const plane = await planeTo([pod]);
    const client = await plane.client();
    await upgraded(client);
    expect(await client.rest()).toBe('bye');
    client.send('still here');
    await until('the pod has it', () => got === 'still here');
    expect(plane.log).toHaveLength(0);
    client.end();
    await plane.logged(0);
  });

  it('hears of a reset of the other as a reset: the caller', async () => {
    const pod = await switchingPod(pods, (socket) => {
      socket.once('data', () => socket.resetAndDestroy());
    });
    const plane = await planeTo([pod]);
    const client = await plane.client();
    await upgraded(client);
    client.send('go');
    expect(await client.closed).toBe('ECONNRESET');
    expect((await plane.logged(0)).flags).toBe('UC');
  });

  it('hears of a reset of the other as a reset: the pod', async () => {
    let how = '';
    const pod = await switchingPod(pods, (socket) => {
      socket.on('error', (error) => {
        how = 'code' in error ? String(error.code) : '';
      });
      socket.resume();
    });
    const plane = await planeTo([pod]);
    const client = await plane.client();
    await upgraded(client);
    client.reset();
    await until('the pod sees a reset', () => how === 'ECONNRESET');
    expect((await plane.logged(0)).flags).toBe('DC');
  });

  it('is not read further than the other one takes, and 32 MiB arrive whole', async () => {
    const total = 32 * 1_048_576;
    const pod = await switchingPod(pods, (socket) => void socket.pause());
    const plane = await planeTo([pod]);
    const client = await plane.client();
    await upgraded(client);
    client.socket.write(Buffer.alloc(total, 'x'));
    client.socket.end();
    const [socket] = pod.accepted as [Socket];
    const held = (): number => client.socket.bytesWritten - client.socket.writableLength;
    for (let before = -1; before !== held(); ) {
      before = held();
      await turns(100);
    }
    expect(held()).toBeLessThan(total);
    let received = 0;
    for await (const bytes of socket) received += bytes.length;
    expect(received).toBe(total);
    socket.end();
    expect((await plane.logged(0)).bytesReceived).toBe(total);
  });

  it('is let go when nothing has passed for the idle timeout', async () => {
    const clock = new ManualClock();
    const plane = await planeTo([await switchingPod(pods)], { clock, streamIdleTimeoutMs: 1_000 });
    const client = await plane.client();
    await upgraded(client);
    clock.advance(900);
    client.send('alive');
    expect((await client.read(5)).toString()).toBe('alive');
    for (let i = 0; i < 3; i += 1) clock.advance(1_000);
    expect(await client.rest()).toBe('');
    const { flags, details } = await plane.logged(0);
    expect([flags, details]).toEqual(['SI', 'stream_idle_timeout: nothing has moved for 1000 ms']);
  });

  it('may be silent as long as its route says, whatever the listener says', async () => {
    const clock = new ManualClock();
    const options = { clock, streamIdleTimeoutMs: 1_000, routeIdleTimeoutMs: 0 };
    const plane = await planeTo([await switchingPod(pods)], options);
    const client = await plane.client();
    await upgraded(client);
    clock.advance(1_000_000);
    client.send('alive');
    expect((await client.read(5)).toString()).toBe('alive');
  });
});

describe('time for an upgrade', () => {
  it('is up with its connection where the listener bounds every stream', async () => {
    const clock = new ManualClock();
    const http = { upgrades: { websocket: true }, maxStreamDurationMs: 5_000 };
    const plane = await planeTo([await switchingPod(pods)], { clock, http });
    const client = await plane.client();
    await upgraded(client);
    clock.advance(5_100);
    expect(await client.rest()).toBe('');
    expect((await plane.logged(0)).details).toContain('not complete by its deadline of 5000 ms');
  });

  it('is limited by the route until the 101, and no more from then on', async () => {
    const clock = new ManualClock();
    const limits = { clock, routeTimeoutMs: 1_000, headTimeoutMs: 500, idleTimeoutMs: 500, upstreamIdleTimeoutMs: 500 };
    const plane = await planeTo([await switchingPod(pods)], limits);
    const client = await plane.client();
    await upgraded(client);
    clock.advance(100_000);
    client.send('GET / HTTP/1.1\r\n');
    expect((await client.read(16)).toString()).toBe('GET / HTTP/1.1\r\n');
  });

  it('is up with 504 UT where the pod does not answer', async () => {
    const clock = new ManualClock();
    const backend = await stage.backend(silent);
    const plane = await planeTo([backend], { clock, routeTimeoutMs: 1_000 });
    const client = await plane.client();
    client.send(asking());
    await backend.request(0);
    clock.advance(1_100);
    expect(failure(await client.answer())).toBe('504 UT upstream_timeout');
    await backend.connections[0]?.closed;
  });
});

describe('an upgraded connection', () => {
  it('outlives its endpoint and cluster, changes of routes and listener, and the drain of the sidecar', async () => {
    const plane = await planeTo([await switchingPod(pods)]);
    const client = await plane.client();
    await upgraded(client);
    plane.apply({ listeners: { upserted: [{ ...plane.listener(plane.port) }], removed: [] } });
    plane.apply({ routes: { upserted: [plane.routes([])], removed: [] } });
    plane.setEndpoints('web', []);
    plane.apply({ clusters: { upserted: [], removed: ['web'] }, endpoints: { upserted: [], removed: ['web'] } });
    plane.plane.drain();
    await turns(20);
    client.send('still');
    expect((await client.read(5)).toString()).toBe('still');
    expect(plane.plane.activeRequests).toBe(1);
    client.end();
    await plane.quiet();
  });

  it('ends when the data plane closes', async () => {
    const pod = await switchingPod(pods, (socket) => socket.resume());
    const plane = await planeTo([pod]);
    const client = await plane.client();
    await upgraded(client);
    const gone = once(pod.accepted[0] as Socket, 'end');
    plane.plane.close();
    expect(await client.rest()).toBe('');
    await gone;
    pod.accepted[0]?.destroy();
  });

  it('is not mistaken for one that carries requests: other requests find their own way', async () => {
    const plane = await stage.plane({
      services: { web: [await switchingPod(pods)], other: [await stage.backend(echo)] },
      http: { upgrades: { websocket: true } },
    });
    const client = await plane.client();
    await upgraded(client);
    client.send(get('other'));
    expect((await client.read(get('other').length)).toString()).toBe(get('other'));
    expect(plane.log).toHaveLength(0);
  });
});
