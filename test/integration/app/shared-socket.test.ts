// Workers where the system does not spread connections over several sockets on one port (macOS): all accept on one, and the primary does not.
import { fileURLToPath } from 'node:url';
import { clusterWorkers, supportsReusePort } from '../../../src/app/cluster-workers.ts';
import { ProxyApp } from '../../../src/app/proxy-app.ts';
import { createWorkerPlane } from '../../../src/app/worker-plane.ts';
import { systemClock } from '../../../src/base/clock.ts';
import { silentLog } from '../../../src/base/log.ts';
import { systemRandom } from '../../../src/base/random.ts';
import { PROXY_SETTINGS } from '../../../src/config/index.ts';
import { parseSettings } from '../../../src/config/parse-settings.ts';
import { readBootstrap } from '../../../src/xds/bootstrap/read-bootstrap.ts';
import { listenerOf, loadAssignment, routesTo } from '../../support/bootstrap-files.ts';
import { get, RawClient } from '../../support/raw-client.ts';
import { named, ScriptedBackend } from '../../support/scripted-backend.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { describeOnLinux, socketsOf, type WorkerRow } from '../../support/worker-sidecar.ts';

const MAIN = fileURLToPath(new URL('../../../src/main.ts', import.meta.url));
const LONG_MS = 30_000;
const ending: (() => unknown)[] = [];

afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end();
});

/** A sidecar whose primary is this process. */
async function start(port: number): Promise<string> {
  const cluster = { name: 'web', load_assignment: loadAssignment('web', [['127.0.0.1', port]]) };
  const file = { static_resources: { listeners: [listenerOf('in', 0, routesTo('web'))], clusters: [cluster] } };
  const bootstrap = readBootstrap(JSON.stringify(file), 'bootstrap.json');
  const settings = parseSettings(PROXY_SETTINGS, { SWITCHBOARD_ACCESS_LOG: 'off', SWITCHBOARD_LOG_LEVEL: 'off' });
  if (!bootstrap.ok || !settings.ok) throw new Error('settings');
  const workers = { count: 2, start: clusterWorkers(MAIN), reusePort: false };
  const app = new ProxyApp({
    settings: settings.value,
    bootstrap: bootstrap.value,
    adminAddress: { host: '127.0.0.1', port: 0 },
    createPlane: (parts) => createWorkerPlane(workers, parts),
    ...{ clock: systemClock, random: systemRandom, log: silentLog, onQuit: () => {} },
  });
  ending.push(() => app.close());
  const { admin } = await app.start();
  return `http://127.0.0.1:${admin?.port}`;
}

async function rows(admin: string): Promise<readonly WorkerRow[]> {
  const page = (await (await fetch(`${admin}/workers?format=json`)).json()) as { workers: readonly WorkerRow[] };
  return page.workers;
}

async function ready(admin: string): Promise<void> {
  const look = async () => ((await fetch(`${admin}/ready`)).status === 200 ? true : null);
  await waitUntil('it is ready', look, LONG_MS);
}

async function ask(port: number, count: number): Promise<readonly RawClient[]> {
  const callers = await Promise.all(Array.from({ length: count }, () => RawClient.connect(port)));
  ending.push(() => {
    for (const { socket } of callers) socket.destroy();
  });
  const answers = await Promise.all(callers.map((caller) => caller.ask(get('web'))));
  expect(new Set(answers.map(({ text }) => text))).toEqual(new Set(['a /']));
  return callers;
}

describeOnLinux('workers without ports of their own', () => {
  it('accept on one socket and their primary does not; one that is killed is replaced on the same port', async () => {
    const backend = await ScriptedBackend.start(named('a'));
    ending.push(() => backend.close());
    const admin = await start(backend.port);
    await ready(admin);
    const [, digits = ''] = /:(\d+)$/m.exec(await (await fetch(`${admin}/listeners`)).text()) ?? [];
    const port = Number(digits);
    await ask(port, 32);
    const pids = (await rows(admin)).map(({ pid }) => pid ?? 0);
    const sockets = pids.map((pid) => socketsOf(pid, port));
    expect(sockets.map(({ listening }) => listening)).toEqual([1, 1]);
    expect(sockets.reduce((sum, { connected }) => sum + connected, 0)).toBe(32);
    process.kill(pids[0] ?? 0, 'SIGKILL');
    await waitUntil(
      'another takes its place',
      async () => ((await rows(admin))[0]?.pid === pids[0] ? null : true),
      LONG_MS,
    );
    await ready(admin);
    await ask(port, 32);
    expect(socketsOf((await rows(admin))[0]?.pid ?? 0, port).listening).toBe(1);
  }, 90_000);

  it('are not on Linux', () => {
    expect(['linux', 'darwin'].map(supportsReusePort)).toEqual([true, false]);
  });
});
