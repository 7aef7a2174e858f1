// `npm run fuzz:sockets`: callers, pods and changes at random around a data plane on real sockets, for as many requests as wanted.
import { parseArgs } from 'node:util';
import { fuzzSockets } from '../test/fuzz/sockets/run-sockets.ts';

const DEFAULT_REQUESTS = 100_000;
const PROGRESS_EVERY = 10_000;
const MOST_TOLD = 20;

const USAGE = `Usage: npm run fuzz:sockets -- [--requests N] [--seed S]
  --requests N   (default ${DEFAULT_REQUESTS})
  --seed S       repeats what is drawn, though not the moments at which the system delivers it; without it a new one is drawn and printed`;

/** Resolves with the exit code: 0 every promise held, 1 one was broken, 2 wrong usage. */
async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: { requests: { type: 'string' }, seed: { type: 'string' }, help: { type: 'boolean' } },
  });
  const requests = Number(values.requests ?? DEFAULT_REQUESTS);
  const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
  const wrong = !Number.isInteger(requests) || requests < 1 || !Number.isInteger(seed);
  if (wrong || values.help === true) {
    console.log(USAGE);
    return wrong ? 2 : 0;
  }
  const started = performance.now();
  const seconds = (): string => `${((performance.now() - started) / 1000).toFixed(0)} s`;
  console.log(`seed ${seed}`);
  let told = 0;
  const report = await fuzzSockets({
    requests,
    seed,
    onProgress: (done) => {
      if (done - told < PROGRESS_EVERY) return;
      told = done;
      console.log(`${done} requests, ${seconds()}`);
    },
  });
  for (const problem of report.problems.slice(0, MOST_TOLD)) console.log(problem);
  for (const [outcome, count] of [...report.outcomes].sort(([, a], [, b]) => b - a))
    console.log(`  ${outcome.padEnd(10)} ${count}`);
  console.log(`seed ${seed}: ${report.requests} requests, ${report.problems.length} problems, ${seconds()}`);
  return report.problems.length === 0 ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
