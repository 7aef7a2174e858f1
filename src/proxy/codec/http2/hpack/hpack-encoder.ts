// @hot
// Fields into header blocks (RFC 7541). A field goes into the table when it is sent for the second time: what is unique never pushes out what repeats.
import type { BlockWriter } from './block-writer.ts';
import { FIELD_OVERHEAD } from './field-table.ts';
import { encodeHuffman, huffmanLength } from './huffman-encoder.ts';
import { PreparedBlocks, type SharedHead } from './prepared-blocks.ts';
import { STATIC_COUNT, STATIC_FIELDS } from './static-table.ts';

/** The most that our table takes, whatever the peer allows, bytes. */
export const ENCODER_TABLE_BYTES = 4_096;
/** Fields of more characters would push out too many others. */
const MAX_INDEXED_LENGTH = 512;
/** Fields sent lately, by hash: a power of two. */
const SEEN_SLOTS = 128;
/** What may be guessed octet by octet is kept out of every table. Source: RFC 7541 section 7.1.3. */
const SECRET_NAMES: ReadonlySet<string> = new Set(['authorization', 'proxy-authorization']);
const SHORT_COOKIE = 20;

const STATIC_NAMES: ReadonlyMap<string, number> = new Map(
  STATIC_FIELDS.map(([name], row): [string, number] => [name, row + 1]).reverse(), // alloc-ok: once, at import
);
/** By first character: a map would hash the name of every field that is written out, and most of those begin with `x-`. */
const BEGINS_STATIC = new Uint8Array(128);
for (const name of STATIC_NAMES.keys()) BEGINS_STATIC[name.charCodeAt(0)] = 1;
const STATIC_LINES: ReadonlyMap<string, number> = new Map(
  STATIC_FIELDS.map(([name, value], row): [string, number] => [`${name}: ${value}`, row + 1]), // alloc-ok: once, at import
);

/** Encodes one direction of a connection. Every block that was begun must be sent, in order: the peer's table follows. */
export class HpackEncoder {
  /** Position in the order of insertion, from 0, by line. */
  readonly #positions = new Map<string, number>();
  /** Lines in the table, oldest first from `#oldest` on. */
  #lines: string[] = [];
  #oldest = 0;
  #inserted = 0;
  #size = 0;
  #maxSize = ENCODER_TABLE_BYTES;
  /** The smallest size that the peer has not been told of; −1 = it knows. */
  #pendingSize = -1;
  readonly #seen = new Int32Array(SEEN_SLOTS);
  readonly #prepared = new PreparedBlocks();
  /** Changes whenever an index may mean something else than before. */
  #version = 0;
  #text = '';
  /** Stands for `#text` among the heads that repeat. */
  #textBlock: SharedHead = { shared: 0 };
  /** Every field since `repeat` will be written the same way the next time. */
  #settled = false;

  get size(): number {
    return this.#size;
  }

  /** What the peer's SETTINGS_HEADER_TABLE_SIZE allows, bytes. */
  setPeerLimit(bytes: number): void {
    const size = Math.min(bytes, ENCODER_TABLE_BYTES);
    if (size === this.#maxSize) return;
    this.#pendingSize = this.#pendingSize < 0 ? size : Math.min(size, this.#pendingSize);
    this.#maxSize = size;
    this.#version += 1;
    this.#evict(size);
  }

  /** Comes first in every block. */
  begin(out: BlockWriter): void {
    if (this.#pendingSize < 0) return;
    out.reserve(12);
    if (this.#pendingSize < this.#maxSize) out.integer(0x20, 0x1f, this.#pendingSize);
    out.integer(0x20, 0x1f, this.#maxSize);
    this.#pendingSize = -1;
  }

  /**
   * Adds the field that `line` says as `name: value`, latin1, the name in lower case and `nameLength` characters long. `neverIndexed`: it came
   * as such, or should be kept out of tables for another reason.
   */
  field(line: string, nameLength: number, neverIndexed: boolean, out: BlockWriter): void {
    const position = this.#positions.get(line);
    if (position !== undefined) {
      out.reserve(6);
      out.integer(0x80, 0x7f, STATIC_COUNT + this.#inserted - position);
      return;
    }
    const fixed = STATIC_LINES.get(line);
    if (fixed !== undefined) {
      out.reserve(6);
      out.integer(0x80, 0x7f, fixed);
      return;
    }
    const name = line.slice(0, nameLength);
    if (neverIndexed || isSecret(name, line.length - nameLength - 2)) this.#literal(line, nameLength, 0x10, 0x0f, out);
    else if (this.#shouldIndex(line)) {
      this.#literal(line, nameLength, 0x40, 0x3f, out);
      this.#insert(line);
    } else this.#literal(line, nameLength, 0, 0x0f, out);
  }

  /** Adds a field whose value will not come again: nothing is looked up or remembered. */
  once(line: string, nameLength: number, out: BlockWriter): void {
    this.#literal(line, nameLength, 0, 0x0f, out);
  }

  /** Adds all fields of a head that repeats, as they were written before; false = they have to be added one by one. */
  repeat(head: SharedHead, out: BlockWriter): boolean {
    this.#settled = true;
    return this.#prepared.write(head, this.#version, out);
  }

  /** The fields that `out` has from `start` on, added since `repeat`, are all of that head. */
  remember(head: SharedHead, out: BlockWriter, start: number): void {
    if (this.#settled) this.#prepared.keep(head, this.#version, out, start);
  }

  /** The same for the lines that come behind a body: those that came last. */
  repeatText(text: string, out: BlockWriter): boolean {
    if (text !== this.#text) this.#textBlock = { shared: 0 }; // alloc-ok: for other lines than before
    this.#text = text;
    return this.repeat(this.#textBlock, out);
  }

  rememberText(out: BlockWriter, start: number): void {
    this.remember(this.#textBlock, out, start);
  }

  #literal(line: string, nameLength: number, flags: number, mask: number, out: BlockWriter): void {
    const index = BEGINS_STATIC[line.charCodeAt(0)] === 1 ? (STATIC_NAMES.get(line.slice(0, nameLength)) ?? 0) : 0;
    out.reserve(line.length + 24);
    out.integer(flags, mask, index);
    // What is sent once and then as an index is worth the work of making it short.
    const short = flags === 0x40;
    if (index === 0) writeString(line, 0, nameLength, short, out);
    writeString(line, nameLength + 2, line.length, short, out);
  }

  /** It was sent lately, and fits. */
  #shouldIndex(line: string): boolean {
    if (line.length > MAX_INDEXED_LENGTH || sizeOf(line) > this.#maxSize) return false;
    this.#settled = false;
    const hash = hashOf(line);
    const slot = (hash >>> 1) & (SEEN_SLOTS - 1);
    if (this.#seen[slot] === hash) return true;
    this.#seen[slot] = hash;
    return false;
  }

  #insert(line: string): void {
    const size = sizeOf(line);
    this.#version += 1;
    this.#evict(this.#maxSize - size);
    // A copy: a slice would keep the whole head that it was cut from.
    const own = Buffer.from(line, 'latin1').toString('latin1');
    this.#positions.set(own, this.#inserted);
    this.#lines.push(own);
    this.#inserted += 1;
    this.#size += size;
  }

  #evict(maxSize: number): void {
    while (this.#size > maxSize) {
      const line = this.#lines[this.#oldest] as string;
      this.#positions.delete(line);
      this.#size -= sizeOf(line);
      this.#oldest += 1;
    }
    if (this.#oldest < 64) return;
    this.#lines = this.#lines.slice(this.#oldest);
    this.#oldest = 0;
  }
}

function isSecret(name: string, valueLength: number): boolean {
  return name === 'cookie' ? valueLength < SHORT_COOKIE : SECRET_NAMES.has(name);
}

/** Without `: `, with what HPACK counts beyond the octets. */
function sizeOf(line: string): number {
  return line.length - 2 + FIELD_OVERHEAD;
}

/** FNV-1a; never 0, which stands for an empty slot. */
function hashOf(line: string): number {
  let hash = 0x811c9dc5 | 0;
  for (let at = 0; at < line.length; at += 1) hash = Math.imul(hash ^ line.charCodeAt(at), 0x01000193);
  return (hash ^ (hash >>> 15)) | 1;
}

function writeString(text: string, start: number, end: number, short: boolean, out: BlockWriter): void {
  const coded = short ? huffmanLength(text, start, end) : end - start;
  if (coded < end - start) {
    out.integer(0x80, 0x7f, coded);
    out.end = encodeHuffman(text, start, end, out.bytes, out.end);
  } else {
    out.integer(0, 0x7f, end - start);
    out.characters(text, start, end);
  }
}
