// Promises of back-pressure: whoever reads slowly slows the other side down, and the sidecar holds little meanwhile.
import type { Socket } from 'node:net';
import { AcceptedSockets } from '../../support/accepted-sockets.ts';
import type { LivePlane, LivePlaneOptions } from '../../support/live-plane.ts';
import { systemDial } from '../../support/live-plane.ts';
import { get } from '../../support/raw-client.ts';
import { named, type Script, type ScriptedBackend } from '../../support/scripted-backend.ts';
import { Stage } from '../../support/stage.ts';
import { turns, until } from '../../support/until.ts';

const stage = new Stage();
const accepted = new AcceptedSockets();
let dialled: Socket[] = [];

beforeEach(() => {
  dialled = [];
  accepted.start();
});
afterEach(async () => {
  accepted.stop();
  await stage.close();
});

const KIB = 1_024;
const MIB = 1_048_576;
const TOTAL = 32 * MIB;
const PIECE = Buffer.alloc(64 * KIB, 'x');
/** What the sidecar may hold of one exchange, whatever its size: a few reads, and what a socket takes before it says stop. */
const HELD = 320 * KIB;

type Framing = 'length' | 'chunked';

async function setUp(
  script: Script,
  options: LivePlaneOptions = {},
): Promise<{ backend: ScriptedBackend; plane: LivePlane }> {
  const backend = await stage.backend(script);
  const dial = (host: string, port: number): Socket => {
    const socket = systemDial(host, port);
    dialled.push(socket);
    return socket;
  };
  return { backend, plane: await stage.plane({ services: { web: [backend] }, dial, ...options }) };
}

function framingField(framing: Framing): string {
  return framing === 'length' ? `Content-Length: ${TOTAL}` : 'Transfer-Encoding: chunked';
}

/** Writes a body of `TOTAL` bytes as fast as `socket` takes it. */
async function pour(socket: Socket, framing: Framing): Promise<void> {
  for (let sent = 0; sent < TOTAL; sent += PIECE.length) {
    if (framing === 'chunked') socket.write(`${PIECE.length.toString(16)}\r\n`);
    const more = socket.write(PIECE);
    if (framing === 'chunked') socket.write('\r\n');
    if (!more) await new Promise<void>((resolve) => socket.once('drain', () => resolve()));
  }
  if (framing === 'chunked') socket.write('0\r\n\r\n');
}

/** Waits until nothing moves any more: all buffers of the system are full. */
async function stalled(socket: Socket): Promise<void> {
  for (let before = -1; before !== socket.bytesRead; ) {
    before = socket.bytesRead;
    await turns(200);
  }
}

/** What has come in on `from` and has not been handed to the system on `to`. */
function heldBetween(from: Socket, to: Socket): number {
  return from.bytesRead - (to.bytesWritten - to.writableLength);
}

describe('an answer of 32 MiB', () => {
  it.each(['length', 'chunked'] as const)('(%s) waits in the pod while the caller does not read', async (framing) => {
    const { backend, plane } = await setUp(async (_request, connection) => {
      connection.send(`HTTP/1.1 200 OK\r\n${framingField(framing)}\r\n\r\n`);
      await pour(connection.socket, framing);
    });
    const client = await plane.client();
    client.socket.pause();
    client.send(get('web'));
    await backend.request(0);
    const [upstream] = dialled as [Socket];
    await stalled(upstream);
    expect(upstream.bytesRead).toBeLessThan(TOTAL);
    expect(heldBetween(upstream, accepted.peerOf(client.socket))).toBeLessThan(HELD);
    client.socket.resume();
    expect((await client.answer()).body).toHaveLength(TOTAL);
    expect((await plane.logged(0)).bytesSent).toBe(TOTAL);
  });

  it('waits with less in the sidecar where a connection may buffer 4 KiB', async () => {
    const { backend, plane } = await setUp(
      async (_request, connection) => {
        connection.send(`HTTP/1.1 200 OK\r\n${framingField('length')}\r\n\r\n`);
        await pour(connection.socket, 'length');
      },
      { connectionBufferBytes: 4 * KIB },
    );
    const client = await plane.client();
    client.socket.pause();
    client.send(get('web'));
    await backend.request(0);
    const caller = accepted.peerOf(client.socket);
    await stalled(dialled[0] as Socket);
    expect(caller.writableHighWaterMark).toBe(4 * KIB);
    // One read of up to 64 KiB is handed on whole.
    expect(heldBetween(dialled[0] as Socket, caller)).toBeLessThan(200 * KIB);
    client.reset();
  });

  it('without a length waits too, and is chunked', async () => {
    const { backend, plane } = await setUp(async (_request, connection) => {
      connection.send('HTTP/1.1 200 OK\r\n\r\n');
      await pour(connection.socket, 'length');
      connection.end();
    });
    const client = await plane.client();
    client.socket.pause();
    client.send(get('web'));
    await backend.request(0);
    const [upstream] = dialled as [Socket];
    await stalled(upstream);
    expect(heldBetween(upstream, accepted.peerOf(client.socket))).toBeLessThan(HELD);
    client.socket.resume();
    expect((await client.answer()).body).toHaveLength(TOTAL);
  });

  it('ends at once when the caller resets', async () => {
    const { backend, plane } = await setUp(async (_request, connection) => {
      connection.send(`HTTP/1.1 200 OK\r\n${framingField('length')}\r\n\r\n`);
      await Promise.race([pour(connection.socket, 'length'), connection.closed]);
    });
    const client = await plane.client();
    client.socket.pause();
    client.send(get('web'));
    await backend.request(0);
    await stalled(dialled[0] as Socket);
    client.reset();
    await backend.connections[0]?.closed;
    expect((await plane.logged(0)).flags).toBe('DC');
  });
});

describe('a request of 32 MiB', () => {
  it.each(['length', 'chunked'] as const)('(%s) waits at the caller while the pod does not read', async (framing) => {
    const { backend, plane } = await setUp(async (request, connection) => {
      connection.socket.pause();
      const { body } = await request.body;
      connection.answer(200, `${body.length}`);
    });
    const client = await plane.client();
    client.send(`PUT / HTTP/1.1\r\nHost: web\r\n${framingField(framing)}\r\n\r\n`);
    const poured = pour(client.socket, framing);
    const { connection } = await backend.request(0);
    const downstream = accepted.peerOf(client.socket);
    await stalled(downstream);
    expect(downstream.bytesRead).toBeLessThan(TOTAL);
    expect(heldBetween(downstream, dialled[0] as Socket)).toBeLessThan(HELD);
    connection.socket.resume();
    await poured;
    expect((await client.answer()).text).toBe(`${TOTAL}`);
    expect((await plane.logged(0)).bytesReceived).toBe(TOTAL);
  });

  it('ends when the pod resets while the caller was made to wait', async () => {
    const { backend, plane } = await setUp((_request, connection) => {
      connection.socket.pause();
    });
    const client = await plane.client();
    client.send(`PUT / HTTP/1.1\r\nHost: web\r\n${framingField('length')}\r\n\r\n`);
    const poured = Promise.race([pour(client.socket, 'length'), client.closed]);
    const { connection } = await backend.request(0);
    await stalled(accepted.peerOf(client.socket));
    connection.reset();
    const answer = await client.answer();
    expect([answer.status, answer.get('x-switchboard-error'), answer.get('connection')]).toEqual([
      503,
      'UC upstream_connection_termination',
      'close',
    ]);
    client.reset();
    await poured;
  });
});

describe('pipelined requests whose caller does not read', () => {
  /** The sidecar answers it by itself, and repeats the 3,000 characters. */
  const LARGE_REPLY = get('nowhere', '/', `x-request-id: ${'i'.repeat(3_000)}\r\n`);

  it('are not answered beyond what the socket takes, when the sidecar answers them itself', async () => {
    const { plane } = await setUp(named('a'));
    const client = await plane.client();
    client.socket.pause();
    const count = 6_000;
    client.send(LARGE_REPLY.repeat(count));
    const downstream = accepted.peerOf(client.socket);
    await stalled(downstream);
    expect(downstream.writableLength).toBeLessThan(HELD);
    client.socket.resume();
    await until('all are answered', () => plane.log.length === count);
    client.end();
    expect((await client.rest()).split('HTTP/1.1 404 ')).toHaveLength(count + 1);
  });

  it('are not sent to the pods beyond what the socket takes', async () => {
    const body = 'x'.repeat(30_000);
    const { plane } = await setUp((_request, connection) => connection.answer(200, body));
    const client = await plane.client();
    client.socket.pause();
    const count = 600;
    client.send(get('web').repeat(count));
    const downstream = accepted.peerOf(client.socket);
    await until('the first is answered', () => plane.log.length > 0);
    await stalled(dialled[0] as Socket);
    expect(downstream.writableLength).toBeLessThan(HELD);
    expect(plane.log.length).toBeLessThan(count);
    client.socket.resume();
    for (let i = 0; i < count; i += 1) expect((await client.answer()).body).toHaveLength(30_000);
  });

  it('are given up when the caller goes', async () => {
    const { plane } = await setUp(named('a'));
    const client = await plane.client();
    client.socket.pause();
    client.send(LARGE_REPLY.repeat(6_000));
    await stalled(accepted.peerOf(client.socket));
    client.reset();
    await until('the connection is gone', () => plane.stat('http.outbound.downstream_cx_active') === 0);
  });
});

describe('a connection to a pod', () => {
  it('whose answer ended while its reader was slow serves the next request', async () => {
    // Head and body fill reads of 64 KiB exactly, so that the last write of an answer asks to wait.
    const head = 'HTTP/1.1 200 OK\r\nContent-Length: 0000000\r\n\r\n';
    const length = 4 * PIECE.length - head.length;
    const answer = Buffer.alloc(4 * PIECE.length, 'x');
    answer.write(head.replace('0000000', `${length}`.padStart(7, '0')));
    const { backend, plane } = await setUp((_request, connection) => connection.send(answer));
    const client = await plane.client();
    for (let i = 0; i < 20; i += 1) expect((await client.ask(get('web'))).body).toHaveLength(length);
    expect(backend.connections).toHaveLength(1);
  });
});
