// Finds what nghttp2 and we treat differently on purpose: Content-Length in trailers, which we leave out and nghttp2 holds against the body.
import { CONTINUATION, HEADERS, PREFACE } from '../../../src/proxy/codec/http2/frame.ts';
import { type Frame, framesOf } from '../../unit/proxy/codec/http2/frames.ts';
import { BlockReader } from '../../unit/proxy/codec/http2/hpack/blocks.ts';

const END_HEADERS = 0x4;
const PADDED = 0x8;
const WITH_PRIORITY = 0x20;
const PRIORITY_BYTES = 5;

/** Some block behind the first of its stream names it. */
export function hasLengthInTrailers(session: Buffer): boolean {
  const reader = new BlockReader();
  const begun = new Set<number>();
  let parts: Buffer[] = [];
  for (const one of framesOf(session, PREFACE.length)) {
    if (one.type !== HEADERS && one.type !== CONTINUATION) continue;
    parts.push(one.type === HEADERS ? fragmentOf(one) : one.payload);
    if ((one.flags & END_HEADERS) === 0) continue;
    const fields = reader.read(Buffer.concat(parts)) ?? [];
    parts = [];
    if (begun.has(one.stream) && fields.some(([name]) => name === 'content-length')) return true;
    begun.add(one.stream);
  }
  return false;
}

function fragmentOf({ flags, payload }: Frame): Buffer {
  const padding = (flags & PADDED) === 0 ? 0 : (payload[0] ?? 0);
  const start = ((flags & PADDED) === 0 ? 0 : 1) + ((flags & WITH_PRIORITY) === 0 ? 0 : PRIORITY_BYTES);
  return payload.subarray(start, payload.length - padding);
}
