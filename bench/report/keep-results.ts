// Keeps the figures of a run as JSON, with what they were taken on.
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, release } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const RESULTS = fileURLToPath(new URL('../results', import.meta.url));

/** Answers the file's path. */
export function keepResults(scenario: string, figures: object): string {
  const date = new Date().toISOString();
  const machine = { cpu: cpus()[0]?.model ?? 'unknown', cpuCount: availableParallelism(), kernel: release() };
  const report = { scenario, date, machine, node: process.version, ...figures };
  mkdirSync(RESULTS, { recursive: true });
  const file = join(RESULTS, `${date.replace(/\..*$/, '').replaceAll(':', '-')}-${scenario}.json`);
  writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`);
  return file;
}
