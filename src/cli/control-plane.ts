// `switchboard control-plane`: Kubernetes objects in, xDS out.
import { type Command, Option } from 'commander';
import { systemClock } from '../base/clock.ts';
import { CONTROL_PLANE_SETTINGS, SETTING_FAMILIES } from '../config/index.ts';
import { renderSettingsHelp } from '../config/render-settings.ts';
import { nameType } from '../config/setting-types.ts';
import type { SocketAddressSpec } from '../model/listener-spec.ts';
import { DEFAULT_CLUSTER_DOMAIN } from '../model/names.ts';
import { renderSocketAddress } from '../model/socket-address.ts';
import { readAddress } from './address-option.ts';
import { usageIssues } from './cli-error.ts';
import type { Cli } from './command.ts';
import { explainListenFailure } from './listen-failure.ts';
import { createProgramLog } from './program-log.ts';
import { readSettings } from './read-settings.ts';
import { StopRequest } from './stop-request.ts';

const DESCRIPTION =
  'Runs the control plane: it watches Kubernetes objects and tells every sidecar (and any Envoy or gRPC client of xDS v3) which pods stand ' +
  'behind each Service name, as soon as that changes.';

const EXAMPLES = `
Examples:
  switchboard control-plane --registry file:examples/my-api
  switchboard control-plane --registry file:apps --registry file:shared    several sources, the later one wins
  switchboard control-plane --registry kubernetes      the API server that kubectl uses, or that of the cluster that this pod is in
  curl http://127.0.0.1:15014/debug/clients      who is connected and holds what; / lists every page

A folder is read recursively (*.yaml, *.yml, *.json) and watched: edits count at once. Pods count where they have status.podIP, as in what
\`kubectl get pods -o yaml\` prints; EndpointSlices and Endpoints count as they are written.

An API server is found by $KUBECONFIG, ~/.kube/config or the pod's service account, which needs to list and watch what is read:
docs/guides/kubernetes.md has the ClusterRole. While it is away, what it said last stays in force.

Next: \`switchboard proxy\` runs a sidecar; \`switchboard up DIR\` runs pods, sidecars and control plane together.
`;

interface Options {
  readonly registry: readonly string[];
  readonly xdsAddress: string;
  readonly adminAddress: string;
  readonly clusterDomain: string;
}

interface Addresses {
  readonly xds: SocketAddressSpec;
  readonly admin: SocketAddressSpec;
}

const PORTS = {
  xds: { what: 'xDS', change: '--xds-address' },
  admin: { what: 'the admin pages', change: '--admin-address' },
} as const;

/** How long clients have to leave in order, ms; they keep their configuration and look for another replica. */
const DRAIN_MS = 5_000;

export function buildControlPlaneCommand(command: Command, cli: Cli): void {
  const collect = (value: string, previous: readonly string[]): readonly string[] => [...previous, value];
  command
    .description(DESCRIPTION)
    .addOption(
      new Option('--registry <SOURCE>', 'where objects come from: file:DIR or kubernetes; may be repeated')
        .argParser(collect)
        .default([], 'none, at least one is needed'),
    )
    .option('--xds-address <IP:PORT>', 'where clients connect (xDS over gRPC, plain text)', '127.0.0.1:15010')
    .option('--admin-address <IP:PORT>', 'where the admin pages are', '127.0.0.1:15014')
    .option('--cluster-domain <DOMAIN>', 'the last part of Service names', DEFAULT_CLUSTER_DOMAIN)
    .addHelpText('after', () => `${EXAMPLES}\nSettings, as variables of the environment:\n\n${settingsHelp()}\n`)
    .action((options: Options) => runControlPlane(options, cli));
}

function settingsHelp(): string {
  const names = new Set<string>(CONTROL_PLANE_SETTINGS.map((row) => row.env));
  return renderSettingsHelp(SETTING_FAMILIES.filter((family) => family.rows.every((row) => names.has(row.env))));
}

async function runControlPlane(options: Options, cli: Cli): Promise<void> {
  const settings = readSettings(CONTROL_PLANE_SETTINGS, cli);
  const addresses = readAddresses(options);
  const domain = nameType.parse(options.clusterDomain);
  if (!domain.ok) throw usageIssues(domain.issues.map((issue) => ({ ...issue, path: '--cluster-domain' })));
  const { ControlPlaneApp, openRegistries } = await import('../app/control-plane-app.ts');
  const log = createProgramLog(settings, cli);
  const registries = openRegistries(options.registry, systemClock, cli.env, log);
  if (!registries.ok) throw usageIssues(registries.issues);
  const stop = new StopRequest(log);
  stop.watch(settings.parentFd);
  const app = new ControlPlaneApp({
    registries: registries.value,
    xdsAddress: addresses.xds,
    adminAddress: addresses.admin,
    clusterDomain: domain.value,
    maxStreamAgeMs: settings.xdsMaxStreamAgeMs,
    ...(settings.writeStatus === 'enabled' ? { statusNamespace: settings.namespace } : {}),
    clock: systemClock,
    log,
    explainListen: (error, port) => explainListenFailure(error, { ...PORTS[port], address: addresses[port] }),
  });
  await serve(app, stop, cli);
}

type App = InstanceType<typeof import('../app/control-plane-app.ts')['ControlPlaneApp']>;

async function serve(app: App, stop: StopRequest, cli: Cli): Promise<void> {
  const bound = await app.start().catch(async (error: unknown) => {
    await app.close();
    throw error;
  });
  const where = `xds ${renderSocketAddress(bound.xds)}, admin ${renderSocketAddress(bound.admin)}`;
  void app.ready.then(() => cli.out(`control plane ready: ${where}\n`));
  await stop.asked;
  await Promise.race([app.drain(DRAIN_MS), stop.askedAgain]);
  await app.close();
}

function readAddresses(options: Options): Addresses {
  return {
    xds: readAddress('--xds-address', options.xdsAddress, 'listen'),
    admin: readAddress('--admin-address', options.adminAddress, 'listen'),
  };
}
