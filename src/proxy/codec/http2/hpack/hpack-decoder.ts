// @hot
// Header blocks back into fields (RFC 7541): strict, in bounded memory, each field handed on as a line of text.
import { kindOfField, kindOfValue } from '../field-kind.ts';
import { createStaticTable, FIELD_OVERHEAD, FieldTable, LINE_EXTRA } from './field-table.ts';
import { decodeHuffman } from './huffman-decoder.ts';
import { STATIC_COUNT } from './static-table.ts';

/** What we announce: the size from which both sides begin. Source: RFC 9113 section 6.5.2. */
export const DECODER_TABLE_BYTES = 4_096;

/** Where decoded fields are collected: one for many connections, since a block is decoded without a pause. */
export class FieldText {
  /** Lines `name: value\r\n`. */
  readonly bytes: Buffer;
  /** Behind the last line that was kept. */
  end = 0;
  /** Octets of names and values, and 32 a field: what is kept counts at most this. Source: RFC 9113 section 10.5.1. */
  readonly maxListBytes: number;
  /** The longest block that fits, bytes. */
  readonly maxBlockBytes: number;

  constructor(maxListBytes: number) {
    this.maxListBytes = maxListBytes;
    this.maxBlockBytes = maxListBytes;
    // The lines that are kept, twice more for a start line and what is moved behind it, and one string that is too long: 5 bits an octet at least.
    this.bytes = Buffer.allocUnsafeSlow(maxListBytes * 5 + 2_048);
  }
}

export interface FieldSink {
  /**
   * A field of the block, not yet kept: its line begins at `text.end`, where it is lost unless the sink moves `text.end` behind it. `kind` is one of
   * field-kind.ts. `neverIndexed`: it must be sent on as such (RFC 7541 section 6.2.3).
   */
  onField(text: FieldText, nameLength: number, valueLength: number, kind: number, neverIndexed: boolean): void;
}

/** A prefix and four more bytes: 2^28 is beyond every limit here. */
const MAX_INTEGER_SHIFT = 21;

const STATIC_TABLE = createStaticTable();

/** Decodes one direction of a connection. After an error nothing more can be decoded: the two tables differ (COMPRESSION_ERROR). */
export class HpackDecoder {
  /** Why `decode` answered false, for people. */
  problem = '';
  /** Of the block decoded last: its fields counted more than `maxListBytes`, and those beyond were not kept. */
  overflowed = false;
  readonly #table = new FieldTable(DECODER_TABLE_BYTES);
  #bytes: Buffer;
  #at = 0;
  #end = 0;
  /** Set by an integer or string that is not one. */
  #failed = false;

  constructor() {
    this.#bytes = this.#table.bytes;
  }

  /** For its version; for its size and count in tests. */
  get table(): FieldTable {
    return this.#table;
  }

  /** Hands every field of the block in `start` … `end` to `sink` and keeps nothing of `bytes`. False = COMPRESSION_ERROR. */
  decode(bytes: Buffer, start: number, end: number, text: FieldText, sink: FieldSink): boolean {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
    this.#failed = false;
    this.overflowed = false;
    const whole = this.#resize() && this.#decodeFields(text, sink);
    this.#bytes = this.#table.bytes;
    return whole;
  }

  /** Size updates stand in front of a block's fields (RFC 7541 section 4.2). */
  #resize(): boolean {
    while (this.#at < this.#end && ((this.#bytes[this.#at] as number) & 0xe0) === 0x20) {
      const size = this.#integer(0x1f);
      if (this.#failed) return this.#fail('a table size that is not an integer');
      if (size > DECODER_TABLE_BYTES) return this.#fail(`a table of more than ${DECODER_TABLE_BYTES} bytes`);
      this.#table.setMaxSize(size);
    }
    return true;
  }

  #decodeFields(text: FieldText, sink: FieldSink): boolean {
    let listBytes = 0;
    while (this.#at < this.#end) {
      const first = this.#bytes[this.#at] as number;
      let size = 0;
      if (first >= 0x80) size = this.#indexed(text, sink, listBytes);
      else if (first >= 0x40) size = this.#literal(text, sink, listBytes, 0x3f, true, false);
      else if (first >= 0x20) return this.#fail('a change of the table size behind a field');
      else size = this.#literal(text, sink, listBytes, 0x0f, false, first >= 0x10);
      if (size < 0) return false;
      listBytes += size;
    }
    return true;
  }

  /** Answers what the field counts, or −1. */
  #indexed(text: FieldText, sink: FieldSink, listBytes: number): number {
    const index = this.#integer(0x7f);
    const table = this.#tableOf(index);
    if (table === null) return this.#refuse('an index that neither table has');
    const position = positionOf(table, index);
    const nameLength = table.nameLength(position);
    const valueLength = table.valueLength(position);
    const size = nameLength + valueLength + FIELD_OVERHEAD;
    if (listBytes + size > text.maxListBytes) this.overflowed = true;
    if (this.overflowed) return size;
    copyLine(table.bytes, table.lineStart(position), nameLength + valueLength + LINE_EXTRA, text.bytes, text.end);
    sink.onField(text, nameLength, valueLength, table.kind(position), false);
    return size;
  }

  #literal(
    text: FieldText,
    sink: FieldSink,
    listBytes: number,
    mask: number,
    indexing: boolean,
    neverIndexed: boolean,
  ): number {
    const out = text.bytes;
    const start = text.end;
    const index = this.#integer(mask);
    const nameEnd = index === 0 && !this.#failed ? this.#string(out, start) : this.#name(index, out, start);
    if (nameEnd < 0) return this.#refuse('a field name that is cut off, wrongly coded or in neither table');
    out[nameEnd] = 0x3a;
    out[nameEnd + 1] = 0x20;
    const valueEnd = this.#string(out, nameEnd + 2);
    if (valueEnd < 0) return this.#refuse('a field value that is cut off or wrongly coded');
    out[valueEnd] = 0x0d;
    out[valueEnd + 1] = 0x0a;
    const nameLength = nameEnd - start;
    const valueLength = valueEnd - nameEnd - 2;
    // The names of the static table are known.
    const kind =
      index > 0 && index <= STATIC_COUNT
        ? kindOfValue(out, nameEnd + 2, valueEnd, STATIC_TABLE.kind(positionOf(STATIC_TABLE, index)))
        : kindOfField(out, start, nameEnd, nameEnd + 2, valueEnd);
    if (indexing) this.#table.add(out, start, nameLength, valueLength, kind);
    const size = nameLength + valueLength + FIELD_OVERHEAD;
    if (listBytes + size > text.maxListBytes) this.overflowed = true;
    if (!this.overflowed) sink.onField(text, nameLength, valueLength, kind, neverIndexed);
    return size;
  }

  /** Copies the name of a field of either table; −1 when there is none. */
  #name(index: number, out: Buffer, at: number): number {
    const table = this.#tableOf(index);
    if (table === null) return -1;
    const position = positionOf(table, index);
    const length = table.nameLength(position);
    copyLine(table.bytes, table.lineStart(position), length, out, at);
    return at + length;
  }

  /** `null` for an index that neither has, and after a failed integer. */
  #tableOf(index: number): FieldTable | null {
    if (this.#failed || index === 0) return null;
    if (index <= STATIC_COUNT) return STATIC_TABLE;
    return index - STATIC_COUNT <= this.#table.count ? this.#table : null;
  }

  /** An integer whose prefix is the bits of `mask` (RFC 7541 section 5.1). */
  #integer(mask: number): number {
    const bytes = this.#bytes;
    const prefix = (bytes[this.#at] as number) & mask;
    this.#at += 1;
    if (prefix < mask) return prefix;
    let value = mask;
    for (let shift = 0; shift <= MAX_INTEGER_SHIFT; shift += 7) {
      if (this.#at >= this.#end) break;
      const byte = bytes[this.#at] as number;
      this.#at += 1;
      value += (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    this.#failed = true;
    return 0;
  }

  /** A string literal (RFC 7541 section 5.2) into `out`; answers the offset behind it, or −1. */
  #string(out: Buffer, at: number): number {
    if (this.#at >= this.#end) return -1;
    const coded = (this.#bytes[this.#at] as number) >= 0x80;
    const length = this.#integer(0x7f);
    const start = this.#at;
    if (this.#failed || length > this.#end - start) return -1;
    this.#at = start + length;
    if (coded) return decodeHuffman(this.#bytes, start, this.#at, out, at);
    copyLine(this.#bytes, start, length, out, at);
    return at + length;
  }

  #refuse(problem: string): -1 {
    this.problem = problem;
    return -1;
  }

  #fail(problem: string): false {
    this.problem = problem;
    return false;
  }
}

function positionOf(table: FieldTable, index: number): number {
  return index <= STATIC_COUNT ? table.position(STATIC_COUNT - index) : table.position(index - STATIC_COUNT - 1);
}

/** Up to some hundred bytes a loop is cheaper than a call. Shown by `bench -- micro hpack`. */
function copyLine(source: Buffer, start: number, length: number, target: Buffer, at: number): void {
  if (length > 256) {
    source.copy(target, at, start, start + length);
    return;
  }
  for (let i = 0; i < length; i += 1) target[at + i] = source[start + i] as number;
}
