// What a connection of HTTP/2 begins with (RFC 9113 section 3.4).
import { PREFACE } from './frame.ts';

/** As much of it as a parser of HTTP/1.1 takes for a head. */
const AS_HEAD = PREFACE.slice(0, PREFACE.indexOf('SM'));

/** The bytes from `start` on begin with it, as far as it looks like a head. */
export function beginsWithPreface(bytes: Buffer, start: number): boolean {
  return bytes.toString('latin1', start, start + AS_HEAD.length) === AS_HEAD;
}
