// Promises of CONNECT over HTTP/2: a stream is a tunnel to one pod, each side closing for itself.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { ClientHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import { answerOf, Http2Caller } from '../../support/http2-caller.ts';
import type { LivePlane } from '../../support/live-plane.ts';
import { Stage } from '../../support/stage.ts';
import { TcpPods } from '../../support/tcp-pods.ts';
import { until } from '../../support/until.ts';

const stage = new Stage();
const pods = new TcpPods();
const callers: Http2Caller[] = [];
afterEach(async () => {
  for (const caller of callers.splice(0)) caller.close();
  await stage.close();
  pods.close();
});

function callerOf(plane: LivePlane): Http2Caller {
  const caller = new Http2Caller(plane.port);
  callers.push(caller);
  return caller;
}

const LARGE = randomBytes(3_000_000);

describe('CONNECT over HTTP/2', () => {
  async function tunnelTo(script: (socket: Socket) => void): Promise<{ plane: LivePlane; stream: ClientHttp2Stream }> {
    const plane = await stage.plane({ services: { web: [await pods.pod(script)] } });
    const stream = callerOf(plane).session.request(
      { ':method': 'CONNECT', ':authority': 'web:80' },
      { endStream: false },
    );
    stream.on('error', () => {});
    return { plane, stream };
  }

  it('carries bytes both ways, 3 MB of them, from before it is open to the end of each side', async () => {
    const { plane, stream } = await tunnelTo((socket) => socket.pipe(socket));
    const answered = answerOf(stream);
    stream.end(LARGE);
    const answer = await answered;
    expect([answer.status, answer.body.equals(LARGE)]).toEqual([200, true]);
    expect(await plane.logged(0)).toMatchObject({
      method: 'CONNECT',
      protocol: 'HTTP/2',
      status: 200,
      bytesReceived: LARGE.length,
    });
  });

  it('lets the caller go on when the pod has ended its side', async () => {
    let got = '';
    const { stream } = await tunnelTo((socket) => {
      socket.end('bye');
      socket.on('data', (bytes: Buffer) => {
        got += bytes;
      });
    });
    const answered = answerOf(stream);
    await once(stream, 'end');
    stream.end('still here');
    expect((await answered).body.toString()).toBe('bye');
    await until('the pod has it', () => got === 'still here');
  });

  it('passes resets on, both ways', async () => {
    const { stream } = await tunnelTo((socket) => socket.on('data', () => socket.resetAndDestroy()));
    stream.write('x');
    // CONNECT_ERROR: RFC 9113 section 8.5.
    await expect(answerOf(stream)).rejects.toThrow('reset 10');
    let gone = false;
    const { stream: second } = await tunnelTo((socket) => {
      socket.on('error', () => {});
      socket.on('close', () => {
        gone = true;
      });
      socket.on('data', () => second.close(8));
    });
    second.write('x');
    await until('the pod is told', () => gone);
  });

  it('is answered with the reason where nobody can be reached', async () => {
    const plane = await stage.plane({ services: { web: [await stage.refusing()] } });
    const stream = callerOf(plane).session.request(
      { ':method': 'CONNECT', ':authority': 'web:80' },
      { endStream: false },
    );
    stream.on('error', () => {});
    expect((await answerOf(stream)).headers['x-switchboard-error']).toBe('UF upstream_connection_failure');
  });
});
