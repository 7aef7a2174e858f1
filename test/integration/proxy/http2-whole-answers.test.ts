// Promises about answers of HTTP/2 that break off behind their last byte: by their length they are whole, and nobody is cut off for them.
import { constants } from 'node:http2';
import { Http2Backend, type Http2Script } from '../../support/http2-backend.ts';
import { Http2Caller } from '../../support/http2-caller.ts';
import type { LivePlaneOptions } from '../../support/live-plane.ts';
import { get } from '../../support/raw-client.ts';
import { Stage } from '../../support/stage.ts';

const stage = new Stage();
const closers: (() => void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) close();
  await stage.close();
});

async function setUp(script: Http2Script, options: LivePlaneOptions = {}) {
  const backend = await Http2Backend.start(script);
  closers.push(() => backend.close());
  const plane = await stage.plane({ services: { web: [backend] }, http2Services: ['web'], ...options });
  const caller = new Http2Caller(plane.port);
  closers.push(() => caller.close());
  return { plane, caller, client: await plane.client() };
}

/** The head, so much of the body, and then `end` once that is with the caller. */
function breaking(length: number | null, body: string, end: (stream: Parameters<Http2Script>[0]) => void): Http2Script {
  return (stream, headers) => {
    if (headers[':path'] === '/next') {
      stream.respond({ 'content-length': '4' });
      stream.end('next');
      return;
    }
    stream.respond(length === null ? {} : { 'content-length': String(length) });
    if (body !== '') stream.write(body);
    // What has been written leaves first.
    setTimeout(() => end(stream), 20);
  };
}

describe('an answer that breaks off behind its last byte', () => {
  it.each<[string, number, string, (stream: Parameters<Http2Script>[0]) => void]>([
    ['with a reset', 5, 'hello', (stream) => stream.destroy(new Error('for the test'))],
    ['with its connection', 5, 'hello', (stream) => stream.session?.destroy()],
    ['and has no bytes', 0, '', (stream) => stream.destroy(new Error('for the test'))],
  ])('%s is whole, for callers of either protocol, and so is the next one', async (_what, length, body, end) => {
    const { plane, caller, client } = await setUp(breaking(length, body, end));
    expect((await client.ask(get('web'))).text).toBe(body);
    expect((await client.ask(get('web', '/next'))).text).toBe('next');
    expect((await caller.ask('web')).body.toString()).toBe(body);
    expect((await caller.ask('web', { ':path': '/next' })).body.toString()).toBe('next');
    expect([...new Set(plane.log.map(({ flags }) => flags))]).toEqual(['']);
  });

  it('is whole to HEAD with its head', async () => {
    const { plane, client } = await setUp(breaking(5, '', (stream) => stream.session?.destroy()));
    client.send('HEAD / HTTP/1.1\r\nHost: web\r\n\r\n');
    expect((await client.answer('HEAD')).status).toBe(200);
    expect((await client.ask(get('web', '/next'))).text).toBe('next');
    expect((await plane.logged(0)).flags).toBe('');
  });
});

describe('an answer whose end does not come', () => {
  it('is whole when its time is over', async () => {
    const { plane, client } = await setUp(
      breaking(5, 'hello', () => {}),
      { routeTimeoutMs: 100 },
    );
    expect((await client.ask(get('web'))).text).toBe('hello');
    expect((await plane.logged(0)).flags).toBe('');
    expect((await client.ask(get('web', '/next'))).text).toBe('next');
    expect(plane.stat('cluster.web.http2.tx_reset_cancel')).toBe(1);
  });
});

describe('an answer that breaks off before', () => {
  it.each([
    ['short of its length', 5, 'hell'],
    ['and has no length', null, 'hello'],
  ])('%s is cut off', async (_what, length, body) => {
    const { plane, caller, client } = await setUp(
      breaking(length, body, (stream) => stream.destroy(new Error('for the test'))),
    );
    client.send(get('web'));
    await expect(client.answer()).rejects.toThrow();
    await expect(caller.ask('web')).rejects.toThrow(`reset ${constants.NGHTTP2_INTERNAL_ERROR}`);
    await plane.logged(1);
    expect(plane.log.map(({ flags }) => flags)).toEqual(['UC', 'UC']);
  });
});
