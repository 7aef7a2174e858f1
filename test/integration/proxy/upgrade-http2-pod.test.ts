// Promises of extended CONNECT (RFC 8441) towards pods of HTTP/2: callers of either version upgrade there, if the pod takes that.
import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { answerOf } from '../../support/http2-caller.ts';
import { get } from '../../support/raw-client.ts';
import { turns, until } from '../../support/until.ts';
import { echoUpgrade, UpgradeStage } from '../../support/upgrade-stage.ts';
import { asking, upgraded } from '../../support/upgrades.ts';

const up = new UpgradeStage();
afterEach(() => up.close());

const LARGE = randomBytes(3_000_000);

describe('a pod of HTTP/2', () => {
  it('is asked by extended CONNECT, and its yes is a 101 for a caller of HTTP/1.1', async () => {
    const pod = await up.http2Pod(echoUpgrade);
    const plane = await up.http2Plane([pod]);
    const client = await plane.client();
    const key = 'dGhlIHNhbXBsZSBub25jZQ==';
    const fields = `Sec-WebSocket-Key: ${key}\r\nSec-WebSocket-Version: 13\r\n`;
    const answer = await upgraded(client, asking('websocket', fields));
    expect(pod.requests[0]).toMatchObject({
      ':method': 'CONNECT',
      ':protocol': 'websocket',
      ':scheme': 'http',
      ':path': '/chat',
      ':authority': 'web',
      'sec-websocket-version': '13',
      'x-request-id': 'made-1',
    });
    expect(pod.requests[0]?.['upgrade'] ?? pod.requests[0]?.['connection']).toBeUndefined();
    expect(answer.start).toBe('HTTP/1.1 101 Switching Protocols');
    // Source: RFC 6455 section 1.3, whose example this is.
    expect(answer.get('sec-websocket-accept')).toBe('s3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
    expect([answer.get('connection'), answer.get('upgrade')]).toEqual(['Upgrade', 'websocket']);
    expect(answer.get('transfer-encoding') ?? answer.get('content-length')).toBeUndefined();
    client.send('hello');
    expect(String(await client.read(5))).toBe('hello');
    expect(await client.finish()).toBe('fin');
    expect(await plane.logged(0)).toMatchObject({ status: 101, protocol: 'HTTP/1.1', bytesReceived: 5, bytesSent: 5 });
    await plane.quiet();
  });

  it('carries what came early, in one packet with the request or behind its yes', async () => {
    const pod = await up.http2Pod((stream) => {
      stream.respond({ ':status': 200 });
      stream.write('first');
      stream.pipe(stream);
    });
    const client = await (await up.http2Plane([pod])).client();
    await upgraded(client, `${asking()}early`);
    expect(String(await client.read(10))).toBe('firstearly');
  });

  it('carries 3 MB there and back, and the ends of both sides', async () => {
    const client = await (await up.http2Plane([await up.http2Pod(echoUpgrade)])).client();
    await upgraded(client);
    client.send(LARGE);
    client.end();
    expect(Buffer.from(await client.rest(), 'latin1').equals(LARGE)).toBe(true);
  });

  it('may go on when the caller has ended its side, and the other way round', async () => {
    let got = '';
    const pod = await up.http2Pod((stream) => {
      stream.respond({ ':status': 200 });
      stream.end('bye');
      stream.on('data', (bytes: Buffer) => {
        got += bytes;
      });
    });
    const client = await (await up.http2Plane([pod])).client();
    await upgraded(client);
    expect(await client.rest()).toBe('bye');
    client.send('still here');
    await until('the pod has it', () => got === 'still here');
  });

  it('that resets the stream resets the caller, and is reset with CANCEL by one who resets', async () => {
    const pod = await up.http2Pod((stream) => {
      stream.respond({ ':status': 200 });
      stream.on('data', (bytes: Buffer) => {
        if (String(bytes) === 'go') stream.close(8);
      });
    });
    const plane = await up.http2Plane([pod]);
    const client = await plane.client();
    await upgraded(client);
    client.send('go');
    expect(await client.closed).toBe('ECONNRESET');
    const second = await plane.client();
    await upgraded(second);
    second.reset();
    await until('the pod is told', () => pod.streams[1]?.rstCode === 8);
    expect(plane.stat('cluster.web.upstream_cx_active')).toBe(1);
  });

  it('that closes the stream without an error has ended both sides in order, and nothing of what it said is lost', async () => {
    const pod = await up.http2Pod((stream) => {
      stream.respond({ ':status': 200 });
      stream.on('data', () => stream.write('the last word', () => stream.close(0)));
    });
    const plane = await up.http2Plane([pod]);
    const client = await plane.client();
    await upgraded(client);
    client.send('go');
    expect(await client.rest()).toBe('the last word');
    expect(await client.finish()).toBe('fin');
    expect((await plane.logged(0)).flags).toBe('');
  });

  it('that refuses gives an ordinary answer, and both connections go on', async () => {
    const pod = await up.http2Pod((stream, headers) => {
      stream.respond({ ':status': headers[':method'] === 'CONNECT' ? 403 : 200 });
      stream.end('said');
    });
    const plane = await up.http2Plane([pod]);
    const client = await plane.client();
    client.send(asking() + get('web'));
    expect([await client.answer(), await client.answer()].map(({ status, text }) => `${status} ${text}`)).toEqual([
      '403 said',
      '200 said',
    ]);
    expect(plane.stat('cluster.web.upstream_cx_total')).toBe(1);
  });

  it.each([
    ['does not take extended CONNECT', false, asking(), 'SETTINGS_ENABLE_CONNECT_PROTOCOL'],
    ['is to get a method that this has not', true, asking().replace('GET', 'POST'), 'only a GET'],
  ])('that %s is 502 UPE, and is asked nothing', async (_what, takes, request, told) => {
    const pod = await up.http2Pod(echoUpgrade, takes);
    const plane = await up.http2Plane([pod]);
    const client = await plane.client();
    for (let i = 0; i < 2; i += 1) {
      const answer = await client.ask(request);
      expect(`${answer.status} ${answer.get('x-switchboard-error')}`).toBe('502 UPE upgrade_refused');
      expect(answer.text).toContain(told);
    }
    expect(pod.requests).toHaveLength(0);
    expect(plane.stat('cluster.web.upstream_cx_total')).toBe(1);
    expect((await client.ask(get('web'))).status).toBe(200);
  });

  it('is not asked before it has said that it takes extended CONNECT, and no more once the caller has left', async () => {
    const silent = await up.pods.pod((socket) => socket.resume());
    const plane = await up.http2Plane([silent]);
    const client = await plane.client();
    client.send(asking());
    await until('it is dialled', () => silent.accepted.length === 1 && (silent.accepted[0]?.bytesRead ?? 0) > 0);
    const before = silent.accepted[0]?.bytesRead ?? 0;
    await turns(20);
    expect(silent.accepted[0]?.bytesRead).toBe(before);
    client.end();
    expect((await plane.logged(0)).flags).toBe('DC');
    await plane.quiet();
    // Its place on the connection is free again.
    silent.accepted[0]?.destroy();
  });

  it('that goes before it has said anything makes way for another one', async () => {
    const leaving = await up.pods.pod((socket: Socket) => {
      socket.once('data', () => socket.end());
    });
    const plane = await up.http2Plane([leaving, await up.http2Pod(echoUpgrade)]);
    for (let i = 0; i < 2; i += 1) {
      const client = await plane.client();
      await upgraded(client);
      client.send('x');
      expect(String(await client.read(1))).toBe('x');
    }
    expect(plane.stat('cluster.web.upstream_rq_retry_unprocessed')).toBeGreaterThan(0);
  });

  it('carries the upgrades of a caller of HTTP/2 as they are', async () => {
    const pod = await up.http2Pod(echoUpgrade);
    const plane = await up.http2Plane([pod]);
    const stream = await up.opened(plane, { 'sec-websocket-protocol': 'chat' });
    expect(pod.requests[0]).toMatchObject({
      ':protocol': 'websocket',
      ':path': '/chat',
      'sec-websocket-protocol': 'chat',
    });
    const answered = answerOf(stream);
    stream.end(LARGE);
    const pieces: Buffer[] = [];
    stream.on('data', (bytes: Buffer) => pieces.push(bytes));
    await answered.catch(() => {});
    expect(Buffer.concat(pieces).equals(LARGE)).toBe(true);
  });
});
