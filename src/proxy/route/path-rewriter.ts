// Rewrites of a path, compiled: by the prefix that matched, or by a pattern. The query stays.
import type { RouteMatchSpec } from '../../model/route-match-spec.ts';
import type { PathRewriteSpec } from '../../model/route-spec.ts';
import { compileRegex, compileSubstitution } from '../../regex/compile-regex.ts';
import { withoutQuery } from './path-matcher.ts';

/** Longer paths than this are not made, characters. */
export const MAX_REWRITTEN_PATH = 65_536;

/** `target` with its query → the new one; null when it would be too long, or no path. */
export type PathRewriter = (target: string) => string | null;

/** Throws for a pattern that is not RE2's; decoders let none through. */
export function compilePathRewrite(spec: PathRewriteSpec | undefined, match: RouteMatchSpec): PathRewriter | null {
  if (spec === undefined) return null;
  const rewrite = spec.kind === 'prefix' ? prefixRewriter(spec.value, match) : regexRewriter(spec);
  return (target) => {
    const path = withoutQuery(target);
    const rewritten = rewrite(path);
    if (rewritten === null || !rewritten.startsWith('/')) return null;
    const whole = rewritten + target.slice(path.length);
    return whole.length > MAX_REWRITTEN_PATH ? null : whole;
  };
}

function prefixRewriter(value: string, { path, connect }: RouteMatchSpec): (path: string) => string {
  const isPrefix = path.kind === 'prefix' || path.kind === 'separated-prefix';
  if (!isPrefix || connect === true) return () => value;
  const matched = path.value.length;
  return (whole) => value + whole.slice(matched);
}

function regexRewriter(spec: { readonly pattern: string; readonly substitution: string }): PathRewriter {
  const regex = compileRegex(spec.pattern);
  if (!regex.ok) throw new Error(regex.issues.map(({ message }) => message).join('; '));
  const substitution = compileSubstitution(spec.substitution, regex.value);
  if (!substitution.ok) throw new Error(substitution.issues.map(({ message }) => message).join('; '));
  return (path) => regex.value.replaceAll(path, substitution.value, MAX_REWRITTEN_PATH);
}
