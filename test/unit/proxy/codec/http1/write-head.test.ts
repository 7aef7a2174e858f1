// What writing heads promises: the caller's fields as they came, without those of the last hop, and a head that parses to the same.
import fc from 'fast-check';
import { type Head, RequestHead, ResponseHead } from '../../../../../src/proxy/codec/head.ts';
import { PARSE_OK } from '../../../../../src/proxy/codec/http1/parse-error.ts';
import {
  renderChunkSize,
  renderRequestHead,
  renderResponseHead,
} from '../../../../../src/proxy/codec/http1/write-head.ts';
import { fieldsOf, headText, MAX_FIELDS, parseRequest, parseResponse, requestHead, responseHead } from './heads.ts';

const EXTRA = 'x-request-id: 1\r\n';
const RUNS = { numRuns: 1000, seed: 7 };

function kept(head: Head): string[] {
  return fieldsOf(head).filter((field) => !field.startsWith('- '));
}

describe('a rendered request head', () => {
  it('is the one that came where nothing has to change', () => {
    const text = headText(['GET /x?y HTTP/1.1', 'Host:svc', 'Accept:  */* \t', 'x: \u00e9']);
    const head = requestHead(text.split('\r\n').slice(0, -2));
    expect(renderRequestHead(head, '')).toBe(text);
    expect(renderRequestHead(head, EXTRA)).toBe(`${text.slice(0, -2)}${EXTRA}\r\n`);
  });

  it('leaves out what ends at this hop, wherever it stands', () => {
    const hop = ['Keep-Alive: 1', 'Connection: a', 'A: b'];
    const lines = ['Host: svc', 'x: y', 'z:'];
    for (let at = 0; at <= lines.length; at += 1) {
      const mixed = [...lines.slice(0, at), ...hop, ...lines.slice(at)];
      const head = requestHead(['GET / HTTP/1.1', ...mixed]);
      expect(renderRequestHead(head, '')).toBe(headText(['GET / HTTP/1.1', ...lines]));
    }
    const alternating = requestHead(['GET / HTTP/1.1', 'Keep-Alive: 1', 'Host: svc', 'TE: x', 'x: y', 'Upgrade: h2c']);
    expect(renderRequestHead(alternating, EXTRA)).toBe(headText(['GET / HTTP/1.1', 'Host: svc', 'x: y', EXTRA.trim()]));
  });

  it('of an absolute target asks for the path, with the authority as Host', () => {
    const other = requestHead(['GET http://svc:80?q HTTP/1.1', 'Accept: x', 'host: other', 'b: c']);
    expect(renderRequestHead(other, '')).toBe(headText(['GET /?q HTTP/1.1', 'Host: svc:80', 'Accept: x', 'b: c']));
    const same = requestHead(['GET http://svc/ HTTP/1.1', 'Accept: x', 'host: svc', 'Proxy-Connection: keep-alive']);
    expect(renderRequestHead(same, '')).toBe(headText(['GET / HTTP/1.1', 'Accept: x', 'host: svc']));
    const none = requestHead(['OPTIONS http://svc HTTP/1.0']);
    expect(renderRequestHead(none, '')).toBe(headText(['OPTIONS * HTTP/1.1', 'Host: svc']));
  });

  it('of HTTP/1.0 becomes HTTP/1.1 and gets an empty Host where nobody named one', () => {
    expect(renderRequestHead(requestHead(['GET /x HTTP/1.0', 'a: b']), EXTRA)).toBe(
      headText(['GET /x HTTP/1.1', 'Host:', 'a: b', EXTRA.trim()]),
    );
    expect(renderRequestHead(requestHead(['GET /x HTTP/1.0', 'Connection: close']), '')).toBe(
      'GET /x HTTP/1.1\r\nHost:\r\n\r\n',
    );
  });

  it('parses to what was rendered', () => {
    fc.assert(
      fc.property(requests(), (text) => {
        const before = new RequestHead(MAX_FIELDS);
        expect(parseRequest(text, before)).toBe(PARSE_OK);
        const after = new RequestHead(MAX_FIELDS);
        const rendered = renderRequestHead(before, EXTRA);
        expect(parseRequest(rendered, after)).toBe(PARSE_OK);
        expect([after.method, after.path, after.authority]).toEqual([before.method, before.path, before.authority]);
        expect([after.bodyKind, after.contentLength]).toEqual([before.bodyKind, before.contentLength]);
        const withoutHost = (head: Head): string[] => kept(head).filter((field) => !/^host:/i.test(field));
        expect(withoutHost(after)).toEqual([...withoutHost(before), EXTRA.trim()]);
        if (!before.absoluteForm) expect(kept(after)).toEqual([...kept(before), EXTRA.trim()]);
        expect(renderRequestHead(after, '')).toBe(rendered);
      }),
      RUNS,
    );
  });
});

describe('a rendered response head', () => {
  it('is the one that came where nothing has to change', () => {
    const text = headText(['HTTP/1.1 404 Not  Found', 'Content-Length: 5', 'x: \u00e9 ']);
    const head = responseHead(text.split('\r\n').slice(0, -2));
    expect(renderResponseHead(head, '', false)).toBe(text);
    expect(renderResponseHead(head, EXTRA, true)).toBe(`${text.slice(0, -2)}${EXTRA}\r\n`);
  });

  it('is HTTP/1.1 with the space that the status line owes', () => {
    const length = 'Content-Length: 5';
    expect(renderResponseHead(responseHead(['HTTP/1.0 200 OK', length]), '', false)).toBe(
      headText(['HTTP/1.1 200 OK', length]),
    );
    expect(renderResponseHead(responseHead(['HTTP/1.1 200', length]), '', false)).toBe(
      headText(['HTTP/1.1 200 ', length]),
    );
    expect(renderResponseHead(responseHead(['HTTP/1.0 200', length]), '', false)).toBe(
      headText(['HTTP/1.1 200 ', length]),
    );
    expect(renderResponseHead(responseHead(['HTTP/1.1 200 ', length]), '', false)).toBe(
      headText(['HTTP/1.1 200 ', length]),
    );
  });

  it('leaves out what ends at this hop, and Transfer-Encoding when asked', () => {
    const head = responseHead([
      'HTTP/1.1 200 OK',
      'Connection: close',
      'a: b',
      'Transfer-Encoding: chunked',
      'Keep-Alive: 1',
      'c: d',
    ]);
    const chunked = ['a: b', 'Transfer-Encoding: chunked', 'c: d'];
    expect(renderResponseHead(head, '', false)).toBe(headText(['HTTP/1.1 200 OK', ...chunked]));
    expect(renderResponseHead(head, EXTRA, true)).toBe(headText(['HTTP/1.1 200 OK', 'a: b', 'c: d', EXTRA.trim()]));
    const nothing = responseHead(['HTTP/1.1 204 No Content', 'Content-Length: 0']);
    expect(renderResponseHead(nothing, '', false)).toBe('HTTP/1.1 204 No Content\r\n\r\n');
  });

  it('parses to what was rendered', () => {
    fc.assert(
      fc.property(responses(), (text) => {
        const before = new ResponseHead(MAX_FIELDS);
        expect(parseResponse(text, 'GET', before)).toBe(PARSE_OK);
        const after = new ResponseHead(MAX_FIELDS);
        const rendered = renderResponseHead(before, EXTRA, false);
        expect(parseResponse(rendered, 'GET', after)).toBe(PARSE_OK);
        expect([after.status, after.bodyKind, after.contentLength]).toEqual([
          before.status,
          before.bodyKind,
          before.contentLength,
        ]);
        expect(kept(after)).toEqual([...kept(before), EXTRA.trim()]);
        expect(renderResponseHead(after, '', false)).toBe(rendered);
      }),
      RUNS,
    );
  });
});

describe('a rendered chunk size', () => {
  it('is hexadecimal', () => {
    expect([0, 255, 16_384, Number.MAX_SAFE_INTEGER].map(renderChunkSize)).toEqual([
      '0\r\n',
      'ff\r\n',
      '4000\r\n',
      '1fffffffffffff\r\n',
    ]);
  });
});

const token = fc.string({ unit: fc.constantFrom(..."azAZ09!#$%&'*+-.^_`|~"), minLength: 1, maxLength: 12 });
const value = fc.string({ unit: fc.constantFrom(...'azAZ09 \t,;:="/\u0080\u00ff'), maxLength: 20 });
/** Ordinary fields, under names that the codec does not act on. */
const ordinary = fc.tuple(token, value).map(([name, text]) => `x-${name}: ${text}`);
const hopByHop = fc.constantFrom(
  'Connection: keep-alive',
  'Keep-Alive: 1',
  'TE: x',
  'te: trailers',
  'Connection: x-a',
  'x-a: b',
  'Upgrade: h2c',
);
const framing = fc.constantFrom([], ['Content-Length: 5'], ['transfer-encoding: chunked']);
const fields = fc
  .tuple(fc.array(fc.oneof(ordinary, hopByHop), { maxLength: 12 }), framing, fc.nat())
  .map(([lines, body, at]) => lines.toSpliced(at % (lines.length + 1), 0, ...body));

function requests(): fc.Arbitrary<string> {
  const method = fc.oneof(fc.constantFrom('GET', 'POST', 'HEAD'), token).filter((name) => name !== 'CONNECT');
  const target = fc.constantFrom('/', '/a?b', '//', 'http://svc', 'http://svc:1/x', 'http://[::1]?q');
  const host = fc.constantFrom('Host: svc', 'hOST:svc.ns:80', 'host: [::1] ');
  return fc
    .tuple(method, target, fields, host, fc.nat())
    .map(([name, asked, lines, line, at]) =>
      headText([`${name} ${asked} HTTP/1.1`, ...lines.toSpliced(at % (lines.length + 1), 0, line)]),
    );
}

function responses(): fc.Arbitrary<string> {
  const status = fc.integer({ min: 100, max: 599 });
  const reason = fc.constantFrom('', ' ', ' OK', ' Not  \tFound \u00ff');
  return fc
    .tuple(status, reason, fields)
    .map(([code, phrase, lines]) => headText([`HTTP/1.1 ${code}${phrase}`, ...lines]));
}
