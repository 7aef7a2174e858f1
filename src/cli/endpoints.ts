// `switchboard endpoints`: what one sidecar holds now.
import type { Command } from 'commander';
import { CodedError, codeOf, messageOf } from '../base/coded-error.ts';
import type { SocketAddressSpec } from '../model/listener-spec.ts';
import { renderSocketAddress } from '../model/socket-address.ts';
import { readAddress } from './address-option.ts';
import { fetchJson } from './admin-client.ts';
import { failure, usageError } from './cli-error.ts';
import type { Cli } from './command.ts';
import { explainUnreachable, findOnlySidecar, findSidecar, SIDECAR_ADMIN_PORT } from './find-sidecar.ts';
import { readClusters } from './read-clusters.ts';
import { renderEndpoints } from './render-endpoints.ts';

const DESCRIPTION =
  'Shows what one sidecar holds now: each Service port with its pods, whether they are healthy, and what they were sent.';

const EXAMPLES = `
Without --pod and --admin it asks the sidecar on this machine (127.0.0.1:${SIDECAR_ADMIN_PORT}), and where there is none, as in a local mesh,
the only sidecar that the control plane knows.

Examples:
  switchboard endpoints --pod default/client     the sidecar of a pod, by the control plane's knowledge
  switchboard endpoints --admin 127.1.0.4:15000  the sidecar whose admin server is there
  switchboard endpoints -o json | jq '.[].endpoints[].address'

HEALTH is healthy, warming (new or back, gets less than its share yet), draining (its pod is told to end), degraded (asked when others cannot take
all), unhealthy (not ready), failing (its health checks), or ejected (for what it answered). Only healthy and warming ones take new requests, but for those
of sessions with a draining one. ERRORS are answers from 500 on and requests without an answer; LAST ERROR says why it is out, else what went
wrong last.

A Service without endpoints has no pod that is ready: look at its selector and at the readiness of its pods.
`;

const LOCAL_ADMIN: SocketAddressSpec = { host: '127.0.0.1', port: SIDECAR_ADMIN_PORT };

interface Options {
  readonly pod?: string;
  readonly admin?: string;
  readonly controlPlane: string;
  readonly output: string;
}

interface Found {
  readonly admin: SocketAddressSpec;
  readonly page: unknown;
}

export function buildEndpointsCommand(command: Command, cli: Cli): void {
  command
    .description(DESCRIPTION)
    .option('--pod <NAMESPACE/POD>', 'the sidecar of this pod; without a namespace in "default"')
    .option('--admin <HOST:PORT>', 'the sidecar whose admin server is there')
    .option('--control-plane <HOST:PORT>', 'admin server of the control plane, which knows the pods', '127.0.0.1:15014')
    .option('-o, --output <FORMAT>', 'table or json', 'table')
    .addHelpText('after', EXAMPLES)
    .action((options: Options) => showEndpoints(options, cli));
}

async function showEndpoints(options: Options, cli: Cli): Promise<void> {
  if (options.output !== 'table' && options.output !== 'json') {
    throw usageError(`there is no output ${JSON.stringify(options.output)}`, 'write -o table or -o json');
  }
  const { admin, page } = await fetchClusters(options);
  const services = readClusters(page);
  if (options.output === 'json') {
    cli.out(`${JSON.stringify(services, null, 2)}\n`);
    return;
  }
  cli.out(`${renderEndpoints(services)}\n`);
  if (services.length === 0) {
    cli.err(
      `The sidecar at ${renderSocketAddress(admin)} holds no Service yet. It holds what was dialled: send it a request, or look at its /xds page.\n`,
    );
  }
}

async function fetchClusters(options: Options): Promise<Found> {
  const controlPlane = readAddress('--control-plane', options.controlPlane, 'dial');
  if (options.pod !== undefined && options.admin !== undefined) {
    throw usageError('--pod and --admin both name a sidecar', 'leave one out');
  }
  if (options.admin !== undefined) return fetchFrom(readAddress('--admin', options.admin, 'dial'));
  if (options.pod !== undefined) return fetchFrom(await findSidecar(options.pod, controlPlane));
  return fetchFromHere(controlPlane);
}

async function fetchFromHere(controlPlane: SocketAddressSpec): Promise<Found> {
  try {
    return { admin: LOCAL_ADMIN, page: await fetchPage(LOCAL_ADMIN) };
  } catch (error) {
    if (codeOf(error) !== 'ECONNREFUSED') throw error;
  }
  const only = await findOnlySidecar(controlPlane).catch((error: unknown) => {
    const remedy = error instanceof CodedError ? error.remedy : undefined;
    throw failure(`no sidecar is at ${renderSocketAddress(LOCAL_ADMIN)}, and ${messageOf(error)}`, remedy);
  });
  return fetchFrom(only);
}

async function fetchFrom(admin: SocketAddressSpec): Promise<Found> {
  const page = await fetchPage(admin).catch((error: unknown) => {
    throw explainUnreachable(error, 'the sidecar', admin, 'is it running, and is this its admin address?');
  });
  return { admin, page };
}

function fetchPage(admin: SocketAddressSpec): Promise<unknown> {
  return fetchJson(admin, '/clusters?format=json');
}
