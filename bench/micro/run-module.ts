// Runs the benches of one module and prints a line for each: `node run-module.ts FILE [NAME]`.
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type MicroBench, measure } from './micro-bench.ts';
import { NOTHING_CHOSEN } from './run.ts';

const [file = '', name = ''] = process.argv.slice(2);
const { benches }: { readonly benches: readonly MicroBench[] } = await import(pathToFileURL(resolve(file)).href);
const chosen = file.includes(name) ? benches : benches.filter((bench) => bench.name.includes(name));

if (chosen.length === 0) process.exitCode = NOTHING_CHOSEN;
else console.log(file);
for (const bench of chosen) {
  const { nsPerOperation, spread } = measure(bench, () => performance.now());
  console.log(
    `  ${bench.name.padEnd(48)} ${nsPerOperation.toFixed(1).padStart(12)} ns/op  ±${(spread * 100).toFixed(0)} %`,
  );
}
