// A short run of every fuzzer, the same one each time; `npm run fuzz` goes on from there.
import { type Fuzzer, renderFinding, runFuzzer } from './fuzzer.ts';
import { FUZZERS } from './index.ts';

const SEED = 1;
/** A run takes a second or two of a processor of its own. */
const LIMIT_MS = 60_000;

/** A parser that fails on every `x` behind a `b`. */
const BROKEN: Fuzzer = {
  name: 'broken',
  promise: 'none',
  shortRun: 0,
  generate: (random) => Array.from({ length: 40 }, () => 'abx'[Math.floor(random.next() * 3)]).join(''),
  check: async (input) => ({ accepted: true, problem: /b.*x/.test(input) ? `fails at ${input.indexOf('b')}` : '' }),
};

describe('a fuzzer', () => {
  it.each(FUZZERS.map((fuzzer) => [fuzzer.name, fuzzer.shortRun, fuzzer] as const))(
    '%s finds nothing in %d inputs, of which it accepts at least a seventh',
    async (_name, shortRun, fuzzer) => {
      const { findings, inputs, accepted } = await runFuzzer(fuzzer, { inputs: shortRun, seed: SEED });
      expect(findings.map((finding) => renderFinding(fuzzer, SEED, finding))).toEqual([]);
      expect(inputs).toBe(shortRun);
      expect(accepted).toBeGreaterThanOrEqual(shortRun / 7);
    },
    LIMIT_MS,
  );

  it('ends after five findings, each with the shortest input that still fails', async () => {
    const { findings, inputs } = await runFuzzer(BROKEN, { inputs: 10_000, seed: SEED });
    expect(inputs).toBe(100);
    expect(findings.map(({ input }) => input)).toEqual(['bx', 'bx', 'bx', 'bx', 'bx']);
    expect(renderFinding(BROKEN, SEED, { index: 7, problem: 'p', input: '\r\n' })).toBe(
      'broken, seed 1, input 7: p\n  in "\\r\\n"',
    );
  });

  it('makes the same inputs of the same seed, and others of another', async () => {
    const inputsOf = async (seed: number): Promise<string[]> => {
      const seen: string[] = [];
      const check = async (input: string) => ({ accepted: seen.push(input) > 0, problem: '' });
      await runFuzzer({ ...BROKEN, check }, { inputs: 20, seed });
      return seen;
    };
    expect(await inputsOf(3)).toEqual(await inputsOf(3));
    expect(await inputsOf(3)).not.toEqual(await inputsOf(4));
  });
});
