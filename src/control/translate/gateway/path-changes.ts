// New paths that filters of a route ask for, in requests and in redirects.
import type { PathModifier } from '../../../kube/route-filters.ts';
import type { RouteMatchSpec } from '../../../model/route-match-spec.ts';
import type { PathRewriteSpec } from '../../../model/route-spec.ts';

/** `match` is what the filter's rule matches: by whole segments where a prefix is replaced. */
export function pathRewrite(modifier: PathModifier, { path }: RouteMatchSpec): PathRewriteSpec {
  if (modifier.type === 'ReplaceFullPath') {
    const whole = modifier.replaceFullPath === '' ? '/' : modifier.replaceFullPath;
    return { kind: 'regex', pattern: '^/.*$', substitution: literal(whole) };
  }
  const to = withoutSlashes(modifier.replacePrefixMatch);
  const from = path.kind === 'regex' ? '' : withoutSlashes(path.value);
  // What follows the prefix begins with a slash, or there is nothing.
  if (from === '') return { kind: 'prefix', value: `${to}/` };
  return to === ''
    ? { kind: 'regex', pattern: `^${escaped(from)}/*`, substitution: '/' }
    : { kind: 'prefix', value: to };
}

function withoutSlashes(path: string): string {
  return path.replace(/\/+$/, '');
}

function escaped(text: string): string {
  return text.replace(/[\\^$.|?*+()[\]{}]/g, '\\$&');
}

/** As a substitution. */
function literal(text: string): string {
  return text.replaceAll('\\', '\\\\');
}
