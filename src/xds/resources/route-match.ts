// What a route matches: RouteMatchSpec ↔ envoy.config.route.v3.RouteMatch.
import type { MessageInitShape } from '@bufbuild/protobuf';
import { ALWAYS } from '../../model/fraction-spec.ts';
import type { QueryMatcherSpec, RouteMatchSpec } from '../../model/route-match-spec.ts';
import type {
  QueryParameterMatcher,
  QueryParameterMatcherSchema,
  RouteMatch,
  RouteMatchSchema,
} from '../gen/envoy/config/route/v3/route_components_pb.ts';
import type { DecodeContext } from './decode-context.ts';
import { decodeRuntimeFraction, encodeRuntimeFraction } from './fraction.ts';
import { decodeHeaderMatcher, encodeHeaderMatcher } from './header-matcher.ts';
import { decodeRegexMatcher, decodeStringMatcher, encodePattern, encodeStringMatcher } from './string-matcher.ts';

const ANY_PATH = { kind: 'prefix', value: '/' } as const;

export function encodeMatch(spec: RouteMatchSpec): MessageInitShape<typeof RouteMatchSchema> {
  return {
    pathSpecifier: encodePath(spec),
    ...(spec.ignoreCase === true ? { caseSensitive: false } : {}),
    headers: (spec.headers ?? []).map(encodeHeaderMatcher),
    queryParameters: (spec.query ?? []).map(encodeQueryMatcher),
    ...(spec.share === undefined ? {} : { runtimeFraction: encodeRuntimeFraction(spec.share) }),
  };
}

function encodePath({ path, connect }: RouteMatchSpec) {
  if (connect === true) return { case: 'connectMatcher', value: {} } as const;
  switch (path.kind) {
    case 'prefix':
      return { case: 'prefix', value: path.value } as const;
    case 'exact':
      return { case: 'path', value: path.value } as const;
    case 'separated-prefix':
      return { case: 'pathSeparatedPrefix', value: path.value } as const;
    case 'regex':
      return { case: 'safeRegex', value: encodePattern(path.pattern) } as const;
  }
}

function encodeQueryMatcher({ name, match }: QueryMatcherSpec): MessageInitShape<typeof QueryParameterMatcherSchema> {
  if (match.kind === 'present') {
    return { name, queryParameterMatchSpecifier: { case: 'presentMatch', value: match.value } };
  }
  return { name, queryParameterMatchSpecifier: { case: 'stringMatch', value: encodeStringMatcher(match) } };
}

export function decodeMatch(message: RouteMatch | undefined, context: DecodeContext, path: string): RouteMatchSpec {
  const headers = (message?.headers ?? []).map((item, i) =>
    decodeHeaderMatcher(item, context, `${path}.headers[${i}]`),
  );
  const query = (message?.queryParameters ?? []).map((item, i) =>
    decodeQueryMatcher(item, context, `${path}.query_parameters[${i}]`),
  );
  return {
    path: decodePath(message, context, path),
    ...(message?.pathSpecifier.case === 'connectMatcher' ? { connect: true } : {}),
    ...(message?.caseSensitive === false ? { ignoreCase: true } : {}),
    ...(headers.length === 0 ? {} : { headers }),
    ...(query.length === 0 ? {} : { query }),
    ...decodeShare(message, context, path),
  };
}

function decodeShare(
  message: RouteMatch | undefined,
  context: DecodeContext,
  path: string,
): Pick<RouteMatchSpec, 'share'> {
  const fraction = message?.runtimeFraction;
  if (fraction === undefined) return {};
  return { share: decodeRuntimeFraction(fraction, ALWAYS, context, `${path}.runtime_fraction`) };
}

function decodePath(message: RouteMatch | undefined, context: DecodeContext, path: string): RouteMatchSpec['path'] {
  const specifier = message?.pathSpecifier;
  switch (specifier?.case) {
    case 'prefix':
      return { kind: 'prefix', value: specifier.value };
    case 'path':
      return { kind: 'exact', value: specifier.value };
    case 'pathSeparatedPrefix':
      checkSegments(specifier.value, context, `${path}.path_separated_prefix`);
      return { kind: 'separated-prefix', value: specifier.value };
    case 'safeRegex':
      return decodeRegexMatcher(specifier.value, context, `${path}.safe_regex`);
    case undefined:
      context.refuse(path, 'has no path', 'give it prefix, path, path_separated_prefix, safe_regex or connect_matcher');
  }
  return ANY_PATH;
}

function checkSegments(prefix: string, context: DecodeContext, path: string): void {
  const isWhole = prefix.startsWith('/') && prefix.length > 1 && !prefix.endsWith('/');
  if (isWhole && !prefix.includes('?') && !prefix.includes('#')) return;
  context.refuse(
    path,
    `"${prefix}" is not a path of whole segments`,
    'begin with "/", and end without "/", "?" or "#"',
  );
}

function decodeQueryMatcher(message: QueryParameterMatcher, context: DecodeContext, path: string): QueryMatcherSpec {
  const { name } = message;
  if (name === '') context.refuse(`${path}.name`, 'is empty', 'name a parameter');
  const specifier = message.queryParameterMatchSpecifier;
  if (specifier.case === 'stringMatch') {
    return { name, match: decodeStringMatcher(specifier.value, context, `${path}.string_match`) };
  }
  return { name, match: { kind: 'present', value: specifier.case === undefined || specifier.value } };
}
