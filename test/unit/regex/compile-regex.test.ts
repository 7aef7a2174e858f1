// Patterns of configuration: RE2's syntax, whole-text matches, bounds, and time that grows with the text only.
import fc from 'fast-check';
import type { Result } from '../../../src/base/result.ts';
import {
  compileRegex,
  compileSubstitution,
  MAX_PATTERN_LENGTH,
  MAX_PROGRAM_SIZE,
  type Regex,
} from '../../../src/regex/compile-regex.ts';

function must<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.issues.map(({ message }) => message).join('; '));
  return result.value;
}

const regex = (pattern: string): Regex => must(compileRegex(pattern));

function replace(pattern: string, substitution: string, text: string, maxLength = 1_000): string | null {
  const compiled = regex(pattern);
  return compiled.replaceAll(text, must(compileSubstitution(substitution, compiled)), maxLength);
}

describe('a regular expression', () => {
  it.each([
    ['/api/v[0-9]+', '/api/v2', true],
    ['/api/v[0-9]+', '/api/v2/x', false],
    ['/api/v[0-9]+', 'x/api/v2', false],
    ['a|ab', 'ab', true],
    ['(?i)abc', 'aBC', true],
    ['', '', true],
    ['.', '\n', false],
    ['\\d{3}', '١٢٣', false],
  ])('%j matches %j as a whole: %s', (pattern, text, expected) => {
    expect(regex(pattern).matches(text)).toBe(expected);
  });

  it('reads bytes of a head as UTF-8', () => {
    const bytes = Buffer.from('grün', 'utf8').toString('latin1');
    expect(regex('gr.n').matches(bytes)).toBe(true);
    expect(regex('grün').matches(bytes)).toBe(true);
  });

  it.each(['(?=a)', '(', 'a{1001}', '\\1', '[b-a]'])('refuses %j with the reason', (pattern) => {
    const result = compileRegex(pattern);
    expect(result).toMatchObject({ ok: false, issues: [{ message: expect.stringContaining(pattern) }] });
  });

  it(`refuses more than ${MAX_PATTERN_LENGTH} characters and more than ${MAX_PROGRAM_SIZE} instructions`, () => {
    expect(compileRegex('a'.repeat(MAX_PATTERN_LENGTH + 1)).ok).toBe(false);
    expect(compileRegex('(ab|ba|aab|bba){500}')).toMatchObject({
      ok: false,
      issues: [{ message: expect.stringMatching(/compiles to \d+ instructions/) }],
    });
  });

  it('takes time in proportion to the text where backtracking would take for ever', () => {
    for (const pattern of ['(x+x+)+y', '(x|x)*y', '(x*)*y'])
      expect(regex(pattern).matches('x'.repeat(60_000))).toBe(false);
  });

  it('agrees with the language about any choice of plain patterns', () => {
    const piece = fc.constantFrom('a', 'b', '/', '[ab]', '(a|b)', 'a*', '(ab)+', 'b?', '.');
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 6 }),
        fc.string({ unit: fc.constantFrom('a', 'b', '/'), maxLength: 8 }),
        (pieces, text) => {
          const pattern = pieces.join('');
          expect(regex(pattern).matches(text)).toBe(new RegExp(`^(?:${pattern})$`).test(text));
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('a substitution', () => {
  it.each([
    ['^/api/(.*)$', '/v2/\\1', '/api/users', '/v2/users'],
    ['o', '0', '/foo/boo', '/f00/b00'],
    ['/(\\w+)/(\\w+)', '/\\2/\\1', '/a/b/c/d', '/b/a/d/c'],
    ['x*', '-', 'abxc', '-a-b-c-'],
    ['(a)|(b)', '[\\1\\2\\0]', 'abc', '[aa][bb]c'],
    ['/', '\\\\', '/a', '\\a'],
    ['nothing', 'x', '/a', '/a'],
  ])('of %j by %j turns %j into %j', (pattern, substitution, text, expected) => {
    expect(replace(pattern, substitution, text)).toBe(expected);
  });

  it('answers null when the outcome would be too long', () => {
    expect(replace('a', '\\0\\0\\0\\0', 'a'.repeat(100), 399)).toBeNull();
    expect(replace('a', '\\0\\0\\0\\0', 'a'.repeat(100), 400)).toHaveLength(400);
  });

  it('is refused when it names a group that is not there, or ends in the middle', () => {
    expect(compileSubstitution('\\2', regex('(a)'))).toMatchObject({
      ok: false,
      issues: [{ message: '"\\2" names group 2 of 1' }],
    });
    expect(compileSubstitution('a\\', regex('(a)')).ok).toBe(false);
    expect(compileSubstitution('\\x', regex('(a)')).ok).toBe(false);
  });
});
