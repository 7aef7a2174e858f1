// Sessions of our own: RouteActionSpec.session ↔ Route.metadata under our key. What the public API has no word for stands there; others pass it over.
import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import { UNCHANGEABLE_HEADERS } from '../../model/header-changes-spec.ts';
import { type FilterOverridesSpec, SESSION_FILTER } from '../../model/http-filter-spec.ts';
import type { RouteSpec } from '../../model/route-spec.ts';
import { SESSION_LOSSES, type SessionCarrierSpec, type SessionSpec } from '../../model/session-spec.ts';
import type { Route } from '../gen/envoy/config/route/v3/route_components_pb.ts';
import type { DecodeContext } from './decode-context.ts';
import { isCookieText, isToken } from './legal-text.ts';
import { METADATA_KEY } from './metadata-key.ts';

const SESSION = 'session';

export function encodeRouteSession({ action }: RouteSpec) {
  if (action.kind === 'redirect' || action.kind === 'direct-response' || action.session === undefined) return {};
  return { metadata: { filterMetadata: { [METADATA_KEY]: { [SESSION]: encodeSession(action.session) } } } };
}

/**
 * What Envoy has of it: sessions by address, in the same cookie or header; among several clusters they never fail for it. Clients of gRPC may pass it over; our own sidecars read what stands in
 * the metadata.
 */
export function withSessionFilter({ action, filters }: RouteSpec): FilterOverridesSpec | undefined {
  if (action.kind === 'redirect' || action.kind === 'direct-response' || action.session === undefined) return filters;
  const { cluster, session } = action;
  // Envoy asks for the session's pod in the cluster that chance has chosen.
  const known: SessionSpec = typeof cluster === 'string' ? session : { ...session, onLoss: 'hash' };
  return { ...filters, [SESSION_FILTER]: { config: { kind: 'stateful-session', session: known } } };
}

/** Takes that away again, where it has been read in full. */
export function withoutSessionFilter(spec: RouteSpec): RouteSpec {
  const { action, filters, ...rest } = spec;
  if (!('session' in action) || filters === undefined) return spec;
  const { [SESSION_FILTER]: _, ...others } = filters;
  return Object.keys(others).length === 0 ? { ...rest, action } : { ...rest, action, filters: others };
}

function encodeSession({ carrier, onLoss, lifetimeMs, idleTimeoutMs }: SessionSpec): JsonObject {
  const idle = idleTimeoutMs === undefined ? {} : { idle_timeout_ms: idleTimeoutMs };
  return { ...encodeCarrier(carrier), on_loss: onLoss, lifetime_ms: lifetimeMs, ...idle };
}

function encodeCarrier(carrier: SessionCarrierSpec): JsonObject {
  if (carrier.kind === 'header') return { header: carrier.name };
  const { name, ttlMs, path, attributes } = carrier;
  const where = path === undefined ? {} : { path };
  const more = attributes === undefined ? {} : { attributes: attributes.map((one) => ({ ...one })) };
  return { cookie: { name, ttl_ms: ttlMs, ...where, ...more } };
}

/** An object with `session`, or an empty one. What is not understood costs affinity, never correctness: said, not refused. */
export function decodeRouteSession(
  { metadata }: Route,
  context: DecodeContext,
  path: string,
): { readonly session?: SessionSpec } {
  const said = metadata?.filterMetadata[METADATA_KEY]?.[SESSION];
  if (said === undefined) return {};
  const session = isObject(said) ? readSession(said) : null;
  if (session !== null) return { session };
  context.ignore(`${path}.metadata.filter_metadata["${METADATA_KEY}"].${SESSION}`);
  return {};
}

/** Null = something of it is not understood. */
function readSession(said: JsonObject): SessionSpec | null {
  const carrier = readCarrier(said);
  const onLoss = SESSION_LOSSES.find((loss) => loss === said['on_loss']);
  const { lifetime_ms: lifetimeMs, idle_timeout_ms: idleTimeoutMs = 0 } = said;
  if (carrier === null || onLoss === undefined || !isMilliseconds(lifetimeMs)) return null;
  if (!isMilliseconds(idleTimeoutMs)) return null;
  return { carrier, format: 'token', onLoss, lifetimeMs, ...(idleTimeoutMs === 0 ? {} : { idleTimeoutMs }) };
}

function readCarrier({ header, cookie }: JsonObject): SessionCarrierSpec | null {
  if (typeof header === 'string') return readHeader(header);
  if (cookie === undefined || !isObject(cookie)) return null;
  const { name, ttl_ms: ttlMs, path, attributes } = cookie;
  if (typeof name !== 'string' || !isToken(name) || !isMilliseconds(ttlMs)) return null;
  if (path !== undefined && !isCookiePart(path)) return null;
  const list = attributes === undefined ? [] : readAttributes(attributes);
  if (list === null) return null;
  return {
    ...{ kind: 'cookie', name, ttlMs },
    ...(path === undefined ? {} : { path }),
    ...(attributes === undefined ? {} : { attributes: list }),
  };
}

/** One that frames the answer would break it. */
function readHeader(header: string): SessionCarrierSpec | null {
  const name = header.toLowerCase();
  return isToken(name) && !UNCHANGEABLE_HEADERS.includes(name) ? { kind: 'header', name } : null;
}

function readAttributes(said: JsonValue): readonly { readonly name: string; readonly value: string }[] | null {
  if (!Array.isArray(said)) return null;
  const read = said.flatMap((one) => {
    if (!isObject(one)) return [];
    const { name, value } = one;
    return typeof name === 'string' && isToken(name) && isCookiePart(value) ? [{ name, value }] : [];
  });
  return read.length === said.length ? read : null;
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isMilliseconds(value: JsonValue | undefined): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0;
}

function isCookiePart(value: JsonValue | undefined): value is string {
  return typeof value === 'string' && isCookieText(value);
}
