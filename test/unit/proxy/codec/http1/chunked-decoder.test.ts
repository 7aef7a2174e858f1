// What decoding a chunked body promises (RFC 9112 section 7.1): the same data however it is cut, and nothing but CRLF and hexadecimal digits.
import fc from 'fast-check';
import { ChunkedDecoder } from '../../../../../src/proxy/codec/http1/chunked-decoder.ts';
import {
  ERR_BARE_CR,
  ERR_BARE_LF,
  ERR_CHUNK_DATA_END,
  ERR_CHUNK_EXTENSION,
  ERR_CHUNK_EXTENSIONS_TOO_LARGE,
  ERR_CHUNK_LINE_END,
  ERR_CHUNK_LINE_TOO_LONG,
  ERR_CHUNK_SIZE,
  ERR_CHUNK_SIZE_TOO_LARGE,
  ERR_FIELD_NAME,
  ERR_FIELD_VALUE,
  ERR_FIELD_WITHOUT_COLON,
  ERR_NUL,
  ERR_OBS_FOLD,
  ERR_SPACE_BEFORE_COLON,
  ERR_TRAILER_FORBIDDEN,
  ERR_TRAILERS_TOO_LARGE,
} from '../../../../../src/proxy/codec/http1/parse-error.ts';
import { renderChunkSize } from '../../../../../src/proxy/codec/http1/write-head.ts';
import { type Decoded, decode, everyByte } from './decode.ts';

function expectErrors(cases: readonly (readonly [string, number])[]): void {
  for (const [text, error] of cases) {
    expect([text, decode(text, []).error]).toEqual([text, error]);
    expect([text, decode(text, everyByte(text)).error]).toEqual([text, error]);
  }
}

describe('a chunked body', () => {
  it('is its data, without sizes and extensions, and ends behind its last CRLF', () => {
    const text = '5\r\nhello\r\n00A;a;b=c;d="e \\"\t;"\r\n0123456789\r\n000\r\n\r\n';
    const expected: Decoded = { data: 'hello0123456789', trailers: '', taken: text.length, done: true, error: 0 };
    expect(decode(`${text}GET /`, [])).toEqual(expected);
    expect(decode(`${text}GET /`, everyByte(text))).toEqual(expected);
  });

  it('waits for its end', () => {
    const text = '1\r\nx\r\n0\r\na: b\r\n\r\n';
    for (let length = 0; length < text.length; length += 1) {
      expect(decode(text.slice(0, length), [])).toMatchObject({ done: false, error: 0, taken: length });
    }
  });

  it('of any chunks comes out as it went in, however it is cut', () => {
    const chunk = fc.string({ unit: 'binary-ascii', minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(
        fc.array(chunk, { maxLength: 6 }),
        fc.boolean(),
        fc.array(fc.nat(200), { maxLength: 8 }),
        (chunks, trailer, cuts) => {
          const trailers = trailer ? 'Digest: x\r\n' : '';
          const text = [...chunks, '']
            .map((data) => `${renderChunkSize(data.length)}${data}${data === '' ? '' : '\r\n'}`)
            .join('');
          const body = `${text}${trailers}\r\n`;
          const ordered = cuts.filter((cut) => cut <= body.length).sort((a, b) => a - b);
          const expected: Decoded = { data: chunks.join(''), trailers, taken: body.length, done: true, error: 0 };
          expect(decode(`${body}rest`, ordered)).toEqual(expected);
        },
      ),
      { numRuns: 1000, seed: 7 },
    );
  });

  it('of any bytes gives the same answer however it is cut', () => {
    const piece = fc.constantFrom(
      '0',
      '5',
      'a',
      'F',
      '\r\n',
      '\r\n',
      '\r\n',
      '\r',
      '\n',
      ';',
      '=',
      '"',
      ' ',
      'x: y',
      'hello',
      '\0',
    );
    const text = fc.array(piece, { minLength: 1, maxLength: 20 }).map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(text, fc.array(fc.nat(40), { maxLength: 6 }), (bytes, cuts) => {
        const ordered = cuts.filter((cut) => cut <= bytes.length).sort((a, b) => a - b);
        expect(decode(bytes, ordered)).toEqual(decode(bytes, everyByte(bytes)));
      }),
      { numRuns: 3000, seed: 7 },
    );
  });

  it('hands data on in the buffer that it came in, without copies', () => {
    const bytes = Buffer.from('..5\r\nhello\r\n3\r\nabc\r\n0\r\n\r\n');
    const pieces: [Buffer, number, number][] = [];
    new ChunkedDecoder().decode(bytes, 2, bytes.length, { onChunkData: (...piece) => pieces.push(piece) });
    expect(pieces).toEqual([
      [bytes, 5, 10],
      [bytes, 15, 18],
    ]);
    expect(pieces[0]?.[0]).toBe(bytes);
  });

  it('can follow another one after reset, a refused one too', () => {
    const decoder = new ChunkedDecoder();
    const sink = { onChunkData: () => undefined };
    const bad = Buffer.from('5;a\r\nhello!');
    expect(decoder.decode(bad, 0, bad.length, sink)).toBe(-1);
    const good = Buffer.from('1\r\nx\r\n0\r\na: b\r\n\r\n');
    for (let i = 0; i < 2; i += 1) {
      decoder.reset();
      expect([decoder.done, decoder.trailers, decoder.error]).toEqual([false, '', 0]);
      expect(decoder.decode(good, 0, good.length, sink)).toBe(good.length);
      expect([decoder.done, decoder.trailers]).toEqual([true, 'a: b\r\n']);
    }
  });
});

describe('a chunk', () => {
  it('has a size of 1 to 16 hexadecimal digits, at most 2^53 − 1', () => {
    expectErrors([
      ['\r\n', ERR_CHUNK_SIZE],
      ['x\r\n', ERR_CHUNK_SIZE],
      ['0x5\r\n', ERR_CHUNK_SIZE],
      ['-5\r\n', ERR_CHUNK_SIZE],
      ['+5\r\n', ERR_CHUNK_SIZE],
      [' 5\r\n', ERR_CHUNK_SIZE],
      ['5 \r\n', ERR_CHUNK_SIZE],
      ['5\t;a\r\n', ERR_CHUNK_SIZE],
      ['5_0\r\n', ERR_CHUNK_SIZE],
      ['5.0\r\n', ERR_CHUNK_SIZE],
      ['00000000000000005\r\n', ERR_CHUNK_SIZE],
      ['20000000000000\r\n', ERR_CHUNK_SIZE_TOO_LARGE],
      ['ffffffffffffffff\r\n', ERR_CHUNK_SIZE_TOO_LARGE],
      ['10000000000000005\r\n', ERR_CHUNK_SIZE_TOO_LARGE],
    ]);
    expect(decode('1fffffffffffff\r\nx', [])).toMatchObject({ error: 0, data: 'x' });
    expect(decode('0000000000000001\r\nx\r\n', [])).toMatchObject({ error: 0, data: 'x' });
  });

  it('has CRLF behind its size line and behind its data', () => {
    expectErrors([
      ['5\nhello\r\n', ERR_CHUNK_LINE_END],
      ['5\rhello\r\n', ERR_CHUNK_LINE_END],
      ['5\r\rhello\r\n', ERR_CHUNK_LINE_END],
      ['5;a\nhello\r\n', ERR_CHUNK_LINE_END],
      ['5\r\nhello\n0\r\n\r\n', ERR_CHUNK_DATA_END],
      ['5\r\nhello\rx', ERR_CHUNK_DATA_END],
      ['5\r\nhello0\r\n\r\n', ERR_CHUNK_DATA_END],
      ['5\r\nhelloX\r\n0\r\n\r\n', ERR_CHUNK_DATA_END],
    ]);
  });

  it('has extensions of names, tokens and quoted text only', () => {
    expectErrors([
      ['5;\r\n', ERR_CHUNK_EXTENSION],
      ['5;;a\r\n', ERR_CHUNK_EXTENSION],
      ['5;a=\r\n', ERR_CHUNK_EXTENSION],
      ['5;a=b=c\r\n', ERR_CHUNK_EXTENSION],
      ['5;a="b\r\n', ERR_CHUNK_EXTENSION],
      ['5;a="b"c\r\n', ERR_CHUNK_EXTENSION],
      ['5; a\r\n', ERR_CHUNK_EXTENSION],
      ['5;a \r\n', ERR_CHUNK_EXTENSION],
      ['5;a\u00e9\r\n', ERR_CHUNK_EXTENSION],
      ['5;a="\u00e9"\r\n', ERR_CHUNK_EXTENSION],
      ['5;a\0\r\n', ERR_CHUNK_EXTENSION],
      ['5;a="\n"\r\n', ERR_CHUNK_LINE_END],
    ]);
  });

  it('has a line of at most 4096 bytes', () => {
    expect(decode(`1;${'a'.repeat(4094)}\r\nx`, [])).toMatchObject({ error: 0, data: 'x' });
    expectErrors([[`1;${'a'.repeat(4095)}\r\n`, ERR_CHUNK_LINE_TOO_LONG]]);
  });

  it('shares 16 KiB of extensions with the others, and one byte more for every 16 of data', () => {
    const tiny = `1;${'a'.repeat(1023)}\r\nx\r\n`;
    expect(decode(tiny.repeat(16), []).error).toBe(0);
    expect(decode(tiny.repeat(17), []).error).toBe(ERR_CHUNK_EXTENSIONS_TOO_LARGE);
    const large = `4000;${'a'.repeat(1023)}\r\n${'x'.repeat(0x4000)}\r\n`;
    expect(decode(large.repeat(100), []).error).toBe(0);
  });
});

describe('a trailer section', () => {
  it('is kept as it came', () => {
    const section = 'Grpc-Status: 0\r\ngrpc-message:  ok \u00e9\r\nempty:\r\n';
    expect(decode(`0\r\n${section}\r\n`, [])).toMatchObject({ done: true, trailers: section });
    expect(decode(`0\r\n${section}\r\n`, everyByte(section))).toMatchObject({ done: true, trailers: section });
  });

  it('has fields as strict as those of a head', () => {
    expectErrors([
      ['0\r\na : b\r\n\r\n', ERR_SPACE_BEFORE_COLON],
      ['0\r\n: b\r\n\r\n', ERR_FIELD_NAME],
      ['0\r\na@: b\r\n\r\n', ERR_FIELD_NAME],
      ['0\r\na\r\n\r\n', ERR_FIELD_WITHOUT_COLON],
      ['0\r\na: b\r\n c\r\n\r\n', ERR_OBS_FOLD],
      ['0\r\na: \u0001\r\n\r\n', ERR_FIELD_VALUE],
      ['0\r\na: \0\r\n\r\n', ERR_NUL],
      ['0\r\na\0: b\r\n\r\n', ERR_NUL],
      ['0\r\na: b\n\r\n', ERR_BARE_LF],
      ['0\r\n\n', ERR_BARE_LF],
      ['0\r\na: b\rc\r\n\r\n', ERR_BARE_CR],
      ['0\r\n\r\r\n', ERR_BARE_CR],
    ]);
  });

  it('has none that frame, route or authenticate the message', () => {
    for (const name of [
      'Content-Length',
      'transfer-encoding',
      'HOST',
      'Connection',
      'te',
      'Authorization',
      'Set-Cookie',
    ]) {
      expectErrors([[`0\r\na: b\r\n${name}: x\r\n\r\n`, ERR_TRAILER_FORBIDDEN]]);
    }
  });

  it('is bounded', () => {
    const decodeLimited = (section: string, cuts: readonly number[]): Decoded =>
      decode(`0\r\n${section}\r\n`, cuts, 100);
    const section = `a: ${'b'.repeat(95)}\r\n`;
    expect(decodeLimited(section, [])).toMatchObject({ done: true, trailers: section });
    expect(decodeLimited(`x${section}`, []).error).toBe(ERR_TRAILERS_TOO_LARGE);
    expect(decodeLimited(`x${section}`, everyByte(section)).error).toBe(ERR_TRAILERS_TOO_LARGE);
  });
});
