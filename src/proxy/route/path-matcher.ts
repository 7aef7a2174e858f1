// Matchers of a path that are more than a plain prefix or an equal text, which the route table compares by itself.
import type { RouteMatchSpec } from '../../model/route-match-spec.ts';
import { foldCase, regexOf, type TextMatcher } from './text-matcher.ts';

/** Null for what the route table compares by itself: exact and prefix, with case. */
export function compilePathMatcher({ path, ignoreCase = false }: RouteMatchSpec): TextMatcher | null {
  if (path.kind === 'regex') {
    const regex = regexOf(path.pattern);
    return { matches: (target) => regex.matches(withoutQuery(target)) };
  }
  // Paths are compared without their query: nothing equals this, or begins with it.
  if (path.value.includes('?')) return { matches: () => false };
  if (path.kind !== 'separated-prefix' && !ignoreCase) return null;
  const value = ignoreCase ? foldCase(path.value) : path.value;
  const fold = ignoreCase ? foldCase : (text: string) => text;
  switch (path.kind) {
    case 'exact':
      return { matches: (target) => fold(withoutQuery(target)) === value };
    case 'prefix':
      return { matches: (target) => fold(target).startsWith(value) };
    case 'separated-prefix':
      return { matches: (target) => beginsWithSegments(fold(withoutQuery(target)), value) };
  }
}

function beginsWithSegments(path: string, prefix: string): boolean {
  return path.startsWith(prefix) && (path.length === prefix.length || path[prefix.length] === '/');
}

export function withoutQuery(target: string): string {
  const query = target.indexOf('?');
  return query < 0 ? target : target.slice(0, query);
}
