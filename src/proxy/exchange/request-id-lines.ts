// @hot
// Field lines with new request ids, random UUIDs (RFC 9562 version 4): written many at a time, since one alone is made of dozens of pieces of string.

const LINES_PER_BATCH = 128;
const UUID_BYTES = 16;
const UUID_LENGTH = 36;
const BEFORE = 'x-request-id: ';
const AFTER = '\r\n';
const LINE_LENGTH = BEFORE.length + UUID_LENGTH + AFTER.length;
const HEX = Buffer.from('0123456789abcdef', 'latin1');
const DASH = 0x2d;

export class RequestIdLines {
  readonly #fill: (bytes: Uint8Array) => void;
  readonly #random = new Uint8Array(LINES_PER_BATCH * UUID_BYTES);
  readonly #bytes = Buffer.from(`${BEFORE}${' '.repeat(UUID_LENGTH)}${AFTER}`.repeat(LINES_PER_BATCH), 'latin1');
  #text = '';
  #at = 0;

  /** `fill` fills an array with random bytes. */
  constructor(fill: (bytes: Uint8Array) => void) {
    this.#fill = fill;
  }

  /** `x-request-id: UUID\r\n`. */
  next(): string {
    if (this.#at === this.#text.length) this.#write();
    const start = this.#at;
    this.#at = start + LINE_LENGTH;
    return this.#text.slice(start, this.#at);
  }

  #write(): void {
    this.#fill(this.#random);
    for (let line = 0; line < LINES_PER_BATCH; line += 1)
      writeUuid(this.#random, line * UUID_BYTES, this.#bytes, line * LINE_LENGTH + BEFORE.length);
    this.#text = this.#bytes.toString('latin1');
    this.#at = 0;
  }
}

/** The id that such a line says. */
export function idIn(line: string): string {
  return line.slice(BEFORE.length, line.length - AFTER.length);
}

function writeUuid(random: Uint8Array, from: number, target: Buffer, to: number): void {
  random[from + 6] = ((random[from + 6] as number) & 0x0f) | 0x40;
  random[from + 8] = ((random[from + 8] as number) & 0x3f) | 0x80;
  let at = to;
  for (let index = 0; index < UUID_BYTES; index += 1) {
    const byte = random[from + index] as number;
    target[at] = HEX[byte >> 4] as number;
    target[at + 1] = HEX[byte & 0x0f] as number;
    at += 2;
    if (index !== 3 && index !== 5 && index !== 7 && index !== 9) continue;
    target[at] = DASH;
    at += 1;
  }
}
