// Promises of the control plane as one program, in this process, over a registry that the test fills.

import { ControlPlaneApp, openRegistries } from '../../../src/app/control-plane-app.ts';
import { type Clock, systemClock } from '../../../src/base/clock.ts';
import { silentLog } from '../../../src/base/log.ts';
import { warningIssue } from '../../../src/base/result.ts';
import { MemoryRegistry } from '../../../src/control/registry/memory.ts';
import type { Registry } from '../../../src/control/registry/registry.ts';
import { parseManifest } from '../../../src/kube/parse-manifest.ts';
import { renderSocketAddress } from '../../../src/model/socket-address.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const LOOPBACK = { host: '127.0.0.1', port: 0 };
const SERVICE = 'apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {ports: [{port: 80}]}\n';

function pod(name: string, ready: boolean): string {
  return `---
apiVersion: v1
kind: Pod
metadata: {name: ${name}, labels: {app: web}}
spec: {containers: [{name: c, image: x}]}
status: {phase: Running, podIP: 10.0.0.1, conditions: [{type: Ready, status: "${ready ? 'True' : 'False'}"}]}
`;
}

let app: ControlPlaneApp;
let admin: string;

async function start(registry: Registry, clock: Clock = systemClock): Promise<void> {
  app = new ControlPlaneApp({
    registries: [registry],
    xdsAddress: LOOPBACK,
    adminAddress: LOOPBACK,
    clusterDomain: 'mesh.local',
    clock,
    log: silentLog,
  });
  admin = renderSocketAddress((await app.start()).admin);
}

afterEach(() => app.close());

async function page(path: string): Promise<{ status: number; text: string }> {
  const response = await fetch(`http://${admin}${path}`);
  return { status: response.status, text: await response.text() };
}

function registryWith(manifest: string): MemoryRegistry {
  const registry = new MemoryRegistry();
  registry.upsert(...parseManifest(manifest, 'web.yaml').objects);
  return registry;
}

describe('the control plane', () => {
  it('is not ready, and tells nobody anything, before its registries have been read', async () => {
    await start({ name: 'silent', selectsPods: true, watch: () => () => {} });
    expect(await page('/ready')).toEqual({ status: 503, text: 'PRE_INITIALIZING\n' });
    expect(await page('/debug/snapshot')).toMatchObject({ status: 503 });
    expect((await page('/stats/prometheus')).text).toContain('\nswitchboard_ready 0\n');
  });

  it('shows what the sidecars of a namespace are told', async () => {
    await start(registryWith(SERVICE));
    await app.ready;
    const { status, text } = await page('/debug/snapshot?namespace=default');
    expect(status).toBe(200);
    expect(JSON.parse(text)).toMatchObject({
      namespace: 'default',
      clusters: [{ name: 'outbound|80|web.default.svc.mesh.local' }],
      listeners: [{ name: 'outbound' }],
      routes: [{ name: 'proxy/default' }],
    });
  });

  it('shows what became of each TrafficPolicy, and which of them counts for each port', async () => {
    const policy =
      '---\napiVersion: switchboard.dev/v1alpha1\nkind: TrafficPolicy\nmetadata: {name: slow}\nspec: {targetRefs: [{name: web}], timeouts: {request: 1m}}\n';
    await start(registryWith(SERVICE + policy));
    await app.ready;
    const { status, text } = await page('/debug/policies');
    expect(status).toBe(200);
    expect(JSON.parse(text)).toMatchObject({
      policies: [{ name: 'slow', source: 'web.yaml:6', status: { ancestors: [{ conditions: [{ status: 'True' }] }] } }],
      services: [{ name: 'web', ports: [{ port: 80, sections: { timeouts: 'slow' } }] }],
    });
  });

  it('shows every Pod and whether it is ready, and none while a change waits for others', async () => {
    const registry = registryWith(SERVICE + pod('web-1', true) + pod('web-2', false));
    const clock = new ManualClock();
    await start(registry, clock);
    await app.ready;
    expect(JSON.parse((await page('/debug/pods')).text)).toEqual({
      pods: [
        { namespace: 'default', name: 'web-1', ready: true },
        { namespace: 'default', name: 'web-2', ready: false },
      ],
    });
    registry.upsert(...parseManifest(pod('web-2', true), 'web.yaml').objects);
    expect(JSON.parse((await page('/debug/pods')).text)).toEqual({ pods: null });
    clock.advance(50);
    expect(JSON.parse((await page('/debug/pods')).text)).toMatchObject({ pods: [{}, { name: 'web-2', ready: true }] });
  });

  it('shows the status of routes of Gateway API', async () => {
    const route = `---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: r}
spec: {parentRefs: [{group: "", kind: Service, name: gone}]}
`;
    await start(registryWith(SERVICE + route));
    await app.ready;
    expect(JSON.parse((await page('/debug/gateway-routes')).text)).toMatchObject({
      routes: [
        {
          kind: 'HTTPRoute',
          name: 'r',
          parents: [{ conditions: [{ type: 'Accepted', reason: 'NoMatchingParent' }, { type: 'ResolvedRefs' }] }],
        },
      ],
    });
  });

  it('refuses what is no namespace with 400', async () => {
    await start(registryWith(SERVICE));
    await app.ready;
    expect(await page('/debug/snapshot?namespace=A%20B')).toMatchObject({ status: 400 });
  });

  it('shows every issue, as a line and as JSON, and counts them', async () => {
    const registry = registryWith(SERVICE);
    registry.setIssues([warningIssue('is odd', { source: 'a.yaml', line: 3, remedy: 'mend it' })]);
    await start(registry);
    await app.ready;
    expect((await page('/debug/issues')).text).toContain('warning: a.yaml:3: is odd; mend it\n');
    expect(JSON.parse((await page('/debug/issues?format=json')).text)).toMatchObject({ issues: [{ line: 3 }] });
    expect((await page('/stats/prometheus')).text).toMatch(/\nswitchboard_manifest_warnings [1-9]/);
  });

  it('may be closed in every state, and again', async () => {
    await start(registryWith(SERVICE));
    await app.drain(1_000);
    await app.close();
    await app.close();
    await expect(page('/ready')).rejects.toThrow();
  });

  it('hands a port that it cannot bind to whoever explains it, and says which', async () => {
    await start(registryWith(SERVICE));
    const [, port] = admin.split(':');
    const address = { host: '127.0.0.1', port: Number(port) };
    const base = { registries: [registryWith(SERVICE)], clusterDomain: 'd', clock: systemClock, log: silentLog };
    const explainListen = (error: unknown, which: string) => new Error(`${which}: ${(error as { code: string }).code}`);
    const second = new ControlPlaneApp({ ...base, explainListen, xdsAddress: address, adminAddress: LOOPBACK });
    await expect(second.start()).rejects.toThrow('xds: EADDRINUSE');
    await second.close();
    const third = new ControlPlaneApp({ ...base, explainListen, xdsAddress: LOOPBACK, adminAddress: address });
    await expect(third.start()).rejects.toThrow('admin: EADDRINUSE');
    await third.close();
  });
});

describe('openRegistries', () => {
  it('opens folders in order and tells every problem', () => {
    const opened = openRegistries(['file:a', 'file:b'], systemClock);
    expect(opened.ok && opened.value.map((registry) => registry.name)).toEqual(['file:a', 'file:b']);
    const refused = openRegistries(['file:', 'etcd:x'], systemClock);
    expect(!refused.ok && refused.issues).toHaveLength(2);
  });
});
