// `switchboard status`: every client of the control plane, and whether it has the newest configuration.
import type { Command } from 'commander';
import { sleep, systemClock } from '../base/clock.ts';
import { durationType } from '../config/setting-types.ts';
import type { SocketAddressSpec } from '../model/listener-spec.ts';
import { renderSocketAddress } from '../model/socket-address.ts';
import { readAddress } from './address-option.ts';
import { fetchJson } from './admin-client.ts';
import { failure, usageError, usageIssues } from './cli-error.ts';
import type { Cli } from './command.ts';
import { explainUnreachable } from './find-sidecar.ts';
import { type ClientsPage, readClients } from './read-clients.ts';
import { renderClients, renderTurnedAway, renderWaiting } from './render-clients.ts';
import { renderLateRegistries } from './render-registries.ts';

const DESCRIPTION =
  'Shows every client of the control plane (sidecars, Envoys, gRPC programs) and, for each type of configuration, whether it has the newest.';

const EXAMPLES = `
Each type is SYNCED (the client said yes to the newest), STALE (not yet), NOT SENT (it needs something that it was not sent, or has not
asked for), ERROR (it refuses something; the lines below the table say what, why, and where it was written) or - (it has not asked).
CDS are clusters, EDS their endpoints, LDS listeners, RDS routes, NDS the names of a mesh (where a client asks for them).

Examples:
  switchboard status
  kubectl apply -f apps/ && switchboard status --wait --timeout 30s
  switchboard status -o json | jq '.[] | select(.synced | not)'

--wait ends with 0 when every client that is connected has the newest and nothing has changed for half a second, so that what was written
just before is not missed; else with 1 and their names.
`;

const POLL_MS = 100;
/** What was written just now may take so long to be read: folders are watched, and changes wait for others for up to 100 ms. */
const SETTLED_MS = 500;
/** Names of clients in an error. */
const MAX_LISTED = 10;

interface Options {
  readonly controlPlane: string;
  readonly output: string;
  readonly wait?: boolean;
  readonly timeout: string;
}

export function buildStatusCommand(command: Command, cli: Cli): void {
  command
    .description(DESCRIPTION)
    .option('--wait', 'wait until every client has the newest configuration')
    .option('--timeout <DURATION>', 'how long --wait waits', '60s')
    .option('--control-plane <HOST:PORT>', 'admin server of the control plane', '127.0.0.1:15014')
    .option('-o, --output <FORMAT>', 'table or json', 'table')
    .addHelpText('after', EXAMPLES)
    .action((options: Options) => showStatus(options, cli));
}

async function showStatus(options: Options, cli: Cli): Promise<void> {
  if (options.output !== 'table' && options.output !== 'json') {
    throw usageError(`there is no output ${JSON.stringify(options.output)}`, 'write -o table or -o json');
  }
  const controlPlane = readAddress('--control-plane', options.controlPlane, 'dial');
  const timeout = durationType.parse(options.timeout);
  if (!timeout.ok) throw usageIssues(timeout.issues.map((issue) => ({ ...issue, path: '--timeout' })));
  const deadline = options.wait === true ? systemClock.now() + timeout.value : null;
  const page = await (deadline === null ? fetchPage(controlPlane) : waitForAll(controlPlane, deadline));
  show(page, options.output, cli);
  if (options.wait === true) throwUnsynced(page, options.timeout);
}

function show({ ready, clients, registries, turnedAway }: ClientsPage, output: string, cli: Cli): void {
  if (output === 'json') cli.out(`${JSON.stringify(clients, null, 2)}\n`);
  else if (clients.length > 0) cli.out(`${renderClients(clients)}\n`);
  if (!ready) cli.err('The control plane has not read every registry yet: its log tells why.\n');
  else if (clients.length === 0) cli.err('No client is connected to the control plane.\n');
  for (const line of renderLateRegistries(registries)) cli.err(`${line}\n`);
  for (const one of turnedAway) cli.err(`${renderTurnedAway(one)}\n`);
}

/** The page when all has been well for a while, or the time is over; a control plane that is not there yet is waited for. */
async function waitForAll(controlPlane: SocketAddressSpec, deadline: number): Promise<ClientsPage> {
  let version = -1;
  let calmSince = Number.POSITIVE_INFINITY;
  for (;;) {
    const now = systemClock.now();
    try {
      const page = await fetchPage(controlPlane);
      if (!isAllSynced(page) || page.version !== version) calmSince = now;
      version = page.version;
      if (now >= deadline || (isAllSynced(page) && now - calmSince >= SETTLED_MS)) return page;
    } catch (error) {
      if (now >= deadline) throw error;
      version = -1;
    }
    await sleep(systemClock, POLL_MS);
  }
}

function isAllSynced({ ready, clients }: ClientsPage): boolean {
  return ready && clients.every(({ synced }) => synced);
}

function throwUnsynced(page: ClientsPage, timeout: string): void {
  if (isAllSynced(page)) return;
  const names = page.clients.filter(({ synced }) => !synced).map(renderWaiting);
  const more = names.length - MAX_LISTED;
  const list = `${names.slice(0, MAX_LISTED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
  const what = page.ready ? `${names.length} of ${page.clients.length} clients` : 'the control plane';
  const why = page.ready ? `do not have the newest configuration: ${list}` : 'has not read every registry';
  throw failure(`after ${timeout} ${what} ${why}`);
}

async function fetchPage(controlPlane: SocketAddressSpec): Promise<ClientsPage> {
  const page = await fetchJson(controlPlane, '/debug/clients').catch((error: unknown) => {
    const remedy = `is it running, and is ${renderSocketAddress(controlPlane)} its --admin-address?`;
    throw explainUnreachable(error, 'the control plane', controlPlane, remedy);
  });
  return readClients(page);
}
