// How one micro bench is timed: calibrated, warmed up, then sampled.
import { median, spread } from '../measure/statistics.ts';

/** What a module `bench/micro/**\/*.bench.ts` exports a list of, as `benches`. */
export interface MicroBench {
  readonly name: string;
  /** Does the thing `iterations` times, synchronously, and keeps V8 from optimizing the result away. */
  run(iterations: number): void;
}

export interface MicroResult {
  readonly nsPerOperation: number;
  /** As in statistics.ts. */
  readonly spread: number;
}

const WARM_UP_MS = 300;
const SAMPLE_MS = 40;
const SAMPLES = 15;
const MAX_ITERATIONS = 2 ** 30;

/** `now` tells milliseconds. Takes about one second. */
export function measure(bench: MicroBench, now: () => number): MicroResult {
  const timeOf = (iterations: number): number => {
    const started = now();
    bench.run(iterations);
    return now() - started;
  };
  const warmUntil = now() + WARM_UP_MS;
  let iterations = 1;
  for (let elapsed = 0; elapsed < SAMPLE_MS && iterations < MAX_ITERATIONS; ) {
    elapsed = timeOf(iterations);
    if (elapsed < SAMPLE_MS) iterations *= 2;
  }
  while (now() < warmUntil) timeOf(iterations);
  const samples = Array.from({ length: SAMPLES }, () => (timeOf(iterations) * 1e6) / iterations);
  return { nsPerOperation: median(samples), spread: spread(samples) };
}
