// The command `bench proxies`: runs the proxy scenarios, prints the table of ratios and keeps the figures as JSON.
import { relative } from 'node:path';
import { readArguments, readCount, readNames } from './arguments.ts';
import { HTTP1_CONTENDERS } from './contenders/index.ts';
import { type Http1Results, runHttp1 } from './http1.ts';
import { keepResults } from './report/keep-results.ts';
import { renderSummaries, summarize, wasDisturbed } from './report/proxies-report.ts';

const NAMES = HTTP1_CONTENDERS.map(({ name }) => name);

export const PROXIES_USAGE = `  proxies         HTTP/1.1 through our sidecar and its peers, in one run; a table of ratios (the default)
            --rounds   1 to 100, default 5      --seconds  of each round, 1 to 60, default 4
            --only     some of: ${NAMES.join(', ')}`;

const OPTIONS = {
  rounds: { type: 'string', default: '5' },
  seconds: { type: 'string', default: '4' },
  only: { type: 'string', default: '' },
} as const;

interface ProxiesOptions {
  readonly rounds: number;
  readonly secondsPerRound: number;
  /** Names of contenders; all when empty. */
  readonly only: readonly string[];
}

/** Resolves with the exit code. */
export function proxiesCommand(args: readonly string[]): Promise<number> {
  const { values } = readArguments(args, OPTIONS);
  return runProxies({
    rounds: readCount('--rounds', values.rounds, 100),
    secondsPerRound: readCount('--seconds', values.seconds, 60),
    only: readNames('--only', values.only, NAMES),
  });
}

async function runProxies(options: ProxiesOptions): Promise<number> {
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
  const { rounds, secondsPerRound } = options;
  const { outcomes, leftOut, connections, cpus } = results;
  const settings = { rounds, secondsPerRound, connections, cpus };
  return keepResults('http1', { settings, summaries: summarize(outcomes), outcomes, leftOut });
}
