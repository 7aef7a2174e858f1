// The commands that run a scenario of proxies: print a table of ratios and keep the figures as JSON.
import { relative } from 'node:path';
import { readArguments, readCount, readNames, UsageError } from './arguments.ts';
import type { EquipmentSet } from './contender.ts';
import { type RunResults, runProxies, type WorkloadRun } from './proxies-run.ts';
import type { ProxyScenario } from './proxy-scenario.ts';
import { keepResults } from './report/keep-results.ts';
import { type ColumnKey, renderSummaries } from './report/proxies-columns.ts';
import { summarize, wasDisturbed } from './report/proxies-report.ts';

const INDENT = ' '.repeat(12);

export function proxiesUsage({ command, what, contenders, workloads, sets }: ProxyScenario): string {
  return [
    `  ${command.padEnd(16)}${what}`,
    `${INDENT}--rounds   1 to 100, default 5      --seconds  of each round, 1 to 60, default 4`,
    `${INDENT}--only     some of: ${contenders.map(({ name }) => name).join(', ')}`,
    `${INDENT}--load     some of: ${workloads.map(({ name }) => name).join(', ')}; or all; default ${workloads[0].name}`,
    ...(sets.length === 1 ? [] : [`${INDENT}--set      one of: ${sets.join(', ')}; default ${sets[0]}`]),
  ].join('\n');
}

interface ProxiesOptions {
  readonly rounds: number;
  readonly secondsPerRound: number;
  /** Names of contenders; all when empty. */
  readonly only: readonly string[];
  /** Names of workloads. */
  readonly loads: readonly string[];
  readonly set: EquipmentSet;
}

/** Resolves with the exit code. */
export function proxiesCommand(scenario: ProxyScenario, args: readonly string[]): Promise<number> {
  const { values } = readArguments(args, {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '4' },
    only: { type: 'string', default: '' },
    load: { type: 'string', default: scenario.workloads[0].name },
    set: { type: 'string', default: scenario.sets[0] },
  });
  const loads = scenario.workloads.map(({ name }) => name);
  const names = scenario.contenders.map(({ name }) => name);
  const set = scenario.sets.find((known) => known === values.set);
  if (set === undefined) throw new UsageError(`--set: ${values.set} is none of ${scenario.sets.join(', ')}`);
  return run(scenario, {
    rounds: readCount('--rounds', values.rounds, 100),
    secondsPerRound: readCount('--seconds', values.seconds, 60),
    only: readNames('--only', values.only, names),
    loads: values.load === 'all' ? loads : readNames('--load', values.load, loads),
    set,
  });
}

async function run(scenario: ProxyScenario, options: ProxiesOptions): Promise<number> {
  if (process.platform !== 'linux') throw new Error('this bench needs Linux (taskset, /proc)');
  const contenders = scenario.contenders.filter(({ name }) => options.only.length === 0 || options.only.includes(name));
  const workloads = scenario.workloads.filter(({ name }) => options.loads.includes(name));
  const say = (line: string): void => console.error(line);
  const results = await runProxies(scenario, { ...options, contenders, workloads, say });
  const file = keep(scenario, options, results);
  console.log(render(scenario, options, results));
  console.log(`kept as ${relative(process.cwd(), file)}`);
  return results.runs.every(({ outcomes }) => outcomes.length > 0) ? 0 : 1;
}

function render(scenario: ProxyScenario, options: ProxiesOptions, { runs, leftOut, cpus: plan }: RunResults): string {
  const { rounds, secondsPerRound, set } = options;
  const versions = new Map(runs.flatMap(({ outcomes }) => outcomes).map(({ name, version }) => [name, version]));
  const width = Math.max(0, ...[...versions.keys()].map((name) => name.length));
  return [
    '',
    `${scenario.name}, ${set}: ${rounds} rounds of ${secondsPerRound} s, proxy on CPU ${plan.proxy}, load and backends on CPU ${plan.load}`,
    ...(plan.proxy === plan.load
      ? ['One CPU only: proxy and load disturb each other, and the figures say little.']
      : []),
    ...runs.flatMap((one) => renderRun(one, scenario.columns)),
    '',
    ...leftOut.map(({ name, reason }) => `left out: ${name}, ${reason}`),
    ...Array.from(versions, ([name, version]) => `${name.padEnd(width)}  ${version}`),
    'Only the ratios mean something, and only within one run (bench/README.md).',
  ].join('\n');
}

function renderRun({ workload, outcomes }: WorkloadRun, columns: readonly ColumnKey[]): string[] {
  const summaries = summarize(outcomes);
  const disturbed = 'DISTURBED: other programs used these CPUs too; run again when the machine is quiet.';
  return [
    '',
    `${workload.name}: ${workload.what}`,
    renderSummaries(summaries, columns),
    ...(wasDisturbed(summaries) ? [disturbed] : []),
  ];
}

function keep(scenario: ProxyScenario, options: ProxiesOptions, { runs, leftOut, cpus }: RunResults): string {
  const { rounds, secondsPerRound, set } = options;
  const workloads = runs.map(({ workload, outcomes }) => ({ workload, summaries: summarize(outcomes), outcomes }));
  return keepResults(scenario.name, { settings: { set, rounds, secondsPerRound, cpus }, workloads, leftOut });
}
