// What is asked of a header field: HeaderMatcherSpec ↔ envoy.config.route.v3.HeaderMatcher.
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { HeaderMatcherSpec } from '../../model/route-match-spec.ts';
import type { HeaderMatcher, HeaderMatcherSchema } from '../gen/envoy/config/route/v3/route_components_pb.ts';
import type { DecodeContext } from './decode-context.ts';
import { decodeRegexMatcher, decodeStringMatcher, decodeTextMatcher, encodeStringMatcher } from './string-matcher.ts';

const OF_REQUESTS: ReadonlySet<string> = new Set([':method', ':path', ':authority', ':scheme']);
/** The pseudo headers of answers. */
export const OF_ANSWERS: ReadonlySet<string> = new Set([':status']);

export function encodeHeaderMatcher(spec: HeaderMatcherSpec): MessageInitShape<typeof HeaderMatcherSchema> {
  return {
    name: spec.name,
    headerMatchSpecifier: encodeHeaderMatch(spec.match),
    invertMatch: spec.invert === true,
    treatMissingHeaderAsEmpty: spec.treatMissingAsEmpty === true,
  };
}

function encodeHeaderMatch(match: HeaderMatcherSpec['match']) {
  if (match.kind === 'present') return { case: 'presentMatch', value: match.value } as const;
  if (match.kind !== 'range') return { case: 'stringMatch', value: encodeStringMatcher(match) } as const;
  return { case: 'rangeMatch', value: { start: BigInt(match.start), end: BigInt(match.end) } } as const;
}

/** `pseudoHeaders`: those that the head has. */
export function decodeHeaderMatcher(
  message: HeaderMatcher,
  context: DecodeContext,
  path: string,
  pseudoHeaders: ReadonlySet<string> = OF_REQUESTS,
): HeaderMatcherSpec {
  const name = message.name.toLowerCase();
  if (name === '') context.refuse(`${path}.name`, 'is empty', 'name a header');
  else if (name.startsWith(':') && !pseudoHeaders.has(name)) {
    context.refuse(`${path}.name`, `"${name}" is not known`, `use ${[...pseudoHeaders].join(', ')} or a field's name`);
  }
  return {
    name,
    match: decodeHeaderMatch(message, context, path),
    ...(message.invertMatch ? { invert: true } : {}),
    ...(message.treatMissingHeaderAsEmpty ? { treatMissingAsEmpty: true } : {}),
  };
}

function decodeHeaderMatch(message: HeaderMatcher, context: DecodeContext, path: string): HeaderMatcherSpec['match'] {
  const specifier = message.headerMatchSpecifier;
  switch (specifier.case) {
    case undefined:
      return { kind: 'present', value: true };
    case 'presentMatch':
      return { kind: 'present', value: specifier.value };
    case 'rangeMatch':
      return decodeRange(specifier.value, context, `${path}.range_match`);
    case 'stringMatch':
      return decodeStringMatcher(specifier.value, context, `${path}.string_match`);
    case 'safeRegexMatch':
      return decodeRegexMatcher(specifier.value, context, `${path}.safe_regex_match`);
    case 'exactMatch':
      return decodeTextMatcher('exact', specifier.value, false, context, `${path}.exact_match`);
    case 'prefixMatch':
      return decodeTextMatcher('prefix', specifier.value, false, context, `${path}.prefix_match`);
    case 'suffixMatch':
      return decodeTextMatcher('suffix', specifier.value, false, context, `${path}.suffix_match`);
    case 'containsMatch':
      return decodeTextMatcher('contains', specifier.value, false, context, `${path}.contains_match`);
  }
}

function decodeRange(
  range: { readonly start: bigint; readonly end: bigint },
  context: DecodeContext,
  path: string,
): HeaderMatcherSpec['match'] {
  const start = Number(range.start);
  const end = Number(range.end);
  if (!Number.isSafeInteger(start) || !Number.isSafeInteger(end)) {
    context.refuse(path, `${range.start} … ${range.end} is too wide`, 'use numbers between −2^53 and 2^53');
  }
  return { kind: 'range', start, end };
}
