// What a fuzzer is: random inputs and a verdict on each; how a run goes, and what it says of what it found.

import type { Random } from '../../src/base/random.ts';
import { randomBelow, seededRandom } from '../../src/base/random.ts';
import { shrink } from './shrink.ts';

export interface Verdict {
  /** The input got beyond the first checks: a run where nothing does would prove nothing. */
  readonly accepted: boolean;
  /** Why the promise does not hold; '' = it does. */
  readonly problem: string;
}

export interface Fuzzer {
  readonly name: string;
  /** One line: what is compared with what. */
  readonly promise: string;
  /** How many inputs the short run of the tests has: a second or two of a processor. */
  readonly shortRun: number;
  /** Bytes as latin1 text, one character a byte. */
  generate(random: Random): string;
  /** Called for many inputs at a time; must not depend on those before. */
  check(input: string): Promise<Verdict>;
}

export interface Finding {
  readonly index: number;
  readonly problem: string;
  /** As short as it could be made with some problem left. */
  readonly input: string;
}

export interface FuzzReport {
  readonly inputs: number;
  readonly accepted: number;
  readonly findings: readonly Finding[];
}

export interface FuzzRun {
  readonly inputs: number;
  /** The same seed gives the same inputs. */
  readonly seed: number;
  readonly onProgress?: (done: number) => void;
}

const BATCH = 100;
/** A broken parser fails on every second input: the first few say it all. */
const MAX_FINDINGS = 5;
const SEED_RANGE = 2 ** 31;

/** Ends early after five findings. */
export async function runFuzzer(fuzzer: Fuzzer, run: FuzzRun): Promise<FuzzReport> {
  const seeds = seededRandom(run.seed);
  const findings: Finding[] = [];
  let accepted = 0;
  let done = 0;
  while (done < run.inputs && findings.length < MAX_FINDINGS) {
    const size = Math.min(BATCH, run.inputs - done);
    const inputs = Array.from({ length: size }, () => fuzzer.generate(seededRandom(randomBelow(seeds, SEED_RANGE))));
    const verdicts = await Promise.all(inputs.map((input) => fuzzer.check(input)));
    for (const [at, verdict] of verdicts.entries()) {
      if (verdict.accepted) accepted += 1;
      if (verdict.problem === '' || findings.length === MAX_FINDINGS) continue;
      findings.push(await shorten(fuzzer, inputs[at] ?? '', done + at));
    }
    done += size;
    run.onProgress?.(done);
  }
  return { inputs: done, accepted, findings };
}

export function renderFinding(fuzzer: Fuzzer, seed: number, { index, problem, input }: Finding): string {
  return `${fuzzer.name}, seed ${seed}, input ${index}: ${problem}\n  in ${JSON.stringify(input)}`;
}

async function shorten(fuzzer: Fuzzer, input: string, index: number): Promise<Finding> {
  const shortest = await shrink(input, async (candidate) => (await fuzzer.check(candidate)).problem !== '');
  const { problem } = await fuzzer.check(shortest);
  return { index, problem, input: shortest };
}
