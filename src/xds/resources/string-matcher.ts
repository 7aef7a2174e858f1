// How a text may be matched: StringMatcherSpec ↔ envoy.type.matcher.v3.StringMatcher, and patterns that are judged here.
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { RegexMatcherSpec, StringMatcherSpec } from '../../model/route-match-spec.ts';
import { compileRegex, compileSubstitution, type Regex } from '../../regex/compile-regex.ts';
import type {
  RegexMatchAndSubstitute,
  RegexMatchAndSubstituteSchema,
  RegexMatcher,
  RegexMatcherSchema,
} from '../gen/envoy/type/matcher/v3/regex_pb.ts';
import type { StringMatcher, StringMatcherSchema } from '../gen/envoy/type/matcher/v3/string_pb.ts';
import type { DecodeContext } from './decode-context.ts';

export function encodePattern(pattern: string): MessageInitShape<typeof RegexMatcherSchema> {
  return { engineType: { case: 'googleRe2', value: {} }, regex: pattern };
}

export function encodeStringMatcher(spec: StringMatcherSpec): MessageInitShape<typeof StringMatcherSchema> {
  if (spec.kind === 'regex') return { matchPattern: { case: 'safeRegex', value: encodePattern(spec.pattern) } };
  return { matchPattern: { case: spec.kind, value: spec.value }, ignoreCase: spec.ignoreCase === true };
}

export function decodeStringMatcher(message: StringMatcher, context: DecodeContext, path: string): StringMatcherSpec {
  const { matchPattern: pattern, ignoreCase } = message;
  if (pattern.case === 'safeRegex') return decodeRegexMatcher(pattern.value, context, `${path}.safe_regex`);
  if (pattern.case === undefined) {
    context.refuse(path, 'says nothing', 'give it exact, prefix, suffix, contains or safe_regex');
    return { kind: 'exact', value: '' };
  }
  return decodeTextMatcher(pattern.case, pattern.value, ignoreCase, context, `${path}.${pattern.case}`);
}

export function decodeTextMatcher(
  kind: 'exact' | 'prefix' | 'suffix' | 'contains',
  value: string,
  ignoreCase: boolean,
  context: DecodeContext,
  path: string,
): StringMatcherSpec {
  if (kind !== 'exact' && value === '') context.refuse(path, 'is empty', 'give it a text');
  return { kind, value, ...(ignoreCase ? { ignoreCase } : {}) };
}

export function decodeRegexMatcher(message: RegexMatcher, context: DecodeContext, path: string): RegexMatcherSpec {
  checkPattern(message.regex, context, path);
  return { kind: 'regex', pattern: message.regex };
}

export function encodeSubstitution(
  pattern: string,
  substitution: string,
): MessageInitShape<typeof RegexMatchAndSubstituteSchema> {
  return { pattern: encodePattern(pattern), substitution };
}

/** The substitution's own text, groups left out, is handed to `isLegal`. */
export function decodeSubstitution(
  message: RegexMatchAndSubstitute,
  isLegal: (text: string) => boolean,
  context: DecodeContext,
  path: string,
): { readonly kind: 'regex'; readonly pattern: string; readonly substitution: string } {
  const pattern = message.pattern?.regex ?? '';
  const { substitution } = message;
  const regex = checkPattern(pattern, context, `${path}.pattern`);
  const compiled = regex === null ? null : compileSubstitution(substitution, regex);
  const at = `${path}.substitution`;
  if (compiled?.ok === false)
    for (const issue of compiled.issues) context.refuse(at, issue.message, issue.remedy ?? '');
  else if (compiled?.ok === true && !isLegal(compiled.value.literals)) {
    context.refuse(at, `"${substitution}" cannot stand in a request`, 'leave out spaces and control characters');
  }
  return { kind: 'regex', pattern, substitution };
}

function checkPattern(pattern: string, context: DecodeContext, path: string): Regex | null {
  const at = `${path}.regex`;
  if (pattern === '') context.refuse(at, 'is empty', 'give it a pattern');
  const compiled = compileRegex(pattern);
  if (compiled.ok) return compiled.value;
  for (const issue of compiled.issues) context.refuse(at, issue.message, issue.remedy ?? '');
  return null;
}
