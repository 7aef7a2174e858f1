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
}

/** Of the format: another one would have another. */
const VERSION = '1';
/** Of 15 bytes in base64. */
const ID_LENGTH = 20;
/** Seconds in base 36: until the year 4453. */
const TIME_LENGTH = 7;
const SALT_LENGTH = 5;
const LENGTH = VERSION.length + ID_LENGTH + TIME_LENGTH + SALT_LENGTH;
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

export function renderToken({ podId, bornAtS, salt }: SessionToken): string {
  return `${VERSION}${podId}${bornAtS.toString(36).padStart(TIME_LENGTH, '0')}${salt}`;
}

/** Null for what no sidecar has made: foreign, cut off, or of a format to come. */
export function parseToken(text: string): SessionToken | null {
  if (text.length !== LENGTH || !text.startsWith(VERSION)) return null;
  const timeAt = VERSION.length + ID_LENGTH;
  const saltAt = timeAt + TIME_LENGTH;
  const bornAtS = parseBase36(text, timeAt, saltAt);
  if (bornAtS < 0) return null;
  return { podId: text.slice(VERSION.length, timeAt), bornAtS, salt: text.slice(saltAt) };
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
