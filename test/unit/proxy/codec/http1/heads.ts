// Requests as text in, heads out: what the codec's tests share.
import { type Head, RequestHead, ResponseHead } from '../../../../../src/proxy/codec/head.ts';
import { PARSE_OK } from '../../../../../src/proxy/codec/http1/parse-error.ts';
import { parseRequestHead } from '../../../../../src/proxy/codec/http1/parse-request-head.ts';
import { parseResponseHead } from '../../../../../src/proxy/codec/http1/parse-response-head.ts';

export const MAX_FIELDS = 32;
export const HOST = 'Host: a';

/** `lines` joined and closed with CRLF, the empty line behind them. */
export function headText(lines: readonly string[]): string {
  return `${lines.join('\r\n')}\r\n\r\n`;
}

/** Parses text (latin1) with bytes of other messages round it, which must not matter. Returns the parse error. */
export function parseRequest(text: string, head: RequestHead = new RequestHead(MAX_FIELDS)): number {
  const bytes = Buffer.from(`\r\n\r\n${text}\r\nx: y\r\n\r\n`, 'latin1');
  return parseRequestHead(bytes, 4, 4 + text.length, head);
}

/** The head of a valid request. */
export function requestHead(lines: readonly string[]): RequestHead {
  const head = new RequestHead(MAX_FIELDS);
  expect(parseRequest(headText(lines), head)).toBe(PARSE_OK);
  return head;
}

export function parseResponse(text: string, method: string, head: ResponseHead = new ResponseHead(MAX_FIELDS)): number {
  const bytes = Buffer.from(`\r\n\r\n${text}\r\nx: y\r\n\r\n`, 'latin1');
  return parseResponseHead(bytes, 4, 4 + text.length, head, method);
}

/** The head of a valid response to `method`. */
export function responseHead(lines: readonly string[], method = 'GET'): ResponseHead {
  const head = new ResponseHead(MAX_FIELDS);
  expect(parseResponse(headText(lines), method, head)).toBe(PARSE_OK);
  return head;
}

/** All fields as `name: value`, those that are not forwarded behind `- `. */
export function fieldsOf(head: Head): string[] {
  return Array.from({ length: head.fieldCount }, (_, field) => {
    const mark = head.hopByHop[field] === 0 ? '' : '- ';
    return `${mark}${head.nameAt(field)}: ${head.valueAt(field)}`;
  });
}

/** Each case: a request line of a head with Host, and the error. */
export function expectRequestLines(cases: readonly (readonly [string, number])[]): void {
  for (const [line, error] of cases) expect([line, parseRequest(headText([line, HOST]))]).toEqual([line, error]);
}

/** Each case: fields beside Host, and the error. */
export function expectFields(cases: readonly (readonly [readonly string[], number])[], version = 'HTTP/1.1'): void {
  for (const [fields, error] of cases) {
    const text = headText([`POST / ${version}`, HOST, ...fields]);
    expect([fields, parseRequest(text)]).toEqual([fields, error]);
  }
}
