// What carries a session between client and sidecar: a cookie or a header, read from requests and written into answers.
import type { SessionCarrierSpec, SessionCookieSpec } from '../../model/session-spec.ts';
import { cookieOf, renderCookie, renderCookieRemoval } from '../codec/cookie.ts';
import type { RequestHead } from '../codec/head.ts';

/** The fields of an answer, as whoever adds to them needs them. */
export interface AnswerFields {
  append(name: string, value: string): void;
  overwrite(name: string, value: string): void;
}

export interface SessionCarrier {
  /** Requests for this path may belong to a session. */
  takes(path: string): boolean;
  /** What the client says; null = nothing. */
  read(head: RequestHead): string | null;
  /** `restMs`: how long it counts from now on; 0 = for ever. No client is told to keep it for longer. */
  write(fields: AnswerFields, value: string, restMs: number): void;
  /** Tells the client to forget it, where it can be told. */
  remove(fields: AnswerFields): void;
}

export function compileCarrier(spec: SessionCarrierSpec): SessionCarrier {
  if (spec.kind === 'cookie') {
    const { path = '' } = spec;
    return {
      takes: (requested) => pathTakes(path, requested),
      read: (head) => cookieOf(head, spec.name) || null,
      write: (fields, value, restMs) => fields.append('set-cookie', renderCookie(keptFor(spec, restMs), value)),
      remove: (fields) => fields.append('set-cookie', renderCookieRemoval(spec)),
    };
  }
  return {
    takes: () => true,
    read: (head) => head.get(spec.name) || null,
    write: (fields, value) => fields.overwrite(spec.name, value),
    remove: () => {},
  };
}

/** With a second at least: none would take the cookie back. */
function keptFor(spec: SessionCookieSpec, restMs: number): SessionCookieSpec {
  const { ttlMs } = spec;
  return ttlMs === 0 || restMs === 0 || ttlMs <= restMs ? spec : { ...spec, ttlMs: Math.max(restMs, 1_000) };
}

/** A cookie's path takes itself and what stands below it. Source: RFC 6265 section 5.1.4. */
function pathTakes(path: string, requested: string): boolean {
  if (path === '' || path === '/') return true;
  if (!requested.startsWith(path)) return false;
  const next = requested[path.length];
  return path.endsWith('/') || next === undefined || next === '/' || next === '?' || next === '#';
}
