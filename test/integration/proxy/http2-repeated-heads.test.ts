// Heads that repeat are read and written from what is kept of them: whatever comes in between, each message has its own.
import type { IncomingHttpHeaders } from 'node:http2';
import { connect } from 'node:net';
import { seededRandom } from '../../../src/base/random.ts';
import { HEADERS, PREFACE, SETTINGS } from '../../../src/proxy/codec/http2/frame.ts';
import { Http2Backend } from '../../support/http2-backend.ts';
import { Http2Caller } from '../../support/http2-caller.ts';
import { named } from '../../support/scripted-backend.ts';
import { Stage } from '../../support/stage.ts';
import { until } from '../../support/until.ts';
import { frame } from '../../unit/proxy/codec/http2/frames.ts';

const stage = new Stage();
const closers: (() => void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) close();
  await stage.close();
});

const random = seededRandom(20_261);
const pick = <T>(of: readonly T[]): T => of[Math.floor(random.next() * of.length)] as T;

/** Few enough that most come again and again, so many that they push each other out of every table. */
const HEADS: readonly Readonly<Record<string, string>>[] = Array.from({ length: 20 }, (_, index) => ({
  ':method': pick(['GET', 'GET', 'GET', 'HEAD', 'DELETE']),
  ':path': `/${index % 7}`,
  'x-a': pick(['1', '2']),
  ...(index % 3 === 0 ? { 'x-long': `${index}`.padEnd(200 + index, '-') } : {}),
  ...(index % 5 === 0 ? { cookie: 'a=1; b=2' } : {}),
  ...(index % 4 === 0 ? { authorization: `Bearer ${index}` } : {}),
}));

const ANSWERS = 9;

/** What the pod says to the request with that path and number. */
function answerTo(headers: IncomingHttpHeaders): Record<string, string> {
  const turn = String(Number(headers['x-turn'] ?? 0) % ANSWERS);
  return { 'x-kind': turn.repeat(60), server: 'pod', 'x-path': String(headers[':path']) };
}

async function http2Backend(): Promise<Http2Backend> {
  const backend = await Http2Backend.start((stream, headers) => {
    stream.respond({
      ':status': 200,
      'content-length': headers[':method'] === 'HEAD' ? '7' : '4',
      ...answerTo(headers),
    });
    stream.end(headers[':method'] === 'HEAD' ? undefined : 'body');
  });
  closers.push(() => backend.close());
  return backend;
}

/** Asks for each of the heads and looks at what arrives at both ends. */
async function askAll(port: number, requests: IncomingHttpHeaders[], count: number): Promise<void> {
  const callers = [new Http2Caller(port), new Http2Caller(port)];
  closers.push(...callers.map((caller) => () => caller.close()));
  for (let turn = 0; turn < count; turn += 1) {
    const head = pick(HEADS);
    // One in eight has a field that never comes again, and what the table says moves.
    const more = { ...(turn % 8 === 0 ? { 'x-turn': String(turn) } : {}), ...(turn % 5 === 0 ? { 'x-b': 'b' } : {}) };
    const answer = await pick(callers).ask('web', { ...head, ...more });
    const { ':authority': _, ':scheme': __, 'x-request-id': id, ...arrived } = requests.at(-1) ?? {};
    expect(Object.fromEntries(Object.entries(arrived))).toEqual({ ...head, ...more });
    expect(id).toMatch(/^made-\d+$/);
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject(answerTo(requests.at(-1) ?? {}));
    expect(answer.body.toString()).toBe(head[':method'] === 'HEAD' ? '' : 'body');
  }
  expect(new Set(requests.map((request) => request['x-request-id'])).size).toBe(count);
}

describe('heads that repeat', () => {
  it('arrive as they were sent, 600 requests of 20 kinds over two connections to a pod of HTTP/2', async () => {
    const backend = await http2Backend();
    const plane = await stage.plane({ services: { web: [backend] }, http2Services: ['web'] });
    await askAll(plane.port, backend.requests, 600);
  }, 60_000);

  it('find their way to a pod of HTTP/1.1 each time', async () => {
    const backend = await stage.backend(named('a'));
    const plane = await stage.plane({ services: { web: [backend] } });
    const caller = new Http2Caller(plane.port);
    closers.push(() => caller.close());
    for (let count = 0; count < 6; count += 1) {
      const answer = await caller.ask('web', { ':path': '/same', 'x-a': '1' });
      expect(answer.body.toString()).toBe('a /same');
      expect(backend.requests.at(-1)?.get('x-a')).toBe('1');
      expect(backend.requests.at(-1)?.get('host')).toBe('web');
    }
  });

  it('mean something else when the table has changed: five times the same bytes, of which an index has moved', async () => {
    const backend = await stage.backend(named('a'));
    const plane = await stage.plane({ services: { web: [backend] } });
    const socket = connect(plane.port, '127.0.0.1');
    closers.push(() => socket.destroy());
    // :method GET, :scheme http, :path /, :authority web as a literal, and the newest field of the table.
    const block = Buffer.from('82868401', 'hex');
    const same = Buffer.concat([block, Buffer.from([3]), Buffer.from('web'), Buffer.from([0xbe])]);
    const adding = (value: string): Buffer =>
      Buffer.concat([same.subarray(0, -1), Buffer.from([0x40, 3]), Buffer.from(`x-a\x01${value}`, 'latin1')]);
    const blocks = [adding('1'), same, same, same, adding('2'), same, same];
    socket.write(Buffer.concat([Buffer.from(PREFACE), frame(SETTINGS, 0, 0)]));
    for (const [index, bytes] of blocks.entries()) socket.write(frame(HEADERS, 5, index * 2 + 1, bytes));
    await until('every request', () => backend.requests.length === blocks.length);
    expect(backend.requests.map((request) => request.get('x-a')).sort()).toEqual(['1', '1', '1', '1', '2', '2', '2']);
  });
});
