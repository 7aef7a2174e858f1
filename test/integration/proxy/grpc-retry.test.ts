// Promises of retries of gRPC calls: by the status in the head of an answer, trailers-only answers among them; never by what comes behind a head.
import { once } from 'node:events';
import type { ServerHttp2Stream } from 'node:http2';
import type { RetryCondition, RetryPolicySpec } from '../../../src/model/retry-policy-spec.ts';
import { Http2Backend, type Http2Script } from '../../support/http2-backend.ts';
import { Http2Caller } from '../../support/http2-caller.ts';
import type { LivePlane } from '../../support/live-plane.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { Stage } from '../../support/stage.ts';
import { until } from '../../support/until.ts';

const stage = new Stage();
const ends: { close(): void }[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) end.close();
  await stage.close();
});

const GRPC = { 'content-type': 'application/grpc' };

/** One frame of fields and nothing else, as servers of gRPC say that a call has failed. */
function trailersOnly(code: number): Http2Script {
  return (stream) => stream.respond({ ...GRPC, 'grpc-status': `${code}` }, { endStream: true });
}

const silent: Http2Script = () => {};

const good: Http2Script = (stream) => {
  stream.respond(GRPC, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
  stream.end('good');
};

async function planeOf(
  scripts: readonly Http2Script[],
  ...on: readonly RetryCondition[]
): Promise<{ plane: LivePlane; backends: Http2Backend[]; caller: Http2Caller }> {
  const backends = await Promise.all(scripts.map((script) => Http2Backend.start(script)));
  const retry = { on, numRetries: 1, statusCodes: [] };
  const plane = await stage.plane({ services: { web: backends }, http2Services: ['web'], action: { retry } });
  const caller = new Http2Caller(plane.port);
  ends.push(...backends, caller);
  return { plane, backends, caller };
}

/** Two calls, so that the turn of each pod comes: what their heads and trailers say. */
async function callTwice(caller: Http2Caller): Promise<string[]> {
  const statuses: string[] = [];
  for (let i = 0; i < 2; i += 1) {
    const { headers, trailers, body } = await caller.ask('web', { ':method': 'POST', ...GRPC }, Buffer.from('call'));
    statuses.push(`${headers['grpc-status'] ?? trailers['grpc-status']} ${body}`);
  }
  return statuses.sort();
}

describe('a call that is answered with a grpc-status in the head', () => {
  it.each<[RetryCondition, number]>([
    ['cancelled', 1],
    ['deadline-exceeded', 4],
    ['resource-exhausted', 8],
    ['internal', 13],
    ['unavailable', 14],
  ])('is made again where its route says %s', async (condition, code) => {
    const { caller, plane } = await planeOf([trailersOnly(code), good], condition);
    expect(await callTwice(caller)).toEqual(['0 good', '0 good']);
    expect(plane.stat('cluster.web.upstream_rq_retry_success')).toBe(1);
  });

  it('is not made again for another status than those that its route names', async () => {
    const { caller, plane } = await planeOf([trailersOnly(13), good], 'unavailable', 'cancelled');
    expect(await callTwice(caller)).toEqual(['0 good', '13 ']);
    expect(plane.stat('cluster.web.upstream_rq_retry')).toBe(0);
  });

  it('is not made again where its route says nothing: the pod may have acted on it', async () => {
    const backends = await Promise.all([trailersOnly(14), good].map((script) => Http2Backend.start(script)));
    const plane = await stage.plane({ services: { web: backends }, http2Services: ['web'] });
    const caller = new Http2Caller(plane.port);
    ends.push(...backends, caller);
    expect(await callTwice(caller)).toEqual(['0 good', '14 ']);
  });
});

it('a grpc-status behind an answer comes too late for another attempt', async () => {
  const late: Http2Script = (stream) => {
    stream.respond(GRPC, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '14' }));
    stream.end('half');
  };
  const { caller, plane } = await planeOf([late, good], 'unavailable');
  expect(await callTwice(caller)).toEqual(['0 good', '14 half']);
  expect(plane.stat('cluster.web.upstream_rq_retry')).toBe(0);
});

it('a hedged call over HTTP/2 is answered by the pod that is first, and the stream to the other is cancelled', async () => {
  const clock = new ManualClock();
  const backends = await Promise.all([silent, silent].map((script) => Http2Backend.start(script)));
  const retry: RetryPolicySpec = {
    ...{ on: ['unavailable'], numRetries: 1, statusCodes: [], perTryTimeoutMs: 100 },
    hedgeOnPerTryTimeout: true,
  };
  const plane = await stage.plane({ services: { web: backends }, http2Services: ['web'], action: { retry }, clock });
  const caller = new Http2Caller(plane.port);
  ends.push(...backends, caller);
  const answer = caller.ask('web', { ':method': 'POST', ...GRPC }, Buffer.from('call'));
  const streams = () => backends.flatMap((backend) => backend.streams);
  await until('the first pod has the call', () => streams().some((stream) => stream.readableLength > 0));
  const first = streams()[0] as ServerHttp2Stream;
  clock.advance(100);
  await until('both have it', () => streams().filter((stream) => stream.readableLength > 0).length === 2);
  const cancelled = once(streams().find((stream) => stream !== first) as ServerHttp2Stream, 'close');
  good(first, {});
  expect(String((await answer).body)).toBe('good');
  await cancelled;
  expect(
    streams()
      .map(({ rstCode }) => rstCode)
      .sort(),
  ).toEqual([0, 8]);
});
