// What a route asks of a request beyond its path: header fields and query parameters, compiled; all must match.
import type { HeaderMatcherSpec, QueryMatcherSpec, RouteMatchSpec } from '../../model/route-match-spec.ts';
import type { RequestHead } from '../codec/head.ts';
import { compileTextMatcher, type TextMatcher } from './text-matcher.ts';

export interface RequestCondition {
  matches(head: RequestHead): boolean;
}

/** Null = nothing is asked. */
export function compileCondition({ headers = [], query = [] }: RouteMatchSpec): RequestCondition | null {
  const conditions = [...headers.map(compileHeader), ...query.map(compileQuery)];
  const [first] = conditions;
  if (first === undefined) return null;
  return conditions.length === 1 ? first : { matches: (head) => conditions.every((each) => each.matches(head)) };
}

function compileHeader(spec: HeaderMatcherSpec): RequestCondition {
  const { name, match, invert = false, treatMissingAsEmpty = false } = spec;
  if (match.kind === 'present') {
    return { matches: (head) => (fieldValue(head, name) !== null || treatMissingAsEmpty) === (match.value !== invert) };
  }
  const matcher = match.kind === 'range' ? rangeMatcher(match.start, match.end) : compileTextMatcher(match);
  return {
    matches(head) {
      const value = fieldValue(head, name) ?? (treatMissingAsEmpty ? '' : null);
      if (value === null) return false;
      return (matcher.matches(value) || anyFurther(head, name, matcher)) !== invert;
    },
  };
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

/** A field of that name behind the first one matches: each counts by itself. */
function anyFurther(head: RequestHead, name: string, matcher: TextMatcher): boolean {
  const first = head.find(name);
  if (first < 0) return false;
  for (let field = head.find(name, first + 1); field >= 0; field = head.find(name, field + 1)) {
    if (matcher.matches(head.valueAt(field))) return true;
  }
  return false;
}

function rangeMatcher(start: number, end: number): TextMatcher {
  return {
    matches(text) {
      const value = integerOf(text);
      return value >= start && value < end;
    },
  };
}

/** NaN for what is no decimal integer of at most 18 digits: more do not fit 64 bits for sure, and no range reaches there. */
function integerOf(text: string): number {
  const first = text.charCodeAt(0);
  const start = first === 0x2b || first === 0x2d ? 1 : 0;
  if (text.length === start || text.length - start > 18) return Number.NaN;
  for (let at = start; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code < 0x30 || code > 0x39) return Number.NaN;
  }
  return Number(text);
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
