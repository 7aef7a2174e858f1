// `switchboard simulate`: what a policy would do, before anybody depends on it.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import type { SimulateAnswer } from '../app/simulate-app.ts';
import { renderIssue } from '../base/result.ts';
import { SCENARIOS } from '../simulate/scenarios.ts';
import { usageError, usageIssues } from './cli-error.ts';
import type { Cli } from './command.ts';
import { renderTable } from './render-table.ts';

const DESCRIPTION =
  'Shows what the policy of a Service does, without a pod or a socket: the code that real sidecars and the control plane run, on a clock that ' +
  'passes as fast as it can. The same seed gives the same run. A million requests take a few seconds.';

const longestName = Math.max(...SCENARIOS.map(({ name }) => name.length));
const EXAMPLES = `
Scenarios that come along:
${SCENARIOS.map(({ name, about }) => `  ${name.padEnd(longestName)}  ${about}`).join('\n')}

Examples:
  switchboard simulate --scenario sick-pod                          what happens without any policy
  switchboard simulate shop.yaml --scenario retry-storm             a Service with its annotations
  switchboard simulate shop.yaml --compare new.yaml --svg plots     two policies, the same requests, side by side; and drawn
  switchboard simulate --print-scenario sick-pod > mine.yaml        change it, then: --scenario mine.yaml

POLICY is a manifest or a folder of them: Services with their annotations, and whatever else the control plane reads. Pods in it make no
difference: the scenario says which there are, what they take, and what befalls them.
`;

const DEFAULT_SCENARIO = 'sick-pod';
const MAX_SEED = 2 ** 31 - 1;

interface Options {
  readonly scenario: string;
  readonly printScenario?: string;
  readonly compare?: string;
  readonly service?: string;
  readonly seed: string;
  readonly svg?: string;
  readonly output: string;
}

export function buildSimulateCommand(command: Command, cli: Cli): void {
  command
    .description(DESCRIPTION)
    .argument('[policy]', 'manifest or folder of the Service; without it a Service that says nothing')
    .option('--scenario <NAME|FILE>', 'what happens to it', DEFAULT_SCENARIO)
    .option('--print-scenario <NAME>', 'print a scenario that comes along, as the file that it could be, and stop')
    .option('--compare <POLICY>', 'another policy, beside the first one')
    .option('--service <NAMESPACE/NAME>', 'the Service that is called, where there are several')
    .option('--seed <NUMBER>', 'another number, other requests', '1')
    .option('--svg <DIR>', 'draw errors, latency, requests to pods and load by pod over time into this folder')
    .option('-o, --output <FORMAT>', 'table or json', 'table')
    .addHelpText('after', EXAMPLES)
    .action((policy: string | undefined, options: Options) => runSimulate(policy ?? null, options, cli));
}

async function runSimulate(policy: string | null, options: Options, cli: Cli): Promise<void> {
  if (options.printScenario !== undefined) {
    cli.out(textOf(options.printScenario));
    return;
  }
  if (options.output !== 'table' && options.output !== 'json') {
    throw usageError(`there is no output ${JSON.stringify(options.output)}`, 'write -o table or -o json');
  }
  const { simulateFiles } = await import('../app/simulate-app.ts');
  const answer = await simulateFiles({
    policies: options.compare === undefined ? [policy] : [policy, options.compare],
    service: options.service ?? null,
    scenario: options.scenario,
    seed: readSeed(options.seed),
  });
  if (!answer.ok) throw usageIssues(answer.issues);
  for (const warning of answer.value.warnings) cli.err(`${renderIssue(warning)}\n`);
  if (options.output === 'json') cli.out(`${JSON.stringify(toJson(answer.value), null, 2)}\n`);
  else cli.out(await renderAnswer(answer.value));
  if (options.svg !== undefined) await draw(options.svg, answer.value, cli);
}

function textOf(named: string): string {
  const row = SCENARIOS.find(({ name }) => name === named);
  if (row !== undefined) return `# ${row.about}\n${row.yaml}`;
  throw usageError(
    `no scenario ${JSON.stringify(named)} comes along`,
    `write ${SCENARIOS.map(({ name }) => name).join(', ')}`,
  );
}

function readSeed(text: string): number {
  const seed = Number(text);
  if (/^\d+$/.test(text) && seed <= MAX_SEED) return seed;
  throw usageError(`--seed ${text} is no seed`, `write a whole number up to ${MAX_SEED}`);
}

function toJson({ scenario, seed, runs }: SimulateAnswer): object {
  return { scenario: scenario.name, seed, durationMs: scenario.durationMs, runs };
}

async function renderAnswer({ scenario, seed, runs }: SimulateAnswer): Promise<string> {
  const { figureRows, podHeader, podRows, podsLeftOut } = await import('../simulate/render-summary.ts');
  const seconds = scenario.durationMs / 1_000;
  const about = scenario.about === '' ? '' : `: ${scenario.about}`;
  const left = podsLeftOut(runs);
  return [
    `${scenario.name}${about} (${seconds} s, seed ${seed})`,
    '',
    renderTable(
      ['', ...runs.map(({ policy }, at) => (runs.length > 1 ? `${at + 1}: ${policy}` : policy))],
      figureRows(runs),
    ),
    '',
    renderTable(podHeader(runs), podRows(runs)),
    ...(left === '' ? [] : [left]),
    '',
  ].join('\n');
}

async function draw(folder: string, { scenario, runs }: SimulateAnswer, cli: Cli): Promise<void> {
  const { plotsOf } = await import('../simulate/plots.ts');
  await mkdir(folder, { recursive: true });
  for (const { file, svg } of plotsOf(scenario.name, scenario.durationMs, runs)) {
    await writeFile(join(folder, file), svg);
    cli.err(`drew ${join(folder, file)}\n`);
  }
}
