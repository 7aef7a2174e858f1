// What the rules of a route match, and which of two that both match goes first.
import type { GrpcMethodMatch, GrpcRouteMatch } from '../../../kube/grpc-route.ts';
import type { HttpRouteMatch, ValueMatch } from '../../../kube/http-route.ts';
import type { HeaderMatcherSpec, RouteMatchSpec, StringMatcherSpec } from '../../../model/route-match-spec.ts';
import { compileRegex } from '../../../regex/compile-regex.ts';
import type { Problem } from './problem.ts';

/** The larger number in the first place where two differ goes first. */
export type Rank = readonly number[];

export interface RankedMatch {
  readonly match: RouteMatchSpec;
  readonly rank: Rank;
}

type HeaderOrQuery = { readonly name: string; readonly match: StringMatcherSpec };

/** Gateway API puts exact paths first; that patterns come before prefixes is ours, or a rule for `/` would take all from them. */
const PATH_RANKS = { Exact: 2, RegularExpression: 1, PathPrefix: 0 } as const;

/** Rank: path, method, headers, query. Source: gateway.networking.k8s.io/v1.HTTPRouteRule.matches. */
export function httpMatch(match: HttpRouteMatch): RankedMatch {
  const { path, method } = match;
  const headers = uniqueNames(match.headers, (name) => name.toLowerCase());
  const query = uniqueNames(match.queryParams, (name) => name);
  const methods: HeaderMatcherSpec[] =
    method === undefined ? [] : [{ name: ':method', match: { kind: 'exact', value: method } }];
  const fields = [...methods, ...headers];
  return {
    match: {
      path: pathMatch(path),
      ...(fields.length === 0 ? {} : { headers: fields }),
      ...(query.length === 0 ? {} : { query }),
    },
    rank: [PATH_RANKS[path.type], path.value.length, methods.length, headers.length, query.length],
  };
}

/** Rank: service, method, headers. Source: gateway.networking.k8s.io/v1.GRPCRouteRule.matches. */
export function grpcMatch({ method, headers: written }: GrpcRouteMatch): RankedMatch {
  const headers = uniqueNames(written, (name) => name.toLowerCase());
  const exact = method?.type === 'RegularExpression' ? 0 : 1;
  return {
    match: { path: methodMatch(method), ...(headers.length === 0 ? {} : { headers }) },
    rank: [method?.service?.length ?? 0, method?.method?.length ?? 0, exact, headers.length],
  };
}

/** Patterns that cannot be used. */
export function checkPatterns({ match }: RankedMatch, path: string): readonly Problem[] {
  const { headers = [], query = [] } = match;
  const matchers = [match.path, ...headers.map((one) => one.match), ...query.map((one) => one.match)];
  return matchers.flatMap((matcher) => {
    if (matcher.kind !== 'regex') return [];
    const compiled = compileRegex(matcher.pattern);
    if (compiled.ok) return [];
    const [first] = compiled.issues;
    return [{ reason: 'UnsupportedValue', path, message: first?.message ?? '', remedy: first?.remedy ?? '' } as const];
  });
}

export function compareRanks(left: Rank, right: Rank): number {
  for (const [index, value] of left.entries()) {
    const difference = (right[index] ?? 0) - value;
    if (difference !== 0) return difference;
  }
  return 0;
}

/** A slash at the end of a prefix makes no difference. */
function pathMatch({ type, value }: HttpRouteMatch['path']): RouteMatchSpec['path'] {
  if (type === 'Exact') return { kind: 'exact', value };
  if (type === 'RegularExpression') return { kind: 'regex', pattern: value };
  const prefix = value.replace(/\/+$/, '');
  return prefix === '' ? { kind: 'prefix', value: '/' } : { kind: 'separated-prefix', value: prefix };
}

/** Source: gRPC over HTTP/2, Path: `/` Service-Name `/` method name. */
function methodMatch(match: GrpcMethodMatch | undefined): RouteMatchSpec['path'] {
  const { type, service, method } = match ?? {};
  if (service === undefined && method === undefined) return { kind: 'prefix', value: '/' };
  if (type === 'RegularExpression') {
    return { kind: 'regex', pattern: `/(?:${service ?? '[^/]+'})/(?:${method ?? '[^/]+'})` };
  }
  if (service === undefined) return { kind: 'regex', pattern: `/[^/]+/${method}` };
  return method === undefined
    ? { kind: 'prefix', value: `/${service}/` }
    : { kind: 'exact', value: `/${service}/${method}` };
}

/** Of several with one name the first counts, as Gateway API has it. */
function uniqueNames(matches: readonly ValueMatch[], nameOf: (name: string) => string): readonly HeaderOrQuery[] {
  const byName = new Map<string, HeaderOrQuery>();
  for (const { type, name: written, value } of matches) {
    const name = nameOf(written);
    if (byName.has(name)) continue;
    const match = type === 'Exact' ? ({ kind: 'exact', value } as const) : ({ kind: 'regex', pattern: value } as const);
    byName.set(name, { name, match });
  }
  return [...byName.values()];
}
