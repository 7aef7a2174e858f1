// Promises of extended CONNECT (RFC 8441) to callers of HTTP/2: they upgrade as those of HTTP/1.1 do, at pods that speak that.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { ClientHttp2Stream } from 'node:http2';
import { answerOf, type Http2Caller } from '../../support/http2-caller.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { named } from '../../support/scripted-backend.ts';
import { until } from '../../support/until.ts';
import { EXTENDED_CONNECT, UpgradeStage } from '../../support/upgrade-stage.ts';
import { acceptingPod, acceptOf, type SwitchingPod, switching, switchingPod } from '../../support/upgrades.ts';

const up = new UpgradeStage();
afterEach(() => up.close());

const LARGE = randomBytes(3_000_000);

async function read(stream: ClientHttp2Stream, count: number): Promise<string> {
  let text = '';
  while (text.length < count) text += String((await once(stream, 'data'))[0]);
  return text;
}

/** Of the first request. */
function fieldsOf(pod: SwitchingPod): Record<string, string> {
  const lines = (pod.heads[0] ?? '').split('\r\n').slice(1, -2);
  return Object.fromEntries(lines.map((line) => line.toLowerCase().split(': ', 2)));
}

describe('a caller of HTTP/2', () => {
  it('is told that it may upgrade', async () => {
    const plane = await up.plane([]);
    const { session } = await up.caller(plane);
    expect(session.remoteSettings.enableConnectProtocol).toBe(true);
  });

  it('upgrades at a pod of HTTP/1.1 like any other, with a key made for it', async () => {
    const pod = await acceptingPod(up.pods);
    const plane = await up.plane([pod]);
    const stream = await up.asked(plane);
    const [answer] = await once(stream, 'response');
    expect(answer).toMatchObject({ ':status': 200, 'x-pod': 'a' });
    expect(Object.keys(answer).filter((name) => /upgrade|connection|sec-websocket|length|encoding/.test(name))).toEqual(
      [],
    );
    expect(pod.heads[0]).toContain('GET /chat HTTP/1.1\r\n');
    const fields = fieldsOf(pod);
    expect(Buffer.from(fields['sec-websocket-key'] ?? '', 'base64')).toHaveLength(16);
    expect(fields).toMatchObject({
      host: 'web',
      connection: 'upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'x-request-id': 'made-1',
    });
    stream.write('hello');
    expect(await read(stream, 5)).toBe('hello');
    stream.end();
    await once(stream, 'close');
    const record = { method: 'GET', protocol: 'HTTP/2', status: 101, flags: '', bytesReceived: 5, bytesSent: 5 };
    expect(await plane.logged(0)).toMatchObject(record);
    expect(plane.stat('http.outbound.downstream_cx_upgrades_total')).toBe(1);
  });

  it('keeps a key of its own, and gets what belongs to it', async () => {
    const pod = await acceptingPod(up.pods);
    const plane = await up.plane([pod]);
    const stream = await up.asked(plane, { 'sec-websocket-key': 'mine' });
    const [answer] = await once(stream, 'response');
    expect(fieldsOf(pod)['sec-websocket-key']).toBe('mine');
    expect(answer['sec-websocket-accept']).toBe(acceptOf('mine'));
  });

  it.each([
    ['another key', switching('websocket', 'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n')],
    ['none', switching()],
  ])('is told 502 UPE when the pod answers with what belongs to %s', async (_what, answer) => {
    const pod = await switchingPod(up.pods, (socket) => socket.resume(), answer);
    const plane = await up.plane([pod]);
    const { status, headers } = await answerOf(await up.asked(plane));
    expect([status, headers['x-switchboard-error']]).toEqual([502, 'UPE upgrade_refused']);
    await until(
      'the pod is let go',
      () => pod.accepted[0]?.readableEnded === true || pod.accepted[0]?.destroyed === true,
    );
  });

  it('is told 502 UPE when the pod answers 200, which would be a yes to it', async () => {
    const plane = await up.plane([await up.stage.backend(named('a'))]);
    const { status, headers } = await answerOf(await up.asked(plane));
    expect([status, headers['x-switchboard-error']]).toEqual([502, 'UPE upgrade_refused']);
  });

  it('hears the refusal of its pod as it is', async () => {
    const backend = await up.stage.backend((_request, connection) => connection.answer(426, 'no'));
    const plane = await up.plane([backend]);
    const { status, body } = await answerOf(await up.asked(plane));
    expect([status, String(body)]).toEqual([426, 'no']);
  });

  it('is told 403 NR when it must not upgrade, or by no route to the protocol', async () => {
    const plane = await up.plane([await acceptingPod(up.pods)]);
    const { status, headers } = await answerOf(await up.asked(plane, { ':protocol': 'spdy/3.1' }));
    expect([status, headers['x-switchboard-error']]).toEqual([403, 'NR upgrade_not_allowed']);
  });

  it('upgrades to whatever is allowed', async () => {
    const pod = await switchingPod(up.pods, undefined, switching('tcp'));
    const plane = await up.plane([pod], { http: { upgrades: { '*': true } } });
    const stream = await up.opened(plane, { ':protocol': 'tcp' });
    expect(fieldsOf(pod)).toMatchObject({ upgrade: 'tcp' });
    expect(fieldsOf(pod)['sec-websocket-key']).toBeUndefined();
    stream.end('x');
    expect(await read(stream, 1)).toBe('x');
  });

  it('loses nothing of what it sends before the pod has answered, 3 MB there and back', async () => {
    const plane = await up.plane([await acceptingPod(up.pods)]);
    const stream = await up.asked(plane);
    const answered = answerOf(stream);
    stream.end(LARGE);
    const { status, body } = await answered;
    expect([status, body.equals(LARGE)]).toEqual([200, true]);
    expect((await plane.logged(0)).bytesReceived).toBe(LARGE.length);
  });

  it.each([
    ['a Content-Length', { 'content-length': '5' }],
    [':protocol and another method', { ':method': 'POST' }],
  ])('that sends %s is reset with PROTOCOL_ERROR', async (_what, headers) => {
    const plane = await up.plane([await acceptingPod(up.pods)]);
    await expect(answerOf(await up.asked(plane, headers))).rejects.toThrow('reset 1');
    expect(plane.stat('http.outbound.downstream_cx_protocol_error')).toBe(1);
  });
});

describe('each half of an upgraded stream', () => {
  it('may go on when the other has ended: the pod', async () => {
    const pod = await acceptingPod(up.pods, (socket) => {
      socket.on('end', () => socket.end('behind your end'));
    });
    const stream = await up.opened(await up.plane([pod]));
    stream.end();
    expect(await read(stream, 15)).toBe('behind your end');
  });

  it('may go on when the other has ended: the caller', async () => {
    let got = '';
    const pod = await acceptingPod(up.pods, (socket) => {
      socket.end('bye');
      socket.on('data', (bytes: Buffer) => {
        got += bytes;
      });
    });
    const stream = await up.opened(await up.plane([pod]));
    const ended = once(stream, 'end');
    expect(await read(stream, 3)).toBe('bye');
    await ended;
    stream.end('still here');
    await until('the pod has it', () => got === 'still here');
  });

  it('is reset with CANCEL when the pod resets', async () => {
    const pod = await acceptingPod(up.pods, (socket) => {
      socket.on('data', () => socket.resetAndDestroy());
    });
    const plane = await up.plane([pod]);
    const stream = await up.opened(plane);
    stream.write('go');
    await once(stream, 'close');
    expect(stream.rstCode).toBe(8);
    expect((await plane.logged(0)).flags).toBe('UC');
  });

  it('that the caller resets is a reset at the pod, and its connection carries further requests', async () => {
    let how = '';
    const pod = await acceptingPod(up.pods, (socket) => {
      socket.on('error', (error) => {
        how = 'code' in error ? String(error.code) : '';
      });
    });
    const plane = await up.plane([pod]);
    const stream = await up.opened(plane);
    stream.close(8);
    await until('the pod sees a reset', () => how === 'ECONNRESET');
    expect((await plane.logged(0)).flags).toBe('DC');
    const [caller] = up.callers;
    const again = (caller as Http2Caller).open('web', EXTENDED_CONNECT, false);
    expect((await once(again, 'response'))[0][':status']).toBe(200);
  });

  it('is reset at the pod when the caller is gone with its connection', async () => {
    let how = '';
    const pod = await acceptingPod(up.pods, (socket) => {
      socket.on('error', (error) => {
        how = 'code' in error ? String(error.code) : '';
      });
    });
    const stream = await up.opened(await up.plane([pod]));
    stream.session?.destroy();
    await until('the pod sees a reset', () => how === 'ECONNRESET');
  });

  it('is let go when nothing has passed for the idle timeout, and not before', async () => {
    const clock = new ManualClock();
    const plane = await up.plane([await acceptingPod(up.pods)], { clock, streamIdleTimeoutMs: 1_000 });
    const stream = await up.opened(plane);
    clock.advance(900);
    stream.write('alive');
    expect(await read(stream, 5)).toBe('alive');
    for (let i = 0; i < 3; i += 1) clock.advance(1_000);
    await once(stream, 'close');
    expect((await plane.logged(0)).details).toBe('stream_idle_timeout: nothing has moved for 1000 ms');
  });

  it('outlives GOAWAY of a sidecar that drains', async () => {
    const plane = await up.plane([await acceptingPod(up.pods)]);
    const stream = await up.opened(plane);
    plane.plane.drain();
    await until('GOAWAY has come', () => (up.callers[0]?.goAways.length ?? 0) > 0);
    stream.write('still');
    expect(await read(stream, 5)).toBe('still');
  });
});
