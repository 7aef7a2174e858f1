// Promises of reading manifests: what is good is kept, and each problem names file, line, path and remedy.
import { renderIssue } from '../../../src/base/result.ts';
import { placeOf } from '../../../src/kube/meta.ts';
import { keyOf, renderKey } from '../../../src/kube/objects.ts';
import { MAX_ISSUES_PER_FILE, MAX_MANIFEST_BYTES, parseManifest } from '../../../src/kube/parse-manifest.ts';

function keys(text: string): string[] {
  return parseManifest(text, 'a.yaml').objects.map(({ object }) => renderKey(keyOf(object)));
}

function problems(text: string): string[] {
  return parseManifest(text, 'a.yaml').issues.map(renderIssue);
}

function named(kind: string, name: string, rest = ''): string {
  return `apiVersion: v1\nkind: ${kind}\nmetadata: {name: ${name}}\n${rest}`;
}

const SERVICE = `apiVersion: v1
kind: Service
metadata: { name: my-api-service, labels: { app.kubernetes.io/name: x } }
spec:
  selector: { app: my-api }
  ports:
    - port: 80
      targetPort: http
`;

describe('parseManifest', () => {
  it('reads documents in order, with the namespace default and Kubernetes defaults filled in', () => {
    const { objects, issues } = parseManifest(`# mine\n---\n${SERVICE}---\n${named('Namespace', 'shop')}`, 'a.yaml');
    expect(issues).toEqual([]);
    expect(objects.map(({ object }) => renderKey(keyOf(object)))).toEqual([
      'Service default/my-api-service',
      'Namespace shop',
    ]);
    expect(objects[0]?.object).toMatchObject({
      spec: {
        type: 'ClusterIP',
        selector: { app: 'my-api' },
        ports: [{ port: 80, targetPort: 'http', protocol: 'TCP' }],
        publishNotReadyAddresses: false,
      },
    });
  });

  it('names the line of any path, or of the nearest one that is written out', () => {
    const [service] = parseManifest(`---\n# mine\n${SERVICE}`, 'a.yaml').objects;
    if (service === undefined) throw new Error('no service');
    expect(service.origin.line).toBe(3);
    expect(placeOf(service, 'spec.ports[0].targetPort')).toEqual({
      source: 'a.yaml',
      line: 10,
      path: 'spec.ports[0].targetPort',
    });
    expect(service.origin.lineOf('spec.ports[0].protocol')).toBe(9);
    expect(service.origin.lineOf("metadata.labels['app.kubernetes.io/name']")).toBe(5);
    expect(service.origin.lineOf('spec.nothing.there')).toBe(6);
  });

  it('reads JSON, also with tabs, and the items of a List, each with its own lines', () => {
    const text =
      '{\n\t"apiVersion": "v1",\n\t"kind": "List",\n\t"items": [\n\t\t{"apiVersion": "v1", "kind": "Namespace",\n\t\t"metadata": {"name": "a"}},\n\t\t{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "b"}}\n\t]\n}';
    const { objects } = parseManifest(text, 'a.json');
    expect(objects.map(({ object }) => object.metadata.name)).toEqual(['a', 'b']);
    expect(objects.map(({ origin }) => origin.line)).toEqual([5, 7]);
    expect(objects[0]?.origin.lineOf('metadata.name')).toBe(6);
  });

  it('reads block lists too, with the lines of their items', () => {
    const text = `kind: List\napiVersion: v1\nitems:\n  - apiVersion: v1\n    kind: Namespace\n    metadata:\n      name: a\n`;
    const [first] = parseManifest(text, 'a.yaml').objects;
    expect(first?.origin.line).toBe(4);
    expect(first?.origin.lineOf('metadata.name')).toBe(7);
  });

  it('reads anchors, aliases and merges; what stands in the mapping itself wins', () => {
    const text = named(
      'ConfigMap',
      'a',
      'x: &base {a: "1", b: "2"}\ndata:\n  <<: *base\n  b: "3"\nbinaryData: *base\n',
    );
    const [map] = parseManifest(text, 'a.yaml').objects;
    expect(map?.object).toMatchObject({ data: { a: '1', b: '3' }, binaryData: { a: '1', b: '2' } });
  });

  it('reads a byte order mark, CRLF, comments after "---", directives and "..."', () => {
    const text = `\uFEFF%YAML 1.2\r\n--- # first\r\n${named('Namespace', 'a').replaceAll('\n', '\r\n')}...\r\n---\r\n${named('Namespace', 'b')}`;
    expect(problems(text)).toEqual([]);
    expect(keys(text)).toEqual(['Namespace a', 'Namespace b']);
  });

  it('keeps the documents round one that is not YAML, whatever it leaves open', () => {
    for (const broken of [
      'a: b: c',
      '{a: [1, ',
      '"never closed',
      'a: |\n  x\n y: z: 1',
      '\tkey: 1',
      '[[[[[',
      '&',
      '*x',
      '? - : ',
    ]) {
      const text = `${named('Namespace', 'a')}---\n${broken}\n---\n${named('Namespace', 'b')}`;
      expect(keys(text)).toEqual(['Namespace a', 'Namespace b']);
      expect(problems(text).filter((line) => !/^a\.yaml:[5-7]: /.test(line))).toEqual([]);
      expect(problems(text)).toHaveLength(1);
    }
  });

  it('refuses a key that stands twice', () => {
    expect(problems(named('ConfigMap', 'a', 'data:\n  k: a\n  k: b\n'))).toEqual([
      'a.yaml:6: the document has the key "k" twice; keep one of them',
    ]);
  });

  it('says of two objects in one document what is missing between them', () => {
    expect(problems(`${named('Namespace', 'a')}${named('Namespace', 'b')}`)).toEqual([
      'a.yaml:4: the document has the key "apiVersion" twice; put "---" on a line between two objects',
    ]);
  });

  it('reads fields named like parts of JavaScript objects as plain data', () => {
    const [map] = parseManifest(named('ConfigMap', 'a', 'data: {__proto__: x, constructor: "1"}'), 'a').objects;
    expect(JSON.stringify(map?.object)).toContain('"data":{"__proto__":"x","constructor":"1"}');
  });

  const ROWS: readonly (readonly [text: string, issue: string])[] = [
    [named('Srvice', 'a'), 'a.yaml:2: kind: "Srvice" (v1) is not read; did you mean Service?'],
    [
      'apiVersion: serving.knative.dev/v1\nkind: Service',
      'a.yaml:2: kind: "Service" (serving.knative.dev/v1) is not read; the Service that counts here has "apiVersion: v1"',
    ],
    [
      named('Deployment', 'a'),
      'a.yaml:1: apiVersion: Deployment is not read in version "v1"; write "apiVersion: apps/v1"',
    ],
    [
      'apiVersion: app/v1\nkind: Deployment',
      'a.yaml:1: apiVersion: Deployment is not read in version "app/v1"; write "apiVersion: apps/v1"',
    ],
    [
      named('DestinationRule', 'a'),
      'a.yaml:2: kind: "DestinationRule" (v1) is not read; the kinds that count here are ConfigMap, Deployment, Endpoints, EndpointSlice, GRPCRoute, HTTPRoute, Namespace, Pod, ReferenceGrant, Service, StatefulSet, TrafficPolicy',
    ],
    [
      'apiVersion: apps/v1beta1\nkind: Deployment',
      'a.yaml:1: apiVersion: Deployment is not read in version "apps/v1beta1"; write "apiVersion: apps/v1"',
    ],
    ['kind: Pod', 'a.yaml:1: kind: Pod has no apiVersion; add "apiVersion: v1"'],
    ['a: 1', 'a.yaml:1: has no kind; begin it with apiVersion and kind'],
    ['- a', 'a.yaml:1: the document is not a Kubernetes object; begin it with apiVersion and kind'],
    ['apiVersion: v1\nkind: Pod\nspec: {}', 'a.yaml:1: metadata: is missing; add it'],
    ['apiVersion: v1\nkind: Pod\nmetadata: {labels: {}}\nspec: {}', 'a.yaml:3: metadata.name: is missing; add it'],
    [
      named('ConfigMap', 'a', 'data:\n  PORT: 8080'),
      'a.yaml:5: data.PORT: must be a text, not 8080; put it in quotes: "8080"',
    ],
    [
      named('ConfigMap', 'a', 'data:\n  DEBUG: yes'),
      'a.yaml:5: data.DEBUG: must be a text, not true; put it in quotes: "true"',
    ],
    [
      named('ConfigMap', 'a', 'data: [x]'),
      'a.yaml:4: data: it must be a mapping, not a list; write "key: value" lines below it',
    ],
    [
      named('Service', 'a', 'spec:\n  ports:\n  - port: "80"'),
      'a.yaml:6: spec.ports[0].port: must be a number from 1 to 65535, not "80"; remove the quotes',
    ],
    [
      named('Service', 'a', 'spec:\n  ports:\n  - port: 70000'),
      'a.yaml:6: spec.ports[0].port: must be a number from 1 to 65535, not 70000; write a whole number from 1 to 65535',
    ],
    [
      named('Service', 'a', 'spec:\n  ports:\n  - name: x'),
      'a.yaml:6: spec.ports[0].port: is missing; add a number from 1 to 65535',
    ],
    [
      named('Service', 'a', 'spec:\n  ports:\n  - port: 80\n    targetPort: "8080"'),
      'a.yaml:7: spec.ports[0].targetPort: "8080" is not a port name: it must be at most 15 lower-case letters, digits and single "-" inside, with at least one letter; remove the quotes: in quotes it is the name of a port',
    ],
    [
      named('Service', 'a', 'spec: {ports: {}}'),
      'a.yaml:4: spec.ports: must be a list, not a mapping; begin each item with "- "',
    ],
    [
      named('Service', 'a', 'spec: {ports: [{port: 80, protocol: tcp}]}'),
      'a.yaml:4: spec.ports[0].protocol: has the unknown value "tcp"; write one of TCP, UDP, SCTP',
    ],
    [
      named('Service', 'A_b', 'spec: {}'),
      'a.yaml:3: metadata.name: "A_b" is not a valid name; use at most 63 lower-case letters, digits and "-", with a letter or digit at both ends',
    ],
    [
      named('Pod', 'a', 'spec: {containers: [{name: c, readinessProbe: {httpGet: {port: 1}, exec: {command: [x]}}}]}'),
      'a.yaml:4: spec.containers[0].readinessProbe: must have one of httpGet, tcpSocket, exec, grpc, but names httpGet and exec; keep exactly one',
    ],
    [
      'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec:\n  selector: {matchLabels: {app: a}}\n  template: {metadata: {labels: {app: b}}, spec: {containers: []}}',
      'a.yaml:5: spec.selector: "app=a" does not match the labels of the template; give both the same labels',
    ],
  ];

  it.each(ROWS)('of %j says what to do', (text, issue) => {
    expect(problems(text)).toEqual([issue]);
    expect(keys(text)).toEqual([]);
  });

  it.each([
    ['v1', 'Secret'],
    ['apps/v1', 'DaemonSet'],
    ['gateway.networking.k8s.io/v1alpha2', 'TCPRoute'],
    ['serving.knative.dev/v1', 'Service'],
  ])('is only a warning for a kind that it does not read: %s %s', (apiVersion, kind) => {
    const { issues } = parseManifest(`apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {name: a}`, 'a.yaml');
    expect(issues.map((issue) => issue.severity)).toEqual(['warning']);
  });

  it('is an error for a kind or a group that is misspelt, so that what it was stays', () => {
    for (const [apiVersion, kind] of [
      ['apps/v1', 'Deploymnt'],
      ['app/v1', 'Deployment'],
      ['v1', 'Deployment'],
      ['switchboard.dev/v1alpha1', 'TraficPolicy'],
    ]) {
      const { issues } = parseManifest(`apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {name: a}`, 'a.yaml');
      expect(issues.map((issue) => issue.severity)).toEqual(['error']);
    }
  });

  it('reads null as absent, and ignores the fields that it does not use', () => {
    const text = named(
      'Pod',
      'a',
      'spec: {containers: [{name: c, env: null, resources: {limits: 1}}], affinity: 7}\nstatus: null',
    );
    expect(problems(text)).toEqual([]);
  });

  it('tells at most 20 problems of a file and counts the rest', () => {
    const text = Array.from({ length: 30 }, (_, index) => named('Secret', `s${index}`)).join('---\n');
    const lines = problems(text);
    expect(lines).toHaveLength(MAX_ISSUES_PER_FILE + 1);
    expect(lines.at(-1)).toBe('a.yaml: has 10 more problems; mend the ones above first');
  });

  it.each([
    ['aliases of aliases', `a0: &a0 [x, x, x]\n${fold((i) => `a${i + 1}: &a${i + 1} [${repeat(`*a${i}`)}]`)}`],
    ['merges of merges', `a0: &a0 {k: v}\n${fold((i) => `a${i + 1}: &a${i + 1}\n  <<: [${repeat(`*a${i}`)}]`)}`],
  ])('refuses %s that stand for more than 100,000 values', (_name, text) => {
    expect(problems(text)).toHaveLength(1);
    expect(problems(text)[0]).toContain('aliases that stand for more than 100000 values');
  });

  it('refuses what is nested too deeply or too long, and reads on', () => {
    expect(problems(`${'['.repeat(20_000)}\n---\n${named('Namespace', 'a')}`)).toHaveLength(1);
    expect(problems(`${'{a: '.repeat(200)}1${'}'.repeat(200)}`)[0]).toContain('nested deeper than 100 levels');
    expect(problems(' '.repeat(MAX_MANIFEST_BYTES + 1))).toEqual([
      'a.yaml: is larger than 4 MiB and was not read; split it into several files',
    ]);
  });
});

function fold(line: (index: number) => string): string {
  return Array.from({ length: 30 }, (_, index) => line(index)).join('\n');
}

function repeat(alias: string): string {
  return Array(10).fill(alias).join(', ');
}
