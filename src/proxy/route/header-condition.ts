// What is asked of one header field of a request or an answer, compiled.
import type { HeaderMatcherSpec } from '../../model/route-match-spec.ts';
import type { Head } from '../codec/head.ts';
import { compileTextMatcher, type TextMatcher } from './text-matcher.ts';

export interface HeadCondition<H extends Head> {
  matches(head: H): boolean;
}

/** `fieldOf`: the first field of that name, or what is asked for like a field; null when there is none. Throws for a pattern that is not RE2's. */
export function compileHeaderCondition<H extends Head>(
  spec: HeaderMatcherSpec,
  fieldOf: (head: H, name: string) => string | null,
): HeadCondition<H> {
  const { name, match, invert = false, treatMissingAsEmpty = false } = spec;
  if (match.kind === 'present') {
    return { matches: (head) => (fieldOf(head, name) !== null || treatMissingAsEmpty) === (match.value !== invert) };
  }
  const matcher = match.kind === 'range' ? rangeMatcher(match.start, match.end) : compileTextMatcher(match);
  return {
    matches(head) {
      const value = fieldOf(head, name) ?? (treatMissingAsEmpty ? '' : null);
      if (value === null) return false;
      return (matcher.matches(value) || anyFurther(head, name, matcher)) !== invert;
    },
  };
}

/** A field of that name behind the first one matches: each counts by itself. */
function anyFurther(head: Head, name: string, matcher: TextMatcher): boolean {
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
