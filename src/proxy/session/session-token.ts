// The opaque token of a session: which pod it is with and since when, readable only for those who know the pods of the Service.
import { createHash } from 'node:crypto';
import { type Random, randomBelow } from '../../base/random.ts';

/** What a token says. */
export interface SessionToken {
  /** Of the pod, as `sessionIdOf` makes it. */
  readonly podId: string;
  /** When the session began, seconds since the Unix epoch. */
  readonly bornAtS: number;
  /** Tells sessions of one pod and second apart, so that they do not all move to the same pod. */
  readonly salt: string;
  /** Until when it is known to have been in use, ms since the Unix epoch; 0 = it does not say. */
  readonly usedUntilMs: number;
}

/** Of the format: another one would have another. Those that may not rest for ever say when they were used. */
const VERSION = '1';
const TIMED_VERSION = '2';
/** Of 15 bytes in base64. */
const ID_LENGTH = 20;
/** Seconds in base 36: until the year 4453. */
const TIME_LENGTH = 7;
const SALT_LENGTH = 5;
/** Milliseconds in base 36: until the year 5188. */
const USED_LENGTH = 9;
const SALT_AT = VERSION.length + ID_LENGTH + TIME_LENGTH;
const LENGTH = SALT_AT + SALT_LENGTH;
const SALTS = 36 ** SALT_LENGTH;

/**
 * What stands for a pod in tokens of a Service: a truncated hash of the Service's full name and the pod's UID. UIDs cannot be guessed, so nobody
 * can make a token for a pod that he never met, and no key is needed for that.
 */
export function sessionIdOf(service: string, podUid: string): string {
  return createHash('sha256').update(`${service}\0${podUid}`).digest('base64url').slice(0, ID_LENGTH);
}

export function newSalt(random: Random): string {
  return randomBelow(random, SALTS).toString(36).padStart(SALT_LENGTH, '0');
}

export function renderToken(token: SessionToken): string {
  const { usedUntilMs } = token;
  if (usedUntilMs === 0) return lastingPartOf(token);
  const lasting = lastingPartOf(token).slice(VERSION.length);
  return `${TIMED_VERSION}${lasting}${usedUntilMs.toString(36).padStart(USED_LENGTH, '0')}`;
}

/** What stays the same while a session is with one pod, however often its token is renewed: the token, as if it did not say when it was used. */
export function lastingPartOf({ podId, bornAtS, salt }: SessionToken): string {
  return `${VERSION}${podId}${bornAtS.toString(36).padStart(TIME_LENGTH, '0')}${salt}`;
}

/** Null for what no sidecar has made: foreign, cut off, or of a format to come. */
export function parseToken(text: string): SessionToken | null {
  const timed = text.startsWith(TIMED_VERSION);
  if (!timed && !text.startsWith(VERSION)) return null;
  if (text.length !== (timed ? LENGTH + USED_LENGTH : LENGTH)) return null;
  const timeAt = VERSION.length + ID_LENGTH;
  const bornAtS = parseBase36(text, timeAt, SALT_AT);
  const usedUntilMs = parseBase36(text, LENGTH, text.length);
  if (bornAtS < 0 || usedUntilMs < 0) return null;
  return { podId: text.slice(VERSION.length, timeAt), bornAtS, salt: text.slice(SALT_AT, LENGTH), usedUntilMs };
}

/** −1 = it is no such number. */
function parseBase36(text: string, start: number, end: number): number {
  let value = 0;
  for (let at = start; at < end; at += 1) {
    const digit = digitOf(text.charCodeAt(at));
    if (digit < 0) return -1;
    value = value * 36 + digit;
  }
  return value;
}

function digitOf(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  return code >= 0x61 && code <= 0x7a ? code - 0x61 + 10 : -1;
}
