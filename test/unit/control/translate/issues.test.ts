// Promises of what the translation complains about: one line with file, line and remedy, and the rest keeps working.
import { podText, serviceText, TextMesh } from '../../../support/mesh-text.ts';

const POD = podText({ name: 'p', ip: '10.0.0.1' });
const WORKLOAD = `---
apiVersion: apps/v1
kind: Deployment
metadata: {name: d}
spec: {selector: {matchLabels: {app: a}}, template: {metadata: {labels: {app: a}}, spec: {containers: [{name: c, ports: [{name: http, containerPort: 8080}]}]}}}
`;

function slice(rest: string, labels = 'labels: {kubernetes.io/service-name: a}'): string {
  return `---\napiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: s, ${labels}}\n${rest}\n`;
}

const ROWS: readonly (readonly [what: string, text: string, issues: readonly string[]])[] = [
  ['a good Service', serviceText() + POD, []],
  ['a workload whose pods are still to come', serviceText() + WORKLOAD, []],
  [
    'a named targetPort that no container has',
    serviceText(
      'selector: {app: a}, ports: [{name: w, port: 80, targetPort: htpp}, {name: x, port: 81, targetPort: 8080}]',
    ) + POD,
    [
      'mesh.yaml:5: spec.ports[0].targetPort: no container of its pods has a port named "htpp" (they declare http 8080, admin 9090), so this port has no endpoints; write the name of a container port, or a number',
    ],
  ],
  [
    'a named targetPort that no template has',
    serviceText('selector: {app: a}, ports: [{port: 80, targetPort: web}]') + WORKLOAD,
    [
      'mesh.yaml:5: spec.ports[0].targetPort: no container of its pods has a port named "web" (they declare http 8080), so this port has no endpoints; write the name of a container port, or a number',
    ],
  ],
  [
    'a number that no container declares',
    serviceText('selector: {app: a}, ports: [{port: 80, targetPort: 8888}]') + POD,
    [
      'mesh.yaml:5: spec.ports[0].targetPort: no container of its pods declares port 8888 (they declare http 8080, admin 9090); check the number, or add it to the ports of the container',
    ],
  ],
  [
    'a port without targetPort that no container declares',
    serviceText('selector: {app: a}, ports: [{port: 80}]') + podText({ name: 'p', ip: '10.0.0.1', ports: '' }),
    [
      'mesh.yaml:5: spec.ports[0].port: no container of its pods declares port 80 (they declare none); check the number, or add it to the ports of the container',
    ],
  ],
  [
    'a selector that matches no pod, with the nearest miss',
    serviceText('selector: {app: aa}, ports: [{port: 80}]') + POD + WORKLOAD,
    [
      'mesh.yaml:5: spec.selector: the selector app=aa matches no pod of its namespace, so the Service has no endpoints; did you mean app=a (Deployment d)?',
    ],
  ],
  [
    'a selector that matches no pod, and nothing like it',
    serviceText('selector: {application: a}, ports: [{port: 80}]') + POD,
    [
      'mesh.yaml:5: spec.selector: the selector application=a matches no pod of its namespace, so the Service has no endpoints; give the labels to the template of a workload',
    ],
  ],
  [
    'two Services with one ClusterIP',
    serviceText('clusterIP: 10.96.0.1, ports: [{port: 80}]', 'b') +
      serviceText('clusterIP: 10.96.0.1, ports: [{port: 80}]', 'a'),
    [
      'mesh.yaml:5: spec.clusterIP: 10.96.0.1 of Service default/b belongs to Service default/a already (mesh.yaml:10); Service default/b answers to its names only; remove it from one of them, or choose another address',
    ],
  ],
  [
    'an address that is none',
    serviceText('clusterIP: 10.96.0.256, ports: [{port: 80}]'),
    [
      'mesh.yaml:5: spec.clusterIP: "10.96.0.256" is no IP address; the Service answers to its names only; remove it, or write an IPv4 or IPv6 address or None',
    ],
  ],
  [
    'two ports with one number',
    serviceText('ports: [{name: a, port: 80}, {name: b, port: 80}, {name: c, port: 80, protocol: UDP}]'),
    [
      'mesh.yaml:5: spec.ports[1].port: TCP port 80 stands in spec.ports[0] already; only that one counts; remove one of them',
    ],
  ],
  [
    'two ports with one name',
    serviceText('ports: [{name: a, port: 80}, {name: a, port: 81}]'),
    [
      'mesh.yaml:5: spec.ports[1].name: the port name "a" stands in spec.ports[0] already; only that one counts; give each port its own name',
    ],
  ],
  [
    'several ports without names',
    serviceText('ports: [{name: a, port: 80}, {port: 81}]'),
    [
      'mesh.yaml:5: spec.ports[1]: has 2 ports, and this one has no name: Kubernetes refuses that; give each port a name',
    ],
  ],
  [
    'a Service without ports',
    serviceText('clusterIP: 10.96.0.1'),
    ['mesh.yaml:5: spec: the Service has no ports; add spec.ports'],
  ],
  [
    'ExternalName',
    serviceText('type: ExternalName, externalName: api.example.com'),
    [
      'mesh.yaml:5: spec.type: ExternalName Services are not routed yet; calls to it are answered 404 and not sent to "api.example.com"; call the external host by its own name for now',
    ],
  ],
  [
    'an EndpointSlice without a Service',
    slice('addressType: IPv4\nendpoints: []', 'labels: {}') +
      slice('addressType: IPv4\nendpoints: []', 'namespace: x, labels: {kubernetes.io/service-name: a}'),
    [
      'mesh.yaml:4: metadata.labels: the EndpointSlice has no label kubernetes.io/service-name, so it belongs to no Service; name the Service that it belongs to',
      'mesh.yaml:10: metadata.labels[\'kubernetes.io/service-name\']: there is no Service "a" in namespace "x"; name the Service that it belongs to',
    ],
  ],
  [
    'addresses in slices that are none, or too many',
    serviceText('ports: [{port: 80}]') +
      slice(
        'addressType: IPv4\nports: [{port: 80}]\nendpoints:\n- addresses: ["fd00::1"]\n- addresses: [10.0.0.1, 10.0.0.2]',
      ),
    [
      'mesh.yaml:13: endpoints[0].addresses[0]: "fd00::1" is no IPv4 address; the endpoint is left out; write an address of the type that addressType names',
      'mesh.yaml:14: endpoints[1].addresses[1]: only the first address of an endpoint counts, as in Kubernetes; give each address an endpoint of its own',
    ],
  ],
  [
    'host names in slices',
    serviceText('ports: [{port: 80}]') +
      slice('addressType: FQDN\nports: [{port: 80}]\nendpoints: [{addresses: [a.example]}]'),
    ['mesh.yaml:10: addressType: host names as endpoints are not routed yet; write IPv4 or IPv6 addresses'],
  ],
  [
    'slices whose ports have other names',
    serviceText('ports: [{name: http, port: 80}]') +
      slice('addressType: IPv4\nports: [{name: web, port: 80}]\nendpoints: [{addresses: [10.0.0.1]}]'),
    [
      'mesh.yaml:5: spec.ports[0]: its EndpointSlices have no TCP port for it: a port named "http"; so it has no endpoints; give both the same name',
    ],
  ],
  [
    'addresses in Endpoints that are none',
    `${serviceText('ports: [{port: 80}]')}---\napiVersion: v1\nkind: Endpoints\nmetadata: {name: a}\nsubsets: [{addresses: [{ip: nowhere}], ports: [{port: 80}]}]\n`,
    [
      'mesh.yaml:10: subsets[0].addresses[0].ip: "nowhere" is no IP address; it is left out; write an IPv4 or IPv6 address',
    ],
  ],
];

describe('the translation', () => {
  it.each(ROWS)('of %s says what to do', (_what, text, issues) => {
    expect(new TextMesh(text).issues()).toEqual(issues);
  });

  it('keeps the other ports of a Service whose named targetPort no container has', () => {
    const mesh = new TextMesh(
      serviceText(
        'selector: {app: a}, ports: [{name: w, port: 80, targetPort: htpp}, {name: x, port: 81, targetPort: 8080}]',
      ) + POD,
    );
    expect(mesh.endpoints('outbound|80|a.default.svc.cluster.local')).toEqual([]);
    expect(mesh.endpoints('outbound|81|a.default.svc.cluster.local')).toEqual(['10.0.0.1:8080']);
  });

  it('gives a ClusterIP that two Services name to the older, else to the first by namespace and name', () => {
    const text = (name: string, namespace = 'default') =>
      serviceText('clusterIP: 10.96.0.1, ports: [{port: 80}]', name, namespace);
    const owner = (mesh: TextMesh) => mesh.clusterFor('10.96.0.1:80');
    expect(owner(new TextMesh(text('b') + text('a')))).toBe('outbound|80|a.default.svc.cluster.local');
    expect(owner(new TextMesh(text('b', 'a') + text('a')))).toBe('outbound|80|b.a.svc.cluster.local');
    const old = text('z').replace('{name: z', '{creationTimestamp: "2020-01-01T00:00:00Z", name: z');
    expect(owner(new TextMesh(text('a') + old))).toBe('outbound|80|z.default.svc.cluster.local');
  });

  it('solves an issue when what was missing comes, also for a selector that matched nothing', () => {
    const mesh = new TextMesh(serviceText());
    expect(mesh.issues()).toHaveLength(1);
    mesh.add(POD);
    expect(mesh.issues()).toEqual([]);
    mesh.remove(POD);
    expect(mesh.issues()).toHaveLength(1);
    mesh.add(WORKLOAD);
    expect(mesh.issues()).toEqual([]);
  });
});
