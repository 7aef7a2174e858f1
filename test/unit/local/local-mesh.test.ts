// The pods of a folder: what the supervisor does when manifests change and pods come and go, with processes and time made up.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { seededRandom } from '../../../src/base/random.ts';
import { parseManifest } from '../../../src/kube/parse-manifest.ts';
import type { Pod } from '../../../src/kube/pod.ts';
import { AddressPool } from '../../../src/local/address-pool.ts';
import type { MeshEvent } from '../../../src/local/events.ts';
import { IssueBoard } from '../../../src/local/issue-board.ts';
import { LocalMesh } from '../../../src/local/local-mesh.ts';
import { SPREAD_MS } from '../../../src/local/local-pod.ts';
import { LogFiles } from '../../../src/local/log-files.ts';
import { plainPaint, renderEvent } from '../../../src/local/render-event.ts';
import { StateFolder } from '../../../src/local/state-folder.ts';
import { type FakeProcess, FakeProcessHost } from '../../support/fake-process-host.ts';
import { manifests } from '../../support/manifests.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { TempFolder } from '../../support/temp-folder.ts';
import { turns } from '../../support/until.ts';

const folder = new TempFolder();
let scenes = 0;

afterAll(() => folder.remove());

class Scene {
  readonly clock = new ManualClock();
  readonly host = new FakeProcessHost();
  readonly lines: string[] = [];
  readonly state: StateFolder;
  readonly taken = new Set<string>();
  readonly mesh: LocalMesh;
  idles = 0;

  constructor(maxPods = 20) {
    scenes += 1;
    this.state = new StateFolder(folder.at(`state-${scenes}`));
    this.state.reset();
    const report = (event: MeshEvent): void => void this.lines.push(...renderEvent(event, plainPaint));
    let uid = 0;
    this.mesh = new LocalMesh({
      context: {
        clock: this.clock,
        host: this.host,
        probeHost: this.host,
        ports: { stateOf: async (host, port) => (this.taken.has(`${host}:${port}`) ? 'taken' : 'free') },
        state: this.state,
        logs: new LogFiles(this.clock),
        machine: { nodePath: '/node', baseEnv: {}, folder: '/' },
        launchSidecar: ({ outboundAddresses }) => ({
          command: ['sidecar'],
          env: { OUTBOUND: outboundAddresses.join(',') },
        }),
        report,
        issues: new IssueBoard(report),
      },
      addresses: new AddressPool({ base: 0x7f540000, size: 256, text: '' }, { claim: async () => true }),
      random: seededRandom(1),
      newUid: () => {
        uid += 1;
        return `uid-${uid}`;
      },
      frontDoor: '127.0.0.1:15001',
      maxPods,
      onIdle: () => {
        this.idles += 1;
      },
    });
  }

  async update(text: string): Promise<void> {
    this.mesh.update(manifests(text));
    await turns(20);
  }

  async pass(ms: number): Promise<void> {
    for (let step = 0; step < ms; step += 50) {
      this.clock.advance(50);
      await turns(2);
    }
    await turns(20);
  }

  /** What was told since the last call. */
  told(): string[] {
    return this.lines.splice(0);
  }

  /** The Pod objects in the state folder, as the control plane reads them. */
  get pods(): Pod[] {
    return readdirSync(this.state.pods).flatMap((name) => {
      const { objects, issues } = parseManifest(readFileSync(join(this.state.pods, name), 'utf8'), name);
      if (issues.length > 0) throw new Error(issues[0]?.message);
      return objects.flatMap(({ object }) => (object.kind === 'Pod' ? [object] : []));
    });
  }

  running(what: string): readonly FakeProcess[] {
    return this.host.running.filter(({ spec }) => spec.what.includes(what));
  }
}

function deployment(replicas: number, more = ''): string {
  return `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: ${replicas}
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      terminationGracePeriodSeconds: 5
      containers:
        - name: app
          command: [app]
          ports: [{ name: http, containerPort: 8080 }]
${more}`;
}

function barePod(name: string, more = '', labels = 'app: one'): string {
  return `
---
apiVersion: v1
kind: Pod
metadata: { name: ${name}, labels: { ${labels} }${more} }
spec: { containers: [{ name: app, command: [app] }] }
`;
}

const INJECT = ', annotations: { switchboard.dev/inject: enabled }';

describe('LocalMesh', () => {
  it('starts a process with an address of its own for each pod and writes what it sees as Pods', async () => {
    const scene = new Scene();
    await scene.update(deployment(2));
    expect(scene.host.running.map(({ spec }) => [spec.command, spec.env['HOST'], spec.env['PORT']])).toEqual([
      [['app'], '127.84.0.1', '8080'],
      [['app'], '127.84.0.2', '8080'],
    ]);
    const [first] = scene.pods;
    expect(first?.metadata.name).toMatch(/^web-[a-z0-9]{5}$/);
    expect(first?.metadata.labels).toMatchObject({ app: 'web', 'pod-template-hash': expect.any(String) });
    expect(first?.metadata.uid).toMatch(/^uid-/);
    expect(first?.spec.containers[0]?.ports[0]).toMatchObject({ name: 'http', containerPort: 8080 });
    expect(first?.status).toMatchObject({
      phase: 'Running',
      podIPs: [{ ip: expect.stringMatching(/^127\.84\.0\.[12]$/) }],
      containerStatuses: [{ name: 'app', ready: true, restartCount: 0 }],
    });
    expect(first?.status.conditions.filter(({ status }) => status === 'True').map(({ type }) => type)).toContain(
      'Ready',
    );
    expect(scene.mesh.isSettled).toBe(true);
  });

  it('writes that a crashed pod is not ready before anything else, and starts it again after 0.5 s', async () => {
    const scene = new Scene();
    await scene.update(deployment(1));
    scene.told();
    scene.host.running[0]?.exit(1);
    expect(scene.pods[0]?.status.conditions.find(({ type }) => type === 'Ready')).toMatchObject({
      status: 'False',
      message: 'container app exited with code 1',
    });
    await scene.pass(500);
    expect(scene.pods[0]?.status.containerStatuses).toEqual([{ name: 'app', ready: true, restartCount: 1 }]);
    const name = scene.pods[0]?.metadata.name;
    const log = `${scene.state.logs}/default.${name}/app.log`;
    expect(scene.told()).toEqual([
      `pod ${name} container app exited with code 1; starts again in 0.5 s (output: ${log})`,
      `pod ${name} ready 127.84.0.1:8080`,
    ]);
  });

  it('says that a pod is terminating, then waits, then sends SIGTERM, and forgets it when it has ended', async () => {
    const scene = new Scene();
    await scene.update(deployment(1));
    const [child] = scene.host.running;
    if (child !== undefined) child.obeys = false;
    await scene.update(deployment(0));
    expect(scene.pods[0]?.metadata.deletionTimestamp).toBe('2026-01-01T00:00:00Z');
    expect(scene.pods[0]?.status.conditions.find(({ type }) => type === 'Ready')?.status).toBe('True');
    await scene.pass(SPREAD_MS - 50);
    expect(child?.signals).toEqual([]);
    await scene.pass(50);
    expect(child?.signals).toEqual(['SIGTERM']);
    await scene.pass(5_000);
    expect(child?.signals).toEqual(['SIGTERM', 'SIGKILL']);
    expect(scene.pods).toEqual([]);
    expect(scene.told().slice(-2)).toEqual([
      expect.stringMatching(/^pod web-\w+ stopping: scaled down$/),
      expect.stringMatching(/^pod web-\w+ gone$/),
    ]);
  });

  it('scales without touching the others', async () => {
    const scene = new Scene();
    await scene.update(deployment(2));
    const before = scene.host.running.map(({ pid }) => pid);
    await scene.update(deployment(4));
    expect(scene.host.running.map(({ pid }) => pid).slice(0, 2)).toEqual(before);
    await scene.update(deployment(2));
    await scene.pass(1_000);
    expect(scene.host.running.map(({ pid }) => pid)).toEqual(before);
  });

  it('rolls to a new template without ever having fewer ready pods, on new addresses', async () => {
    const scene = new Scene();
    await scene.update(deployment(3));
    const changed = deployment(3, '          env: [{ name: A, value: x }]');
    scene.mesh.update(manifests(changed));
    for (let round = 0; round < 60; round += 1) {
      await scene.pass(50);
      const ready = scene.pods.filter(
        ({ metadata, status }) =>
          metadata.deletionTimestamp === undefined &&
          status.conditions.some(({ type, status: value }) => type === 'Ready' && value === 'True'),
      );
      expect(ready.length).toBeGreaterThanOrEqual(3);
    }
    expect(scene.host.running.map(({ spec }) => [spec.env['A'], spec.env['HOST']])).toEqual([
      ['x', '127.84.0.4'],
      ['x', '127.84.0.5'],
      ['x', '127.84.0.6'],
    ]);
    expect(scene.mesh.isSettled).toBe(true);
  });

  it('gives a bare Pod new labels where it runs', async () => {
    const scene = new Scene();
    await scene.update(barePod('one'));
    await scene.update(barePod('one', '', 'app: two'));
    expect(scene.pods[0]?.metadata.labels).toEqual({ app: 'two' });
    expect(scene.host.started).toHaveLength(1);
  });

  it('gives the pods of a StatefulSet their numbers and names in DNS, in order', async () => {
    const scene = new Scene();
    const set = deployment(2)
      .replace('kind: Deployment', 'kind: StatefulSet')
      .replace('replicas: 2', 'replicas: 2\n  serviceName: db');
    await scene.update(set);
    expect(scene.pods.map(({ metadata, spec }) => [metadata.name, spec.hostname, spec.subdomain])).toEqual([
      ['web-0', 'web-0', 'db'],
      ['web-1', 'web-1', 'db'],
    ]);
    const [, second] = scene.host.running;
    second?.exit(1);
    await scene.pass(500);
    expect(scene.pods.map(({ metadata, status }) => [metadata.name, status.podIP])).toEqual([
      ['web-0', '127.84.0.1'],
      ['web-1', '127.84.0.2'],
    ]);
  });

  it('keeps a workload running as it was when its manifest can no longer be run', async () => {
    const scene = new Scene();
    await scene.update(deployment(1));
    await scene.update(deployment(1).replace('command: [app]', 'image: app'));
    expect(scene.host.running).toHaveLength(1);
    expect(scene.told().at(-1)).toContain('container "app" has no command');
  });

  it('does not start a container whose port is taken, says so once with its place, and starts it when it is free', async () => {
    const scene = new Scene();
    for (const address of ['127.84.0.1', '127.84.0.2', '127.255.255.254']) scene.taken.add(`${address}:8080`);
    await scene.update(deployment(2));
    await scene.pass(5_000);
    expect(scene.host.started).toEqual([]);
    const problems = scene.told().filter((line) => !line.startsWith('pod'));
    expect(problems).toEqual([
      'error test.yaml:15: spec.template.spec.containers[0].ports[0]: port 8080 is taken on every address: a program listens on 0.0.0.0:8080; ' +
        'end it (ss -ltnp "sport = :8080" tells which), or if it is a pod of yours make it listen on the pod\'s own address, which stands in $HOST and $POD_IP',
    ]);
    scene.taken.clear();
    await scene.pass(10_000);
    expect(scene.host.running).toHaveLength(2);
    expect(scene.told().filter((line) => line.startsWith('resolved'))).toHaveLength(1);
  });

  it('warns of a pod that takes its port on every address', async () => {
    const scene = new Scene();
    scene.taken.add('127.255.255.254:8080');
    await scene.update(deployment(1));
    expect(scene.told().at(-1)).toContain(
      'warning test.yaml:15: spec.template.spec.containers[0].ports[0]: the program listens on 0.0.0.0:8080',
    );
  });

  it('starts what waited for a ConfigMap as soon as that is there', async () => {
    const scene = new Scene();
    const more = '          envFrom: [{ configMapRef: { name: late } }]';
    await scene.update(deployment(1, more));
    await scene.pass(20_000);
    const problems = scene.told().filter((line) => !line.includes('starting'));
    expect(problems).toEqual([expect.stringContaining('names the ConfigMap "late", which is not there')]);
    const configMap = '\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: { name: late }\ndata: { A: x }\n';
    await scene.update(deployment(1, more) + configMap);
    expect(scene.host.running[0]?.spec.env['A']).toBe('x');
  });

  it('runs at most so many pods, and says so', async () => {
    const scene = new Scene(3);
    await scene.update(deployment(5));
    expect(scene.host.running).toHaveLength(3);
    expect(scene.told().at(-1)).toBe(
      'error test.yaml:6: spec.replicas: the local mesh runs at most 3 pods; Deployment/default/web gets no more; lower replicas',
    );
  });

  it('stops everything at a shutdown without waiting for anybody to hear of it', async () => {
    const scene = new Scene();
    await scene.update(deployment(2) + barePod('one', INJECT));
    await Promise.all([scene.mesh.stop(), scene.pass(500)]);
    expect(scene.host.running).toEqual([]);
    expect(scene.pods).toEqual([]);
  });
});

describe('sidecars of a LocalMesh', () => {
  it('start before the containers of their pod and stop after them', async () => {
    const scene = new Scene();
    await scene.update(barePod('one', INJECT));
    expect(scene.host.running.map(({ spec }) => spec.what)).toEqual(['pod default/one, sidecar']);
    expect(scene.host.running[0]?.spec.tethered).toBe(true);
    // Nothing answers at its admin address in this test, so the containers come after the longest wait.
    await scene.pass(5_200);
    expect(scene.running('container app')).toHaveLength(1);
    const [app] = scene.running('container app');
    if (app !== undefined) app.obeys = false;
    await scene.update('');
    await scene.pass(SPREAD_MS + 100);
    expect(app?.signals).toEqual(['SIGTERM']);
    expect(scene.running('sidecar')[0]?.signals).toEqual([]);
    app?.exit(0);
    await turns(5);
    expect(scene.running('sidecar')).toEqual([]);
  });

  it('have one front door among them, which goes to the oldest when its holder is gone', async () => {
    const scene = new Scene();
    await scene.update(barePod('one', INJECT) + barePod('two', INJECT) + barePod('three'));
    const outbound = () => scene.running('sidecar').map(({ spec }) => spec.env['OUTBOUND']);
    expect(outbound()).toEqual(['127.84.0.1:15001,127.0.0.1:15001', '127.84.0.2:15001']);
    expect(scene.mesh.frontDoorNamespace).toBe('default');
    await scene.update(barePod('two', INJECT) + barePod('three'));
    await scene.pass(7_000);
    expect(outbound()).toEqual(['127.84.0.2:15001,127.0.0.1:15001']);
  });
});
