// Frames of WebSocket (RFC 6455 section 5.2) as far as the bench needs them: one binary message a frame, of any length below 64 KiB.

export interface Frame {
  /** Behind the last byte of the frame. */
  readonly end: number;
  readonly payloadStart: number;
  /** Where the mask stands; −1 = there is none. */
  readonly maskStart: number;
}

const FINAL_BINARY = 0x82;
const MASKED = 0x80;
const SHORT = 126;
const MASK = Buffer.from([0x11, 0x22, 0x33, 0x44]);

/** As callers send it. */
export function maskedFrame(payloadBytes: number): Buffer {
  const payload = Buffer.alloc(payloadBytes, 'message ');
  unmask(payload, 0, payloadBytes, MASK, 0);
  return Buffer.concat([head(payloadBytes, MASKED), MASK, payload]);
}

/** The head of what servers send. */
export function head(payloadBytes: number, flag = 0): Buffer {
  if (payloadBytes < SHORT) return Buffer.from([FINAL_BINARY, flag | payloadBytes]);
  return Buffer.from([FINAL_BINARY, flag | SHORT, payloadBytes >> 8, payloadBytes & 0xff]);
}

/** The frame at `start`, or null while it is not there whole. Throws for what is no such frame. */
export function frameAt(bytes: Buffer, start: number): Frame | null {
  if (bytes.length < start + 4) return null;
  if (bytes[start] !== FINAL_BINARY) throw new Error(`no binary message in one frame: 0x${bytes[start]?.toString(16)}`);
  const second = bytes[start + 1] as number;
  const said = second & 0x7f;
  if (said > SHORT) throw new Error('a message of 64 KiB or more');
  let at = start + (said === SHORT ? 4 : 2);
  const length = said === SHORT ? bytes.readUInt16BE(start + 2) : said;
  const maskStart = (second & MASKED) === 0 ? -1 : at;
  if (maskStart >= 0) at += MASK.length;
  return bytes.length < at + length ? null : { end: at + length, payloadStart: at, maskStart };
}

/** In place, with the four bytes of `mask` from `maskStart` on. */
export function unmask(bytes: Buffer, start: number, end: number, mask: Buffer, maskStart: number): void {
  for (let at = start; at < end; at += 1)
    bytes[at] = (bytes[at] as number) ^ (mask[maskStart + ((at - start) & 3)] as number);
}
