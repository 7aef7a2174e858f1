// `npm run fuzz`: parsers against an oracle, on inputs made at random, for as many inputs as wanted.
import { parseArgs } from 'node:util';
import { type Fuzzer, renderFinding, runFuzzer } from '../test/fuzz/fuzzer.ts';
import { FUZZERS } from '../test/fuzz/index.ts';

const DEFAULT_INPUTS = 100_000;
const PROGRESS_EVERY = 100_000;

const USAGE = `Usage: npm run fuzz -- [NAME…] [--inputs N] [--seed S]
  Runs the fuzzers whose names begin with NAME (none named = all).
  --inputs N   so many for all of them together, shared evenly (default ${DEFAULT_INPUTS})
  --seed S     repeats a run; without it a new one is drawn and printed

Fuzzers:
${FUZZERS.map(({ name, promise }) => `  ${name.padEnd(24)} ${promise}`).join('\n')}`;

/** Resolves with the exit code: 0 nothing was found, 1 something was, 2 wrong usage. */
async function main(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { inputs: { type: 'string' }, seed: { type: 'string' }, help: { type: 'boolean' } },
  });
  if (values.help === true) {
    console.log(USAGE);
    return 0;
  }
  const fuzzers = FUZZERS.filter(
    ({ name }) => positionals.length === 0 || positionals.some((prefix) => name.startsWith(prefix)),
  );
  const inputs = Number(values.inputs ?? DEFAULT_INPUTS);
  const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
  if (fuzzers.length === 0 || !Number.isInteger(inputs) || inputs < 1 || !Number.isInteger(seed)) {
    console.error(USAGE);
    return 2;
  }
  let found = 0;
  for (const fuzzer of fuzzers) found += await run(fuzzer, Math.ceil(inputs / fuzzers.length), seed);
  return found === 0 ? 0 : 1;
}

/** Resolves with how many inputs break the promise. */
async function run(fuzzer: Fuzzer, inputs: number, seed: number): Promise<number> {
  const started = performance.now();
  const seconds = (): string => `${((performance.now() - started) / 1000).toFixed(0)} s`;
  const { accepted, findings, ...report } = await runFuzzer(fuzzer, {
    inputs,
    seed,
    onProgress: (done) => {
      if (done % PROGRESS_EVERY === 0) console.log(`${fuzzer.name}: ${done} inputs, ${seconds()}`);
    },
  });
  for (const finding of findings) console.log(renderFinding(fuzzer, seed, finding));
  console.log(
    `${fuzzer.name}, seed ${seed}: ${report.inputs} inputs, ${accepted} accepted, ${findings.length} findings, ${seconds()}`,
  );
  return findings.length;
}

process.exitCode = await main(process.argv.slice(2));
