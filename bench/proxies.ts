// The command `bench proxies`: runs the proxy scenarios, prints the table of ratios and keeps the figures as JSON.
import { relative } from 'node:path';
import { readArguments, readCount, readNames } from './arguments.ts';
import { HTTP1_CONTENDERS } from './contenders/index.ts';
import { type Http1Results, runHttp1, type WorkloadRun } from './http1.ts';
import { keepResults } from './report/keep-results.ts';
import { renderSummaries, summarize, wasDisturbed } from './report/proxies-report.ts';
import { WORKLOADS } from './workloads.ts';

const NAMES = HTTP1_CONTENDERS.map(({ name }) => name);
const LOADS = WORKLOADS.map(({ name }) => name);

export const PROXIES_USAGE = `  proxies         HTTP/1.1 through our sidecar and its peers, in one run; a table of ratios (the default)
            --rounds   1 to 100, default 5      --seconds  of each round, 1 to 60, default 4
            --only     some of: ${NAMES.join(', ')}
            --load     some of: ${LOADS.join(', ')}; or all; default ${LOADS[0]}`;

const OPTIONS = {
  rounds: { type: 'string', default: '5' },
  seconds: { type: 'string', default: '4' },
  only: { type: 'string', default: '' },
  load: { type: 'string', default: LOADS[0] ?? '' },
} as const;

interface ProxiesOptions {
  readonly rounds: number;
  readonly secondsPerRound: number;
  /** Names of contenders; all when empty. */
  readonly only: readonly string[];
  /** Names of workloads. */
  readonly loads: readonly string[];
}

/** Resolves with the exit code. */
export function proxiesCommand(args: readonly string[]): Promise<number> {
  const { values } = readArguments(args, OPTIONS);
  return runProxies({
    rounds: readCount('--rounds', values.rounds, 100),
    secondsPerRound: readCount('--seconds', values.seconds, 60),
    only: readNames('--only', values.only, NAMES),
    loads: values.load === 'all' ? LOADS : readNames('--load', values.load, LOADS),
  });
}

async function runProxies(options: ProxiesOptions): Promise<number> {
  if (process.platform !== 'linux') throw new Error('this bench needs Linux (taskset, /proc)');
  const contenders = HTTP1_CONTENDERS.filter(({ name }) => options.only.length === 0 || options.only.includes(name));
  const workloads = WORKLOADS.filter(({ name }) => options.loads.includes(name));
  const results = await runHttp1({ ...options, contenders, workloads, say: (line) => console.error(line) });
  const file = keep(options, results);
  console.log(render(options, results));
  console.log(`kept as ${relative(process.cwd(), file)}`);
  return results.runs.every(({ outcomes }) => outcomes.length > 0) ? 0 : 1;
}

function render(options: ProxiesOptions, { runs, leftOut, cpus: plan }: Http1Results): string {
  const { rounds, secondsPerRound } = options;
  const versions = new Map(runs.flatMap(({ outcomes }) => outcomes).map(({ name, version }) => [name, version]));
  const width = Math.max(0, ...[...versions.keys()].map((name) => name.length));
  return [
    '',
    `http1: ${rounds} rounds of ${secondsPerRound} s, proxy on CPU ${plan.proxy}, load and backends on CPU ${plan.load}`,
    ...(plan.proxy === plan.load
      ? ['One CPU only: proxy and load disturb each other, and the figures say little.']
      : []),
    ...runs.flatMap(renderRun),
    '',
    ...leftOut.map(({ name, reason }) => `left out: ${name}, ${reason}`),
    ...Array.from(versions, ([name, version]) => `${name.padEnd(width)}  ${version}`),
    'Only the ratios mean something, and only within one run (bench/README.md).',
  ].join('\n');
}

function renderRun({ workload, outcomes }: WorkloadRun): string[] {
  const summaries = summarize(outcomes);
  const disturbed = 'DISTURBED: other programs used these CPUs too; run again when the machine is quiet.';
  return [
    '',
    `${workload.name}: ${workload.what}`,
    renderSummaries(summaries),
    ...(wasDisturbed(summaries) ? [disturbed] : []),
  ];
}

function keep({ rounds, secondsPerRound }: ProxiesOptions, { runs, leftOut, cpus }: Http1Results): string {
  const workloads = runs.map(({ workload, outcomes }) => ({ workload, summaries: summarize(outcomes), outcomes }));
  return keepResults('http1', { settings: { rounds, secondsPerRound, cpus }, workloads, leftOut });
}
