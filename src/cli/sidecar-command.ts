// What commands share that show what one sidecar holds: which sidecar is meant, its page, and the form of the answer.
import type { Command } from 'commander';
import { CodedError, codeOf, messageOf } from '../base/coded-error.ts';
import type { SocketAddressSpec } from '../model/listener-spec.ts';
import { renderSocketAddress } from '../model/socket-address.ts';
import { readAddress } from './address-option.ts';
import { fetchJson } from './admin-client.ts';
import { failure, usageError } from './cli-error.ts';
import type { Cli } from './command.ts';
import { explainUnreachable, findOnlySidecar, findSidecar, SIDECAR_ADMIN_PORT } from './find-sidecar.ts';

interface SidecarOptions {
  readonly pod?: string;
  readonly admin?: string;
  readonly controlPlane: string;
  readonly output: string;
}

/** What a command shows of a sidecar. */
export interface SidecarView<Row> {
  /** Below its name in `--help`, and behind its options. */
  readonly description: string;
  readonly examples: string;
  /** Of its admin server, each answered with JSON. */
  readonly paths: readonly string[];
  /** `pages`: in the order of `paths`. What `-o json` prints. */
  readonly read: (...pages: readonly unknown[]) => readonly Row[];
  readonly table: (rows: readonly Row[]) => string;
  /** What it holds none of, or the whole sentence for that. */
  readonly nothing: string | { readonly sentence: string };
}

interface SidecarPage {
  /** Where it was found. */
  readonly admin: SocketAddressSpec;
  readonly page: unknown;
}

/** How a sidecar is found where nobody names one, for `--help`. */
const WHICH_SIDECAR = `
Without --pod and --admin it asks the sidecar on this machine (127.0.0.1:${SIDECAR_ADMIN_PORT}), and where there is none, as in a local mesh,
the only sidecar that the control plane knows.
`;

const LOCAL_ADMIN: SocketAddressSpec = { host: '127.0.0.1', port: SIDECAR_ADMIN_PORT };

export function buildSidecarCommand<Row>(command: Command, cli: Cli, view: SidecarView<Row>): void {
  addSidecarOptions(command.description(view.description))
    .addHelpText('after', `${WHICH_SIDECAR}\n${view.examples}`)
    .action((options: SidecarOptions) => show(options, cli, view));
}

async function show<Row>(options: SidecarOptions, cli: Cli, view: SidecarView<Row>): Promise<void> {
  const json = wantsJson(options);
  const pages: SidecarPage[] = [];
  for (const path of view.paths) pages.push(await fetchFromSidecar(options, path));
  const rows = view.read(...pages.map(({ page }) => page));
  cli.out(`${json ? JSON.stringify(rows, null, 2) : view.table(rows)}\n`);
  const [first] = pages;
  if (json || rows.length > 0 || first === undefined) return;
  cli.err(typeof view.nothing === 'string' ? tellNothing(first.admin, view.nothing) : `${view.nothing.sentence}\n`);
}

function addSidecarOptions(command: Command): Command {
  return command
    .option('--pod <NAMESPACE/POD>', 'the sidecar of this pod; without a namespace in "default"')
    .option('--admin <HOST:PORT>', 'the sidecar whose admin server is there')
    .option('--control-plane <HOST:PORT>', 'admin server of the control plane, which knows the pods', '127.0.0.1:15014')
    .option('-o, --output <FORMAT>', 'table or json', 'table');
}

/** Throws a usage error for any other form. */
function wantsJson({ output }: SidecarOptions): boolean {
  if (output !== 'table' && output !== 'json') {
    throw usageError(`there is no output ${JSON.stringify(output)}`, 'write -o table or -o json');
  }
  return output === 'json';
}

/** `path`: of its admin server, answered with JSON. */
async function fetchFromSidecar(options: SidecarOptions, path: string): Promise<SidecarPage> {
  const controlPlane = readAddress('--control-plane', options.controlPlane, 'dial');
  if (options.pod !== undefined && options.admin !== undefined) {
    throw usageError('--pod and --admin both name a sidecar', 'leave one out');
  }
  if (options.admin !== undefined) return fetchFrom(readAddress('--admin', options.admin, 'dial'), path);
  if (options.pod !== undefined) return fetchFrom(await findSidecar(options.pod, controlPlane), path);
  return fetchFromHere(controlPlane, path);
}

async function fetchFromHere(controlPlane: SocketAddressSpec, path: string): Promise<SidecarPage> {
  try {
    return { admin: LOCAL_ADMIN, page: await fetchJson(LOCAL_ADMIN, path) };
  } catch (error) {
    if (codeOf(error) !== 'ECONNREFUSED') throw error;
  }
  const only = await findOnlySidecar(controlPlane).catch((error: unknown) => {
    const remedy = error instanceof CodedError ? error.remedy : undefined;
    throw failure(`no sidecar is at ${renderSocketAddress(LOCAL_ADMIN)}, and ${messageOf(error)}`, remedy);
  });
  return fetchFrom(only, path);
}

async function fetchFrom(admin: SocketAddressSpec, path: string): Promise<SidecarPage> {
  const page = await fetchJson(admin, path).catch((error: unknown) => {
    throw explainUnreachable(error, 'the sidecar', admin, 'is it running, and is this its admin address?');
  });
  return { admin, page };
}

/** For a sidecar that holds nothing of what was asked for. */
function tellNothing(admin: SocketAddressSpec, what: string): string {
  return `The sidecar at ${renderSocketAddress(admin)} holds no ${what} yet. It holds what was dialled: send it a request, or look at its /xds page.\n`;
}
