// The command `bench proxies`: runs the proxy scenarios, prints the table of ratios and keeps the figures as JSON.
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, release } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { HTTP1_CONTENDERS } from './contenders/index.ts';
import { type Http1Results, runHttp1 } from './http1.ts';
import { renderSummaries, summarize, wasDisturbed } from './report/proxies-report.ts';

export interface ProxiesOptions {
  readonly rounds: number;
  readonly secondsPerRound: number;
  /** Names of contenders; all when empty. */
  readonly only: readonly string[];
}

const RESULTS = fileURLToPath(new URL('results', import.meta.url));

/** Resolves with the exit code. */
export async function runProxies(options: ProxiesOptions): Promise<number> {
  if (process.platform !== 'linux') throw new Error('this bench needs Linux (taskset, /proc)');
  const contenders = HTTP1_CONTENDERS.filter(({ name }) => options.only.length === 0 || options.only.includes(name));
  const results = await runHttp1({ ...options, contenders, say: (line) => console.error(line) });
  const file = keep(options, results);
  console.log(render(options, results));
  console.log(`kept as ${relative(process.cwd(), file)}`);
  return results.outcomes.length > 0 ? 0 : 1;
}

function render(options: ProxiesOptions, results: Http1Results): string {
  const { outcomes, leftOut, connections, cpus: plan } = results;
  const summaries = summarize(outcomes);
  const width = Math.max(0, ...outcomes.map(({ name }) => name.length));
  return [
    '',
    `http1: ${connections} connections, ${options.rounds} rounds of ${options.secondsPerRound} s, proxy on CPU ${plan.proxy}, load and backends on CPU ${plan.load}`,
    ...(plan.proxy === plan.load
      ? ['One CPU only: proxy and load disturb each other, and the figures say little.']
      : []),
    '',
    renderSummaries(summaries),
    '',
    ...(wasDisturbed(summaries)
      ? ['DISTURBED: other programs used these CPUs too; run again when the machine is quiet.']
      : []),
    ...leftOut.map(({ name, reason }) => `left out: ${name}, ${reason}`),
    ...outcomes.map(({ name, version }) => `${name.padEnd(width)}  ${version}`),
    'Only the ratios mean something, and only within one run (bench/README.md).',
  ].join('\n');
}

function keep(options: ProxiesOptions, results: Http1Results): string {
  const date = new Date().toISOString();
  const machine = { cpu: cpus()[0]?.model ?? 'unknown', cpuCount: availableParallelism(), kernel: release() };
  const { rounds, secondsPerRound } = options;
  const settings = { rounds, secondsPerRound, connections: results.connections, cpus: results.cpus };
  const { outcomes, leftOut } = results;
  const report = {
    scenario: 'http1',
    date,
    machine,
    node: process.version,
    settings,
    summaries: summarize(outcomes),
    outcomes,
    leftOut,
  };
  mkdirSync(RESULTS, { recursive: true });
  const file = join(RESULTS, `${date.replace(/\..*$/, '').replaceAll(':', '-')}-http1.json`);
  writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`);
  return file;
}
