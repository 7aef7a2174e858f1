// Manifests as workloads: what counts as a change, what gets a sidecar, and what can't be run here.
import { renderIssue } from '../../../src/base/result.ts';
import { translateWorkloads, type Workload } from '../../../src/local/workload.ts';
import { manifests } from '../../support/manifests.ts';

const DEPLOYMENT = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 2
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      containers:
        - name: app
          command: [node, a.js]
`;

const POD = `
apiVersion: v1
kind: Pod
metadata: { name: one, labels: { app: one } }
spec:
  containers: [{ name: app, command: [node, a.js] }]
`;

function workload(text: string): Workload {
  const { runnable, issues } = translateWorkloads(manifests(text));
  const [first] = runnable;
  if (first === undefined) throw new Error(issues.map(renderIssue).join());
  return first;
}

function issuesOf(text: string): string[] {
  return translateWorkloads(manifests(text)).issues.map((issue) => `${issue.severity} ${renderIssue(issue)}`);
}

describe('translateWorkloads', () => {
  it('reads a Deployment', () => {
    expect(workload(DEPLOYMENT)).toMatchObject({
      key: 'Deployment/default/web',
      kind: 'Deployment',
      replicas: 2,
      injected: false,
    });
  });

  it('keeps the hash of a template when only replicas change, and changes it with its labels', () => {
    const { templateHash } = workload(DEPLOYMENT);
    expect(workload(DEPLOYMENT.replace('replicas: 2', 'replicas: 5')).templateHash).toBe(templateHash);
    const relabelled = DEPLOYMENT.replace(
      'metadata: { labels: { app: web } }',
      'metadata: { labels: { app: web, v: "2" } }',
    );
    expect(workload(relabelled).templateHash).not.toBe(templateHash);
  });

  it('tells new labels of a bare Pod from a new spec', () => {
    const before = workload(POD);
    const relabelled = workload(POD.replace('app: one', 'app: two'));
    expect(relabelled.templateHash).toBe(before.templateHash);
    expect(relabelled.metadataHash).not.toBe(before.metadataHash);
    expect(workload(POD.replace('a.js', 'b.js')).templateHash).not.toBe(before.templateHash);
  });

  it('reads the policy and the Service of a StatefulSet', () => {
    const text = DEPLOYMENT.replace('kind: Deployment', 'kind: StatefulSet').replace('replicas: 2', 'serviceName: db');
    expect(workload(text)).toMatchObject({ kind: 'StatefulSet', replicas: 1, ordered: true, serviceName: 'db' });
    expect(workload(text.replace('serviceName: db', 'podManagementPolicy: Parallel')).ordered).toBe(false);
  });

  it.each([
    ['annotations: { switchboard.dev/inject: enabled }', '', true],
    ['labels: { switchboard.dev/inject: enabled }', '', true],
    ['annotations: { switchboard.dev/inject: enabled }, labels: { switchboard.dev/inject: disabled }', '', false],
    ['labels: {}', 'enabled', true],
    ['annotations: { switchboard.dev/inject: disabled }', 'enabled', false],
    ['labels: {}', 'disabled', false],
  ])('decides on a sidecar: pod %s, namespace "%s": %p', (metadata, namespace, expected) => {
    const label = namespace === '' ? '{}' : `{ switchboard.dev/inject: ${namespace} }`;
    const text = `
apiVersion: v1
kind: Namespace
metadata: { name: default, labels: ${label} }
---${POD.replace('labels: { app: one }', metadata)}`;
    expect(workload(text).injected).toBe(expected);
  });

  it('can not run a container without a command, and says where and what to do', () => {
    const text = POD.replace(', command: [node, a.js]', ', image: nginx');
    expect(translateWorkloads(manifests(text)).broken).toEqual(new Set(['Pod/default/one']));
    expect(issuesOf(text)).toEqual([
      'error test.yaml:6: spec.containers[0]: container "app" has no command: the local mesh runs processes and can\'t start the image nginx; ' +
        'add a command that starts the program on this machine, e.g. command: [node, server.mjs]',
    ]);
  });

  it.each([
    ['env: [{ name: X, valueFrom: { secretKeyRef: { name: s, key: k } } }]', 'error', 'Secrets are not read'],
    ['volumeMounts: [{ name: none, mountPath: /a }]', 'error', 'the volume "none" is not among'],
    [
      'readinessProbe: { tcpSocket: { port: http } }',
      'error',
      'asks the port "http", which container "app" does not have',
    ],
    ['livenessProbe: { grpc: { port: 9000 } }', 'warning', 'asked as tcpSocket'],
    ['env: [{ name: X, valueFrom: { resourceFieldRef: { resource: limits.cpu } } }]', 'warning', 'stays unset'],
  ])('tells of %s', (field, severity, message) => {
    const [line, ...more] = issuesOf(POD.replace('command: [node, a.js]', `command: [node], ${field}`));
    expect(more).toEqual([]);
    expect(line).toMatch(new RegExp(`^${severity} test.yaml:6: `));
    expect(line).toContain(message);
  });

  it('refuses names that would lead out of the state folder', () => {
    expect(issuesOf(POD.replace('name: app,', 'name: "../x",'))[0]).toContain('the container name "../x" is not valid');
  });

  it('runs what is good beside what is not', () => {
    const { runnable, broken } = translateWorkloads(
      manifests(`${DEPLOYMENT}\n---${POD.replace('command: [node, a.js]', 'args: [x]')}`),
    );
    expect(runnable.map(({ key }) => key)).toEqual(['Deployment/default/web']);
    expect([...broken]).toEqual(['Pod/default/one']);
  });
});
