// Promises of the local mesh with real processes on loopback; our own programs are stand-ins that listen and end as ours do.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { isAlive, LocalScene, TEST_POD_CIDR } from '../../support/local-scene.ts';
import { waitUntil } from '../../support/wait-until.ts';

let scene: LocalScene;

beforeEach(() => {
  scene = new LocalScene();
});
afterEach(() => scene.close());

/** Answers with its pod's name, and on SIGTERM writes what the state folder said of it at that moment. */
const SERVER = `
    const { createServer } = require('node:http');
    const { readFileSync } = require('node:fs');
    const server = createServer((request, response) => {
      if (request.url === '/die') process.exit(3);
      response.end(process.env.HOSTNAME);
    });
    server.listen(process.env.PORT, process.env.HOST);
    process.on('SIGTERM', () => {
      const file = process.env.STATE + '/pods/default.' + process.env.HOSTNAME + '.yaml';
      console.log('terminating was told: ' + readFileSync(file, 'utf8').includes('deletionTimestamp'));
      server.close(() => process.exit(0));
    });
`;

function web(replicas: number, port = 8_711): string {
  return `
apiVersion: v1
kind: ConfigMap
metadata: { name: code }
data:
  server.cjs: |${SERVER}
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: ${replicas}
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      terminationGracePeriodSeconds: 3
      containers:
        - name: app
          command: [node, /app/server.cjs]
          ports: [{ name: http, containerPort: ${port} }]
          env: [{ name: STATE, value: ${scene.state.path} }]
          readinessProbe: { httpGet: { path: /ready, port: http }, periodSeconds: 1 }
          volumeMounts: [{ name: code, mountPath: /app }]
      volumes: [{ name: code, configMap: { name: code } }]
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { selector: { app: web }, ports: [{ port: 80, targetPort: http }] }
`;
}

const CLIENT = `
apiVersion: v1
kind: Pod
metadata: { name: client, annotations: { switchboard.dev/inject: enabled } }
spec:
  terminationGracePeriodSeconds: 1
  containers: [{ name: app, command: [sleep, "1000"] }]
`;

function isReady(name: string): boolean {
  const pod = scene.pods.find(({ metadata }) => metadata.name === name);
  return pod?.status.conditions.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
}

describe('local mesh', () => {
  it('runs each pod on an address of its own, all on the same port, and says how to call them', async () => {
    scene.folder.write('web.yaml', web(3));
    scene.folder.write('client.yaml', CLIENT);
    const { frontDoor } = await scene.start();
    await scene.says(/^ready {2}4 pods up/);
    expect(scene.lines.at(-1)).toBe(`curl -x http://${frontDoor} http://web/data`);
    const pods = scene.pods.filter(({ metadata }) => metadata.name.startsWith('web-'));
    const answers = await Promise.all(
      pods.map(async ({ status }) => (await fetch(`http://${status.podIP}:8711/`)).text()),
    );
    expect(answers.sort()).toEqual(pods.map(({ metadata }) => metadata.name).sort());
    expect(await (await fetch(`http://${frontDoor}/`)).text()).toBe('sidecar of client');
  });

  it('tells that a pod has died at once, and brings it back within a second on the same address', async () => {
    scene.folder.write('web.yaml', web(1));
    await scene.start();
    await scene.says(/^ready/);
    const [pod] = scene.pods;
    const name = pod?.metadata.name ?? '';
    await fetch(`http://${pod?.status.podIP}:8711/die`).catch(() => {});
    await scene.says(/container app exited with code 3; starts again in 0.5 s/);
    expect(isReady(name)).toBe(false);
    await waitUntil('ready again', () => (isReady(name) ? true : null));
    expect(scene.pods[0]?.status).toMatchObject({ podIP: pod?.status.podIP, containerStatuses: [{ restartCount: 1 }] });
  });

  it('follows an edit of replicas, and tells that a pod is terminating before it gets SIGTERM', async () => {
    scene.folder.write('web.yaml', web(2));
    await scene.start();
    await scene.says(/^ready/);
    const before = scene.pods.map(({ metadata }) => metadata.name);
    scene.folder.replace('web.yaml', web(1));
    await scene.says(/^Deployment default\/web changed: replicas 2 → 1/);
    await scene.says(/^pod web-\w+ gone/);
    const [gone] = before.filter((name) => !scene.pods.some(({ metadata }) => metadata.name === name));
    expect(scene.output(gone ?? '', 'app')).toBe('terminating was told: true\n');
  });

  it('asks tcpSocket and exec probes too', async () => {
    scene.folder.write(
      'web.yaml',
      web(1).replace(
        '{ httpGet: { path: /ready, port: http }, periodSeconds: 1 }',
        '{ exec: { command: [test, -f, /app/server.cjs] } }',
      ) +
        `---${web(1, 8_712).split('---')[1]}`
          .replace('{ name: web }', '{ name: other }')
          .replace('{ httpGet: { path: /ready, port: http }, periodSeconds: 1 }', '{ tcpSocket: { port: http } }'),
    );
    await scene.start();
    await scene.says(/^ready {2}2 pods up/);
  });

  it('waits for a port that another program has, names the line of the manifest, and goes on when it is free', async () => {
    const squatter = createServer().listen({ host: '0.0.0.0', port: 8_713 });
    await once(squatter, 'listening');
    scene.folder.write('web.yaml', web(1, 8_713));
    await scene.start();
    const line = await scene.says(/port 8713 is taken on every address/);
    expect(line).toMatch(/web\.yaml:\d+: spec\.template\.spec\.containers\[0\]\.ports\[0\]: /);
    squatter.close();
    await scene.says(/^ready {2}1 pod up/);
    await scene.says(/^resolved .*port 8713/);
  });

  it('keeps what is good running when a file is malformed, and says where', async () => {
    scene.folder.write('web.yaml', web(1));
    await scene.start();
    await scene.says(/^ready/);
    const [pod] = scene.pods;
    scene.folder.replace('web.yaml', `${web(1)}---\nkind: [`);
    await scene.says(/^error .*web\.yaml:\d+: .*YAML/);
    expect(await (await fetch(`http://${pod?.status.podIP}:8711/`)).text()).toBe(pod?.metadata.name);
  });

  it('starts the control plane again when it is killed, and the pods do not notice', async () => {
    scene.folder.write('web.yaml', web(1));
    const { xdsAddress } = await scene.start();
    await scene.says(/^ready/);
    const pids = scene.processes.filter(({ what }) => what.startsWith('pod')).map(({ pid }) => pid);
    process.kill(scene.processes.find(({ what }) => what === 'control plane')?.pid ?? 0, 'SIGKILL');
    await scene.says(/^the control plane was ended by SIGKILL; starts again/);
    await scene.says(/^the control plane serves again/);
    expect((await fetch(`http://${xdsAddress}/`)).status).toBe(200);
    expect(scene.processes.filter(({ what }) => what.startsWith('pod')).map(({ pid }) => pid)).toEqual(pids);
  });

  it('refuses a second run on the same state folder in one line, and a state folder among the manifests', async () => {
    scene.folder.write('client.yaml', CLIENT);
    await scene.start();
    await expect(scene.start()).rejects.toThrow(`is up already, as process ${process.pid}`);
    const inside = new LocalScene();
    inside.folder.remove();
    await expect(inside.start()).rejects.toThrow('does not exist');
    await inside.close();
  });

  it('leaves nothing behind: no process, no pod, no lock', async () => {
    scene.folder.write('web.yaml', web(2));
    scene.folder.write('client.yaml', CLIENT);
    await scene.start();
    await scene.says(/^ready/);
    const pids = scene.processes.map(({ pid }) => pid);
    expect(pids).toHaveLength(5);
    await scene.stop();
    expect(pids.filter(isAlive)).toEqual([]);
    expect(scene.pods).toEqual([]);
    expect(scene.processes).toEqual([]);
    await scene.start();
  });

  it('ends with a killed supervisor as far as it is ours, and the next one ends the pods that it left', async () => {
    scene.folder.write('web.yaml', web(1));
    scene.folder.write('client.yaml', CLIENT);
    const fixture = fileURLToPath(new URL('../../fixtures/local/supervisor.ts', import.meta.url));
    const args = [fixture, scene.folder.path, scene.state.path, TEST_POD_CIDR];
    const first = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    first.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    await waitUntil('the first supervisor is ready', () => (said.includes('\nready') ? true : null), 10_000);
    const all = scene.processes;
    first.kill('SIGKILL');
    await once(first, 'exit');
    const ours = all.filter(({ what }) => what === 'control plane' || what.endsWith('sidecar'));
    expect(ours).toHaveLength(2);
    await waitUntil('our programs have ended', () => (ours.some(({ pid }) => isAlive(pid)) ? null : true));
    const apps = all.filter(({ what }) => what.includes('container'));
    expect(apps.map(({ pid }) => isAlive(pid))).toEqual([true, true]);
    await scene.start();
    expect(apps.map(({ pid }) => isAlive(pid))).toEqual([false, false]);
    expect(scene.lines[0]).toMatch(
      /^ended 2 processes that an earlier run had left behind: pod default\/.*, container app; /,
    );
    await scene.says(/^ready {2}2 pods up/);
  });
});
