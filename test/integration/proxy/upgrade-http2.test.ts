// Promises of extended CONNECT (RFC 8441): HTTP/2 callers and HTTP/2 pods upgrade as those of HTTP/1.1 do, in every pairing.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { ClientHttp2Stream, OutgoingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import { Http2Backend, type Http2Script } from '../../support/http2-backend.ts';
import { answerOf, Http2Caller } from '../../support/http2-caller.ts';
import type { LivePlane, LivePlaneOptions, TestAddress } from '../../support/live-plane.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { get } from '../../support/raw-client.ts';
import { named } from '../../support/scripted-backend.ts';
import { Stage } from '../../support/stage.ts';
import { TcpPods } from '../../support/tcp-pods.ts';
import { turns, until } from '../../support/until.ts';
import {
  acceptingPod,
  acceptOf,
  asking,
  type SwitchingPod,
  switching,
  switchingPod,
  upgraded,
  upgradePlane,
} from '../../support/upgrades.ts';

const stage = new Stage();
const pods = new TcpPods();
const callers: Http2Caller[] = [];
const backends: Http2Backend[] = [];

afterEach(async () => {
  for (const caller of callers.splice(0)) caller.close();
  await stage.close();
  for (const backend of backends.splice(0)) backend.close();
  pods.close();
});

const planeTo = (web: readonly TestAddress[], options?: LivePlaneOptions): Promise<LivePlane> =>
  upgradePlane(stage, web, options);

const http2PlaneTo = (web: readonly TestAddress[], options: LivePlaneOptions = {}): Promise<LivePlane> =>
  upgradePlane(stage, web, { http: { upgrades: { websocket: true } }, http2Services: ['web'], ...options });

/** One that takes extended CONNECT. */
async function http2Pod(script: Http2Script, takesUpgrades = true): Promise<Http2Backend> {
  const backend = await Http2Backend.start(script, 1_000, takesUpgrades);
  backends.push(backend);
  return backend;
}

/** Says yes and gives back what it gets. */
const echoes: Http2Script = (stream) => {
  stream.respond({ ':status': 200 });
  stream.pipe(stream);
};

const ASKING: OutgoingHttpHeaders = {
  ':method': 'CONNECT',
  ':protocol': 'websocket',
  ':scheme': 'http',
  ':path': '/chat',
  'sec-websocket-version': '13',
};

/** As Node's client wants it: the sidecar has said first that it takes this. */
async function callerOf(plane: LivePlane): Promise<Http2Caller> {
  const caller = new Http2Caller(plane.port);
  callers.push(caller);
  await once(caller.session, 'remoteSettings');
  return caller;
}

async function asked(plane: LivePlane, headers: OutgoingHttpHeaders = {}): Promise<ClientHttp2Stream> {
  return (await callerOf(plane)).open('web', { ...ASKING, ...headers }, false);
}

async function opened(plane: LivePlane, headers: OutgoingHttpHeaders = {}): Promise<ClientHttp2Stream> {
  const stream = await asked(plane, headers);
  const [answer] = await once(stream, 'response');
  expect(answer[':status']).toBe(200);
  return stream;
}

async function read(stream: ClientHttp2Stream | ServerHttp2Stream, count: number): Promise<string> {
  let text = '';
  while (text.length < count) text += String((await once(stream, 'data'))[0]);
  return text;
}

function fieldsOf(pod: SwitchingPod): Record<string, string> {
  const lines = (pod.heads[0] ?? '').split('\r\n').slice(1, -2);
  return Object.fromEntries(lines.map((line) => line.toLowerCase().split(': ', 2)));
}

const LARGE = randomBytes(3_000_000);

describe('a caller of HTTP/2', () => {
  it('is told that it may upgrade', async () => {
    const plane = await planeTo([]);
    const { session } = await callerOf(plane);
    expect(session.remoteSettings.enableConnectProtocol).toBe(true);
  });

  it('upgrades at a pod of HTTP/1.1 like any other, with a key made for it', async () => {
    const pod = await acceptingPod(pods);
    const plane = await planeTo([pod]);
    const stream = await asked(plane);
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
    const pod = await acceptingPod(pods);
    const plane = await planeTo([pod]);
    const stream = await asked(plane, { 'sec-websocket-key': 'mine' });
    const [answer] = await once(stream, 'response');
    expect(fieldsOf(pod)['sec-websocket-key']).toBe('mine');
    expect(answer['sec-websocket-accept']).toBe(acceptOf('mine'));
  });

  it.each([
    ['another key', switching('websocket', 'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n')],
    ['none', switching()],
  ])('is told 502 UPE when the pod answers with what belongs to %s', async (_what, answer) => {
    const pod = await switchingPod(pods, (socket) => socket.resume(), answer);
    const plane = await planeTo([pod]);
    const { status, headers } = await answerOf(await asked(plane));
    expect([status, headers['x-switchboard-error']]).toEqual([502, 'UPE upgrade_refused']);
    await until(
      'the pod is let go',
      () => pod.accepted[0]?.readableEnded === true || pod.accepted[0]?.destroyed === true,
    );
  });

  it('is told 502 UPE when the pod answers 200, which would be a yes to it', async () => {
    const plane = await planeTo([await stage.backend(named('a'))]);
    const { status, headers } = await answerOf(await asked(plane));
    expect([status, headers['x-switchboard-error']]).toEqual([502, 'UPE upgrade_refused']);
  });

  it('hears the refusal of its pod as it is', async () => {
    const backend = await stage.backend((_request, connection) => connection.answer(426, 'no'));
    const plane = await planeTo([backend]);
    const { status, body } = await answerOf(await asked(plane));
    expect([status, String(body)]).toEqual([426, 'no']);
  });

  it('is told 403 NR when it must not upgrade, or by no route to the protocol', async () => {
    const plane = await planeTo([await acceptingPod(pods)]);
    const { status, headers } = await answerOf(await asked(plane, { ':protocol': 'spdy/3.1' }));
    expect([status, headers['x-switchboard-error']]).toEqual([403, 'NR upgrade_not_allowed']);
  });

  it('upgrades to whatever is allowed', async () => {
    const pod = await switchingPod(pods, undefined, switching('tcp'));
    const plane = await planeTo([pod], { http: { upgrades: { '*': true } } });
    const stream = await opened(plane, { ':protocol': 'tcp' });
    expect(fieldsOf(pod)).toMatchObject({ upgrade: 'tcp' });
    expect(fieldsOf(pod)['sec-websocket-key']).toBeUndefined();
    stream.end('x');
    expect(await read(stream, 1)).toBe('x');
  });

  it('loses nothing of what it sends before the pod has answered, 3 MB there and back', async () => {
    const plane = await planeTo([await acceptingPod(pods)]);
    const stream = await asked(plane);
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
    const plane = await planeTo([await acceptingPod(pods)]);
    await expect(answerOf(await asked(plane, headers))).rejects.toThrow('reset 1');
    expect(plane.stat('http.outbound.downstream_cx_protocol_error')).toBe(1);
  });
});

describe('each half of an upgraded stream', () => {
  it('may go on when the other has ended: the pod', async () => {
    const pod = await acceptingPod(pods, (socket) => {
      socket.on('end', () => socket.end('behind your end'));
    });
    const stream = await opened(await planeTo([pod]));
    stream.end();
    expect(await read(stream, 15)).toBe('behind your end');
  });

  it('may go on when the other has ended: the caller', async () => {
    let got = '';
    const pod = await acceptingPod(pods, (socket) => {
      socket.end('bye');
      socket.on('data', (bytes: Buffer) => {
        got += bytes;
      });
    });
    const stream = await opened(await planeTo([pod]));
    const ended = once(stream, 'end');
    expect(await read(stream, 3)).toBe('bye');
    await ended;
    stream.end('still here');
    await until('the pod has it', () => got === 'still here');
  });

  it('is reset with CANCEL when the pod resets', async () => {
    const pod = await acceptingPod(pods, (socket) => {
      socket.on('data', () => socket.resetAndDestroy());
    });
    const plane = await planeTo([pod]);
    const stream = await opened(plane);
    stream.write('go');
    await once(stream, 'close');
    expect(stream.rstCode).toBe(8);
    expect((await plane.logged(0)).flags).toBe('UC');
  });

  it('that the caller resets is a reset at the pod, and its connection carries further requests', async () => {
    let how = '';
    const pod = await acceptingPod(pods, (socket) => {
      socket.on('error', (error) => {
        how = 'code' in error ? String(error.code) : '';
      });
    });
    const plane = await planeTo([pod]);
    const stream = await opened(plane);
    stream.close(8);
    await until('the pod sees a reset', () => how === 'ECONNRESET');
    expect((await plane.logged(0)).flags).toBe('DC');
    const [caller] = callers;
    const again = (caller as Http2Caller).open('web', ASKING, false);
    expect((await once(again, 'response'))[0][':status']).toBe(200);
  });

  it('is reset at the pod when the caller is gone with its connection', async () => {
    let how = '';
    const pod = await acceptingPod(pods, (socket) => {
      socket.on('error', (error) => {
        how = 'code' in error ? String(error.code) : '';
      });
    });
    const stream = await opened(await planeTo([pod]));
    stream.session?.destroy();
    await until('the pod sees a reset', () => how === 'ECONNRESET');
  });

  it('is let go when nothing has passed for the idle timeout, and not before', async () => {
    const clock = new ManualClock();
    const plane = await planeTo([await acceptingPod(pods)], { clock, streamIdleTimeoutMs: 1_000 });
    const stream = await opened(plane);
    clock.advance(900);
    stream.write('alive');
    expect(await read(stream, 5)).toBe('alive');
    for (let i = 0; i < 3; i += 1) clock.advance(1_000);
    await once(stream, 'close');
    expect((await plane.logged(0)).details).toBe('stream_idle_timeout: nothing has moved for 1000 ms');
  });

  it('outlives GOAWAY of a sidecar that drains', async () => {
    const plane = await planeTo([await acceptingPod(pods)]);
    const stream = await opened(plane);
    plane.plane.drain();
    await until('GOAWAY has come', () => (callers[0]?.goAways.length ?? 0) > 0);
    stream.write('still');
    expect(await read(stream, 5)).toBe('still');
  });
});

describe('a pod of HTTP/2', () => {
  it('is asked by extended CONNECT, and its yes is a 101 for a caller of HTTP/1.1', async () => {
    const pod = await http2Pod(echoes);
    const plane = await http2PlaneTo([pod]);
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
    const pod = await http2Pod((stream) => {
      stream.respond({ ':status': 200 });
      stream.write('first');
      stream.pipe(stream);
    });
    const client = await (await http2PlaneTo([pod])).client();
    await upgraded(client, `${asking()}early`);
    expect(String(await client.read(10))).toBe('firstearly');
  });

  it('carries 3 MB there and back, and the ends of both sides', async () => {
    const client = await (await http2PlaneTo([await http2Pod(echoes)])).client();
    await upgraded(client);
    client.send(LARGE);
    client.end();
    expect(Buffer.from(await client.rest(), 'latin1').equals(LARGE)).toBe(true);
  });

  it('may go on when the caller has ended its side, and the other way round', async () => {
    let got = '';
    const pod = await http2Pod((stream) => {
      stream.respond({ ':status': 200 });
      stream.end('bye');
      stream.on('data', (bytes: Buffer) => {
        got += bytes;
      });
    });
    const client = await (await http2PlaneTo([pod])).client();
    await upgraded(client);
    expect(await client.rest()).toBe('bye');
    client.send('still here');
    await until('the pod has it', () => got === 'still here');
  });

  it('that resets the stream resets the caller, and is reset with CANCEL by one who resets', async () => {
    const pod = await http2Pod((stream) => {
      stream.respond({ ':status': 200 });
      stream.on('data', (bytes: Buffer) => {
        if (String(bytes) === 'go') stream.close(8);
      });
    });
    const plane = await http2PlaneTo([pod]);
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
    const pod = await http2Pod((stream) => {
      stream.respond({ ':status': 200 });
      stream.on('data', () => stream.write('the last word', () => stream.close(0)));
    });
    const plane = await http2PlaneTo([pod]);
    const client = await plane.client();
    await upgraded(client);
    client.send('go');
    expect(await client.rest()).toBe('the last word');
    expect(await client.finish()).toBe('fin');
    expect((await plane.logged(0)).flags).toBe('');
  });

  it('that refuses gives an ordinary answer, and both connections go on', async () => {
    const pod = await http2Pod((stream, headers) => {
      stream.respond({ ':status': headers[':method'] === 'CONNECT' ? 403 : 200 });
      stream.end('said');
    });
    const plane = await http2PlaneTo([pod]);
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
    const pod = await http2Pod(echoes, takes);
    const plane = await http2PlaneTo([pod]);
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
    const silent = await pods.pod((socket) => socket.resume());
    const plane = await http2PlaneTo([silent]);
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
    const leaving = await pods.pod((socket: Socket) => {
      socket.once('data', () => socket.end());
    });
    const plane = await http2PlaneTo([leaving, await http2Pod(echoes)]);
    for (let i = 0; i < 2; i += 1) {
      const client = await plane.client();
      await upgraded(client);
      client.send('x');
      expect(String(await client.read(1))).toBe('x');
    }
    expect(plane.stat('cluster.web.upstream_rq_retry_unprocessed')).toBeGreaterThan(0);
  });

  it('carries the upgrades of a caller of HTTP/2 as they are', async () => {
    const pod = await http2Pod(echoes);
    const plane = await http2PlaneTo([pod]);
    const stream = await opened(plane, { 'sec-websocket-protocol': 'chat' });
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
