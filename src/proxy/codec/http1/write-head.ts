// @hot
// Heads on their way out, as latin1 text: fields pass in the caller's spelling and order, those of the last hop stay behind.
import { FIELD_HOP, type Head, OFFSETS_PER_FIELD, type RequestHead, type ResponseHead } from '../head.ts';

const CRLF_LENGTH = 2;
const VERSION = 'HTTP/1.1';

/**
 * The head to send upstream: `METHOD path HTTP/1.1`, Host (in place; replaced by the authority of an absolute target), the fields without
 * the hop-by-hop ones, `extra` (lines `name: value\r\n`, or ''), the empty line. Write it with 'latin1'. An HTTP/1.0 request without any
 * authority gets an empty Host (RFC 9112 section 3.2). CONNECT has no head to send: the caller refuses it.
 */
export function renderRequestHead(head: RequestHead, extra: string): string {
  if (head.absoluteForm) return renderAbsolute(head, extra);
  if (head.versionMinor === 1) return renderFields(head, '', 0, -1, extra);
  const host = head.hostField < 0 ? 'Host:\r\n' : '';
  return renderFields(head, `${head.method} ${head.path} ${VERSION}\r\n${host}`, head.fieldsStart, -1, extra);
}

function renderAbsolute(head: RequestHead, extra: string): string {
  const start = `${head.method} ${head.path} ${VERSION}\r\n`;
  if (head.hostField >= 0 && head.valueAt(head.hostField) === head.authority) {
    return renderFields(head, start, head.fieldsStart, -1, extra);
  }
  return renderFields(head, `${start}Host: ${head.authority}\r\n`, head.fieldsStart, head.hostField, extra);
}

/**
 * The head to send downstream, always as HTTP/1.1: status line with the upstream's reason, the fields without the hop-by-hop ones and, with
 * `dropTransferEncoding`, without Transfer-Encoding (for a body that is sent on with another framing), `extra`, the empty line.
 */
export function renderResponseHead(head: ResponseHead, extra: string, dropTransferEncoding: boolean): string {
  const dropped = dropTransferEncoding ? head.find('transfer-encoding') : -1;
  // `HTTP/1.1 200 OK` may pass as it is; `HTTP/1.1 200` lacks the space that a sender owes (RFC 9112 section 4).
  const hasSpace = head.fieldsStart > VERSION.length + 4 + CRLF_LENGTH;
  if (head.versionMinor === 1 && hasSpace) return renderFields(head, '', 0, dropped, extra);
  const line = head.text.slice(VERSION.length, head.fieldsStart - CRLF_LENGTH);
  return renderFields(head, `${VERSION}${line}${hasSpace ? '' : ' '}\r\n`, head.fieldsStart, dropped, extra);
}

/** `HTTP/1.1 200 OK` with its CRLF, whatever version the upstream speaks: for answers whose fields the caller writes. */
export function renderStatusLine(head: ResponseHead): string {
  const line = head.text.slice(VERSION.length, head.fieldsStart - CRLF_LENGTH);
  return `${VERSION}${line}${line.length > 4 ? '' : ' '}\r\n`;
}

/** The size line of a chunk of 0 … 2^53 − 1 bytes. */
export function renderChunkSize(length: number): string {
  return `${length.toString(16)}\r\n`;
}

/** `start`, then the text from `from` on without the dropped lines, each run of kept lines as one slice. */
function renderFields(head: Head, start: string, from: number, dropped: number, extra: string): string {
  const { text, hopByHop, fieldCount } = head;
  let out = start;
  for (let field = 0; field < fieldCount; field += 1) {
    if (((hopByHop[field] as number) & FIELD_HOP) === 0 && field !== dropped) continue;
    const lineStart = head.offsets[field * OFFSETS_PER_FIELD] as number;
    if (lineStart > from) out += text.slice(from, lineStart);
    from = lineEnd(head, field);
  }
  return `${out}${text.slice(from, text.length - CRLF_LENGTH)}${extra}\r\n`;
}

/** Where the next line begins: the next field, or the empty line. */
function lineEnd(head: Head, field: number): number {
  if (field + 1 === head.fieldCount) return head.text.length - CRLF_LENGTH;
  return head.offsets[(field + 1) * OFFSETS_PER_FIELD] as number;
}
