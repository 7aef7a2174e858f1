// `switchboard proxy`: a sidecar in this process, configured by variables of the environment.
import { availableParallelism } from 'node:os';
import type { Command } from 'commander';
import type { ProxyAppOptions } from '../app/proxy-app.ts';
import { type Clock, systemClock } from '../base/clock.ts';
import { systemRandom } from '../base/random.ts';
import { renderIssue } from '../base/result.ts';
import { concurrencyType } from '../config/concurrency-type.ts';
import { PROXY_SETTINGS, type ProxySettings, SETTING_FAMILIES } from '../config/index.ts';
import { renderSettingsHelp } from '../config/render-settings.ts';
import { renderSocketAddress } from '../model/socket-address.ts';
import { usageIssues } from './cli-error.ts';
import type { Cli } from './command.ts';
import { explainListenFailure } from './listen-failure.ts';
import { createProgramLog } from './program-log.ts';
import { readSettings } from './read-settings.ts';
import { StopRequest } from './stop-request.ts';

const DESCRIPTION =
  "Runs a sidecar: the proxy beside one pod that takes the pod's calls to Service names and balances each request over the pods that are " +
  'ready now. Its configuration comes from a control plane and follows every change without a restart.';

const EXAMPLES = `
Examples:
  switchboard control-plane --registry file:examples/my-api     (in another terminal)
  switchboard proxy
  curl -x http://127.0.0.1:15001 http://my-api-service/data     through it
  curl http://127.0.0.1:15000/clusters                          what it holds; / lists every page
  switchboard proxy -c envoy.yaml                               as an Envoy v3 bootstrap says (YAML or JSON)
  switchboard proxy --concurrency 2                             in two worker processes that share the ports
  SWITCHBOARD_ADMIN_ADDRESS=127.0.0.1:0 switchboard proxy        on a port that is free

Next: \`switchboard endpoints\` shows each pod behind what was dialled (with --eager: all). SIGTERM lets running requests finish, then ends.
`;

export function buildProxyCommand(command: Command, cli: Cli): void {
  command
    .description(DESCRIPTION)
    .addHelpText('after', () => `${EXAMPLES}\nSettings, as variables of the environment:\n\n${settingsHelp()}\n`)
    .option(
      '-c, --config-path <file>',
      'run what an Envoy v3 bootstrap says (YAML or JSON): its listeners, clusters, control plane, admin',
    )
    .option(
      '--eager',
      'hold the configuration of the whole mesh, as SWITCHBOARD_XDS_SCOPE=all does; not only what is dialled',
    )
    .option(
      '--concurrency <n>',
      'carry the traffic in so many processes that share the ports, as SWITCHBOARD_CONCURRENCY does; auto = as many as CPUs',
    )
    .action((options: Options) => runProxy(options, cli, systemClock));
}

function settingsHelp(): string {
  return renderSettingsHelp(SETTING_FAMILIES);
}

interface Options {
  readonly configPath?: string;
  readonly eager?: true;
  readonly concurrency?: string;
}

/** Loaded only where it is needed: it calls the C library. */
async function interceptionOf({ interception }: ProxySettings): Promise<Pick<ProxyAppOptions, 'originalDestination'>> {
  if (interception === 'none') return {};
  const { openRedirectedDestination } = await import('../app/redirected-destination.ts');
  return { originalDestination: await openRedirectedDestination() };
}

async function runProxy({ configPath, eager, concurrency }: Options, cli: Cli, clock: Clock): Promise<void> {
  const flags = {
    ...(eager === true ? { SWITCHBOARD_XDS_SCOPE: 'all' } : {}),
    ...(concurrency === undefined ? {} : { SWITCHBOARD_CONCURRENCY: readConcurrency(concurrency) }),
  };
  const settings = readSettings(PROXY_SETTINGS, { ...cli, env: { ...cli.env, ...flags } });
  const file: FileOptions = configPath === undefined ? {} : await readFile(configPath, settings, cli);
  const log = createProgramLog(settings, cli);
  for (const note of file.bootstrap?.notes ?? []) log.warn(renderIssue(note));
  const stop = new StopRequest(log);
  stop.watch(settings.parentFd);
  // Loaded here, so that `--help` does not pay for the data plane.
  const { ProxyApp } = await import('../app/proxy-app.ts');
  const workers = settings.concurrency === 'auto' ? availableParallelism() : settings.concurrency;
  const plane = workers === 1 ? await interceptionOf(settings) : await planeOf(workers);
  const onQuit = (): void => stop.ask('POST /quitquitquit');
  const app = new ProxyApp({ settings, ...file, ...plane, clock, random: systemRandom, log, onQuit });
  const wanted = {
    what: 'the admin pages',
    address: file.adminAddress ?? settings.adminAddress,
    change: file.bootstrap?.admin == null ? 'SWITCHBOARD_ADMIN_ADDRESS' : `admin.address of ${configPath}`,
  };
  const { admin } = await app.start().catch(async (error: unknown) => {
    await app.close();
    throw explainListenFailure(error, wanted);
  });
  log.info('started', {
    admin: admin === null ? 'none' : renderSocketAddress(admin),
    ...(configPath === undefined ? fromSettings(settings) : { config: configPath }),
    ...(workers === 1 ? {} : { workers }),
  });
  await stop.asked;
  await Promise.race([app.drain(settings.drainTimeoutMs), stop.askedAgain]);
  await app.close();
}

/** What the flag says is what the variable would say, and refused by its own name. */
function readConcurrency(text: string): string {
  const result = concurrencyType.parse(text.trim());
  if (!result.ok) throw usageIssues(result.issues.map((issue) => ({ ...issue, path: '--concurrency' })));
  return text;
}

/** One process that does it all loads nothing of this. */
async function planeOf(count: number): Promise<Pick<ProxyAppOptions, 'createPlane'>> {
  const { clusterWorkers, supportsReusePort } = await import('../app/cluster-workers.ts');
  const { createWorkerPlane } = await import('../app/worker-plane.ts');
  const workers = {
    count,
    start: clusterWorkers(process.argv[1] ?? ''),
    reusePort: supportsReusePort(process.platform),
  };
  return { createPlane: (parts) => createWorkerPlane(workers, parts) };
}

function fromSettings(settings: ProxySettings): Readonly<Record<string, string>> {
  return {
    outbound: settings.outboundAddresses.map(renderSocketAddress).join(','),
    xds: renderSocketAddress(settings.xdsAddress),
  };
}

/** What the file decides of ProxyAppOptions. */
type FileOptions = Partial<Pick<ProxyAppOptions, 'bootstrap' | 'adminAddress' | 'settings'>>;

/** As with Envoy, there are admin pages and an access log only where the file (or else a variable that is set) says so. */
async function readFile(path: string, settings: ProxySettings, cli: Cli): Promise<FileOptions> {
  const { readBootstrapFile } = await import('../app/bootstrap-file.ts');
  const result = readBootstrapFile(path);
  if (!result.ok) throw usageIssues(result.issues);
  const bootstrap = result.value;
  const isSet = (name: string): boolean => (cli.env[name] ?? '').trim() !== '';
  const adminAddress = bootstrap.admin ?? (isSet('SWITCHBOARD_ADMIN_ADDRESS') ? settings.adminAddress : null);
  const accessLog = isSet('SWITCHBOARD_ACCESS_LOG') ? settings.accessLog : { kind: 'off' as const };
  return { bootstrap, adminAddress, settings: { ...settings, accessLog } };
}
