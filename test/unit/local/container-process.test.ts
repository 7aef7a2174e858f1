// A container of a manifest as a process: variables, files and paths.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Result, renderIssue } from '../../../src/base/result.ts';
import type { ConfigMap } from '../../../src/kube/config-objects.ts';
import { containerProcess, execProcess, type Machine } from '../../../src/local/container-process.ts';
import type { PodFacts } from '../../../src/local/pod-facts.ts';
import { writeVolumes } from '../../../src/local/pod-volumes.ts';
import type { ProcessSpec } from '../../../src/local/process-host.ts';
import { StateFolder } from '../../../src/local/state-folder.ts';
import { manifest, manifests } from '../../support/manifests.ts';
import { TempFolder } from '../../support/temp-folder.ts';

const folder = new TempFolder();
const state = new StateFolder(folder.at('state'));
const machine: Machine = {
  nodePath: '/opt/node/bin/node',
  baseEnv: { PATH: '/usr/bin', HOME: '/home/me' },
  folder: '/manifests',
};

beforeEach(() => state.reset());
afterAll(() => folder.remove());

const CONFIG = `
apiVersion: v1
kind: ConfigMap
metadata: { name: settings }
data: { COLOR: blue, greeting: hello, file.txt: "content\\n" }
binaryData: { raw.bin: AAEC }
`;

function configMaps(text = CONFIG): ReadonlyMap<string, ConfigMap> {
  return new Map(
    manifests(text).flatMap(({ object }) => (object.kind === 'ConfigMap' ? [[object.metadata.name, object]] : [])),
  );
}

/** A pod with one container, whose YAML is given. */
function podOf(container: string, given: Partial<PodFacts> = {}, volumes = ''): PodFacts {
  const pod = manifest(
    'Pod',
    `
apiVersion: v1
kind: Pod
metadata:
  name: client
  namespace: shop
  labels: { app: client, app.kubernetes.io/name: web }
  annotations: { team: blue }
spec:
  serviceAccountName: robot
${volumes}
  containers:
    - name: app
${container.replaceAll(/^/gm, '      ')}
`,
  );
  const { labels, annotations } = pod.metadata;
  const spec = pod.spec;
  return {
    namespace: 'shop',
    name: 'client-1',
    uid: 'u-1',
    ip: '127.1.0.9',
    labels,
    annotations,
    spec,
    injected: false,
    ...given,
  };
}

function describeProcess(pod: PodFacts): Result<ProcessSpec> {
  const [container] = pod.spec.containers;
  if (container === undefined) throw new Error('no container');
  return containerProcess(container, pod, { machine, state, configMaps: configMaps() });
}

function processOf(pod: PodFacts): ProcessSpec {
  const result = describeProcess(pod);
  if (!result.ok) throw new Error(result.issues.map(renderIssue).join());
  return result.value;
}

function problemsOf(pod: PodFacts): string {
  const result = describeProcess(pod);
  return result.ok ? '' : result.issues.map(renderIssue).join('\n');
}

describe('variables of a container', () => {
  it('are the few of the machine and where the pod stands, and nothing else of the supervisor', () => {
    const { env } = processOf(
      podOf('command: [node, a.js]\nports: [{ containerPort: 8080 }, { containerPort: 9090 }]'),
    );
    expect(env).toEqual({
      PATH: '/opt/node/bin:/usr/bin',
      HOME: '/home/me',
      HOSTNAME: 'client-1',
      HOST: '127.1.0.9',
      POD_IP: '127.1.0.9',
      PORT: '8080',
    });
  });

  it('lead the calls of an injected pod to its sidecar', () => {
    const { env } = processOf(podOf('command: [node]', { injected: true }));
    expect(env).toMatchObject({
      http_proxy: 'http://127.1.0.9:15001',
      HTTP_PROXY: 'http://127.1.0.9:15001',
      grpc_proxy: 'http://127.1.0.9:15001',
      NODE_USE_ENV_PROXY: '1',
      no_proxy: 'localhost,127.0.0.1',
    });
  });

  it('can be set otherwise by the manifest', () => {
    const container =
      'command: [node]\nports: [{ containerPort: 8080 }]\nenv: [{ name: PORT, value: "1" }, { name: http_proxy, value: "" }]';
    expect(processOf(podOf(container, { injected: true })).env).toMatchObject({ PORT: '1', http_proxy: '' });
  });

  it.each([
    ['metadata.name', 'client-1'],
    ['metadata.namespace', 'shop'],
    ['metadata.uid', 'u-1'],
    ["metadata.labels['app']", 'client'],
    ["metadata.labels['app.kubernetes.io/name']", 'web'],
    ["metadata.labels['none']", ''],
    ["metadata.annotations['team']", 'blue'],
    ['spec.nodeName', 'local'],
    ['spec.serviceAccountName', 'robot'],
    ['status.podIP', '127.1.0.9'],
    ['status.podIPs', '127.1.0.9'],
    ['status.hostIP', '127.0.0.1'],
  ])('take %s from the pod', (fieldPath, expected) => {
    const variable = `{ name: X, valueFrom: { fieldRef: { fieldPath: "${fieldPath}" } } }`;
    expect(processOf(podOf(`command: [node]\nenv: [${variable}]`)).env['X']).toBe(expected);
  });

  it('refuse a field that Kubernetes does not offer, and name those it does', () => {
    const container = 'command: [node]\nenv: [{ name: X, valueFrom: { fieldRef: { fieldPath: status.phase } } }]';
    expect(problemsOf(podOf(container))).toMatch(
      /X names the field "status.phase"; use one of metadata.name, .*status.podIP/,
    );
  });

  it('take a key or every key of a ConfigMap, those of env over those of envFrom', () => {
    const container = `command: [node]
envFrom: [{ prefix: CFG_, configMapRef: { name: settings } }]
env:
  - { name: ONE, valueFrom: { configMapKeyRef: { name: settings, key: greeting } } }
  - { name: CFG_COLOR, value: red }`;
    expect(processOf(podOf(container)).env).toMatchObject({ ONE: 'hello', CFG_COLOR: 'red', CFG_greeting: 'hello' });
  });

  it('stay unset where an optional ConfigMap or key is missing, and are a problem where a needed one is', () => {
    const at = (name: string, key: string, optional: boolean) =>
      podOf(
        `command: [node]\nenv: [{ name: X, valueFrom: { configMapKeyRef: { name: ${name}, key: ${key}, optional: ${optional} } } }]`,
      );
    expect(processOf(at('none', 'a', true)).env['X']).toBeUndefined();
    expect(problemsOf(at('none', 'a', false))).toContain('names the ConfigMap "none", which is not there');
    expect(problemsOf(at('settings', 'a', false))).toContain('names the key "a" that ConfigMap settings does not have');
  });

  it('refer to those before them', () => {
    const container = `command: [node]
env:
  - { name: A, value: "$(POD_IP):$(PORT)" }
  - { name: B, value: "<$(A)> $(LATER) $$(A)" }
  - { name: LATER, value: x }`;
    expect(processOf(podOf(container)).env).toMatchObject({
      A: '127.1.0.9:$(PORT)',
      B: '<127.1.0.9:$(PORT)> $(LATER) $(A)',
    });
  });
});

describe('command of a container', () => {
  it('expands variables, and `node` is the Node.js of the machine', () => {
    const container = 'command: [node, server.mjs]\nargs: ["--host=$(POD_IP)", node]';
    expect(processOf(podOf(container))).toMatchObject({
      command: ['/opt/node/bin/node', 'server.mjs', '--host=127.1.0.9', 'node'],
      cwd: '/manifests',
      tethered: false,
      what: 'pod shop/client-1, container app',
      logFile: state.podLogFile('shop', 'client-1', 'app'),
    });
  });

  it('gives a command beside the container the same variables', () => {
    const pod = podOf('command: [node]\nenv: [{ name: A, value: x }]');
    const [container] = pod.spec.containers;
    const result = execProcess(
      ['test', '$(A)'],
      container ?? { name: '', ports: [], env: [], envFrom: [], volumeMounts: [] },
      pod,
      {
        machine,
        state,
        configMaps: configMaps(),
      },
    );
    expect(result).toMatchObject({ ok: true, value: { command: ['test', 'x'], logFile: null, env: { A: 'x' } } });
  });
});

describe('volumes of a pod', () => {
  const VOLUMES = '  volumes: [{ name: code, configMap: { name: settings } }, { name: cache, emptyDir: {} }]';
  const MOUNTS = 'volumeMounts: [{ name: code, mountPath: /app }, { name: cache, mountPath: /app/cache/ }]';
  const code = state.volumeFolder('shop', 'client-1', 'code');
  const cache = state.volumeFolder('shop', 'client-1', 'cache');

  it('are mapped where a command, argument, value or working directory begins with their path, the longest first', () => {
    const container = `command: [/app/run, --in=/app, /application]
args: [/app, /app/cache/x]
workingDir: /app/sub
env: [{ name: DIR, value: /app/cache }, { name: OTHER, value: "x/app" }]
${MOUNTS}`;
    const spec = processOf(podOf(container, {}, VOLUMES));
    expect(spec.command).toEqual([join(code, 'run'), '--in=/app', '/application', code, join(cache, 'x')]);
    expect(spec.cwd).toBe(join(code, 'sub'));
    expect(spec.env).toMatchObject({ DIR: cache, OTHER: 'x/app' });
  });

  it('map a subPath to that place in the volume', () => {
    const mounts = 'volumeMounts: [{ name: code, mountPath: /etc/file.txt, subPath: file.txt }]';
    expect(processOf(podOf(`command: [cat, /etc/file.txt]\n${mounts}`, {}, VOLUMES)).command[1]).toBe(
      join(code, 'file.txt'),
    );
  });

  it('hold the files of a ConfigMap, binary ones too, and follow its changes', () => {
    const pod = podOf('command: [node]', {}, VOLUMES);
    expect(writeVolumes(pod, configMaps(), state)).toEqual([]);
    expect(readFileSync(join(code, 'file.txt'), 'utf8')).toBe('content\n');
    expect(readFileSync(join(code, 'raw.bin'))).toEqual(Buffer.from([0, 1, 2]));
    expect(existsSync(cache)).toBe(true);
    writeVolumes(
      pod,
      configMaps(CONFIG.replace('greeting: hello', 'welcome: bye').replace('content', 'changed')),
      state,
    );
    expect(readFileSync(join(code, 'file.txt'), 'utf8')).toBe('changed\n');
    expect(existsSync(join(code, 'greeting'))).toBe(false);
    expect(readFileSync(join(code, 'welcome'), 'utf8')).toBe('bye');
  });

  it('hold only the items that are named, under the names that are given', () => {
    const items =
      '  volumes: [{ name: code, configMap: { name: settings, items: [{ key: greeting, path: deep/down.txt }] } }]';
    writeVolumes(podOf('command: [node]', {}, items), configMaps(), state);
    expect(readFileSync(join(code, 'deep', 'down.txt'), 'utf8')).toBe('hello');
    expect(existsSync(join(code, 'COLOR'))).toBe(false);
  });

  it.each(['../out', '/etc/passwd', 'a/../../b'])('never write outside of the volume: %s', (path) => {
    const items = `  volumes: [{ name: code, configMap: { name: settings, items: [{ key: greeting, path: "${path}" }] } }]`;
    const issues = writeVolumes(podOf('command: [node]', {}, items), configMaps(), state);
    expect(issues.map(({ message }) => message)).toEqual([`ConfigMap settings would be written to "${path}"`]);
  });

  it('tell of a ConfigMap or a key that is not there, unless it is optional', () => {
    const volume = (text: string) =>
      podOf('command: [node]', {}, `  volumes: [{ name: code, configMap: { ${text} } }]`);
    const problems = (text: string) => writeVolumes(volume(text), configMaps(), state).map(({ message }) => message);
    expect(problems('name: none')).toEqual(['a volume names the ConfigMap "none", which is not there']);
    expect(problems('name: none, optional: true')).toEqual([]);
    expect(problems('name: settings, items: [{ key: k, path: p }]')).toEqual([
      'a volume names the key "k" that ConfigMap settings does not have',
    ]);
  });
});
