// Frames as tests write and read them.
import { FRAME_HEAD_BYTES } from '../../../../../src/proxy/codec/http2/frame.ts';

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

/** `payload`: bytes, or their hexadecimal digits with spaces anywhere. */
export function frame(type: number, flags: number, stream: number, payload: Buffer | string = ''): Buffer {
  const body = typeof payload === 'string' ? Buffer.from(payload.replaceAll(' ', ''), 'hex') : payload;
  const head = Buffer.alloc(FRAME_HEAD_BYTES);
  head.writeUIntBE(body.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, body]);
}

/** The whole frames in `bytes` from `at` on. */
export function framesOf(bytes: Buffer, at = 0): Frame[] {
  const frames: Frame[] = [];
  for (let from = at; from + FRAME_HEAD_BYTES <= bytes.length; ) {
    const end = from + FRAME_HEAD_BYTES + bytes.readUIntBE(from, 3);
    if (end > bytes.length) break;
    frames.push({
      type: bytes[from + 3] as number,
      flags: bytes[from + 4] as number,
      stream: bytes.readUInt32BE(from + 5),
      payload: bytes.subarray(from + FRAME_HEAD_BYTES, end),
    });
    from = end;
  }
  return frames;
}
