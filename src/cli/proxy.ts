// `switchboard proxy`: a sidecar in this process, configured by variables of the environment.
import type { Command } from 'commander';
import { type Clock, systemClock } from '../base/clock.ts';
import { systemRandom } from '../base/random.ts';
import { PROXY_SETTINGS, type ProxySettings, SETTING_FAMILIES } from '../config/index.ts';
import { renderSettingsHelp } from '../config/render-settings.ts';
import { renderSocketAddress } from '../model/socket-address.ts';
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
  SWITCHBOARD_ADMIN_ADDRESS=127.0.0.1:0 switchboard proxy        on a port that is free

Next: \`switchboard endpoints\` shows each pod that it may call. SIGTERM lets running requests finish, then ends.
`;

export function buildProxyCommand(command: Command, cli: Cli): void {
  command
    .description(DESCRIPTION)
    .addHelpText('after', () => `${EXAMPLES}\nSettings, as variables of the environment:\n\n${settingsHelp()}\n`)
    .action(() => runProxy(readSettings(PROXY_SETTINGS, cli), cli, systemClock));
}

function settingsHelp(): string {
  return renderSettingsHelp(SETTING_FAMILIES);
}

async function runProxy(settings: ProxySettings, cli: Cli, clock: Clock): Promise<void> {
  const log = createProgramLog(settings, cli);
  const stop = new StopRequest(log);
  stop.watch(settings.parentFd);
  // Loaded here, so that `--help` does not pay for the data plane.
  const { ProxyApp } = await import('../app/proxy-app.ts');
  const onQuit = (): void => stop.ask('POST /quitquitquit');
  const app = new ProxyApp({ settings, clock, random: systemRandom, log, onQuit });
  const wanted = {
    what: 'the admin pages',
    address: settings.adminAddress,
    change: 'SWITCHBOARD_ADMIN_ADDRESS',
  };
  const bound = await app.start().catch(async (error: unknown) => {
    await app.close();
    throw explainListenFailure(error, wanted);
  });
  log.info('started', {
    admin: renderSocketAddress(bound.admin),
    outbound: settings.outboundAddresses.map(renderSocketAddress).join(','),
    xds: renderSocketAddress(settings.xdsAddress),
  });
  await stop.asked;
  await Promise.race([app.drain(settings.drainTimeoutMs), stop.askedAgain]);
  await app.close();
}
