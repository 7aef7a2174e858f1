// The command `bench footprint`: start time and memory of our sidecar and its peers, as a table and as JSON.
import { relative } from 'node:path';
import { readArguments, readCount, readNames } from './arguments.ts';
import { envoy } from './contenders/envoy.ts';
import { floor } from './contenders/floor.ts';
import { haproxy } from './contenders/haproxy.ts';
import { nginx } from './contenders/nginx.ts';
import { switchboard } from './contenders/switchboard.ts';
import { switchboardC } from './contenders/switchboard-c.ts';
import { runFootprint } from './footprint-run.ts';
import { renderFootprint, summarizeFootprint, wasFootprintDisturbed } from './report/footprint-report.ts';
import { keepResults } from './report/keep-results.ts';

const CONTENDERS = [switchboard, switchboardC, floor, nginx, haproxy, envoy];
const NAMES = CONTENDERS.map(({ name }) => name);

export const FOOTPRINT_USAGE = `  footprint       time to the first answer; memory at rest, per idle connection and under load
            --rounds   1 to 100, default 3      --seconds  of load, 1 to 60, default 4
            --connections  that are idle, 1 to 8000, default 5000
            --only     some of: ${NAMES.join(', ')}`;

const OPTIONS = {
  rounds: { type: 'string', default: '3' },
  seconds: { type: 'string', default: '4' },
  connections: { type: 'string', default: '5000' },
  only: { type: 'string', default: '' },
} as const;

/** Resolves with the exit code. */
export async function footprintCommand(args: readonly string[]): Promise<number> {
  if (process.platform !== 'linux') throw new Error('this bench needs Linux (taskset, /proc)');
  const { values } = readArguments(args, OPTIONS);
  const only = readNames('--only', values.only, NAMES);
  const settings = {
    rounds: readCount('--rounds', values.rounds, 100),
    seconds: readCount('--seconds', values.seconds, 60),
    connections: readCount('--connections', values.connections, 8_000),
  };
  const contenders = CONTENDERS.filter(({ name }) => only.length === 0 || only.includes(name));
  const { outcomes, leftOut } = await runFootprint({ ...settings, contenders, say: (line) => console.error(line) });
  const summaries = summarizeFootprint(outcomes);
  const file = keepResults('footprint', { settings, summaries, outcomes, leftOut });
  const { rounds, seconds, connections } = settings;
  const lines = [
    '',
    `footprint: ${rounds} rounds; ${connections} idle connections; ${seconds} s of load over 64 connections`,
    '',
    renderFootprint(summaries),
    ...(wasFootprintDisturbed(summaries)
      ? ['DISTURBED: other programs used these CPUs too; times to start say little.']
      : []),
    '',
    ...leftOut.map(({ name, reason }) => `left out: ${name}, ${reason}`),
    ...outcomes.map(({ name, version }) => `${name}  ${version}`),
    `kept as ${relative(process.cwd(), file)}`,
  ];
  console.log(lines.join('\n'));
  return outcomes.length > 0 ? 0 : 1;
}
