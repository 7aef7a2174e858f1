// What finding the end of a head promises: the same answer however the bytes are cut, each looked at once.
import fc from 'fast-check';
import { HEAD_INCOMPLETE, HEAD_INVALID, HeadScanner } from '../../../../../src/proxy/codec/http1/head-scanner.ts';
import {
  ERR_BARE_CR,
  ERR_BARE_LF,
  ERR_CONTROL_CHARACTER,
  ERR_EMPTY_LINE,
  ERR_HEAD_TOO_LARGE,
  ERR_NUL,
} from '../../../../../src/proxy/codec/http1/parse-error.ts';

const MAX_BYTES = 200;
const BEFORE = 'body of the message before\r';

/** Feeds `text` in pieces that end at `cuts`, behind other bytes in one growing buffer. Answers the offset in `text`, or the error. */
function scan(
  text: string,
  cuts: readonly number[],
  maxBytes = MAX_BYTES,
): { end: number; error: number; start: number } {
  const scanner = new HeadScanner(maxBytes);
  const whole = Buffer.from(BEFORE + text, 'latin1');
  const from = BEFORE.length;
  let end = HEAD_INCOMPLETE;
  for (const cut of [...cuts, text.length]) {
    end = scanner.scan(whole.subarray(0, from + cut), from);
    if (end !== HEAD_INCOMPLETE) break;
  }
  return {
    end: end > 0 ? end - from : end,
    error: end === HEAD_INVALID ? scanner.error : 0,
    start: scanner.start - from,
  };
}

function everyByte(text: string): number[] {
  return Array.from({ length: text.length }, (_, i) => i);
}

describe('the end of a head', () => {
  it('is behind the first CRLF CRLF, at every distance from the start', () => {
    for (let length = 1; length < 40; length += 1) {
      const text = `${'x'.repeat(length)}\r\n\r\nGET / HTTP/1.1\r\n\r\n`;
      expect(scan(text, [])).toEqual({ end: length + 4, error: 0, start: 0 });
      expect(scan(text, everyByte(text)).end).toBe(length + 4);
    }
  });

  it('is the same for every way of cutting, as is every refusal', () => {
    const piece = fc.constantFrom(
      'a',
      'bcd',
      ':',
      '\r\n',
      '\r\n',
      '\r\n\r\n',
      '\r',
      '\n',
      '\0',
      '\u0001',
      '\t',
      '\u00ff',
    );
    const text = fc.array(piece, { minLength: 1, maxLength: 24 }).map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(text, fc.array(fc.nat(60), { maxLength: 6 }), (bytes, cuts) => {
        const ordered = cuts.filter((cut) => cut <= bytes.length).sort((a, b) => a - b);
        const byByte = scan(bytes, everyByte(bytes));
        const inPieces = scan(bytes, ordered);
        const position = bytes.indexOf('\r\n\r\n');
        // What is wrong in front of the end is seen at once when bytes come singly, else by the parser.
        if (byByte.end !== HEAD_INVALID) expect(inPieces).toEqual(byByte);
        if (inPieces.end > 0) expect(inPieces.end).toBe(position + 4);
        if (position < 0) expect(inPieces).toEqual(byByte);
      }),
      { numRuns: 2000, seed: 7 },
    );
  });

  it('may be looked for in another buffer each time', () => {
    const scanner = new HeadScanner(MAX_BYTES);
    expect(scanner.scan(Buffer.from('....GET / HTTP/1.1\r\n\r'), 4)).toBe(HEAD_INCOMPLETE);
    expect(scanner.scan(Buffer.from('GET / HTTP/1.1\r\n\r\n'), 0)).toBe(18);
    expect(scanner.scan(Buffer.from('GET / HTTP/1.1\r\n\r\n'), 0)).toBe(18);
  });
});

describe('bytes before the end of a head', () => {
  it('may begin with one empty line', () => {
    expect(scan('\r\nx\r\n\r\n', [1, 2, 3])).toEqual({ end: 7, error: 0, start: 2 });
    expect(scan('\rx\r\n\r\n', [])).toEqual({ end: 6, error: 0, start: 0 });
    expect(scan('\r\n\r\n', []).error).toBe(ERR_EMPTY_LINE);
    expect(scan('\r\n\r\n', [1, 2, 3]).error).toBe(ERR_EMPTY_LINE);
    expect(scan('\r\n', [])).toMatchObject({ end: HEAD_INCOMPLETE });
  });

  it('are refused as soon as they can no longer become a head', () => {
    for (const [text, error] of [
      ['\n', ERR_BARE_LF],
      ['GET / HTTP/1.1\n', ERR_BARE_LF],
      ['GET / HTTP/1.1\r\nA: b\n', ERR_BARE_LF],
      ['GET / HTTP/1.1\r\r', ERR_BARE_CR],
      ['GET / HTTP/1.1\rx', ERR_BARE_CR],
      ['GET /\0', ERR_NUL],
      ['\u0016\u0003\u0001\u0002', ERR_CONTROL_CHARACTER],
    ] as const) {
      expect([text, scan(text, []).error]).toEqual([text, error]);
      expect([text, scan(text, everyByte(text)).error]).toEqual([text, error]);
    }
    expect(scan('GET / HTTP/1.1\r', []).end).toBe(HEAD_INCOMPLETE);
  });

  it('are refused at the limit, and accepted up to it', () => {
    const head = `${'x'.repeat(MAX_BYTES - 4)}\r\n\r\n`;
    expect(scan(head, [])).toMatchObject({ end: MAX_BYTES });
    expect(scan(`x${head}`, []).error).toBe(ERR_HEAD_TOO_LARGE);
    expect(scan(`x${head}`, everyByte(head)).error).toBe(ERR_HEAD_TOO_LARGE);
    expect(scan('x'.repeat(MAX_BYTES - 1), []).end).toBe(HEAD_INCOMPLETE);
    expect(scan('x'.repeat(MAX_BYTES), []).error).toBe(ERR_HEAD_TOO_LARGE);
  });

  it('are read a bounded number of times, however small the pieces', () => {
    const text = `GET / HTTP/1.1\r\n${'a: b\r\n'.repeat(2000)}\r\n`;
    const whole = Buffer.from(text);
    const scanner = new HeadScanner(whole.length);
    let reads = 0;
    let length = 0;
    const counted = new Proxy(whole, {
      get(target, key) {
        if (key === 'length') return length;
        reads += 1;
        return Reflect.get(target, key);
      },
    });
    for (length = 1; length < whole.length; length += 1) expect(scanner.scan(counted, 0)).toBe(HEAD_INCOMPLETE);
    expect(reads).toBeLessThan(10 * whole.length);
  });
});
