// Promises of the second pod of a workload whose sidecar is a program of its own with two workers, and whose control plane goes away.
import { AppMesh, serviceOn } from '../../support/app-mesh.ts';
import { get, RawClient } from '../../support/raw-client.ts';
import { named, ScriptedBackend } from '../../support/scripted-backend.ts';
import { WorkerSidecar } from '../../support/worker-sidecar.ts';

const TEST_MS = 90_000;
const ending: (() => unknown)[] = [];

afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end();
});

async function backend(name: string): Promise<ScriptedBackend> {
  const started = await ScriptedBackend.start(named(name));
  ending.push(() => started.close());
  return started;
}

function pod(name: string): string {
  const owner = '{kind: StatefulSet, name: front}';
  return `{apiVersion: v1, kind: Pod, metadata: {name: ${name}, ownerReferences: [${owner}]}, spec: {containers: []}}`;
}

it(
  'every worker holds from the start what the first pod dials, and reaches the rest by its address when nobody can be asked',
  async () => {
    const [one, vip] = [await backend('pod'), await backend('vip')];
    const mesh = new AppMesh();
    ending.push(() => mesh.close());
    mesh.write(
      serviceOn(one.port, 'web'),
      serviceOn(one.port, 'never', 'default', vip),
      pod('front-0'),
      pod('front-1'),
    );
    const plane = await mesh.controlPlane();
    const first = await mesh.sidecar(plane.port, { SWITCHBOARD_POD_NAME: 'front-0' });
    expect((await (await first.client()).ask(get('web'))).text).toBe('pod /');
    const second = await WorkerSidecar.start(['--concurrency', '2'], {
      SWITCHBOARD_XDS_ADDRESS: `127.0.0.1:${plane.port}`,
      SWITCHBOARD_OUTBOUND_ADDRESSES: '127.0.0.1:0',
      SWITCHBOARD_ACCESS_LOG: 'off',
      SWITCHBOARD_POD_NAME: 'front-1',
      SWITCHBOARD_ON_UNAVAILABLE: 'passthrough',
      SWITCHBOARD_ON_DEMAND_WAIT: '30s',
    });
    ending.push(() => second.close());
    await plane.app.close();
    const port = await second.port();
    const callers = await Promise.all(Array.from({ length: 32 }, () => RawClient.connect(port)));
    ending.push(() => {
      for (const { socket } of callers) socket.destroy();
    });
    const answers = async (name: string) =>
      new Set((await Promise.all(callers.map((caller) => caller.ask(get(name))))).map(({ text }) => text));
    expect(await answers('web')).toEqual(new Set(['pod /']));
    expect(await answers(`never:${vip.port}`)).toEqual(new Set(['vip /']));
    const stat = (name: string) => second.stat(`control_plane.on_demand_${name}`);
    expect([await stat('prefetched'), await stat('prefetched_used'), await stat('passthrough')]).toEqual([2, 2, 32]);
  },
  TEST_MS,
);
