// Sessions by address, as Envoy keeps them: SessionSpec ↔ envoy.extensions.filters.http.stateful_session.v3.
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Any } from '@bufbuild/protobuf/wkt';
import { UNCHANGEABLE_HEADERS } from '../../model/header-changes-spec.ts';
import type { SessionCarrierSpec, SessionCookieSpec, SessionSpec } from '../../model/session-spec.ts';
import type {
  StatefulSession,
  StatefulSessionPerRoute,
  StatefulSessionPerRouteSchema,
  StatefulSessionSchema,
} from '../gen/envoy/extensions/filters/http/stateful_session/v3/stateful_session_pb.ts';
import { CookieBasedSessionStateSchema } from '../gen/envoy/extensions/http/stateful_session/cookie/v3/cookie_pb.ts';
import { HeaderBasedSessionStateSchema } from '../gen/envoy/extensions/http/stateful_session/header/v3/header_pb.ts';
import type { Cookie } from '../gen/envoy/type/http/v3/cookie_pb.ts';
import type { DecodeContext } from './decode-context.ts';
import { decodeDuration, encodeDuration } from './duration.ts';
import { extensionType, packExtension, unpackExtension } from './extension.ts';
import { isCookieText, isToken } from './legal-text.ts';

/** Envoy looks for these. */
const EXTENSION_NAMES = {
  cookie: 'envoy.http.stateful_session.cookie',
  header: 'envoy.http.stateful_session.header',
} as const;

/** What Envoy knows of it: where it has no word, the nearest. */
export function encodeSessionFilter(session: SessionSpec | null): MessageInitShape<typeof StatefulSessionSchema> {
  if (session === null) return {};
  return {
    sessionState: { name: EXTENSION_NAMES[session.carrier.kind], typedConfig: encodeCarrier(session.carrier) },
    strict: session.onLoss === 'fail',
    statusOnStrictDestinationNotFound: session.failStatus ?? 0,
  };
}

export function encodeSessionOverride(
  session: SessionSpec | null,
): MessageInitShape<typeof StatefulSessionPerRouteSchema> {
  if (session === null) return { override: { case: 'disabled', value: true } };
  return { override: { case: 'statefulSession', value: encodeSessionFilter(session) } };
}

function encodeCarrier(carrier: SessionCarrierSpec): Any {
  if (carrier.kind === 'header') return packExtension(HeaderBasedSessionStateSchema, { name: carrier.name });
  const { name, ttlMs, path = '', attributes = [] } = carrier;
  const ttl = ttlMs === 0 ? {} : { ttl: encodeDuration(ttlMs) };
  return packExtension(CookieBasedSessionStateSchema, {
    cookie: { name, path, attributes: attributes.map((one) => ({ ...one })), ...ttl },
  });
}

/** Null = there are no sessions. */
export function decodeSessionFilter(
  message: StatefulSession,
  context: DecodeContext,
  path: string,
): SessionSpec | null {
  const any = message.sessionState?.typedConfig;
  if (any === undefined) return null;
  const carrier = decodeCarrier(any, context, `${path}.session_state.typed_config`);
  if (carrier === null) return null;
  const lifetimeMs = carrier.kind === 'cookie' ? carrier.ttlMs : 0;
  const onLoss = message.strict ? 'fail' : 'hash';
  const status = decodeStatus(message.statusOnStrictDestinationNotFound, context, path);
  return { carrier, format: 'address', onLoss, lifetimeMs, ...status };
}

export function decodeSessionOverride(
  { override }: StatefulSessionPerRoute,
  context: DecodeContext,
  path: string,
): SessionSpec | null {
  if (override.case !== 'statefulSession') return null;
  return decodeSessionFilter(override.value, context, `${path}.stateful_session`);
}

function decodeStatus(status: number, context: DecodeContext, path: string): Pick<SessionSpec, 'failStatus'> {
  if (status === 0) return {};
  if (status < 200 || status > 599) {
    context.refuse(`${path}.status_on_strict_destination_not_found`, `is ${status}`, 'give 200 … 599');
  }
  return { failStatus: status };
}

/** Null: it is not known or not readable, which has been reported. */
function decodeCarrier(any: Any, context: DecodeContext, path: string): SessionCarrierSpec | null {
  const type = extensionType(any);
  if (type === CookieBasedSessionStateSchema.typeName) {
    const message = unpackExtension(CookieBasedSessionStateSchema, any, context, path);
    return message === null ? null : decodeCookie(message.cookie, context, `${path}.cookie`);
  }
  if (type === HeaderBasedSessionStateSchema.typeName) {
    const name = unpackExtension(HeaderBasedSessionStateSchema, any, context, path)?.name ?? '';
    const lower = name.toLowerCase();
    if (!isToken(name) || UNCHANGEABLE_HEADERS.includes(lower)) {
      context.refuse(`${path}.name`, `"${name}" carries no session`, 'name another header');
    }
    return { kind: 'header', name: lower };
  }
  context.refuse(path, `"${type}" carries no session that is supported`, 'use a cookie or a header');
  return null;
}

/** What is made of it goes into a Set-Cookie field. */
function decodeCookie(cookie: Cookie | undefined, context: DecodeContext, path: string): SessionCookieSpec {
  const { name = '', ttl, path: where = '', attributes = [] } = cookie ?? {};
  if (!isToken(name)) context.refuse(`${path}.name`, `"${name}" is not a name`, 'name a cookie');
  if (!isCookieText(where)) context.refuse(`${path}.path`, `"${where}" is not a path`, 'leave out blanks and ";"');
  for (const [i, attribute] of attributes.entries()) {
    if (isToken(attribute.name) && isCookieText(attribute.value)) continue;
    const text = `${attribute.name}=${attribute.value}`;
    context.refuse(`${path}.attributes[${i}]`, `"${text}" cannot stand in a cookie`, 'leave out blanks and ";"');
  }
  const ttlMs = decodeDuration(ttl, 0, context, `${path}.ttl`);
  return {
    ...{ kind: 'cookie', name, ttlMs },
    ...(where === '' ? {} : { path: where }),
    ...(attributes.length === 0 ? {} : { attributes: attributes.map((one) => ({ name: one.name, value: one.value })) }),
  };
}
