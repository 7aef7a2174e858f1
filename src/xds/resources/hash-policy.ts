// What requests are hashed by: HashPolicySpec ↔ envoy.config.route.v3.RouteAction.HashPolicy.
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { CookieHashSpec, HashPolicySpec } from '../../model/hash-policy-spec.ts';
import type {
  RouteAction_HashPolicy,
  RouteAction_HashPolicy_Cookie,
  RouteAction_HashPolicy_Header,
  RouteAction_HashPolicySchema,
} from '../gen/envoy/config/route/v3/route_components_pb.ts';
import type { DecodeContext } from './decode-context.ts';
import { decodeDuration, encodeDuration } from './duration.ts';
import { isCookieText, isToken } from './legal-text.ts';
import { decodeSubstitution, encodeSubstitution } from './string-matcher.ts';

export function encodeHashPolicy(spec: HashPolicySpec): MessageInitShape<typeof RouteAction_HashPolicySchema> {
  return { policySpecifier: encodeSpecifier(spec), terminal: spec.terminal === true };
}

function encodeSpecifier(spec: HashPolicySpec) {
  switch (spec.kind) {
    case 'header': {
      const { name: headerName, rewrite } = spec;
      const regex =
        rewrite === undefined ? {} : { regexRewrite: encodeSubstitution(rewrite.pattern, rewrite.substitution) };
      return { case: 'header', value: { headerName, ...regex } } as const;
    }
    case 'cookie': {
      const { name, ttlMs, path = '', attributes = [] } = spec;
      const ttl = ttlMs === undefined ? {} : { ttl: encodeDuration(ttlMs) };
      const made = attributes.map((attribute) => ({ name: attribute.name, value: attribute.value }));
      return { case: 'cookie' as const, value: { name, path, attributes: made, ...ttl } };
    }
    case 'source-ip':
      return { case: 'connectionProperties', value: { sourceIp: true } } as const;
    case 'query-parameter':
      return { case: 'queryParameter', value: { name: spec.name } } as const;
  }
}

/** A policy that this build lacks costs affinity, never correctness: said, not refused. */
export function decodeHashPolicies(
  messages: readonly RouteAction_HashPolicy[],
  context: DecodeContext,
  path: string,
): { readonly hashPolicies?: readonly HashPolicySpec[] } {
  const hashPolicies = messages.flatMap((message, i) => decodeHashPolicy(message, context, `${path}[${i}]`) ?? []);
  return hashPolicies.length === 0 ? {} : { hashPolicies };
}

function decodeHashPolicy(
  { policySpecifier: specifier, terminal }: RouteAction_HashPolicy,
  context: DecodeContext,
  path: string,
): HashPolicySpec | null {
  const rest = terminal ? { terminal } : {};
  switch (specifier.case) {
    case 'header':
      return { ...decodeHeader(specifier.value, context, `${path}.header`), ...rest };
    case 'cookie':
      return { ...decodeCookie(specifier.value, context, `${path}.cookie`), ...rest };
    case 'connectionProperties':
      return specifier.value.sourceIp ? { kind: 'source-ip', ...rest } : null;
    case 'queryParameter': {
      const { name } = specifier.value;
      if (name === '') context.refuse(`${path}.query_parameter.name`, 'is empty', 'name a parameter');
      return { kind: 'query-parameter', name, ...rest };
    }
    case 'filterState':
      // Noted by the audit: nothing here keeps such state, so it never has a hash.
      return null;
    case undefined:
      context.refuse(path, 'says nothing', 'give it header, cookie, connection_properties or query_parameter');
      return null;
  }
}

function decodeHeader(message: RouteAction_HashPolicy_Header, context: DecodeContext, path: string): HashPolicySpec {
  const { headerName, regexRewrite } = message;
  const isPseudo = headerName.startsWith(':') && isToken(headerName.slice(1));
  if (!isPseudo && !isToken(headerName)) {
    context.refuse(`${path}.header_name`, `"${headerName}" is not a name`, 'name a header');
  }
  const name = headerName.toLowerCase();
  if (regexRewrite === undefined) return { kind: 'header', name };
  const { pattern, substitution } = decodeSubstitution(regexRewrite, () => true, context, `${path}.regex_rewrite`);
  return { kind: 'header', name, rewrite: { pattern, substitution } };
}

/** What is made of it goes into a Set-Cookie field. */
function decodeCookie(message: RouteAction_HashPolicy_Cookie, context: DecodeContext, path: string): CookieHashSpec {
  const { name, ttl, path: where } = message;
  if (!isToken(name)) context.refuse(`${path}.name`, `"${name}" is not a name`, 'name a cookie');
  if (!isCookieText(where)) context.refuse(`${path}.path`, `"${where}" is not a path`, 'leave out blanks and ";"');
  for (const [i, attribute] of message.attributes.entries()) {
    if (isToken(attribute.name) && isCookieText(attribute.value)) continue;
    const text = `${attribute.name}=${attribute.value}`;
    context.refuse(`${path}.attributes[${i}]`, `"${text}" cannot stand in a cookie`, 'leave out blanks and ";"');
  }
  const attributes = message.attributes.map((one) => ({ name: one.name, value: one.value }));
  return {
    kind: 'cookie',
    name,
    ...(ttl === undefined ? {} : { ttlMs: decodeDuration(ttl, 0, context, `${path}.ttl`) }),
    ...(where === '' ? {} : { path: where }),
    ...(attributes.length === 0 ? {} : { attributes }),
  };
}
