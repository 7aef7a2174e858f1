// How long a call may take: what its caller says, and what routes and listeners make of it.
import type { RouteActionSpec } from '../../../../src/model/route-spec.ts';
import { RequestHead } from '../../../../src/proxy/codec/head.ts';
import { callDurationMs, compileCallDuration, replacesTimeout } from '../../../../src/proxy/route/call-duration.ts';

const NOTHING = -1;
const FOR_EVER = Number.POSITIVE_INFINITY;

function headOf(contentType: string): RequestHead {
  const head = new RequestHead(1);
  head.text = `content-type: ${contentType}\r\n\r\n`;
  head.fieldCount = 1;
  head.offsets.set([0, 12, 14, 14 + contentType.length]);
  return head;
}

const GRPC = headOf('application/grpc+proto');
const OTHER = headOf('application/grpc-web');

function durationOf(action: Partial<RouteActionSpec>, saidMs: number, listenerMs = 0, head = GRPC): number {
  return callDurationMs(compileCallDuration({ cluster: 'c', timeoutMs: 0, ...action }), head, saidMs, listenerMs);
}

describe('a call whose route says nothing', () => {
  it.each([
    ['as long as its caller says', 200, 0, 200],
    ['for ever where nobody says', NOTHING, 0, FOR_EVER],
    ['as long as its listener lets every stream take', NOTHING, 300, 300],
    ['whichever of both is less', 200, 300, 200],
    ['whichever of both is less', 400, 300, 300],
    ['no time where its caller gives none', 0, 300, 0],
  ])('may take %s', (_what, said, listener, expected) => {
    expect(durationOf({}, said, listener)).toBe(expected);
  });
});

describe('a call whose route has a stream duration', () => {
  it.each([
    ['that, where its caller says nothing', { maxMs: 500 }, NOTHING, 300, 500],
    ['for ever, where that is 0', { maxMs: 0 }, NOTHING, 300, FOR_EVER],
    ['what its listener says, where it has none', { grpcTimeoutMaxMs: 0 }, NOTHING, 300, 300],
    ['no longer than its caller says', { maxMs: 500 }, 200, 0, 200],
    ['what its caller says, up to the most of those', { maxMs: 500, grpcTimeoutMaxMs: 900 }, 1_000, 300, 900],
    ['what its caller says, however much', { maxMs: 500, grpcTimeoutMaxMs: 0 }, 1_000, 300, 1_000],
    ['that much less than its caller says', { grpcTimeoutMaxMs: 0, grpcTimeoutOffsetMs: 50 }, 1_000, 0, 950],
    ['no time, where nothing is left of it', { grpcTimeoutMaxMs: 0, grpcTimeoutOffsetMs: 50 }, 40, 0, -10],
  ])('may take %s', (_what, streamDuration, said, listener, expected) => {
    expect(durationOf({ streamDuration }, said, listener)).toBe(expected);
    expect(durationOf({ streamDuration, grpcTimeout: { maxMs: 1, offsetMs: 0 } }, said, listener)).toBe(expected);
  });
});

describe('a call whose route has a gRPC timeout', () => {
  it.each([
    ['what its caller says', { maxMs: 0, offsetMs: 0 }, 200, 200],
    ['for ever, where it says nothing', { maxMs: 0, offsetMs: 0 }, NOTHING, FOR_EVER],
    ['the most, where it says nothing', { maxMs: 500, offsetMs: 0 }, NOTHING, 500],
    ['the most, where it says more', { maxMs: 500, offsetMs: 0 }, 600, 500],
    ['that much less than it says', { maxMs: 500, offsetMs: 50 }, 200, 150],
    ['what it says, where the offset is as much', { maxMs: 500, offsetMs: 50 }, 50, 50],
  ])('may take %s', (_what, grpcTimeout, said, expected) => {
    expect(durationOf({ grpcTimeout }, said)).toBe(expected);
  });

  it('is not bound by the timeout of the route; others are', () => {
    const grpc = compileCallDuration({ cluster: 'c', timeoutMs: 1, grpcTimeout: { maxMs: 0, offsetMs: 0 } });
    expect(replacesTimeout(grpc, GRPC)).toBe(true);
    expect(replacesTimeout(grpc, headOf('application/grpc'))).toBe(true);
    expect(replacesTimeout(grpc, headOf('application/grpc;x=y'))).toBe(true);
    expect(replacesTimeout(grpc, OTHER)).toBe(false);
    expect(durationOf({ grpcTimeout: { maxMs: 500, offsetMs: 0 } }, NOTHING, 0, OTHER)).toBe(FOR_EVER);
    const stream = compileCallDuration({ cluster: 'c', timeoutMs: 1, streamDuration: { maxMs: 5 } });
    expect(replacesTimeout(stream, GRPC)).toBe(false);
    expect(replacesTimeout(null, GRPC)).toBe(false);
  });
});
