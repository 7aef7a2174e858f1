// Promises of a sidecar that holds what it dials, over real gRPC: control plane and sidecar as whole programs in this process.
import { ControlPlaneApp } from '../../../src/app/control-plane-app.ts';
import { ProxyApp } from '../../../src/app/proxy-app.ts';
import { systemClock } from '../../../src/base/clock.ts';
import { silentLog } from '../../../src/base/log.ts';
import { systemRandom } from '../../../src/base/random.ts';
import { PROXY_SETTINGS } from '../../../src/config/index.ts';
import { type Environment, parseSettings } from '../../../src/config/parse-settings.ts';
import { MemoryRegistry } from '../../../src/control/registry/memory.ts';
import { parseManifest } from '../../../src/kube/parse-manifest.ts';
import { listStats } from '../../../src/telemetry/prometheus.ts';
import { get, RawClient } from '../../support/raw-client.ts';
import { named, ScriptedBackend } from '../../support/scripted-backend.ts';
import { until } from '../../support/until.ts';

const LOOPBACK = { host: '127.0.0.1', port: 0 };
const ending: (() => unknown)[] = [];
let registry: MemoryRegistry;
let backend: ScriptedBackend;

beforeEach(async () => {
  registry = new MemoryRegistry();
  backend = await ScriptedBackend.start(named('a'));
});

afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end();
  await backend.close();
});

/** A Service on port 80 whose one endpoint is `port`. */
function manifest(name: string, port: number, namespace = 'default'): string {
  return `apiVersion: v1
kind: Service
metadata: {name: ${name}, namespace: ${namespace}}
spec: {ports: [{name: http, port: 80}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: ${name}, namespace: ${namespace}, labels: {kubernetes.io/service-name: ${name}}}
addressType: IPv4
endpoints: [{addresses: [127.0.0.1]}]
ports: [{name: http, port: ${port}}]
`;
}

function write(...manifests: readonly string[]): void {
  for (const text of manifests) registry.upsert(...parseManifest(text, 'test.yaml').objects);
}

async function controlPlane(port = 0) {
  const app = new ControlPlaneApp({
    registries: [registry],
    xdsAddress: { ...LOOPBACK, port },
    adminAddress: LOOPBACK,
    clusterDomain: 'cluster.local',
    clock: systemClock,
    log: silentLog,
  });
  ending.push(() => app.close());
  const { xds, admin } = await app.start();
  const clients = async () => {
    const response = await fetch(`http://127.0.0.1:${admin.port}/debug/clients`);
    return (await response.json()) as {
      clients: { types: { shortName: string; names: number; resources: number }[] }[];
    };
  };
  return { app, port: xds.port, clients };
}

async function sidecar(xdsPort: number, env: Environment = {}) {
  const settings = parseSettings(PROXY_SETTINGS, {
    SWITCHBOARD_XDS_ADDRESS: `127.0.0.1:${xdsPort}`,
    SWITCHBOARD_OUTBOUND_ADDRESSES: '127.0.0.1:0',
    SWITCHBOARD_ACCESS_LOG: 'off',
    ...env,
  });
  if (!settings.ok) throw new Error(JSON.stringify(settings.issues));
  const outside = { clock: systemClock, random: systemRandom, log: silentLog };
  const app = new ProxyApp({ settings: settings.value, adminAddress: null, ...outside, onQuit: () => {} });
  ending.push(() => app.close());
  await app.start();
  await until(
    'the sidecar is ready',
    () => app.readiness.ready,
    () => app.readiness.waitingFor,
  );
  const client = async (): Promise<RawClient> => {
    const caller = await RawClient.connect(app.dataPlane.listeners[0]?.addresses[0]?.port ?? 0);
    ending.push(() => caller.socket.destroy());
    return caller;
  };
  const held = () => app.dataPlane.clusters.map(({ name }) => name);
  const stat = (name: string) => listStats([app.dataPlane]).get(`control_plane.${name}`);
  return { app, client, held, stat };
}

describe.each(['delta', 'sotw'])('a sidecar that holds what it dials (%s)', (protocol) => {
  const env = { SWITCHBOARD_XDS_PROTOCOL: protocol };

  it('is ready with the names of the mesh and no cluster, and answers the first request to each of them', async () => {
    write(manifest('web', backend.port), manifest('cart', backend.port), manifest('web', 1, 'shop'));
    const plane = await controlPlane();
    const { client, held, stat } = await sidecar(plane.port, env);
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
    write(manifest('web', backend.port), manifest('cart', backend.port));
    const plane = await controlPlane();
    const { client, stat } = await sidecar(plane.port, env);
    const callers = await Promise.all(Array.from({ length: 100 }, client));
    const answers = await Promise.all(callers.map((caller) => caller.ask(get('web'))));
    expect(new Set(answers.map(({ text }) => text))).toEqual(new Set(['a /']));
    expect(stat('on_demand_subscribed')).toBe(1);
    const [seen] = (await plane.clients()).clients;
    const asked = Object.fromEntries((seen?.types ?? []).map((type) => [type.shortName, type.names]));
    expect(asked).toEqual({ CDS: 1, EDS: 1, LDS: 0, RDS: 1, NDS: 0 });
  });

  it('follows what it holds: pods that move, a Service that goes and comes back, a new one', async () => {
    write(manifest('web', 1));
    const plane = await controlPlane();
    const { client } = await sidecar(plane.port, env);
    const caller = await client();
    expect((await caller.ask(get('web'))).status).toBe(503);
    const ask = async (name: string) => (await caller.ask(get(name))).status;
    const becomes = async (name: string, status: number): Promise<void> => {
      for (let tries = 0; tries < 400 && (await ask(name)) !== status; tries += 1) await new Promise(setImmediate);
      expect(await ask(name)).toBe(status);
    };
    write(manifest('web', backend.port));
    await becomes('web', 200);
    const objects = parseManifest(manifest('web', 1), 'test.yaml').objects.map(({ object }) => object);
    for (const { kind, metadata } of objects)
      registry.delete({ kind, namespace: metadata.namespace, name: metadata.name });
    await becomes('web', 404);
    write(manifest('web', backend.port), manifest('cart', backend.port));
    await becomes('web', 200);
    await becomes('cart', 200);
  });

  it('serves on what it holds while the control plane is away, says so for the rest, and gets that when it is back', async () => {
    write(manifest('web', backend.port), manifest('cart', backend.port));
    const plane = await controlPlane();
    const { client, app } = await sidecar(plane.port, { ...env, SWITCHBOARD_ON_DEMAND_WAIT: '200ms' });
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
    const again = await controlPlane(plane.port);
    expect(again.port).toBe(plane.port);
    let status = 0;
    for (let tries = 0; tries < 50 && status !== 200; tries += 1) status = (await caller.ask(get('cart'))).status;
    expect(status).toBe(200);
  }, 20_000);

  it('lets go of what nobody dials, on both sides', async () => {
    write(manifest('web', backend.port), manifest('cart', backend.port));
    const plane = await controlPlane();
    const { client, held, app } = await sidecar(plane.port, { ...env, SWITCHBOARD_ON_DEMAND_IDLE: '300ms' });
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
    write(manifest('web', backend.port), manifest('cart', backend.port));
    const plane = await controlPlane();
    const { client, held } = await sidecar(plane.port, { ...env, SWITCHBOARD_XDS_SCOPE: 'all' });
    expect(held()).toHaveLength(2);
    expect((await (await client()).ask(get('web'))).text).toBe('a /');
  });
});
