// The trace that a request belongs to, as its caller says it, for the access log.
import type { RequestHead } from '../codec/head.ts';

const TRACE_ID_DIGITS = 32;
/** B3 has ids of 64 bits as well. */
const SHORT_TRACE_ID_DIGITS = 16;
const VERSION_END = 2;

/**
 * Lower-case hexadecimal digits, 32 or (B3) 16; '' where nobody says one. Source: W3C Trace Context section 3.2, of whatever version; B3, single and
 * multiple header.
 */
export function traceIdOf(head: RequestHead): string {
  const traceparent = head.get('traceparent');
  if (traceparent !== null) return inTraceparent(traceparent);
  const b3 = head.get('b3');
  if (b3 !== null) return valid(b3.slice(0, Math.max(0, b3.indexOf('-'))));
  return valid(head.get('x-b3-traceid') ?? '');
}

/** `00-` trace id `-` parent id `-` flags; later versions may have more. */
function inTraceparent(value: string): string {
  const end = VERSION_END + 1 + TRACE_ID_DIGITS;
  if (value[VERSION_END] !== '-' || value[end] !== '-' || value.startsWith('ff')) return '';
  return valid(value.slice(VERSION_END + 1, end));
}

function valid(id: string): string {
  if (id.length !== TRACE_ID_DIGITS && id.length !== SHORT_TRACE_ID_DIGITS) return '';
  let zeros = 0;
  for (let at = 0; at < id.length; at += 1) {
    const code = id.charCodeAt(at);
    if (!((code >= 48 && code <= 57) || (code >= 97 && code <= 102))) return '';
    if (code === 48) zeros += 1;
  }
  return zeros === id.length ? '' : id;
}
