// Promises of a sidecar whose control plane has gone, over real gRPC: with passing through, what was never dialled is reached all the same.
import { AppMesh, serviceOn } from '../../support/app-mesh.ts';
import { get } from '../../support/raw-client.ts';
import { named, ScriptedBackend } from '../../support/scripted-backend.ts';

let mesh: AppMesh;
const backends: ScriptedBackend[] = [];

beforeEach(() => {
  mesh = new AppMesh();
});

afterEach(async () => {
  await mesh.close();
  for (const backend of backends.splice(0)) await backend.close();
});

async function backend(name: string): Promise<ScriptedBackend> {
  const started = await ScriptedBackend.start(named(name));
  backends.push(started);
  return started;
}

it.each(['delta', 'sotw'])(
  'a name that was never dialled is reached by its address until the control plane is back (%s)',
  async (protocol) => {
    // What stands for kube-proxy: whoever dials the address of the Service gets to `vip`, through the mesh to `pod`.
    const [vip, pod] = [await backend('vip'), await backend('pod')];
    mesh.write(serviceOn(pod.port, 'web', 'default', vip), serviceOn(pod.port, 'held'));
    const plane = await mesh.controlPlane();
    const { client, stat } = await mesh.sidecar(plane.port, {
      SWITCHBOARD_XDS_PROTOCOL: protocol,
      SWITCHBOARD_ON_UNAVAILABLE: 'passthrough',
    });
    const caller = await client();
    expect((await caller.ask(get('held'))).text).toBe('pod /');
    await plane.app.close();
    expect((await caller.ask(get(`web:${vip.port}`))).text).toBe('vip /');
    expect((await caller.ask(get('held'))).text).toBe('pod /');
    expect(stat('on_demand_passthrough')).toBe(1);
    await mesh.controlPlane(plane.port);
    let text = '';
    for (let tries = 0; tries < 2_000 && text !== 'pod /'; tries += 1) {
      text = (await caller.ask(get(`web:${vip.port}`))).text;
      await new Promise<void>((resolve) => setTimeout(resolve, 5));
    }
    expect([text, stat('on_demand_wait_timeouts')]).toEqual(['pod /', 0]);
  },
  30_000,
);
