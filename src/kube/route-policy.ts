// What rules of Gateway API's routes say of time, of trying again and of sessions.
import { parseDuration } from './duration.ts';
import { COUNT_RANGE, type Fields, withoutUndefined } from './fields.ts';
import { FRAMING_HEADERS, HEADER_NAME } from './traffic-policy/header-name.ts';

const NAME = new RegExp(HEADER_NAME.pattern);

/** Durations as they are written; `0s` = none. Source: gateway.networking.k8s.io/v1.HTTPRouteTimeouts. */
export interface RouteTimeouts {
  readonly request?: string;
  readonly backendRequest?: string;
}

/** Source: gateway.networking.k8s.io/v1.HTTPRouteRetry. */
export interface RouteRetry {
  /** 400 … 599. */
  readonly codes: readonly number[];
  /** After the first, ≥ 0. */
  readonly attempts?: number;
  /** The least pause before another, as it is written. */
  readonly backoff?: string;
}

/** Source: gateway.networking.k8s.io/v1.SessionPersistence. */
export interface SessionPersistence {
  readonly sessionName?: string;
  /** Durations as they are written. */
  readonly absoluteTimeout?: string;
  readonly idleTimeout?: string;
  readonly type: 'Cookie' | 'Header';
  /** `Session`: until the client closes. */
  readonly cookieLifetime: 'Permanent' | 'Session';
}

export function readTimeouts(fields: Fields | undefined): RouteTimeouts | undefined {
  if (fields === undefined) return undefined;
  const timeouts = withoutUndefined({
    request: readDuration(fields, 'request'),
    backendRequest: readDuration(fields, 'backendRequest'),
  });
  const request = parseDuration(timeouts.request ?? '') ?? 0;
  const backendRequest = parseDuration(timeouts.backendRequest ?? '') ?? 0;
  if (request > 0 && backendRequest > request) {
    fields.report('backendRequest', `is longer than request, ${timeouts.request}`, 'make it shorter');
  }
  return timeouts;
}

export function readRetry(fields: Fields | undefined): RouteRetry | undefined {
  if (fields === undefined) return undefined;
  const written = fields.integers('codes', { min: 400, max: 599 }) ?? [];
  return withoutUndefined({
    codes: [...new Set(written)],
    attempts: fields.integer('attempts', COUNT_RANGE),
    backoff: readDuration(fields, 'backoff'),
  });
}

export function readSessionPersistence(fields: Fields | undefined): SessionPersistence | undefined {
  if (fields === undefined) return undefined;
  const absoluteTimeout = readDuration(fields, 'absoluteTimeout');
  const cookieLifetime = fields.map('cookieConfig')?.oneOf('lifetimeType', ['Permanent', 'Session']) ?? 'Session';
  if (cookieLifetime === 'Permanent' && absoluteTimeout === undefined) {
    fields.report('absoluteTimeout', 'is missing', 'add it: a permanent cookie lives that long');
  }
  const type = fields.oneOf('type', ['Cookie', 'Header']) ?? 'Cookie';
  return withoutUndefined({
    sessionName: readSessionName(fields, type),
    absoluteTimeout,
    idleTimeout: readDuration(fields, 'idleTimeout'),
    type,
    cookieLifetime,
  });
}

/** Of a cookie or header: one that cannot stand in an answer would be refused by every sidecar, with all that stands beside it. */
function readSessionName(fields: Fields, type: SessionPersistence['type']): string | undefined {
  const name = fields.text('sessionName');
  if (name === undefined) return undefined;
  const framing = type === 'Header' && FRAMING_HEADERS.includes(name.toLowerCase());
  if (NAME.test(name) && !framing) return name;
  fields.report('sessionName', `"${name}" can be no ${type.toLowerCase()}`, HEADER_NAME.hint);
  return undefined;
}

/** As it is written; what is no duration is reported and read as absent. */
function readDuration(fields: Fields, key: string): string | undefined {
  const text = fields.text(key);
  if (text === undefined || parseDuration(text) !== null) return text;
  fields.report(key, `"${text}" is no duration`, 'write it like 500ms, 2s or 1h30m');
  return undefined;
}
