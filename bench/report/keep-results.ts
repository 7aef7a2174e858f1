// Keeps the figures of a run as JSON, with what they were taken on.
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, release } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const RESULTS = fileURLToPath(new URL('../results', import.meta.url));

/** Answers the file's path. */
export function keepResults(scenario: string, figures: object): string {
  const date = new Date().toISOString();
  const machine = { cpu: cpus()[0]?.model ?? 'unknown', cpuCount: availableParallelism(), kernel: release() };
  const command = ['npm run bench --', ...process.argv.slice(2)].join(' ');
  const report = { scenario, date, machine, node: process.version, revision: describeCheckout(), command, ...figures };
  mkdirSync(RESULTS, { recursive: true });
  const file = join(RESULTS, `${date.replace(/\..*$/, '').replaceAll(':', '-')}-${scenario}.json`);
  writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`);
  return file;
}

/** The commit, with `-dirty` where the checkout has changes of its own. */
function describeCheckout(): string {
  const told = spawnSync('git', ['describe', '--always', '--dirty'], { encoding: 'utf8', timeout: 10_000 });
  return told.status === 0 ? told.stdout.trim() : 'unknown';
}
