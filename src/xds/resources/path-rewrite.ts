// Rewrites of a path: PathRewriteSpec ↔ the fields `prefix_rewrite` and `regex_rewrite`.
import type { PathRewriteSpec } from '../../model/route-spec.ts';
import type { RegexMatchAndSubstitute } from '../gen/envoy/type/matcher/v3/regex_pb.ts';
import type { DecodeContext } from './decode-context.ts';
import { isTarget } from './legal-text.ts';
import { decodeSubstitution } from './string-matcher.ts';

export function decodePrefixRewrite(value: string, context: DecodeContext, path: string): PathRewriteSpec {
  if (!value.startsWith('/') || !isTarget(value)) {
    context.refuse(path, `"${value}" is not a path`, 'begin with "/", and use visible ASCII characters without "#"');
  }
  return { kind: 'prefix', value };
}

export function decodeRegexRewrite(
  message: RegexMatchAndSubstitute,
  context: DecodeContext,
  path: string,
): PathRewriteSpec {
  return decodeSubstitution(message, isTarget, context, path);
}
