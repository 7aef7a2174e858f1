// Promises of a sidecar that holds what it dials, over real gRPC: control plane and sidecar as whole programs in this process.
import { parseManifest } from '../../../src/kube/parse-manifest.ts';
import { AppMesh, serviceOn } from '../../support/app-mesh.ts';
import { get } from '../../support/raw-client.ts';
import { named, ScriptedBackend } from '../../support/scripted-backend.ts';
import { until } from '../../support/until.ts';

let mesh: AppMesh;
let backend: ScriptedBackend;

beforeEach(async () => {
  mesh = new AppMesh();
  backend = await ScriptedBackend.start(named('a'));
});

afterEach(async () => {
  await mesh.close();
  await backend.close();
});

describe.each(['delta', 'sotw'])('a sidecar that holds what it dials (%s)', (protocol) => {
  const env = { SWITCHBOARD_XDS_PROTOCOL: protocol };

  it('is ready with the names of the mesh and no cluster, and answers the first request to each of them', async () => {
    mesh.write(serviceOn(backend.port, 'web'), serviceOn(backend.port, 'cart'), serviceOn(1, 'web', 'shop'));
    const plane = await mesh.controlPlane();
    const { client, held, stat } = await mesh.sidecar(plane.port, env);
    expect([held(), stat('on_demand_names')]).toEqual([[], 3]);
    const caller = await client();
    expect((await caller.ask(get('web'))).text).toBe('a /');
    expect(held()).toEqual(['outbound|80|web.default.svc.cluster.local']);
    expect((await caller.ask(get('cart.default'))).text).toBe('a /');
    expect((await caller.ask(get('web.shop'))).status).toBe(503);
    expect(held()).toHaveLength(3);
    const miss = await caller.ask(get('carts'));
    expect([miss.status, miss.text]).toEqual([404, expect.stringContaining('Did you mean "cart"?')]);
  });

  it('asks once for a name that a hundred callers dial at the same moment', async () => {
    mesh.write(serviceOn(backend.port, 'web'), serviceOn(backend.port, 'cart'));
    const plane = await mesh.controlPlane();
    const { client, stat } = await mesh.sidecar(plane.port, env);
    const callers = await Promise.all(Array.from({ length: 100 }, client));
    const answers = await Promise.all(callers.map((caller) => caller.ask(get('web'))));
    expect(new Set(answers.map(({ text }) => text))).toEqual(new Set(['a /']));
    expect(stat('on_demand_subscribed')).toBe(1);
    const [seen] = (await plane.clients()).clients;
    const asked = Object.fromEntries((seen?.types ?? []).map((type) => [type.shortName, type.names]));
    expect(asked).toEqual({ CDS: 1, EDS: 1, LDS: 0, RDS: 1, NDS: 0 });
  });

  it('follows what it holds: pods that move, a Service that goes and comes back, a new one', async () => {
    mesh.write(serviceOn(1, 'web'));
    const plane = await mesh.controlPlane();
    const { client } = await mesh.sidecar(plane.port, env);
    const caller = await client();
    expect((await caller.ask(get('web'))).status).toBe(503);
    const ask = async (name: string) => (await caller.ask(get(name))).status;
    const becomes = async (name: string, status: number): Promise<void> => {
      for (let tries = 0; tries < 400 && (await ask(name)) !== status; tries += 1) await new Promise(setImmediate);
      expect(await ask(name)).toBe(status);
    };
    mesh.write(serviceOn(backend.port, 'web'));
    await becomes('web', 200);
    const objects = parseManifest(serviceOn(1, 'web'), 'test.yaml').objects.map(({ object }) => object);
    for (const { kind, metadata } of objects)
      mesh.registry.delete({ kind, namespace: metadata.namespace, name: metadata.name });
    await becomes('web', 404);
    mesh.write(serviceOn(backend.port, 'web'), serviceOn(backend.port, 'cart'));
    await becomes('web', 200);
    await becomes('cart', 200);
  });

  it('serves on what it holds while the control plane is away, says so for the rest, and gets that when it is back', async () => {
    mesh.write(serviceOn(backend.port, 'web'), serviceOn(backend.port, 'cart'));
    const plane = await mesh.controlPlane();
    const { client, app } = await mesh.sidecar(plane.port, { ...env, SWITCHBOARD_ON_DEMAND_WAIT: '200ms' });
    const caller = await client();
    expect((await caller.ask(get('web'))).text).toBe('a /');
    await plane.app.close();
    expect((await caller.ask(get('web'))).text).toBe('a /');
    const refused = await caller.ask(get('cart'));
    expect([refused.status, refused.get('x-switchboard-error')]).toEqual([503, 'NC not_configured']);
    expect(refused.text).toMatch(
      /the routes of cart\.default\.svc\.cluster\.local:80 have not come within 200 ms; control plane 127\.0\.0\.1:\d+: /,
    );
    expect(app.readiness.ready).toBe(true);
    const again = await mesh.controlPlane(plane.port);
    expect(again.port).toBe(plane.port);
    let status = 0;
    for (let tries = 0; tries < 50 && status !== 200; tries += 1) status = (await caller.ask(get('cart'))).status;
    expect(status).toBe(200);
  }, 20_000);

  it('lets go of what nobody dials, on both sides', async () => {
    mesh.write(serviceOn(backend.port, 'web'), serviceOn(backend.port, 'cart'));
    const plane = await mesh.controlPlane();
    const { client, held, app } = await mesh.sidecar(plane.port, { ...env, SWITCHBOARD_ON_DEMAND_IDLE: '300ms' });
    const caller = await client();
    expect((await caller.ask(get('web'))).text).toBe('a /');
    await until('it is let go of', () => held().length === 0);
    const count = async () => {
      const [seen] = (await plane.clients()).clients;
      return (seen?.types ?? [])
        .filter(({ shortName }) => shortName !== 'LDS' && shortName !== 'NDS')
        .map((type) => type.names);
    };
    for (let tries = 0; tries < 200 && (await count()).some((names) => names > 0); tries += 1)
      await new Promise(setImmediate);
    expect(await count()).toEqual([0, 0, 0]);
    expect((await caller.ask(get('web'))).text).toBe('a /');
    expect(app.dataPlane.routeTables).toHaveLength(1);
  });

  it('holds all of the mesh where it is told to', async () => {
    mesh.write(serviceOn(backend.port, 'web'), serviceOn(backend.port, 'cart'));
    const plane = await mesh.controlPlane();
    const { client, held } = await mesh.sidecar(plane.port, { ...env, SWITCHBOARD_XDS_SCOPE: 'all' });
    expect(held()).toHaveLength(2);
    expect((await (await client()).ask(get('web'))).text).toBe('a /');
  });
});
