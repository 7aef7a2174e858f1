// Header blocks as tests write and read them: fields as pairs, through our decoder and encoder.
import { BlockWriter } from '../../../../../../src/proxy/codec/http2/hpack/block-writer.ts';
import {
  type FieldSink,
  FieldText,
  HpackDecoder,
} from '../../../../../../src/proxy/codec/http2/hpack/hpack-decoder.ts';
import type { HpackEncoder } from '../../../../../../src/proxy/codec/http2/hpack/hpack-encoder.ts';

export type FieldPair = readonly [name: string, value: string];

/** Keeps every field that it is shown. */
class PairSink implements FieldSink {
  readonly pairs: FieldPair[] = [];
  readonly neverIndexed: string[] = [];

  onField(text: FieldText, nameLength: number, valueLength: number, _kind: number, neverIndexed: boolean): void {
    const nameEnd = text.end + nameLength;
    const valueEnd = nameEnd + 2 + valueLength;
    const name = text.bytes.toString('latin1', text.end, nameEnd);
    this.pairs.push([name, text.bytes.toString('latin1', nameEnd + 2, valueEnd)]);
    if (neverIndexed) this.neverIndexed.push(name);
    text.end = valueEnd + 2;
  }
}

export class BlockReader {
  readonly decoder = new HpackDecoder();
  readonly text: FieldText;
  neverIndexed: readonly string[] = [];

  constructor(maxListBytes = 65_536) {
    this.text = new FieldText(maxListBytes);
  }

  /** Null = the block is refused. */
  read(block: Buffer): readonly FieldPair[] | null {
    const sink = new PairSink();
    this.text.end = 0;
    const whole = this.decoder.decode(block, 0, block.length, this.text, sink);
    this.neverIndexed = sink.neverIndexed;
    return whole ? sink.pairs : null;
  }

  readHex(block: string): readonly FieldPair[] | null {
    return this.read(Buffer.from(block.replaceAll(' ', ''), 'hex'));
  }
}

export function write(encoder: HpackEncoder, pairs: readonly FieldPair[]): Buffer {
  const out = new BlockWriter();
  encoder.begin(out);
  for (const [name, value] of pairs) encoder.field(`${name}: ${value}`, name.length, false, out);
  return Buffer.from(out.bytes.subarray(0, out.end));
}
