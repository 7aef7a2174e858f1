// Header changes that filters of a route ask for.
import type { HeaderModifier, RouteFilter } from '../../../kube/route-filters.ts';
import {
  type HeaderChangesSpec,
  type HeaderEditSpec,
  UNCHANGEABLE_HEADERS,
} from '../../../model/header-changes-spec.ts';
import type { Problem } from './problem.ts';

/** Source: RFC 9110 section 5.6.2. */
const TOKEN = /^[-!#$%&'*+.^_`|~0-9A-Za-z]+$/;

export interface HeaderFilters {
  /** Null = none are changed. */
  readonly headers: HeaderChangesSpec | null;
  readonly problems: readonly Problem[];
}

/** Filters of types that are neither header changes nor among `others` are problems; `where` ends the sentence. */
export function headerChanges(
  filters: readonly RouteFilter[],
  path: string,
  others: readonly RouteFilter['type'][],
  where: string,
): HeaderFilters {
  const problems: Problem[] = [];
  let headers: HeaderChangesSpec = {};
  for (const [index, filter] of filters.entries()) {
    const at = `${path}[${index}]`;
    if (filter.type === 'RequestHeaderModifier') {
      headers = { ...headers, request: edit(filter.requestHeaderModifier, `${at}.requestHeaderModifier`, problems) };
    } else if (filter.type === 'ResponseHeaderModifier') {
      headers = { ...headers, response: edit(filter.responseHeaderModifier, `${at}.responseHeaderModifier`, problems) };
    } else if (!others.includes(filter.type)) {
      const message = `the filter ${filter.type} is not supported ${where}`;
      problems.push({ reason: 'UnsupportedValue', path: at, message, remedy: 'remove it' });
    }
  }
  const changed = headers.request !== undefined || headers.response !== undefined;
  return { headers: changed ? headers : null, problems };
}

function edit({ set, add, remove }: HeaderModifier, path: string, problems: Problem[]): HeaderEditSpec {
  const named = (key: string, name: string): string => {
    const lower = name.toLowerCase();
    const problem = problemOf(lower);
    if (problem !== null) problems.push({ reason: 'UnsupportedValue', path: `${path}.${key}`, ...problem });
    return lower;
  };
  return {
    add: [
      ...set.map(({ name, value }, i) => ({ name: named(`set[${i}]`, name), value, action: 'overwrite' as const })),
      ...add.map(({ name, value }, i) => ({ name: named(`add[${i}]`, name), value, action: 'append' as const })),
    ],
    remove: remove.map((name, i) => named(`remove[${i}]`, name)),
  };
}

function problemOf(name: string): Pick<Problem, 'message' | 'remedy'> | null {
  if (name === 'host') return { message: 'Host is no header that a filter changes', remedy: 'use URLRewrite.hostname' };
  if (UNCHANGEABLE_HEADERS.includes(name))
    return { message: `"${name}" belongs to each hop by itself`, remedy: 'leave it out' };
  return TOKEN.test(name) ? null : { message: `"${name}" is no name of a header`, remedy: 'write a header' };
}
