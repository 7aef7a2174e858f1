// No parser reads a byte outside the range that it was given, whatever stands in it.
import { seededRandom } from '../../../../../src/base/random.ts';
import { RequestHead, ResponseHead } from '../../../../../src/proxy/codec/head.ts';
import { ChunkedDecoder } from '../../../../../src/proxy/codec/http1/chunked-decoder.ts';
import { HeadScanner } from '../../../../../src/proxy/codec/http1/head-scanner.ts';
import { parseRequestHead } from '../../../../../src/proxy/codec/http1/parse-request-head.ts';
import { parseResponseHead } from '../../../../../src/proxy/codec/http1/parse-response-head.ts';
import { REQUESTS, RESPONSES, spoil } from '../../../../fuzz/http1/mutations.ts';
import { MAX_FIELDS } from './heads.ts';

const SEED = 1;
const CASES = 2000;
/** Bytes round the range: those that a parser would like to go on with. */
const AROUND = 'chunked\r\n';

/** `text` as bytes that throw when anything beyond them is looked at. */
function guarded(text: string): { bytes: Buffer; start: number; end: number } {
  const whole = Buffer.from(AROUND + text + AROUND, 'latin1');
  const start = AROUND.length;
  const end = start + text.length;
  const bytes = new Proxy(whole, {
    get(target, key) {
      const index = typeof key === 'string' ? Number(key) : Number.NaN;
      if (index < start || index >= end)
        throw new Error(`seed ${SEED}: read ${index} of ${start} … ${end - 1} in ${JSON.stringify(text)}`);
      const value: unknown = Reflect.get(target, key);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  return { bytes, start, end };
}

/** Each message whole, and cut at its first empty line, and cut anywhere. */
function forEachRange(seeds: readonly string[], run: (text: string) => void): void {
  const random = seededRandom(SEED);
  for (let i = 0; i < CASES; i += 1) {
    const text = spoil(seeds, random);
    const head = text.slice(0, text.indexOf('\r\n\r\n') + 4);
    for (const range of [text, head, text.slice(0, Math.floor(random.next() * text.length)), `${head.trim()}\r\n\r\n`])
      run(range);
  }
}

describe('bytes outside the range', () => {
  it('are not read by the parsers of heads', () => {
    const request = new RequestHead(MAX_FIELDS);
    const response = new ResponseHead(MAX_FIELDS);
    forEachRange([...REQUESTS, ...RESPONSES], (text) => {
      const { bytes, start, end } = guarded(text);
      parseRequestHead(bytes, start, end, request);
      parseResponseHead(bytes, start, end, response, 'GET');
    });
  });

  it('are not read by the chunked decoder', () => {
    const decoder = new ChunkedDecoder();
    const sink = {
      onChunkData(_bytes: Buffer, from: number, to: number): void {
        expect(to).toBeGreaterThan(from);
      },
    };
    forEachRange(['5\r\nhello\r\nA;a="b"\r\n0123456789\r\n0\r\na: b\r\n\r\n'], (text) => {
      const { bytes, start, end } = guarded(text);
      decoder.reset();
      expect(decoder.decode(bytes, start, end, sink)).toBeLessThanOrEqual(end);
    });
  });

  it('are not read by the scanner, which never finds an end beyond what has come', () => {
    forEachRange([...REQUESTS, ...RESPONSES], (text) => {
      const bytes = Buffer.from(text, 'latin1');
      expect(new HeadScanner(4096).scan(bytes, 0)).toBeLessThanOrEqual(bytes.length);
      const behind = Buffer.from(`x\r\n\r${text}`, 'latin1');
      const alone = new HeadScanner(4096).scan(bytes, 0);
      expect(new HeadScanner(4096).scan(behind, 4)).toBe(alone < 0 ? alone : alone + 4);
    });
  });
});
