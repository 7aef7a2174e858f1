// `switchboard status --wait` over real processes: a control plane on a folder, and sidecars that follow it, stop, and come back.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CsdsCaller } from '../../support/csds-caller.ts';
import { type RunningCli, runCli, startCli } from '../../support/run-cli.ts';
import { waitUntil } from '../../support/wait-until.ts';

const FREE = '127.0.0.1:0';

let folder: string;
let xds: string;
let admin: string;
const controlPlanes: RunningCli[] = [];
const sidecars: RunningCli[] = [];
const callers: CsdsCaller[] = [];

function write(...names: readonly string[]): void {
  const texts = names.map(
    (name) => `apiVersion: v1\nkind: Service\nmetadata: {name: ${name}}\nspec: {ports: [{port: 80}]}\n`,
  );
  writeFileSync(join(folder, 'services.yaml'), texts.join('---\n'));
}

/** Answers with the address of its admin port. */
async function startSidecar(pod: string, env: Readonly<Record<string, string>> = {}): Promise<[RunningCli, string]> {
  const sidecar = startCli(['proxy'], {
    SWITCHBOARD_XDS_ADDRESS: xds,
    SWITCHBOARD_ADMIN_ADDRESS: FREE,
    SWITCHBOARD_OUTBOUND_ADDRESSES: FREE,
    SWITCHBOARD_POD_NAME: pod,
    ...env,
  });
  sidecars.push(sidecar);
  const [at = ''] = await sidecar.says(/started admin=(\S+)/);
  await sidecar.says(/ready /);
  return [sidecar, at];
}

/** Names of all resources that the program at `address` tells of. */
async function namesAt(address: string): Promise<readonly string[]> {
  const caller = new CsdsCaller(address);
  callers.push(caller);
  const configs = await caller.fetch();
  return configs.flatMap((config) => config.generic_xds_configs.map(({ name }) => name));
}

function wait(timeout: string) {
  return runCli(['status', '--control-plane', admin, '--wait', '--timeout', timeout]);
}

/** From now on sidecars follow this one. */
async function startControlPlane(env: Readonly<Record<string, string>> = {}): Promise<RunningCli> {
  const registry = ['--registry', `file:${folder}`];
  const started = startCli(['control-plane', ...registry, '--xds-address', FREE, '--admin-address', FREE], env);
  controlPlanes.push(started);
  [xds = '', admin = ''] = await started.says(/control plane ready: xds (\S+), admin (\S+)\n/);
  return started;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'switchboard-wait-'));
  write('web');
  await startControlPlane();
}, 20_000);

afterEach(async () => {
  for (const caller of callers.splice(0)) caller.close();
  for (const { child, ended } of sidecars.splice(0)) {
    child.kill('SIGKILL');
    await ended;
  }
});

afterAll(async () => {
  for (const { child, ended } of controlPlanes) {
    child.kill('SIGKILL');
    await ended;
  }
  rmSync(folder, { recursive: true, force: true });
});

describe('switchboard status --wait', () => {
  it('does not end before sidecars have what was written the moment before', async () => {
    const [, at] = await startSidecar('one');
    for (const name of ['added', 'changed', 'replaced']) {
      write('web', name);
      expect(await wait('20s')).toMatchObject({ code: 0, stdout: expect.stringMatching(/^one .*SYNCED/m) });
      expect((await namesAt(at)).filter((each) => each.includes(name))).not.toEqual([]);
    }
  }, 40_000);

  it('names the sidecar that is stopped, and ends well when it goes on', async () => {
    const [stopped] = await startSidecar('asleep');
    await startSidecar('awake');
    expect(await wait('20s')).toMatchObject({ code: 0 });
    stopped.child.kill('SIGSTOP');
    write('web', `new-${process.pid}`);
    const { code, stderr } = await wait('1s');
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^switchboard status: after 1s 1 of 2 clients do not have the newest configuration: default\/asleep \(.*STALE.*\)\n$/,
    );
    stopped.child.kill('SIGCONT');
    expect(await wait('20s')).toMatchObject({ code: 0 });
  }, 60_000);

  it('holds across the maximum age of streams: they end in order, and nothing is refused or sent again', async () => {
    const controlPlane = await startControlPlane({ SWITCHBOARD_XDS_MAX_STREAM_AGE: '2s' });
    const [sidecar, at] = await startSidecar('aged');
    await sidecar.says(/connecting to the control plane anew/);
    expect(await wait('20s')).toMatchObject({ code: 0 });
    // The stream may end of age between two questions: then it has been sent nothing, until the next one is open.
    await waitUntil(
      'that everything it holds was sent to it',
      async () => {
        const sent = new Set(await namesAt(admin));
        return (await namesAt(at)).every((name) => sent.has(name)) ? true : null;
      },
      20_000,
    );
    expect(controlPlane.output()).toContain('its stream has its maximum age');
    expect(sidecar.output()).not.toContain('warn');
  }, 40_000);

  it('waits for a control plane that is not there yet', async () => {
    const { code, stderr } = await runCli([
      'status',
      '--control-plane',
      '127.66.0.9:1',
      '--wait',
      '--timeout',
      '300ms',
    ]);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringContaining('the control plane at 127.66.0.9:1 cannot be reached'),
    });
  });
});
