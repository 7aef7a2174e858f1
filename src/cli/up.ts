// `switchboard up`: a folder of manifests as a mesh on this machine, until Ctrl-C.
import { type Command, Option } from 'commander';
import { CodedError, codeOf } from '../base/coded-error.ts';
import { silentLog } from '../base/log.ts';
import { failure, usageError } from './cli-error.ts';
import type { Cli } from './command.ts';
import { StopRequest } from './stop-request.ts';

interface UpOptions {
  readonly state?: string;
  readonly podCidr: string;
  readonly ports?: 'auto';
}

const DESCRIPTION =
  'Runs the pods of a folder of Kubernetes manifests as processes of this machine: each with a loopback address of its own, a control plane ' +
  'beside them, and a sidecar for each pod that asks for one (switchboard.dev/inject: enabled). Needs no root, no cluster and no container. ' +
  'Edit the manifests while it runs: it follows.';

const EXAMPLES = `
Examples:
  switchboard up examples/my-api
  curl -x http://127.0.0.1:15001 http://my-api-service/data     as the first pod with a sidecar calls it
  switchboard up my-app --ports auto                            beside another one

A container runs its command: images are not pulled. Programs should listen on $HOST (the pod's own address), not on 0.0.0.0.
`;

/** Longer than any usual grace period: what still runs then gets SIGKILL, ms. */
const DRAIN_MS = 60_000;
const USAGE_CODES: readonly string[] = ['no_folder', 'state_inside', 'no_home', 'bad_pod_cidr'];

export function buildUpCommand(command: Command, cli: Cli): void {
  command
    .description(DESCRIPTION)
    .argument('<folder>', 'folder of manifests: *.yaml, *.yml and *.json, subfolders too')
    .option(
      '--state <folder>',
      'where pods, their files and their output are kept (default: a folder of its own below ~/.local/state/switchboard)',
    )
    .option('--pod-cidr <range>', 'loopback addresses for the pods', '127.1.0.0/16')
    .addOption(
      new Option('--ports <how>', 'auto: choose free ports and addresses where the usual ones are taken').choices([
        'auto',
      ]),
    )
    .addHelpText('after', EXAMPLES)
    .action((folder: string, options: UpOptions) => runUp(folder, options, cli));
}

async function runUp(folder: string, options: UpOptions, cli: Cli): Promise<void> {
  const { LocalApp } = await import('../app/local-app.ts');
  const stop = new StopRequest(silentLog);
  stop.watch(null);
  const app = new LocalApp({
    folder,
    state: options.state ?? null,
    podCidr: options.podCidr,
    autoPorts: options.ports === 'auto',
    program: [process.execPath, ...process.execArgv, process.argv[1] ?? ''],
    env: cli.env,
    print: (line) => cli.out(`${line}\n`),
    colours: process.stdout.isTTY === true && (cli.env['NO_COLOR'] ?? '') === '',
  });
  await app.start().catch((error: unknown) => {
    throw explain(error);
  });
  await stop.asked;
  cli.out('stopping; Ctrl-C again ends everything at once\n');
  await Promise.race([app.drain(DRAIN_MS), stop.askedAgain]);
  await app.close();
  cli.out('stopped\n');
}

/** Errors of `start` carry what happened and what to do; only the exit code is decided here. */
function explain(error: unknown): unknown {
  if (!(error instanceof CodedError)) return error;
  return USAGE_CODES.includes(codeOf(error))
    ? usageError(error.message, error.remedy)
    : failure(error.message, error.remedy);
}
