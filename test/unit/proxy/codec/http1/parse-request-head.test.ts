// What the request parser promises of lines, fields and bodies, rule by rule (RFC 9110, RFC 9112).
import { BODY_CHUNKED, BODY_LENGTH, BODY_NONE, RequestHead } from '../../../../../src/proxy/codec/head.ts';
import {
  ERR_BARE_CR,
  ERR_BARE_LF,
  ERR_CONTENT_LENGTH,
  ERR_CONTENT_LENGTH_REPEATED,
  ERR_EMPTY_LINE,
  ERR_EXPECT,
  ERR_FIELD_NAME,
  ERR_FIELD_VALUE,
  ERR_FIELD_WITHOUT_COLON,
  ERR_HOST,
  ERR_HOST_MISSING,
  ERR_HOST_REPEATED,
  ERR_INCOMPLETE_HEAD,
  ERR_LENGTH_AND_ENCODING,
  ERR_METHOD,
  ERR_NUL,
  ERR_OBS_FOLD,
  ERR_REQUEST_LINE,
  ERR_SPACE_BEFORE_COLON,
  ERR_TARGET_CHARACTER,
  ERR_TARGET_FRAGMENT,
  ERR_TOO_MANY_FIELDS,
  ERR_TRANSFER_ENCODING,
  ERR_TRANSFER_ENCODING_IN_1_0,
  ERR_TRANSFER_ENCODING_REPEATED,
  ERR_VERSION,
  PARSE_ERRORS,
  PARSE_OK,
} from '../../../../../src/proxy/codec/http1/parse-error.ts';
import { parseRequestHead } from '../../../../../src/proxy/codec/http1/parse-request-head.ts';
import {
  expectFields,
  expectRequestLines,
  fieldsOf,
  HOST,
  headText,
  MAX_FIELDS,
  parseRequest,
  requestHead,
} from './heads.ts';

describe('a request line', () => {
  it('gives method, target and version as they were sent', () => {
    const head = requestHead(['BREW-2 /pot?size=2&hot HTTP/1.0']);
    expect([head.method, head.target, head.path, head.versionMinor]).toEqual([
      'BREW-2',
      '/pot?size=2&hot',
      '/pot?size=2&hot',
      0,
    ]);
  });

  it('may follow one empty line', () => {
    const head = new RequestHead(MAX_FIELDS);
    expect(parseRequest(`\r\n${headText(['GET / HTTP/1.1', HOST])}`, head)).toBe(PARSE_OK);
    expect(head.text.startsWith('GET')).toBe(true);
    expect(parseRequest(`\r\n\r\n${headText(['GET / HTTP/1.1', HOST])}`)).toBe(ERR_EMPTY_LINE);
  });

  it('is three words with single spaces between them', () => {
    expectRequestLines([
      ['GET  / HTTP/1.1', ERR_REQUEST_LINE],
      ['GET /  HTTP/1.1', ERR_REQUEST_LINE],
      ['GET /', ERR_REQUEST_LINE],
      ['GET', ERR_REQUEST_LINE],
      ['GET / ', ERR_VERSION],
      ['GET / HTTP/1.1 ', ERR_VERSION],
      ['GET\t/\tHTTP/1.1', ERR_METHOD],
      [' GET / HTTP/1.1', ERR_METHOD],
    ]);
  });

  it('has a token for a method', () => {
    expectRequestLines([
      ['G@T / HTTP/1.1', ERR_METHOD],
      ['GE\u00e9 / HTTP/1.1', ERR_METHOD],
      ['G\0T / HTTP/1.1', ERR_NUL],
      ['G\rT / HTTP/1.1', ERR_BARE_CR],
      ['G\nT / HTTP/1.1', ERR_BARE_LF],
      ['get / HTTP/1.1', PARSE_OK],
    ]);
  });

  it('has HTTP/1.0 or HTTP/1.1 and nothing else for a version', () => {
    const wrong = [
      'HTTP/1.2',
      'HTTP/2.0',
      'HTTP/0.9',
      'http/1.1',
      'HTTP/1.10',
      'HTTP/1.',
      'HTTP/1,1',
      'HTTP1.1',
      'XTTP/1.1',
    ];
    expectRequestLines(wrong.map((version) => [`GET / ${version}`, ERR_VERSION]));
    expectRequestLines([
      ['GET / HTTP/1.1\n', ERR_BARE_LF],
      ['GET / HTTP/1.1\r', ERR_BARE_CR],
      ['GET / HTTP/1.1\r\r', ERR_BARE_CR],
      ['PRI * HTTP/2.0', ERR_VERSION],
    ]);
  });

  it('has only visible ASCII in its target, and no fragment', () => {
    expectRequestLines([
      ['GET /a\tb HTTP/1.1', ERR_TARGET_CHARACTER],
      ['GET /a\u007f HTTP/1.1', ERR_TARGET_CHARACTER],
      ['GET /\u00e9 HTTP/1.1', ERR_TARGET_CHARACTER],
      ['GET /a\0 HTTP/1.1', ERR_NUL],
      ['GET /a\nb HTTP/1.1', ERR_BARE_LF],
      ['GET /a\rb HTTP/1.1', ERR_BARE_CR],
      ['GET /a b HTTP/1.1', ERR_VERSION],
      ['GET /#top HTTP/1.1', ERR_TARGET_FRAGMENT],
      ['GET /{a}|"b"^\\ HTTP/1.1', PARSE_OK],
    ]);
  });
});

describe('a field line', () => {
  it('gives name and value in their spelling and order, without the space round the value', () => {
    const head = requestHead(['GET / HTTP/1.1', HOST, 'X-Ab:  c d \t ', 'empty:', 'blank: \t', 'x-ab:\u00e9\tz']);
    expect(fieldsOf(head)).toEqual(['Host: a', 'X-Ab: c d', 'empty: ', 'blank: ', 'x-ab: \u00e9\tz']);
    expect(head.get('x-ab')).toBe('c d');
    expect(head.text.slice(head.fieldsStart).startsWith('Host')).toBe(true);
  });

  it('has a token, a colon and a value without control characters', () => {
    expectFields([
      [['X : y'], ERR_SPACE_BEFORE_COLON],
      [['X\t: y'], ERR_SPACE_BEFORE_COLON],
      [[': y'], ERR_FIELD_NAME],
      [['X@: y'], ERR_FIELD_NAME],
      [['X\u00e9: y'], ERR_FIELD_NAME],
      [['X\0: y'], ERR_NUL],
      [['X'], ERR_FIELD_WITHOUT_COLON],
      [['X\ny: z'], ERR_BARE_LF],
      [['X\ry: z'], ERR_BARE_CR],
      [[' folded'], ERR_OBS_FOLD],
      [['X: y', '\tfolded'], ERR_OBS_FOLD],
      [['X: a\0b'], ERR_NUL],
      [['X: a\nb: c'], ERR_BARE_LF],
      [['X: a\rb: c'], ERR_BARE_CR],
      [['X: a\r'], ERR_BARE_CR],
      [['X: a\u000bb'], ERR_FIELD_VALUE],
      [['X: a\u007fb'], ERR_FIELD_VALUE],
      [['X: \u0001'], ERR_FIELD_VALUE],
      [['X: a\u0080\u00ff'], PARSE_OK],
    ]);
  });

  it('may come as often as the head has room, and no oftener', () => {
    const fields = (count: number): string[] => Array.from({ length: count }, (_, i) => `f${i}: v`);
    expectFields([
      [fields(MAX_FIELDS - 1), PARSE_OK],
      [fields(MAX_FIELDS), ERR_TOO_MANY_FIELDS],
    ]);
    expect(PARSE_ERRORS[ERR_TOO_MANY_FIELDS]?.code).toBe('request_head_too_large');
  });

  it('ends the head only at its end', () => {
    expect(parseRequest('GET / HTTP/1.1\r\nHost: a\r\n\r\nb: c\r\n\r\n')).toBe(ERR_EMPTY_LINE);
    expect(parseRequest('GET / HTTP/1.1\r\nHost: a\r\n')).toBe(ERR_INCOMPLETE_HEAD);
    expect(parseRequest('')).toBe(ERR_INCOMPLETE_HEAD);
    expect(parseRequestHead(Buffer.from('\r\n'), 0, 400, new RequestHead(1))).toBe(ERR_INCOMPLETE_HEAD);
  });
});

describe('Host', () => {
  it('is there once in HTTP/1.1 and may be absent in HTTP/1.0', () => {
    expect(parseRequest(headText(['GET / HTTP/1.1']))).toBe(ERR_HOST_MISSING);
    expect(parseRequest(headText(['GET http://a/ HTTP/1.1']))).toBe(ERR_HOST_MISSING);
    expect(parseRequest(headText(['GET / HTTP/1.1', HOST, 'hOST: a']))).toBe(ERR_HOST_REPEATED);
    expect(parseRequest(headText(['GET / HTTP/1.0', HOST, HOST]))).toBe(ERR_HOST_REPEATED);
    const head = requestHead(['GET / HTTP/1.0']);
    expect([head.authority, head.hostField]).toEqual(['', -1]);
  });

  it('is a name, an IPv4 address or an IPv6 literal, with a port of 1 to 65535 or none', () => {
    for (const value of [
      'a',
      'svc.ns.svc.cluster.local.',
      'a-b_c:1',
      '10.0.0.1:65535',
      '[::1]',
      '[fe80::1:2]:80',
      'a%20',
    ]) {
      expect(requestHead(['GET / HTTP/1.1', `Host: ${value}`]).authority).toBe(value);
    }
    const wrong = [
      '',
      ':80',
      'a:',
      'a:0',
      'a:65536',
      'a:080080',
      'a:b',
      'a b',
      'a/b',
      'u@a',
      'a:80:80',
      'a%2',
      'a%zz',
      'a\u00e9',
    ];
    const wrongLiterals = [
      '[',
      '[]',
      '[::1',
      '::1',
      '[::1]x',
      '[::1]:',
      '[1:2]',
      '[::1%25eth0]',
      '[v1.a]',
      'a[::1]',
      '"a"',
    ];
    for (const value of [...wrong, ...wrongLiterals]) {
      expect([value, parseRequest(headText(['GET / HTTP/1.1', `Host: ${value}`]))]).toEqual([value, ERR_HOST]);
    }
  });
});

describe('the body of a request', () => {
  it('is absent without Content-Length and Transfer-Encoding', () => {
    const head = requestHead(['POST / HTTP/1.1', HOST]);
    expect([head.bodyKind, head.contentLength]).toEqual([BODY_NONE, 0]);
  });

  it('has the length that one Content-Length of digits says, up to 2^53 − 1', () => {
    for (const [text, length] of [
      ['0', 0],
      ['007', 7],
      ['9007199254740991', Number.MAX_SAFE_INTEGER],
    ] as const) {
      const head = requestHead(['POST / HTTP/1.1', HOST, `content-LENGTH:${text}`]);
      expect([head.bodyKind, head.contentLength]).toEqual([BODY_LENGTH, length]);
    }
    const wrong = [
      '',
      '+1',
      '-1',
      '0x1',
      '1,1',
      '1, 1',
      '1 1',
      '1.0',
      '1e3',
      '9007199254740992',
      '1'.repeat(400),
      '\u00b2',
    ];
    expectFields(wrong.map((value) => [[`Content-Length: ${value}`], ERR_CONTENT_LENGTH]));
    expectFields([
      [['Content-Length: 1', 'Content-Length: 1'], ERR_CONTENT_LENGTH_REPEATED],
      [['Content-Length: 1', 'content-length: 2'], ERR_CONTENT_LENGTH_REPEATED],
    ]);
  });

  it('is chunked where one Transfer-Encoding says exactly that, in HTTP/1.1', () => {
    expect(requestHead(['POST / HTTP/1.1', HOST, 'Transfer-Encoding: CHUNKED']).bodyKind).toBe(BODY_CHUNKED);
    const wrong = [
      '',
      'gzip',
      'gzip, chunked',
      'chunked, chunked',
      'chunked,',
      ',chunked',
      'identity',
      'chunked;q=1',
      '"chunked"',
      'xchunked',
    ];
    expectFields(wrong.map((value) => [[`Transfer-Encoding: ${value}`], ERR_TRANSFER_ENCODING]));
    expectFields([
      [['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'], ERR_TRANSFER_ENCODING_REPEATED],
      [['Transfer-Encoding: chunked', 'Transfer-Encoding: x'], ERR_TRANSFER_ENCODING_REPEATED],
    ]);
    expectFields([[['Transfer-Encoding: chunked'], ERR_TRANSFER_ENCODING_IN_1_0]], 'HTTP/1.0');
  });

  it('is refused where a tab stands beside what frames it', () => {
    expectFields([
      [['Content-Length:\t1'], ERR_CONTENT_LENGTH],
      [['Content-Length: 1 \t '], ERR_CONTENT_LENGTH],
      [['Transfer-Encoding: \t chunked'], ERR_TRANSFER_ENCODING],
      [['Transfer-Encoding: chunked\t'], ERR_TRANSFER_ENCODING],
      [['Transfer-Encoding:  chunked  '], PARSE_OK],
    ]);
  });

  it('is refused where both are given', () => {
    expectFields([
      [['Transfer-Encoding: chunked', 'Content-Length: 1'], ERR_LENGTH_AND_ENCODING],
      [['Content-Length: 0', 'Transfer-Encoding: chunked'], ERR_LENGTH_AND_ENCODING],
    ]);
  });
});

describe('other fields', () => {
  it('Expect is 100-continue or refused, and nothing in HTTP/1.0', () => {
    expect(requestHead(['POST / HTTP/1.1', HOST, 'Expect: 100-Continue']).expectContinue).toBe(true);
    expect(requestHead(['POST / HTTP/1.0', HOST, 'Expect: 100-continue']).expectContinue).toBe(false);
    expectFields(
      ['', '200-ok', '100-continue, x', '100-continue;a'].map((value) => [[`Expect: ${value}`], ERR_EXPECT]),
    );
  });

  it('x-request-id is found, the first of several, unless Connection ends it here', () => {
    const lines = ['GET / HTTP/1.1', HOST, 'X-Request-ID: 1', 'x-request-id: 2'];
    expect(requestHead(lines).requestIdField).toBe(1);
    expect(requestHead([...lines, 'Connection: x-request-id']).requestIdField).toBe(-1);
  });
});
