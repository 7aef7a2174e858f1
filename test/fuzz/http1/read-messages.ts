// Bytes of one connection as our codec understands them, without a connection: scanner, parser and decoder alone.
import {
  BODY_CHUNKED,
  BODY_LENGTH,
  BODY_UNTIL_CLOSE,
  type Head,
  RequestHead,
  ResponseHead,
} from '../../../src/proxy/codec/head.ts';
import { ChunkedDecoder } from '../../../src/proxy/codec/http1/chunked-decoder.ts';
import { HEAD_INCOMPLETE, HeadScanner } from '../../../src/proxy/codec/http1/head-scanner.ts';
import { PARSE_ERRORS } from '../../../src/proxy/codec/http1/parse-error.ts';
import { parseRequestHead } from '../../../src/proxy/codec/http1/parse-request-head.ts';
import { parseResponseHead } from '../../../src/proxy/codec/http1/parse-response-head.ts';

export interface Message {
  /** `GET /path` or the status. */
  readonly start: string;
  /** Name, value, name, value, as sent. */
  readonly fields: readonly string[];
  readonly body: string;
  readonly trailers: readonly string[];
  readonly complete: boolean;
}

export interface Reading {
  /** Every message whose head was accepted. */
  readonly messages: readonly Message[];
  /** Why reading stopped before the bytes ended: the parse error's detail; '' when it did not. */
  readonly refusal: string;
}

const MAX_HEAD_BYTES = 16_384;
const MAX_FIELDS = 100;

/** All requests of `text` (latin1), up to the first that is refused, incomplete, the last of its connection, or the start of another protocol. */
export function readRequests(text: string): Reading {
  const bytes = Buffer.from(text, 'latin1');
  const head = new RequestHead(MAX_FIELDS);
  const messages: Message[] = [];
  for (let at = 0; at < bytes.length; ) {
    const found = readHead(bytes, at, (start, end) => parseRequestHead(bytes, start, end, head));
    if (found.refusal !== '' || found.end < 0) return { messages, refusal: found.refusal };
    const { end, refusal, ...body } = readBody(bytes, found.end, head);
    messages.push({ start: `${head.method} ${head.target}`, fields: fieldList(head), ...body });
    if (refusal !== '' || !body.complete || head.isConnect || head.upgrade || !head.keepAlive)
      return { messages, refusal };
    at = end;
  }
  return { messages, refusal: '' };
}

/** The final response of `text` to a request of `method`, behind any interim ones. */
export function readResponse(text: string, method: string): Reading {
  const bytes = Buffer.from(text, 'latin1');
  const head = new ResponseHead(MAX_FIELDS);
  for (let at = 0; at < bytes.length; ) {
    const found = readHead(bytes, at, (start, end) => parseResponseHead(bytes, start, end, head, method));
    if (found.refusal !== '' || found.end < 0) return { messages: [], refusal: found.refusal };
    at = found.end;
    if (head.status < 200 && head.status !== 101) continue;
    const { refusal, end: _, ...body } = readBody(bytes, at, head);
    return { messages: [{ start: String(head.status), fields: fieldList(head), ...body }], refusal };
  }
  return { messages: [], refusal: '' };
}

/** `end` −1: there must be more. */
function readHead(
  bytes: Buffer,
  at: number,
  parse: (start: number, end: number) => number,
): { end: number; refusal: string } {
  const scanner = new HeadScanner(MAX_HEAD_BYTES);
  const end = scanner.scan(bytes, at);
  if (end === HEAD_INCOMPLETE) return { end, refusal: '' };
  const error = end < 0 ? scanner.error : parse(scanner.start, end);
  return { end, refusal: error === 0 ? '' : detailOf(error) };
}

function detailOf(error: number): string {
  return PARSE_ERRORS[error]?.detail ?? 'no such error';
}

type Body = Pick<Message, 'body' | 'trailers' | 'complete'> & { readonly end: number; readonly refusal: string };

function readBody(bytes: Buffer, at: number, head: Head): Body {
  if (head.bodyKind === BODY_CHUNKED) return readChunked(bytes, at);
  const untilClose = head.bodyKind === BODY_UNTIL_CLOSE;
  const wanted = head.bodyKind === BODY_LENGTH ? head.contentLength : 0;
  const end = untilClose ? bytes.length : Math.min(bytes.length, at + wanted);
  const complete = untilClose || end - at === wanted;
  return { body: bytes.toString('latin1', at, end), trailers: [], complete, end, refusal: '' };
}

function readChunked(bytes: Buffer, at: number): Body {
  const decoder = new ChunkedDecoder();
  const data: string[] = [];
  const end = decoder.decode(bytes, at, bytes.length, {
    onChunkData: (buffer, from, to) => data.push(buffer.toString('latin1', from, to)),
  });
  const trailers = decoder.trailers.split('\r\n').slice(0, -1).flatMap(splitField);
  return {
    body: data.join(''),
    trailers,
    complete: decoder.done,
    end,
    refusal: end < 0 ? detailOf(decoder.error) : '',
  };
}

function splitField(line: string): string[] {
  const colon = line.indexOf(':');
  return [line.slice(0, colon), trimOws(line.slice(colon + 1))];
}

function trimOws(text: string): string {
  return text.replace(/^[ \t]+/, '').replace(/[ \t]+$/, '');
}

function fieldList(head: Head): string[] {
  return Array.from({ length: head.fieldCount }, (_, field) => [head.nameAt(field), head.valueAt(field)]).flat();
}
