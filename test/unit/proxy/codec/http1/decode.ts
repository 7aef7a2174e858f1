// A chunked body as text in, what the decoder makes of it out.
import { ChunkedDecoder } from '../../../../../src/proxy/codec/http1/chunked-decoder.ts';

export interface Decoded {
  readonly data: string;
  readonly trailers: string;
  /** Bytes of `text` that belong to the body, −1 when refused. */
  readonly taken: number;
  readonly done: boolean;
  readonly error: number;
}

/** Offsets before each byte of `text`: cut there, it comes byte by byte. */
export function everyByte(text: string): number[] {
  return Array.from({ length: text.length }, (_, i) => i);
}

/** Feeds `text` (latin1) in pieces that end at `cuts`, each in a buffer of its own between other bytes. */
export function decode(text: string, cuts: readonly number[], maxTrailerBytes?: number): Decoded {
  const decoder = new ChunkedDecoder(maxTrailerBytes);
  let data = '';
  const sink = {
    onChunkData(bytes: Buffer, start: number, end: number): void {
      expect(end).toBeGreaterThan(start);
      data += bytes.toString('latin1', start, end);
    },
  };
  let taken = 0;
  let before = 0;
  for (const cut of [...cuts, text.length]) {
    const piece = text.slice(before, cut);
    const next = decoder.decode(Buffer.from(`!!${piece}!!`, 'latin1'), 2, 2 + piece.length, sink);
    if (next < 0) return { data, trailers: '', taken: -1, done: false, error: decoder.error };
    taken += next - 2;
    before = cut;
    if (decoder.done) break;
  }
  return { data, trailers: decoder.trailers, taken, done: decoder.done, error: decoder.error };
}
