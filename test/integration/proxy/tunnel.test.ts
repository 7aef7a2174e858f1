// Promises of CONNECT: a tunnel to one pod of the Service, bytes untouched both ways, each side closing for itself.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect, type LookupFunction, type Socket } from 'node:net';
import { AcceptedSockets } from '../../support/accepted-sockets.ts';
import { type LivePlane, systemDial } from '../../support/live-plane.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { get, type RawClient } from '../../support/raw-client.ts';
import { named } from '../../support/scripted-backend.ts';
import { Stage } from '../../support/stage.ts';
import { type TcpPod, TcpPods } from '../../support/tcp-pods.ts';
import { turns, until } from '../../support/until.ts';

const stage = new Stage();
const pods = new TcpPods();

afterEach(async () => {
  await stage.close();
  pods.close();
});

const CONNECT = 'CONNECT web:80 HTTP/1.1\r\nHost: web:80\r\n\r\n';
const ESTABLISHED = 'HTTP/1.1 200 Connection Established\r\n\r\n';

const pod = (serve: (socket: Socket) => void): Promise<TcpPod> => pods.pod(serve);

const echoPod = (): Promise<TcpPod> => pods.echo();

async function opened(plane: LivePlane, early = ''): Promise<RawClient> {
  const client = await plane.client();
  client.send(CONNECT + early);
  expect((await client.read(ESTABLISHED.length)).toString()).toBe(ESTABLISHED);
  return client;
}

describe('a tunnel', () => {
  it('carries bytes both ways and says so in the log', async () => {
    const plane = await stage.plane({ services: { web: [await echoPod()] } });
    const client = await opened(plane);
    client.send('\x00\xff not HTTP \r\n\r\n');
    expect((await client.read(16)).toString('latin1')).toBe('\x00\xff not HTTP \r\n\r\n');
    expect(plane.stat('http.outbound.downstream_rq_active')).toBe(1);
    client.send('more');
    expect((await client.read(4)).toString()).toBe('more');
    expect(await client.finish()).toBe('fin');
    const record = await plane.logged(0);
    expect(record).toMatchObject({ method: 'CONNECT', authority: 'web:80', status: 200, flags: '', attempts: 1 });
    expect([record.bytesReceived, record.bytesSent, record.route]).toEqual([20, 20, 'web-connect']);
  });

  it('carries the bytes that came behind the head', async () => {
    const plane = await stage.plane({ services: { web: [await echoPod()] } });
    const client = await opened(plane, 'early');
    expect((await client.read(5)).toString()).toBe('early');
    await client.finish();
    expect((await plane.logged(0)).bytesReceived).toBe(5);
  });

  it('lets the pod go on when the caller has ended its side', async () => {
    const target = await pod((socket) => {
      socket.on('data', () => {});
      socket.on('end', () => socket.end('behind your end'));
    });
    const client = await opened(await stage.plane({ services: { web: [target] } }));
    client.send('hello');
    client.end();
    expect(await client.rest()).toBe('behind your end');
  });

  it('lets the caller go on when the pod has ended its side', async () => {
    let got = '';
    const target = await pod((socket) => {
      socket.end('bye');
      socket.on('data', (bytes: Buffer) => {
        got += bytes;
      });
    });
    const plane = await stage.plane({ services: { web: [target] } });
    const client = await opened(plane);
    expect(await client.rest()).toBe('bye');
    client.send('still here');
    await until('the pod has it', () => got === 'still here');
    expect(plane.log).toHaveLength(0);
    client.end();
    await plane.logged(0);
  });

  it('of a pod that resets is reset: the caller must not take what it has for all', async () => {
    const target = await pod((socket) => {
      socket.once('data', () => socket.write('half', () => socket.resetAndDestroy()));
    });
    const plane = await stage.plane({ services: { web: [target] } });
    const client = await opened(plane, 'go');
    expect(await client.closed).toBe('ECONNRESET');
    await plane.logged(0);
  });

  it('of a caller who resets is reset at the pod', async () => {
    let how = '';
    const target = await pod((socket) => {
      socket.on('error', (error) => {
        how = 'code' in error ? String(error.code) : '';
      });
      socket.resume();
    });
    const client = await opened(await stage.plane({ services: { web: [target] } }));
    client.send('hello');
    await until('the pod has it', () => (target.accepted[0]?.bytesRead ?? 0) > 0);
    client.reset();
    await until('the pod sees a reset', () => how === 'ECONNRESET');
  });

  it('follows an ordinary request on the same connection, and ends it', async () => {
    const backend = await stage.backend(named('a'));
    const plane = await stage.plane({ services: { web: [backend] } });
    const client = await plane.client();
    expect((await client.ask(get('web'))).text).toBe('a /');
    client.send(CONNECT + get('web', '/inside'));
    expect((await client.answer('CONNECT')).start).toBe('HTTP/1.1 200 Connection Established');
    expect((await client.answer()).text).toBe('a /inside');
  });

  it('is not ended by the timeouts of HTTP: route, head, idle', async () => {
    const clock = new ManualClock();
    const options = { routeTimeoutMs: 1_000, headTimeoutMs: 1_000, idleTimeoutMs: 1_000 };
    const plane = await stage.plane({ services: { web: [await echoPod()] }, clock, ...options });
    const client = await opened(plane);
    clock.advance(100_000);
    client.send('GET / HTTP/1.1\r\n');
    expect((await client.read(16)).toString()).toBe('GET / HTTP/1.1\r\n');
    clock.advance(100_000);
    await turns(20);
    client.end();
    expect(await client.rest()).toBe('');
  });

  it('goes on while the sidecar drains, and after its pod has left', async () => {
    const plane = await stage.plane({ services: { web: [await echoPod()] } });
    const client = await opened(plane);
    plane.plane.drain();
    plane.setEndpoints('web', []);
    await turns(20);
    client.send('still');
    expect((await client.read(5)).toString()).toBe('still');
    expect(plane.plane.activeRequests).toBe(1);
    client.end();
    await plane.quiet();
  });

  it('ends when the data plane closes', async () => {
    const target = await echoPod();
    const plane = await stage.plane({ services: { web: [target] } });
    const client = await opened(plane);
    plane.plane.close();
    expect(await client.rest()).toBe('');
    await until(
      'the pod is let go',
      () => target.accepted[0]?.destroyed === true || target.accepted[0]?.readableEnded === true,
    );
    target.accepted[0]?.destroy();
  });
});

describe('a large stream through a tunnel', () => {
  const TOTAL = 32 * 1_048_576;
  const PIECE = Buffer.alloc(65_536, 'tunnel ');
  const HELD = 320 * 1_024;
  const accepted = new AcceptedSockets();
  beforeEach(() => accepted.start());
  afterEach(() => accepted.stop());

  async function pour(socket: Socket): Promise<void> {
    for (let sent = 0; sent < TOTAL; sent += PIECE.length) {
      if (!socket.write(PIECE)) await new Promise<void>((resolve) => socket.once('drain', () => resolve()));
    }
    socket.end();
  }

  async function stalled(socket: Socket): Promise<void> {
    for (let before = -1; before !== socket.bytesRead; ) {
      before = socket.bytesRead;
      await turns(200);
    }
  }

  async function hashOf(socket: Socket): Promise<string> {
    const hash = createHash('sha256');
    for await (const bytes of socket) hash.update(bytes);
    return hash.digest('hex');
  }

  const EXPECTED = createHash('sha256');
  for (let sent = 0; sent < TOTAL; sent += PIECE.length) EXPECTED.update(PIECE);
  const expected = EXPECTED.digest('hex');

  it('waits at the caller while the pod does not read, and arrives whole', async () => {
    let upstream: Socket | null = null;
    const dial = (host: string, port: number): Socket => {
      upstream = systemDial(host, port);
      return upstream;
    };
    const target = await pod((socket) => void socket.pause());
    const plane = await stage.plane({ services: { web: [target] }, dial });
    const client = await opened(plane);
    const poured = pour(client.socket);
    const downstream = accepted.peerOf(client.socket);
    await stalled(downstream);
    const out = upstream as unknown as Socket;
    expect(downstream.bytesRead - (out.bytesWritten - out.writableLength)).toBeLessThan(HELD);
    const [socket] = target.accepted as [Socket];
    expect(await hashOf(socket)).toBe(expected);
    await poured;
    socket.end();
  });

  it('waits in the pod while the caller does not read, and arrives whole', async () => {
    let upstream: Socket | null = null;
    const dial = (host: string, port: number): Socket => {
      upstream = systemDial(host, port);
      return upstream;
    };
    const target = await pod((socket) => {
      socket.once('data', () => void pour(socket));
    });
    const plane = await stage.plane({ services: { web: [target] }, dial });
    const socket = connect({ port: plane.port, host: '127.0.0.1', allowHalfOpen: true });
    await once(socket, 'connect');
    socket.write(CONNECT);
    const [head] = await once(socket, 'data');
    expect(String(head)).toBe(ESTABLISHED);
    socket.pause();
    socket.write('go');
    const into = upstream as unknown as Socket;
    await until('it pours', () => into.bytesRead > 0);
    await stalled(into);
    const out = accepted.peerOf(socket);
    expect(into.bytesRead - (out.bytesWritten - out.writableLength)).toBeLessThan(HELD);
    socket.end();
    expect(await hashOf(socket)).toBe(expected);
  });

  it('is let go when the pod has gone and the caller takes nothing for a minute', async () => {
    const clock = new ManualClock();
    const target = await pod((socket) => {
      void pour(socket);
      socket.on('end', () => socket.destroySoon());
      socket.resume();
    });
    const plane = await stage.plane({ services: { web: [target] }, clock });
    const client = await plane.client();
    client.socket.pause();
    client.send(CONNECT);
    client.end();
    await until('the tunnel is open', () => target.accepted.length === 1);
    await stalled(target.accepted[0] as Socket);
    target.accepted[0]?.resetAndDestroy();
    await plane.logged(0);
  });
});

describe('CONNECT', () => {
  function failure(answer: { status: number; get(name: string): string | undefined }): string {
    return `${answer.status} ${answer.get('x-switchboard-error')}`;
  }

  it('goes to another pod when one refuses', async () => {
    const plane = await stage.plane({
      services: { web: [await stage.refusing(), await stage.refusing(), await echoPod()] },
    });
    for (let i = 0; i < 3; i += 1) {
      const client = await opened(plane, 'x');
      expect((await client.read(1)).toString()).toBe('x');
      await client.finish();
    }
    expect(plane.stat('cluster.web.upstream_cx_connect_fail')).toBeGreaterThan(0);
  });

  it('to a Service without a pod that answers is UF, and the connection goes on', async () => {
    const plane = await stage.plane({ services: { web: [await stage.refusing()] } });
    const client = await plane.client();
    for (let i = 0; i < 2; i += 1) {
      client.send(CONNECT);
      expect(failure(await client.answer())).toBe('503 UF upstream_connection_failure');
    }
    expect((await plane.logged(1)).flags).toBe('UF');
  });

  it('to a Service without pods is UH', async () => {
    const plane = await stage.plane({ services: { web: [] } });
    const client = await plane.client();
    client.send(CONNECT);
    expect(failure(await client.answer())).toBe('503 UH no_healthy_upstream');
  });

  it.each(['nowhere:80', 'web:22', '10.0.0.1:80'])('to %s is NR: a sidecar is no open proxy', async (authority) => {
    const plane = await stage.plane({ services: { web: [await echoPod()] } });
    const client = await plane.client();
    client.send(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`);
    expect(failure(await client.answer())).toBe('404 NR no_route');
    expect(plane.stat('cluster.web.upstream_cx_total')).toBe(0);
  });

  it('is given up with UF when no pod takes the connection within 5 s each', async () => {
    const clock = new ManualClock();
    const lookup: LookupFunction = () => {};
    const dial = (_host: string, port: number): Socket =>
      connect({ host: 'never.test', port, lookup, allowHalfOpen: true });
    const endpoints = [1, 2].map((port) => ({ host: '127.0.0.1', port }));
    const plane = await stage.plane({ services: { web: endpoints }, clock, dial });
    const client = await plane.client();
    client.send(`${CONNECT}early`);
    for (let attempt = 1; attempt <= 2; attempt += 1) {
      await until('it is dialled', () => plane.stat('cluster.web.upstream_cx_total') === attempt);
      clock.advance(5_050);
    }
    expect(failure(await client.answer())).toBe('503 UF upstream_connection_failure');
    expect(plane.log[0]?.details).toContain('no connection within 5000 ms');
  });

  it.each(['FIN', 'RST'])('of a caller who leaves by %s while the pod is dialled is given up', async (how) => {
    let dialled: Socket | null = null;
    const lookup: LookupFunction = () => {};
    const dial = (_host: string, port: number): Socket => {
      dialled = connect({ host: 'never.test', port, lookup, allowHalfOpen: true });
      return dialled;
    };
    const plane = await stage.plane({ services: { web: [{ host: '127.0.0.1', port: 9 }] }, dial });
    const client = await plane.client();
    client.send(CONNECT);
    await until('it is dialled', () => dialled !== null);
    if (how === 'FIN') client.end();
    else client.reset();
    expect((await plane.logged(0)).flags).toBe('DC');
    await until('the dialling has ended', () => dialled?.destroyed === true);
  });
});
