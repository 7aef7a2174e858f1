// What the response parser promises, rule by rule (RFC 9110, RFC 9112).
import {
  BODY_CHUNKED,
  BODY_LENGTH,
  BODY_NONE,
  BODY_UNTIL_CLOSE,
  type BodyKind,
} from '../../../../../src/proxy/codec/head.ts';
import {
  ERR_BARE_CR,
  ERR_BARE_LF,
  ERR_CONTENT_LENGTH,
  ERR_CONTENT_LENGTH_REPEATED,
  ERR_EMPTY_LINE,
  ERR_FIELD_NAME,
  ERR_FIELD_VALUE,
  ERR_INCOMPLETE_HEAD,
  ERR_INTERIM_CLOSE,
  ERR_LENGTH_AND_ENCODING,
  ERR_NUL,
  ERR_OBS_FOLD,
  ERR_REASON,
  ERR_SPACE_BEFORE_COLON,
  ERR_STATUS,
  ERR_STATUS_LINE,
  ERR_TRANSFER_ENCODING,
  ERR_TRANSFER_ENCODING_IN_1_0,
  ERR_VERSION,
  PARSE_OK,
} from '../../../../../src/proxy/codec/http1/parse-error.ts';
import { fieldsOf, headText, parseResponse, responseHead } from './heads.ts';

const LENGTH = 'Content-Length: 5';
const CHUNKED = 'Transfer-Encoding: chunked';

describe('a status line', () => {
  it('gives version and status, with any reason or none', () => {
    for (const [line, status, minor] of [
      ['HTTP/1.1 200 OK', 200, 1],
      ['HTTP/1.0 404 Not  \tFound \u00e9', 404, 0],
      ['HTTP/1.1 599 ', 599, 1],
      ['HTTP/1.1 100', 100, 1],
    ] as const) {
      const head = responseHead([line, LENGTH]);
      expect([head.status, head.versionMinor, head.get('content-length')]).toEqual([status, minor, '5']);
    }
  });

  it('that is anything else is refused', () => {
    for (const [line, error] of [
      ['HTTP/1.1  200 OK', ERR_STATUS],
      ['HTTP/1.1 20 OK', ERR_STATUS],
      ['HTTP/1.1 2000 OK', ERR_STATUS_LINE],
      ['HTTP/1.1 099 OK', ERR_STATUS],
      ['HTTP/1.1 600 OK', ERR_STATUS],
      ['HTTP/1.1 +20 OK', ERR_STATUS],
      ['HTTP/1.1 200\tOK', ERR_STATUS_LINE],
      ['HTTP/1.1 200 O\0K', ERR_NUL],
      ['HTTP/1.1 200 O\u0007K', ERR_REASON],
      ['HTTP/1.1 200 O\nK', ERR_BARE_LF],
      ['HTTP/1.1 200 O\rK', ERR_BARE_CR],
      ['HTTP/1.1 200\n', ERR_BARE_LF],
      ['HTTP/1.1', ERR_STATUS_LINE],
      ['HTTP/2.0 200 OK', ERR_VERSION],
      ['HTTP/1.2 200 OK', ERR_VERSION],
      ['http/1.1 200 OK', ERR_STATUS_LINE],
      ['ICY 200 OK', ERR_STATUS_LINE],
      ['SSH-2.0-x', ERR_STATUS_LINE],
      ['', ERR_EMPTY_LINE],
    ] as const) {
      expect([line, parseResponse(headText([line, 'a: b']), 'GET')]).toEqual([line, error]);
    }
    expect(parseResponse('HTTP/1.1 200 OK\r\n', 'GET')).toBe(ERR_INCOMPLETE_HEAD);
  });
});

describe('the body of a response', () => {
  it('is framed as RFC 9112 section 6.3 says', () => {
    const cases: readonly (readonly [string, string, readonly string[], BodyKind, boolean])[] = [
      ['200', 'GET', [], BODY_UNTIL_CLOSE, false],
      ['200', 'GET', [LENGTH], BODY_LENGTH, true],
      ['200', 'GET', [CHUNKED], BODY_CHUNKED, true],
      ['200', 'HEAD', [LENGTH], BODY_NONE, true],
      ['200', 'HEAD', [CHUNKED], BODY_NONE, true],
      ['200', 'HEAD', [], BODY_NONE, true],
      ['100', 'POST', [], BODY_NONE, true],
      ['103', 'GET', [LENGTH], BODY_NONE, true],
      ['204', 'GET', [LENGTH], BODY_NONE, true],
      ['304', 'GET', [LENGTH], BODY_NONE, true],
      ['200', 'CONNECT', [LENGTH], BODY_NONE, true],
      ['404', 'CONNECT', [LENGTH], BODY_LENGTH, true],
      ['205', 'GET', [], BODY_UNTIL_CLOSE, false],
    ];
    for (const [status, method, fields, kind, keepAlive] of cases) {
      const head = responseHead([`HTTP/1.1 ${status} x`, ...fields], method);
      expect([status, method, head.bodyKind, head.keepAlive]).toEqual([status, method, kind, keepAlive]);
      expect(head.contentLength).toBe(kind === BODY_LENGTH ? 5 : 0);
    }
  });

  it('that is framed twice or oddly is refused, also where there is none', () => {
    for (const [fields, error] of [
      [[LENGTH, CHUNKED], ERR_LENGTH_AND_ENCODING],
      [[LENGTH, LENGTH], ERR_CONTENT_LENGTH_REPEATED],
      [[LENGTH, 'Content-Length: 6'], ERR_CONTENT_LENGTH_REPEATED],
      [['Content-Length: 5, 5'], ERR_CONTENT_LENGTH],
      [['Transfer-Encoding: gzip, chunked'], ERR_TRANSFER_ENCODING],
      [['Transfer-Encoding: \u000bchunked'], ERR_FIELD_VALUE],
      [['a b: c'], ERR_SPACE_BEFORE_COLON],
      [['a@: c'], ERR_FIELD_NAME],
      [['a: b', ' c'], ERR_OBS_FOLD],
    ] as const) {
      for (const line of ['HTTP/1.1 200 OK', 'HTTP/1.1 304 Not Modified']) {
        expect([fields, parseResponse(headText([line, ...fields]), 'GET')]).toEqual([fields, error]);
      }
    }
    expect(parseResponse(headText(['HTTP/1.0 200 OK', CHUNKED]), 'GET')).toBe(ERR_TRANSFER_ENCODING_IN_1_0);
  });

  it('whose length is said where none can be leaves that field on this hop', () => {
    expect(fieldsOf(responseHead(['HTTP/1.1 204 x', LENGTH, 'a: b']))).toEqual(['- Content-Length: 5', 'a: b']);
    expect(fieldsOf(responseHead(['HTTP/1.1 103 x', CHUNKED]))).toEqual(['- Transfer-Encoding: chunked']);
    expect(fieldsOf(responseHead(['HTTP/1.1 304 x', LENGTH]))).toEqual(['Content-Length: 5']);
    expect(fieldsOf(responseHead(['HTTP/1.1 200 x', LENGTH], 'HEAD'))).toEqual(['Content-Length: 5']);
  });
});

describe('the connection behind a response', () => {
  it('stays open as version and Connection say', () => {
    expect(responseHead(['HTTP/1.1 200 x', LENGTH, 'Connection: close']).keepAlive).toBe(false);
    expect(responseHead(['HTTP/1.0 200 x', LENGTH]).keepAlive).toBe(false);
    expect(responseHead(['HTTP/1.0 200 x', LENGTH, 'connection: keep-alive']).keepAlive).toBe(true);
    expect(responseHead(['HTTP/1.0 200 x', 'connection: keep-alive']).keepAlive).toBe(false);
  });

  it('cannot close behind an interim response', () => {
    expect(parseResponse(headText(['HTTP/1.1 103 x', 'Connection: close']), 'GET')).toBe(ERR_INTERIM_CLOSE);
    expect(parseResponse(headText(['HTTP/1.0 100 x']), 'GET')).toBe(ERR_INTERIM_CLOSE);
    expect(parseResponse(headText(['HTTP/1.1 101 x', 'Connection: close']), 'GET')).toBe(PARSE_OK);
  });

  it('becomes another protocol with 101 only', () => {
    const upgrade = ['Connection: upgrade', 'Upgrade: websocket'];
    expect(responseHead(['HTTP/1.1 101 x', ...upgrade]).upgrade).toBe(true);
    expect(responseHead(['HTTP/1.1 426 x', LENGTH, ...upgrade]).upgrade).toBe(false);
  });

  it('keeps the hop-by-hop fields', () => {
    const head = responseHead([
      'HTTP/1.1 200 x',
      'Connection: a',
      'Keep-Alive: timeout=5',
      'A: b',
      'Upgrade: h2c',
      CHUNKED,
    ]);
    expect(fieldsOf(head).filter((field) => !field.startsWith('- '))).toEqual([CHUNKED]);
  });
});
