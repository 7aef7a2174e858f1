// What 16 KiB of a chunked body cost, in chunks as servers write them and in small ones.
import { ChunkedDecoder } from '../../../../../src/proxy/codec/http1/chunked-decoder.ts';
import type { MicroBench } from '../../../micro-bench.ts';
import { chunkedBody } from './messages.ts';

const decoder = new ChunkedDecoder();
const sink = {
  bytes: 0,
  onChunkData(_bytes: Buffer, start: number, end: number): void {
    this.bytes += end - start;
  },
};

function decode(body: Buffer, iterations: number): void {
  for (let i = 0; i < iterations; i += 1) {
    decoder.reset();
    if (decoder.decode(body, 0, body.length, sink) !== body.length) throw new Error('the body was refused');
  }
}

const oneChunk = chunkedBody(16_384);
const smallChunks = chunkedBody(128);

export const benches: MicroBench[] = [
  { name: 'decode 16 KiB, 1 chunk', run: (iterations) => decode(oneChunk, iterations) },
  { name: 'decode 16 KiB, 128 chunks', run: (iterations) => decode(smallChunks, iterations) },
];
