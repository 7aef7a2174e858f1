// Bodies of an API server's answers, up to a limit: whole, or a line of JSON at a time.

export class TooLarge extends Error {
  /** `the answer`, `an event`. */
  readonly what: string;
  readonly limitBytes: number;

  constructor(what: string, limitBytes: number) {
    super(`${what} is too large`);
    this.what = what;
    this.limitBytes = limitBytes;
  }
}

export async function readWhole(body: AsyncIterable<unknown>, limitBytes: number): Promise<string> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of body as AsyncIterable<Uint8Array>) {
    length += piece.length;
    if (length > limitBytes) throw new TooLarge('the answer', limitBytes);
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}

const NEWLINE = 10;

/** Throws where a line is no JSON. What comes after the last line end is half a line and left out: the server has gone while it wrote. */
export async function* jsonLines(body: AsyncIterable<unknown>, limitBytes: number): AsyncGenerator<unknown> {
  let pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of body as AsyncIterable<Uint8Array>) {
    let start = 0;
    for (let end = piece.indexOf(NEWLINE); end >= 0; end = piece.indexOf(NEWLINE, start)) {
      pieces.push(piece.subarray(start, end));
      const line = Buffer.concat(pieces).toString('utf8').trim();
      pieces = [];
      length = 0;
      start = end + 1;
      if (line !== '') yield JSON.parse(line);
    }
    length += piece.length - start;
    if (length > limitBytes) throw new TooLarge('an event', limitBytes);
    if (start < piece.length) pieces.push(piece.subarray(start));
  }
}
