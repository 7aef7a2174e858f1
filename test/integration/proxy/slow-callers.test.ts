// Promises about callers that are slow on purpose: each holds little, is ended in time, and nobody else waits for it.
import type { Socket } from 'node:net';
import { AcceptedSockets } from '../../support/accepted-sockets.ts';
import type { LivePlane, LivePlaneOptions } from '../../support/live-plane.ts';
import { systemDial } from '../../support/live-plane.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { get, type RawAnswer, type RawClient } from '../../support/raw-client.ts';
import { named, type Script, type ScriptedBackend } from '../../support/scripted-backend.ts';
import { Stage } from '../../support/stage.ts';
import { turns, until } from '../../support/until.ts';

const stage = new Stage();
const accepted = new AcceptedSockets();
beforeEach(() => accepted.start());
afterEach(async () => {
  accepted.stop();
  await stage.close();
});

const KIB = 1_024;
const ATTACKERS = 100;
/** More than the buffers of the system take of an answer that nobody reads. */
const ANSWER_BYTES = 16 * KIB * KIB;
const PIECE = Buffer.alloc(64 * KIB, 'x');

interface Scene {
  readonly clock: ManualClock;
  readonly plane: LivePlane;
  readonly good: ScriptedBackend;
  readonly slow: ScriptedBackend;
  /** Towards the pods of `slow`. */
  readonly dialled: Socket[];
}

/** Two Services: `good` answers at once, `slow` does what `script` says. */
async function setUp(script: Script, options: LivePlaneOptions = {}): Promise<Scene> {
  const clock = new ManualClock();
  const [good, slow] = [await stage.backend(named('good')), await stage.backend(script)];
  const dialled: Socket[] = [];
  const dial = (host: string, port: number): Socket => {
    const socket = systemDial(host, port);
    if (port === slow.port) dialled.push(socket);
    return socket;
  };
  const services = { good: [good], slow: [slow] };
  return { clock, plane: await stage.plane({ services, clock, dial, ...options }), good, slow, dialled };
}

async function attackers(plane: LivePlane, count: number, opening: string): Promise<RawClient[]> {
  const clients = await Promise.all(Array.from({ length: count }, () => plane.client()));
  for (const client of clients) client.send(opening);
  const hasCome = ({ socket }: RawClient): boolean => accepted.peerOf(socket).bytesRead >= opening.length;
  await until('what they say has come', () => clients.every(hasCome));
  return clients;
}

async function othersAreServed(plane: LivePlane): Promise<void> {
  const client = await plane.client();
  for (let asked = 0; asked < 20; asked += 1) expect((await client.ask(get('good'))).status).toBe(200);
  client.socket.end();
}

function failures(answers: readonly RawAnswer[]): Set<string> {
  return new Set(answers.map((answer) => `${answer.status} ${answer.get('x-switchboard-error')}`));
}

const never: Script = () => {};

describe('callers that never end their heads', () => {
  it('are answered with 408 SI after 10 s, byte after byte or not, and others are served meanwhile', async () => {
    const { clock, plane, slow } = await setUp(never);
    const clients = await attackers(plane, ATTACKERS, 'GET / HTTP/1.1\r\nHost: slow\r\n');
    for (let second = 0; second < 9; second += 1) {
      clock.advance(1_000);
      for (const client of clients) client.send('x');
      await turns(5);
    }
    await othersAreServed(plane);
    clock.advance(1_100);
    const answers = await Promise.all(clients.map((client) => client.answer()));
    expect(failures(answers)).toEqual(new Set(['408 SI request_head_timeout']));
    expect(slow.requests).toHaveLength(0);
    for (const client of clients) client.socket.end();
    await Promise.all(clients.map((client) => client.closed));
  });

  it('hold no more than the limit of a head', async () => {
    const { plane } = await setUp(never, { maxHeadBytes: 4 * KIB });
    const [client] = await attackers(plane, 1, 'GET / HTTP/1.1\r\nHost: slow\r\nX: ');
    for (let sent = 0; sent < 8; sent += 1) {
      client?.send('x'.repeat(KIB));
      await turns(20);
    }
    expect(failures([(await client?.answer()) as RawAnswer])).toEqual(new Set(['431 DPE request_head_too_large']));
  });
});

describe('callers that never end their bodies', () => {
  const OPENING = 'POST / HTTP/1.1\r\nHost: slow\r\nContent-Length: 1000000\r\n\r\n';

  it('are answered with 408 SI once nothing has come for a while, their pods are let go, and others are served meanwhile', async () => {
    const { clock, plane, slow } = await setUp(never, { streamIdleTimeoutMs: 30_000 });
    const clients = await attackers(plane, ATTACKERS, `${OPENING}half`);
    await until('the pod has them', () => slow.requests.length === ATTACKERS);
    await othersAreServed(plane);
    clock.advance(60_100);
    const answers = await Promise.all(clients.map((client) => client.answer()));
    expect(failures(answers)).toEqual(new Set(['408 SI request_body_timeout']));
    await until('the pod is rid of them', () => slow.openConnections === 0);
  });

  it('are ended by the time for a body though a byte comes every second', async () => {
    const { clock, plane, slow } = await setUp(never, { requestBodyTimeoutMs: 20_000 });
    const clients = await attackers(plane, 20, OPENING);
    await until('the pod has them', () => slow.requests.length === 20);
    for (let second = 0; second < 19; second += 1) {
      clock.advance(1_000);
      for (const client of clients) client.send('x');
      await turns(3);
    }
    expect(plane.plane.activeRequests).toBe(20);
    clock.advance(1_100);
    const answers = await Promise.all(clients.map((client) => client.answer()));
    expect(failures(answers)).toEqual(new Set(['408 SI request_body_timeout']));
  });
});

describe('callers that do not read', () => {
  /** As much of 16 MiB as is taken. */
  const pours: Script = async (_request, { socket }) => {
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${ANSWER_BYTES}\r\n\r\n`);
    for (let sent = 0; sent < ANSWER_BYTES && !socket.destroyed; sent += PIECE.length) {
      if (socket.write(PIECE)) continue;
      await new Promise<void>((resolve) => {
        socket.once('drain', resolve);
        socket.once('close', () => resolve());
      });
    }
  };

  it('make the sidecar hold 320 KiB each at most, are cut off in time, and others are served meanwhile', async () => {
    const count = 10;
    const { clock, plane, slow, dialled } = await setUp(pours, { streamIdleTimeoutMs: 30_000 });
    const clients = await attackers(plane, count, get('slow'));
    for (const client of clients) client.socket.pause();
    const read = (): number => dialled.reduce((sum, socket) => sum + socket.bytesRead, 0);
    for (let before = -1; before !== read() || dialled.length < count; ) {
      before = read();
      await turns(100);
    }
    const callers = clients.map(({ socket }) => accepted.peerOf(socket));
    const taken = callers.reduce((sum, socket) => sum + socket.bytesWritten - socket.writableLength, 0);
    expect(read() - taken).toBeLessThan(count * 320 * KIB);
    expect(read()).toBeLessThan(count * ANSWER_BYTES);
    await othersAreServed(plane);
    clock.advance(60_100);
    await until('the pod is rid of them', () => slow.openConnections === 0);
    expect(plane.plane.activeRequests).toBe(0);
    const flags = plane.log.filter(({ authority }) => authority === 'slow').map((record) => record.flags);
    expect(flags).toEqual(Array(count).fill('SI'));
  });
});
