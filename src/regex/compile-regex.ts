// RE2 patterns → matchers that run in linear time, with bounds on what a pattern may cost; the engine is loaded by the first pattern.
import type { RE2JS } from 're2js';
import { messageOf } from '../base/coded-error.ts';
import { errorIssue, fail, ok, type Result } from '../base/result.ts';
import loadRe2 from './load-re2.cjs';
import { Substitution } from './substitution.ts';

/** Characters of a pattern. */
export const MAX_PATTERN_LENGTH = 4_096;
/** Instructions of a compiled pattern: time per byte of input grows with it (docs/adr: re2js). */
export const MAX_PROGRAM_SIZE = 1_000;

export class Regex {
  readonly pattern: string;
  readonly #engine: RE2JS;

  constructor(pattern: string, engine: RE2JS) {
    this.pattern = pattern;
    this.#engine = engine;
  }

  /** Groups that a substitution may name: 0 … this. */
  get groupCount(): number {
    return this.#engine.groupCount();
  }

  /** The whole of `text` matches. `text` is as heads hold it: one character a byte, UTF-8 where it is not ASCII. */
  matches(text: string): boolean {
    return this.#engine.testExact(asInput(text));
  }

  /** `text` (ASCII) with every match replaced; null when the outcome would be longer than `maxLength`. Source: RE2::GlobalReplace. */
  replaceAll(text: string, substitution: Substitution, maxLength: number): string | null {
    const matcher = this.#engine.matcher(text);
    let out = '';
    let copied = 0;
    while (matcher.find()) {
      const start = matcher.start();
      // An empty match right behind the one before is none.
      if (matcher.end() === start && start === copied && copied > 0) continue;
      out += text.slice(copied, start) + substitution.expand((group) => matcher.group(group) ?? '');
      copied = matcher.end();
      if (out.length > maxLength) return null;
    }
    out += text.slice(copied);
    return out.length > maxLength ? null : out;
  }
}

/** The issues have no place: the caller knows where the pattern stands. */
export function compileRegex(pattern: string): Result<Regex> {
  if (pattern.length > MAX_PATTERN_LENGTH) {
    return refused(`the pattern has ${pattern.length} characters`, `use at most ${MAX_PATTERN_LENGTH}`);
  }
  try {
    const engine = loadRe2().RE2JS.compile(pattern);
    if (engine.programSize() <= MAX_PROGRAM_SIZE) return ok(new Regex(pattern, engine));
    const remedy = `split it: a pattern may have ${MAX_PROGRAM_SIZE}`;
    return refused(`"${pattern}" compiles to ${engine.programSize()} instructions`, remedy);
  } catch (error) {
    return refused(`"${pattern}" is not a pattern of RE2: ${messageOf(error)}`, 'see its syntax (no look-around)');
  }
}

/** A substitution (`\1` is the first group) that fits `regex`. Source: envoy.type.matcher.v3.RegexMatchAndSubstitute. */
export function compileSubstitution(text: string, regex: Regex): Result<Substitution> {
  const substitution = Substitution.parse(text);
  if (substitution === null) return refused(`"${text}" has a \\ without a digit behind it`, 'write \\\\ for one');
  if (substitution.maxGroup <= regex.groupCount) return ok(substitution);
  return refused(`"${text}" names group ${substitution.maxGroup} of ${regex.groupCount}`, 'name groups that are there');
}

function refused(message: string, remedy: string): Result<never> {
  return fail([errorIssue(message, { remedy })]);
}

/** The engine reads bytes as UTF-8, and text as it is. */
function asInput(text: string): string | Uint8Array {
  for (let at = 0; at < text.length; at += 1) {
    if (text.charCodeAt(at) > 127) return Buffer.from(text, 'latin1');
  }
  return text;
}
