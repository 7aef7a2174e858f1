// Promises of outlier detection for gRPC: a call counts by its status, wherever that stands.

import type { ServerHttp2Stream } from 'node:http2';
import { status } from '@grpc/grpc-js';
import { DEFAULT_OUTLIER_DETECTION } from '../../../src/model/outlier-detection-spec.ts';
import { Http2Backend, type Http2Script } from '../../support/http2-backend.ts';
import { Http2Caller } from '../../support/http2-caller.ts';
import { LivePlane } from '../../support/live-plane.ts';

const CALL = { ':method': 'POST', 'content-type': 'application/grpc', te: 'trailers' };
const HEAD = { ':status': 200, 'content-type': 'application/grpc' };

let closers: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closers.reverse()) await close();
  closers = [];
});

/** A head, and the code in the trailers. */
const inTrailers =
  (code: number | null): Http2Script =>
  (stream) => {
    stream.respond(HEAD, { waitForTrailers: true });
    stream.on('wantTrailers', () => {
      if (code === null) stream.sendTrailers({ 'x-other': '1' });
      else stream.sendTrailers({ 'grpc-status': String(code), 'grpc-message': 'grpc-status: 0' });
    });
    stream.end('message');
  };

/** A head that is all of the answer. */
const inHead =
  (code: number): Http2Script =>
  (stream) => {
    stream.respond({ ...HEAD, 'grpc-status': String(code) }, { endStream: true });
  };

async function scene(sick: Http2Script, other = inTrailers(0)) {
  const backends = [await Http2Backend.start(sick), await Http2Backend.start(other)];
  closers.push(...backends.map((backend) => () => backend.close()));
  const plane = await LivePlane.start({
    services: { api: backends },
    http2Services: ['api'],
    cluster: { outlierDetection: { ...DEFAULT_OUTLIER_DETECTION, maxEjectionPercent: 50 } },
  });
  closers.push(() => plane.close());
  const caller = new Http2Caller(plane.port);
  closers.push(() => caller.close());
  const [endpoint] = [...(plane.plane.clusters[0]?.endpoints ?? [])];
  if (endpoint === undefined) throw new Error('there is no endpoint');
  /** Twelve calls, half of them to the sick one as long as it is in. */
  const call = async (): Promise<void> => {
    for (let time = 0; time < 12; time += 1) await caller.ask('api', CALL, 'question');
  };
  /** Of all endpoints: errors, successes, and calls in work. */
  const counts = (): readonly number[] => {
    const endpoints = [...(plane.plane.clusters[0]?.endpoints ?? [])];
    const sum = (of: (one: (typeof endpoints)[number]) => number): number =>
      endpoints.reduce((total, one) => total + of(one), 0);
    return [sum((one) => one.requestsError), sum((one) => one.requestsSuccess), sum((one) => one.activeRequests)];
  };
  return { plane, caller, call, endpoint, backends, counts };
}

describe.each([
  ['UNAVAILABLE', status.UNAVAILABLE],
  ['INTERNAL', status.INTERNAL],
  ['UNKNOWN', status.UNKNOWN],
  ['DEADLINE_EXCEEDED', status.DEADLINE_EXCEEDED],
  ['DATA_LOSS', status.DATA_LOSS],
  ['UNIMPLEMENTED', status.UNIMPLEMENTED],
])('a pod whose calls end with %s', (_, code) => {
  it.each([
    ['its trailers', inTrailers(code)],
    ['a head that is all of its answer', inHead(code)],
  ])('is out after five of them that say so in %s', async (_place, script) => {
    const { call, endpoint, backends } = await scene(script);
    await call();
    expect(backends[0]?.requests).toHaveLength(5);
    expect(endpoint.outlier?.ejection?.reason).toBe('consecutive-5xx');
    expect([endpoint.requestsError, endpoint.requestsSuccess]).toEqual([5, 0]);
  });
});

describe.each([
  ['OK', status.OK],
  ['NOT_FOUND', status.NOT_FOUND],
  ['INVALID_ARGUMENT', status.INVALID_ARGUMENT],
  ['PERMISSION_DENIED', status.PERMISSION_DENIED],
  ['RESOURCE_EXHAUSTED', status.RESOURCE_EXHAUSTED],
  ['CANCELLED', status.CANCELLED],
])('a pod whose calls end with %s', (_, code) => {
  it.each([
    ['trailers', inTrailers(code)],
    ['head', inHead(code)],
  ])('stays in, as it says so in its %s: that is an answer', async (_place, script) => {
    const { call, endpoint } = await scene(script);
    await call();
    expect(endpoint.outlier?.ejection).toBeNull();
    expect([endpoint.requestsError, endpoint.requestsSuccess]).toEqual([0, 6]);
  });
});

describe('a gRPC call', () => {
  it('counts as failed where it ends without a status', async () => {
    const { call, endpoint } = await scene(inTrailers(null));
    await call();
    expect(endpoint.outlier?.ejection?.reason).toBe('consecutive-5xx');
  });

  it('counts as gateway failure by UNAVAILABLE, and not by INTERNAL', async () => {
    for (const [code, out] of [
      [status.UNAVAILABLE, true],
      [status.INTERNAL, false],
    ] as const) {
      const { plane, call, endpoint } = await scene(inTrailers(code));
      const enforcing = {
        ...DEFAULT_OUTLIER_DETECTION.enforcing,
        'consecutive-5xx': 0,
        'consecutive-gateway-failure': 100,
      };
      const outlierDetection = { ...DEFAULT_OUTLIER_DETECTION, maxEjectionPercent: 50, enforcing };
      plane.apply({ clusters: { upserted: [{ ...plane.cluster('api'), outlierDetection }], removed: [] } });
      await call();
      expect(endpoint.outlier?.ejection !== null).toBe(out);
    }
  });

  it('is not counted before it has ended, and not at all where its caller ends it', async () => {
    const begun: ServerHttp2Stream[] = [];
    const silent: Http2Script = (stream) => {
      stream.respond(HEAD);
      begun.push(stream);
    };
    const { caller, counts } = await scene(silent, silent);
    const stream = caller.open('api', CALL, false);
    await new Promise((resolve) => stream.once('response', resolve));
    expect(counts()).toEqual([0, 0, 1]);
    stream.close();
    await new Promise((resolve) => begun[0]?.once('close', resolve));
    expect(counts()).toEqual([0, 0, 0]);
  });

  it('is one only where it says so: others go by the status of HTTP alone', async () => {
    const { caller, endpoint } = await scene(inTrailers(status.INTERNAL));
    for (let time = 0; time < 12; time += 1)
      await caller.ask('api', { ':method': 'POST', 'content-type': 'application/grpcs' }, 'q');
    expect([endpoint.requestsError, endpoint.requestsSuccess]).toEqual([0, 6]);
  });
});
