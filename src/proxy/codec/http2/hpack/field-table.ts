// @hot
// The dynamic table of one direction as its reader keeps it: fields as bytes, oldest first, within a size (RFC 7541 section 4).
import { kindOfField } from '../field-kind.ts';
import { STATIC_FIELDS } from './static-table.ts';

/** What a field counts beyond its octets. Source: RFC 7541 section 4.1. */
export const FIELD_OVERHEAD = 32;
/** `: ` and CRLF: fields are kept as the lines that they become. */
export const LINE_EXTRA = 4;

const FIRST_BYTES = 1_024;
/** Numbers a field: offset of its line, length of its name, length of its value, kind. */
const STRIDE = 4;

/** Fields in the order in which they came, each as a line `name: value\r\n` of `bytes`. */
export class FieldTable {
  bytes: Buffer;
  /** Fields that are in it. */
  count = 0;
  /** Changes whenever an index may mean something else than before. */
  version = 0;
  #fields: Int32Array;
  /** Position of the oldest field in `#fields`, in fields; those that live follow without a gap. */
  #oldest = 0;
  #size = 0;
  #maxSize: number;
  /** Behind the newest line. */
  #end = 0;

  constructor(maxSize: number) {
    this.#maxSize = maxSize;
    this.bytes = Buffer.alloc(0);
    this.#fields = new Int32Array(0);
  }

  get size(): number {
    return this.#size;
  }

  get maxSize(): number {
    return this.#maxSize;
  }

  /** Position of the field that is `back` fields behind the newest one; 0 = the newest. The caller has compared with `count`. */
  position(back: number): number {
    return (this.#oldest + this.count - 1 - back) * STRIDE;
  }

  lineStart(position: number): number {
    return this.#fields[position] as number;
  }

  nameLength(position: number): number {
    return this.#fields[position + 1] as number;
  }

  valueLength(position: number): number {
    return this.#fields[position + 2] as number;
  }

  kind(position: number): number {
    return this.#fields[position + 3] as number;
  }

  setMaxSize(maxSize: number): void {
    this.#maxSize = maxSize;
    this.version += 1;
    this.#evict(maxSize);
  }

  /** Adds the line at `start` of `source`. One that is larger than the whole table empties it, which is no error. */
  add(source: Buffer, start: number, nameLength: number, valueLength: number, kind: number): void {
    const size = nameLength + valueLength + FIELD_OVERHEAD;
    this.version += 1;
    this.#evict(Math.max(0, this.#maxSize - size));
    if (size > this.#maxSize) return;
    const length = nameLength + valueLength + LINE_EXTRA;
    this.#makeRoom(length);
    source.copy(this.bytes, this.#end, start, start + length);
    const slot = (this.#oldest + this.count) * STRIDE;
    const fields = this.#fields;
    fields[slot] = this.#end;
    fields[slot + 1] = nameLength;
    fields[slot + 2] = valueLength;
    fields[slot + 3] = kind;
    this.#end += length;
    this.count += 1;
    this.#size += size;
  }

  #evict(maxSize: number): void {
    while (this.#size > maxSize) {
      const slot = this.#oldest * STRIDE;
      this.#size -= (this.#fields[slot + 1] as number) + (this.#fields[slot + 2] as number) + FIELD_OVERHEAD;
      this.#oldest += 1;
      this.count -= 1;
    }
    if (this.count > 0) return;
    this.#oldest = 0;
    this.#end = 0;
  }

  /** Moves what lives to the front where the end is reached, into more room where that is not half of it. */
  #makeRoom(length: number): void {
    const start = this.count === 0 ? this.#end : (this.#fields[this.#oldest * STRIDE] as number);
    if (this.#end + length > this.bytes.length) {
      const target = this.#roomier(this.#end - start + length);
      this.bytes.copy(target, 0, start, this.#end);
      this.bytes = target;
      for (let field = this.#oldest; field < this.#oldest + this.count; field += 1) {
        this.#fields[field * STRIDE] = (this.#fields[field * STRIDE] as number) - start;
      }
      this.#end -= start;
    }
    if ((this.#oldest + this.count + 1) * STRIDE > this.#fields.length) this.#compactFields();
  }

  #roomier(needed: number): Buffer {
    let size = Math.max(FIRST_BYTES, this.bytes.length);
    while (size < needed * 2) size *= 2;
    return size === this.bytes.length ? this.bytes : Buffer.allocUnsafe(size);
  }

  #compactFields(): void {
    const from = this.#oldest * STRIDE;
    const to = from + this.count * STRIDE;
    let target = this.#fields;
    // alloc-ok: while the table grows
    if ((this.count + 1) * STRIDE * 2 > target.length) target = new Int32Array(Math.max(64, target.length * 2));
    target.set(this.#fields.subarray(from, to), 0);
    this.#fields = target;
    this.#oldest = 0;
  }
}

/** The static table as the same kind of lines; its row 1 is at position `position(60)`. Read only. */
export function createStaticTable(): FieldTable {
  const table = new FieldTable(STATIC_FIELDS.length * 128); // alloc-ok: once
  for (const [name, value] of STATIC_FIELDS) {
    const line = Buffer.from(`${name}: ${value}\r\n`, 'latin1');
    const kind = kindOfField(line, 0, name.length, name.length + 2, line.length - 2);
    table.add(line, 0, name.length, value.length, kind);
  }
  return table;
}
