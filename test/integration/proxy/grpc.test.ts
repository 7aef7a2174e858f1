// Promises of gRPC: the official client and server through the sidecar, as if it were not there.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { status } from '@grpc/grpc-js';
import { type EchoCalls, GrpcCaller, GrpcEcho } from '../../support/grpc-echo.ts';
import type { LivePlane } from '../../support/live-plane.ts';
import { Stage } from '../../support/stage.ts';
import { until } from '../../support/until.ts';

const stage = new Stage();
const servers: GrpcEcho[] = [];
const callers: GrpcCaller[] = [];
afterEach(async () => {
  for (const caller of callers.splice(0)) caller.close();
  for (const server of servers.splice(0)) server.close();
  await stage.close();
});

async function setUp(calls: EchoCalls = {}, pods = 1): Promise<{ plane: LivePlane; caller: GrpcCaller }> {
  const own = await Promise.all(Array.from({ length: pods }, () => GrpcEcho.start(calls)));
  servers.push(...own);
  const plane = await stage.plane({ services: { web: own }, http2Services: ['web'], replayBytes: 65_536 });
  const caller = new GrpcCaller(plane.port);
  callers.push(caller);
  return { plane, caller };
}

async function textsOf(stream: AsyncIterable<Buffer>): Promise<string[]> {
  const texts: string[] = [];
  for await (const piece of stream) texts.push(piece.toString());
  return texts;
}

describe('a call', () => {
  it('that is unary brings its answer', async () => {
    const { caller } = await setUp();
    expect((await caller.unary(Buffer.from('hello'))).toString()).toBe('hello');
  });

  it('that streams to the server, from it, or both ways brings every message in order', async () => {
    const { caller } = await setUp();
    const messages = Array.from({ length: 50 }, (_, index) => Buffer.from(`${index};`));
    expect((await caller.collect(messages)).toString()).toBe(Buffer.concat(messages).toString());
    expect(await textsOf(caller.repeat(Buffer.from('n')))).toEqual(['n0', 'n1', 'n2', 'n3', 'n4']);
    const chat = caller.chat();
    for (const message of messages) chat.write(message);
    chat.end();
    expect(await textsOf(chat)).toEqual(messages.map(String));
  });

  it('that streams both ways is a conversation: each message arrives before the next is sent', async () => {
    const { caller } = await setUp();
    const chat = caller.chat();
    for (let i = 0; i < 20; i += 1) {
      chat.write(Buffer.from(String(i)));
      const [answer] = await once(chat, 'data');
      expect(String(answer)).toBe(String(i));
    }
    chat.end();
    await once(chat, 'status');
  });

  it('that fails brings its status, message and metadata (trailers only, and behind messages)', async () => {
    const { caller } = await setUp({
      unary: (_call, done) => done({ code: status.NOT_FOUND, details: 'no such cart: ü' }),
      repeat: (call) => {
        call.write(Buffer.from('one'));
        call.emit('error', { code: status.DATA_LOSS, details: 'lost' });
      },
    });
    await expect(caller.unary(Buffer.from('x'))).rejects.toMatchObject({ code: 5, details: 'no such cart: ü' });
    await expect(textsOf(caller.repeat(Buffer.from('x')))).rejects.toMatchObject({ code: 15, details: 'lost' });
  });

  it('of 64 MiB each way is carried whole', async () => {
    const { caller } = await setUp();
    const message = randomBytes(64 * 1024 * 1024);
    expect((await caller.unary(message, 80_000)).equals(message)).toBe(true);
  }, 90_000);

  it('that its caller cancels is cancelled at the server', async () => {
    let cancelled = 0;
    const { caller, plane } = await setUp({
      chat: (call) => {
        call.on('cancelled', () => {
          cancelled += 1;
        });
        call.on('data', (piece: Buffer) => call.write(piece));
      },
    });
    const chat = caller.chat();
    chat.on('error', () => {});
    chat.write(Buffer.from('x'));
    await once(chat, 'data');
    chat.cancel();
    await until('the server is told', () => cancelled === 1);
    expect((await plane.logged(0)).flags).toBe('DC');
    expect(plane.stat('cluster.web.upstream_cx_active')).toBe(1);
  });

  it('takes its deadline to the server, and ends with it', async () => {
    let deadlineMs = 0;
    const { caller } = await setUp({
      unary: (call) => {
        deadlineMs = Number(call.getDeadline()) - Date.now();
      },
    });
    await expect(caller.unary(Buffer.from('x'), 300)).rejects.toMatchObject({ code: status.DEADLINE_EXCEEDED });
    expect(deadlineMs).toBeGreaterThan(0);
    expect(deadlineMs).toBeLessThanOrEqual(301);
  });
});

describe('calls of one client', () => {
  it('are balanced one by one over three pods, each with one connection', async () => {
    let served: string[] = [];
    const { caller, plane } = await setUp(
      {
        unary: (call, done) => {
          served.push(call.getHost());
          done(null, call.request);
        },
      },
      3,
    );
    await Promise.all(Array.from({ length: 60 }, (_, index) => caller.unary(Buffer.from(String(index)))));
    expect(served).toHaveLength(60);
    served = servers.map((server) => String(plane.endpoint('web', server)?.requestsTotal));
    expect(served).toEqual(['20', '20', '20']);
    expect(plane.stat('cluster.web.upstream_cx_total')).toBe(3);
  });

  it('in great number at once all end well: 1,000 over one connection each way', async () => {
    const { caller } = await setUp();
    const answers = await Promise.all(
      Array.from({ length: 1_000 }, async (_, index) => (await caller.unary(Buffer.from(String(index)))).toString()),
    );
    expect(answers).toEqual(Array.from({ length: 1_000 }, (_, index) => String(index)));
  });

  it('go to another pod when theirs goes, unless it has seen them', async () => {
    const { caller, plane } = await setUp({}, 2);
    await Promise.all([caller.unary(Buffer.from('1')), caller.unary(Buffer.from('2'))]);
    servers[0]?.close();
    await until('its connection is gone', () => plane.stat('cluster.web.upstream_cx_active') === 1);
    const answers = await Promise.all(Array.from({ length: 20 }, () => caller.unary(Buffer.from('x'))));
    expect(answers.map(String)).toEqual(Array.from({ length: 20 }, () => 'x'));
  });
});

describe('an error of the mesh', () => {
  it('is a status that says so: UNAVAILABLE with its reason, where no pod is left', async () => {
    const plane = await stage.plane({ services: { web: [] }, http2Services: ['web'] });
    const caller = new GrpcCaller(plane.port);
    callers.push(caller);
    await expect(caller.unary(Buffer.from('x'))).rejects.toMatchObject({
      code: status.UNAVAILABLE,
      details: expect.stringContaining('No pod of the Service can take the request'),
    });
  });
});

describe('a client with grpc_proxy in its environment', () => {
  const before = process.env['grpc_proxy'];
  afterEach(() => {
    if (before === undefined) delete process.env['grpc_proxy'];
    else process.env['grpc_proxy'] = before;
  });

  it('opens one tunnel, and its calls are balanced over the pods', async () => {
    const seen = new Map<number, number>();
    const pods = await Promise.all(
      [0, 1, 2].map((pod) =>
        GrpcEcho.start({
          unary: (call, done) => {
            seen.set(pod, (seen.get(pod) ?? 0) + 1);
            done(null, call.request);
          },
        }),
      ),
    );
    servers.push(...pods);
    const plane = await stage.plane({ services: { web: pods }, http2Services: ['web'] });
    process.env['grpc_proxy'] = `http://127.0.0.1:${plane.port}`;
    const caller = new GrpcCaller('dns:web:80');
    callers.push(caller);
    for (let i = 0; i < 9; i += 1) expect((await caller.unary(Buffer.from(`${i}`))).toString()).toBe(`${i}`);
    expect([...seen.values()]).toEqual([3, 3, 3]);
    expect(plane.log.map(({ method }) => method).filter((method) => method === 'CONNECT')).toHaveLength(1);
  });
});
