// @hot
// The four forms of a request target (RFC 9112 section 3.2) and what each says of path and authority.
import { equalsIgnoringCase, type RequestHead } from '../head.ts';
import { isAuthority } from './authority.ts';
import { ASTERISK, QUESTION_MARK, SLASH } from './characters.ts';
import {
  ERR_ASTERISK_TARGET,
  ERR_CONNECT_TARGET,
  ERR_TARGET_AUTHORITY,
  ERR_TARGET_FORM,
  ERR_TARGET_HTTPS,
  PARSE_OK,
} from './parse-error.ts';

/**
 * Reads the target at `start` … `end` of `head.text`, all TARGET characters and not empty; `head.method` is known. Sets `target`, `path`,
 * `authority` (where the target has one), `absoluteForm` and `isConnect`. Returns PARSE_OK or a parse error.
 */
export function applyTarget(head: RequestHead, start: number, end: number): number {
  const target = head.text.slice(start, end);
  head.target = target;
  if (head.method === 'CONNECT') return applyConnectTarget(head, start, end);
  const first = head.text.charCodeAt(start);
  if (first === SLASH) {
    head.path = target;
    return PARSE_OK;
  }
  if (first === ASTERISK && end - start === 1) {
    head.path = '*';
    return head.method === 'OPTIONS' ? PARSE_OK : ERR_ASTERISK_TARGET;
  }
  return applyAbsoluteTarget(head, start, end);
}

function applyConnectTarget(head: RequestHead, start: number, end: number): number {
  head.isConnect = true;
  if (!isAuthority(head.text, start, end, true)) return ERR_CONNECT_TARGET;
  head.authority = head.target;
  return PARSE_OK;
}

function applyAbsoluteTarget(head: RequestHead, start: number, end: number): number {
  const { text } = head;
  if (end - start < 7 || !equalsIgnoringCase(text, start, 'http://')) {
    return end - start >= 8 && equalsIgnoringCase(text, start, 'https://') ? ERR_TARGET_HTTPS : ERR_TARGET_FORM;
  }
  const hostStart = start + 7;
  let hostEnd = hostStart;
  while (hostEnd < end && text.charCodeAt(hostEnd) !== SLASH && text.charCodeAt(hostEnd) !== QUESTION_MARK)
    hostEnd += 1;
  if (!isAuthority(text, hostStart, hostEnd, false)) return ERR_TARGET_AUTHORITY;
  head.absoluteForm = true;
  head.authority = text.slice(hostStart, hostEnd);
  head.path = pathBehindAuthority(head, hostEnd, end);
  return PARSE_OK;
}

function pathBehindAuthority(head: RequestHead, start: number, end: number): string {
  // RFC 9112 section 3.2.4: OPTIONS of a whole server, asked through a proxy.
  if (start === end) return head.method === 'OPTIONS' ? '*' : '/';
  const rest = head.text.slice(start, end);
  return head.text.charCodeAt(start) === SLASH ? rest : `/${rest}`;
}
