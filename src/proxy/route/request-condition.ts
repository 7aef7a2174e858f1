// What a route asks of a request beyond its path: header fields and query parameters, compiled; all must match. And of chance.
import type { Random } from '../../base/random.ts';
import type { FractionSpec } from '../../model/fraction-spec.ts';
import type { HeaderMatcherSpec, QueryMatcherSpec, RouteMatchSpec } from '../../model/route-match-spec.ts';
import type { RequestHead } from '../codec/head.ts';
import { compileHeaderCondition, type HeadCondition } from './header-condition.ts';
import { compileTextMatcher } from './text-matcher.ts';

export type RequestCondition = HeadCondition<RequestHead>;

type RequestAsks = Pick<RouteMatchSpec, 'headers' | 'query'>;

/** Null = nothing is asked. */
export function compileCondition({ headers = [], query = [] }: RequestAsks): RequestCondition | null {
  const conditions = [...headers.map(compileHeader), ...query.map(compileQuery)];
  const [first] = conditions;
  if (first === undefined) return null;
  return conditions.length === 1 ? first : { matches: (head) => conditions.every((each) => each.matches(head)) };
}

/** What a route asks beyond its path, chance among it, which comes last: it decides among the requests that all else matches. */
export function compileRouteCondition(spec: RouteMatchSpec, random: Random): RequestCondition | null {
  const asked = compileCondition(spec);
  if (spec.share === undefined) return asked;
  const share = compileShare(spec.share, random);
  return asked === null ? share : { matches: (head) => asked.matches(head) && share.matches(head) };
}

function compileShare({ numerator, denominator }: FractionSpec, random: Random): RequestCondition {
  const share = numerator / denominator;
  return { matches: () => random.next() < share };
}

/** Throws for a pattern that is not RE2's. */
export function compileHeader(spec: HeaderMatcherSpec): RequestCondition {
  return compileHeaderCondition(spec, fieldValue);
}

/** Value of the first field of that name, or of what is asked for like a field; null when there is none. */
export function fieldValue(head: RequestHead, name: string): string | null {
  switch (name) {
    case ':method':
      return head.method;
    case ':path':
      return head.path === '' ? null : head.path;
    case ':authority':
    case 'host':
      return head.authority;
    case ':scheme':
      return 'http';
    default:
      return head.get(name);
  }
}

function compileQuery({ name, match }: QueryMatcherSpec): RequestCondition {
  if (match.kind === 'present') return { matches: (head) => (parameterOf(head.path, name) !== null) === match.value };
  const matcher = compileTextMatcher(match);
  return {
    matches(head) {
      const value = parameterOf(head.path, name);
      return value !== null && matcher.matches(value);
    },
  };
}

/** Value of the first parameter of that name, as it is written; '' where it has no `=`; null when there is none. */
export function parameterOf(target: string, name: string): string | null {
  let start = target.indexOf('?') + 1;
  if (start === 0) return null;
  while (start <= target.length) {
    const found = target.indexOf('&', start);
    const end = found < 0 ? target.length : found;
    const equals = target.indexOf('=', start);
    const nameEnd = equals < 0 || equals > end ? end : equals;
    if (nameEnd - start === name.length && target.startsWith(name, start)) return target.slice(nameEnd + 1, end);
    start = end + 1;
  }
  return null;
}
