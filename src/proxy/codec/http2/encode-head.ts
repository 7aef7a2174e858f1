// @hot
// Heads on their way out as header blocks: pseudo-header fields first, names in lower case, without what belongs to a connection of HTTP/1.1.
import {
  equalsIgnoringCase,
  FIELD_HOP,
  FIELD_NEVER_INDEXED,
  type Head,
  OFFSETS_PER_FIELD,
  type RequestHead,
  type ResponseHead,
} from '../head.ts';
import type { BlockWriter } from './hpack/block-writer.ts';
import type { HpackEncoder } from './hpack/hpack-encoder.ts';

const METHOD_LENGTH = 7;
const PROTOCOL_LENGTH = 9;
const SCHEME_LENGTH = 7;
const AUTHORITY_LENGTH = 10;
const PATH_LENGTH = 5;
const STATUS_LENGTH = 7;
const COLON = 0x3a;
const SPACE = 0x20;
/** Fields of the connection, which ready-made text may have. Source: RFC 9113 section 8.2.2. */
const CONNECTION_FIELDS: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
]);

/** `extra`: further lines `name: value\r\n` that are this request's alone, or ''. */
export function encodeRequestHead(encoder: HpackEncoder, head: RequestHead, extra: string, out: BlockWriter): void {
  begin(encoder, out);
  const start = out.end;
  if (head.shared === 0 || !encoder.repeat(head, out)) {
    encodeRequestLine(encoder, head.method, head.authority, head.path, out);
    encodeFields(encoder, head, head.hostField, out);
    if (head.shared !== 0) encoder.remember(head, out, start);
  }
  encodeUnique(encoder, extra, out);
}

/**
 * Extended CONNECT (RFC 8441 section 4) for a request that would be a GET with an Upgrade field in HTTP/1.1. `extra`: as above; `changed`: the head as
 * its route wants it, rendered for HTTP/1.1, '' = as it came.
 */
export function encodeUpgrade(
  encoder: HpackEncoder,
  head: RequestHead,
  extra: string,
  changed: string,
  protocol: string,
  out: BlockWriter,
): void {
  out.end = 0;
  encoder.begin(out);
  encoder.field(':method: CONNECT', METHOD_LENGTH, false, out);
  encoder.field(`:protocol: ${protocol}`, PROTOCOL_LENGTH, false, out);
  encoder.field(':scheme: http', SCHEME_LENGTH, false, out);
  const lineEnd = changed.indexOf('\r\n');
  encoder.field(`:path: ${changed === '' ? head.path : changed.split(' ', 2)[1]}`, PATH_LENGTH, false, out);
  encoder.field(
    `:authority: ${changed === '' ? head.authority : hostIn(changed, lineEnd)}`,
    AUTHORITY_LENGTH,
    false,
    out,
  );
  if (changed === '') encodeFields(encoder, head, head.hostField, out);
  else encodeLines(encoder, changed, lineEnd + 2, 'host', out);
  encodeUnique(encoder, extra, out);
}

/** A head that was rendered for HTTP/1.1: request line, lines, empty line. */
export function encodeRequestText(encoder: HpackEncoder, text: string, out: BlockWriter): void {
  const lineEnd = text.indexOf('\r\n');
  const methodEnd = text.indexOf(' ');
  const pathEnd = text.indexOf(' ', methodEnd + 1);
  begin(encoder, out);
  encodeRequestLine(encoder, text.slice(0, methodEnd), hostIn(text, lineEnd), text.slice(methodEnd + 1, pathEnd), out);
  encodeLines(encoder, text, lineEnd + 2, 'host', out);
}

/** `changed`: the lines to send instead of the head's own; null = those. `extra`: as above. */
export function encodeResponseHead(
  encoder: HpackEncoder,
  head: ResponseHead,
  changed: string | null,
  out: BlockWriter,
): void {
  begin(encoder, out);
  const start = out.end;
  if (changed === null && head.shared !== 0 && encoder.repeat(head, out)) return;
  encodeStatus(encoder, head.status, out);
  if (changed === null) {
    encodeFields(encoder, head, -1, out);
    if (head.shared !== 0) encoder.remember(head, out, start);
  } else encodeLines(encoder, changed, 0, head.addedField >= 0 ? head.nameAt(head.addedField) : '', out);
}

/** A head that was rendered for HTTP/1.1: status line, lines, empty line. */
export function encodeResponseText(encoder: HpackEncoder, text: string, out: BlockWriter): void {
  begin(encoder, out);
  encodeStatus(encoder, Number(text.slice(9, 12)), out);
  encodeLines(encoder, text, text.indexOf('\r\n') + 2, '', out);
}

/** `trailers`: lines `name: value\r\n`. */
export function encodeTrailers(encoder: HpackEncoder, trailers: string, out: BlockWriter): void {
  begin(encoder, out);
  const start = out.end;
  if (encoder.repeatText(trailers, out)) return;
  encodeLines(encoder, trailers, 0, '', out);
  encoder.rememberText(out, start);
}

function begin(encoder: HpackEncoder, out: BlockWriter): void {
  out.end = 0;
  encoder.begin(out);
}

function encodeRequestLine(
  encoder: HpackEncoder,
  method: string,
  authority: string,
  path: string,
  out: BlockWriter,
): void {
  encoder.field(methodLine(method), METHOD_LENGTH, false, out);
  if (method !== 'CONNECT') {
    encoder.field(':scheme: http', SCHEME_LENGTH, false, out);
    encoder.field(`:path: ${path}`, PATH_LENGTH, false, out);
  }
  if (authority !== '') encoder.field(`:authority: ${authority}`, AUTHORITY_LENGTH, false, out);
}

function methodLine(method: string): string {
  if (method === 'GET') return ':method: GET';
  return method === 'POST' ? ':method: POST' : `:method: ${method}`;
}

function encodeStatus(encoder: HpackEncoder, status: number, out: BlockWriter): void {
  encoder.field(status === 200 ? ':status: 200' : `:status: ${status}`, STATUS_LENGTH, false, out);
}

function encodeFields(encoder: HpackEncoder, head: Head, hostField: number, out: BlockWriter): void {
  const { text, offsets, hopByHop, fieldCount, addedField } = head;
  for (let field = 0; field < fieldCount; field += 1) {
    const flags = hopByHop[field] as number;
    if ((flags & FIELD_HOP) !== 0 || field === hostField || field === addedField) continue;
    const slot = field * OFFSETS_PER_FIELD;
    const start = offsets[slot] as number;
    const nameLength = (offsets[slot + 1] as number) - start;
    if (nameLength === 17 && equalsIgnoringCase(text, start, 'transfer-encoding')) continue;
    const valueStart = offsets[slot + 2] as number;
    const line = lineOf(text, start, start + nameLength, valueStart, offsets[slot + 3] as number);
    encoder.field(line, nameLength, (flags & FIELD_NEVER_INDEXED) !== 0, out);
  }
}

/** Every line from `at` on until the text ends or a line is empty, without those named `without`. */
function encodeLines(encoder: HpackEncoder, text: string, at: number, without: string, out: BlockWriter): void {
  while (at < text.length) {
    const end = text.indexOf('\r\n', at);
    if (end <= at) return;
    const nameEnd = text.indexOf(':', at);
    let valueStart = nameEnd + 1;
    while (text.charCodeAt(valueStart) === SPACE) valueStart += 1;
    const line = lineOf(text, at, nameEnd, valueStart, end);
    const name = line.slice(0, nameEnd - at);
    if (name !== without && !CONNECTION_FIELDS.has(name)) encoder.field(line, name.length, false, out);
    at = end + 2;
  }
}

/** Lines that were made here: names in lower case, one space. */
function encodeUnique(encoder: HpackEncoder, lines: string, out: BlockWriter): void {
  for (let at = 0; at < lines.length; ) {
    const end = lines.indexOf('\r\n', at);
    encoder.once(lines.slice(at, end), lines.indexOf(':', at) - at, out);
    at = end + 2;
  }
}

/** `name: value`, the name in lower case: as it stands where it has that form. */
function lineOf(text: string, start: number, nameEnd: number, valueStart: number, end: number): string {
  if (
    isLower(text, start, nameEnd) &&
    valueStart === nameEnd + 2 &&
    text.charCodeAt(nameEnd) === COLON &&
    text.charCodeAt(nameEnd + 1) === SPACE
  ) {
    return text.slice(start, end);
  }
  return `${text.slice(start, nameEnd).toLowerCase()}: ${text.slice(valueStart, end)}`;
}

function isLower(text: string, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) {
    const code = text.charCodeAt(at);
    if (code >= 65 && code <= 90) return false;
  }
  return true;
}

/** Value of the Host line, '' without one. */
function hostIn(text: string, from: number): string {
  for (let at = from; at >= 0 && at + 2 < text.length; at = text.indexOf('\r\n', at + 2)) {
    if (!equalsIgnoringCase(text, at + 2, 'host:')) continue;
    return text.slice(at + 7, text.indexOf('\r\n', at + 7)).trim();
  }
  return '';
}
