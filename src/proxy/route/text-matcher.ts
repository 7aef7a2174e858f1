// Matchers of a text, compiled from what configuration says of it.
import type { StringMatcherSpec } from '../../model/route-match-spec.ts';
import { compileRegex } from '../../regex/compile-regex.ts';

export interface TextMatcher {
  /** `text` is as heads hold it: one character a byte. */
  matches(text: string): boolean;
}

/** Throws for a pattern that is not RE2's; decoders let none through. */
export function compileTextMatcher(spec: StringMatcherSpec): TextMatcher {
  if (spec.kind === 'regex') return regexOf(spec.pattern);
  const value = toWire(spec.value);
  if (spec.ignoreCase !== true) return new PlainMatcher(spec.kind, value);
  const inner = new PlainMatcher(spec.kind, foldCase(value));
  return { matches: (text) => inner.matches(foldCase(text)) };
}

export function regexOf(pattern: string): TextMatcher {
  const result = compileRegex(pattern);
  if (!result.ok) throw new Error(result.issues.map(({ message }) => message).join('; '));
  return result.value;
}

/** Text of configuration as it stands in a head: UTF-8, one character a byte. */
export function toWire(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/** ASCII letters to lower case, nothing else. */
export function foldCase(text: string): string {
  let out = '';
  let from = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code < 65 || code > 90) continue;
    out += text.slice(from, at) + String.fromCharCode(code + 32);
    from = at + 1;
  }
  return from === 0 ? text : out + text.slice(from);
}

class PlainMatcher implements TextMatcher {
  readonly #kind: 'exact' | 'prefix' | 'suffix' | 'contains';
  readonly #value: string;

  constructor(kind: 'exact' | 'prefix' | 'suffix' | 'contains', value: string) {
    this.#kind = kind;
    this.#value = value;
  }

  matches(text: string): boolean {
    switch (this.#kind) {
      case 'exact':
        return text === this.#value;
      case 'prefix':
        return text.startsWith(this.#value);
      case 'suffix':
        return text.endsWith(this.#value);
      case 'contains':
        return text.includes(this.#value);
    }
  }
}
