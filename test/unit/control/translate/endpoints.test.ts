// Promises of the endpoints behind a Service port: selectors, EndpointSlices, Endpoints, ports and readiness (services.md S4–S7).
import { podText, serviceText, TextMesh } from '../../../support/mesh-text.ts';

const A_80 = 'outbound|80|a.default.svc.cluster.local';

function slice(name: string, endpoints: string, rest = 'addressType: IPv4', ports = '{port: 8080}'): string {
  return `---\napiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: ${name}, labels: {kubernetes.io/service-name: a}}\n${rest}\nports: [${ports}]\nendpoints: [${endpoints}]\n`;
}

function legacy(subsets: string): string {
  return `---\napiVersion: v1\nkind: Endpoints\nmetadata: {name: a}\nsubsets: [${subsets}]\n`;
}

describe('endpoints of a selector', () => {
  it('are the ready pods of the namespace that carry all labels', () => {
    const mesh = new TextMesh(
      serviceText('selector: {app: a, tier: web}, ports: [{port: 80, targetPort: 8080}]') +
        podText({ name: 'p1', ip: '10.0.0.1', labels: 'app: a, tier: web, more: x' }) +
        podText({ name: 'p2', ip: '10.0.0.2', labels: 'app: a' }) +
        podText({ name: 'p3', ip: '10.0.0.3', labels: 'app: b, tier: web' }) +
        podText({ name: 'p4', ip: '10.0.0.4', labels: 'app: a, tier: web' }).replace(
          '{name: p4',
          '{namespace: x, name: p4',
        ),
    );
    expect(mesh.endpoints(A_80)).toEqual(['10.0.0.1:8080']);
  });

  const STATES: readonly (readonly [string, Partial<Parameters<typeof podText>[0]>, string[], string[]])[] = [
    ['ready', {}, ['10.0.0.1:8080'], ['10.0.0.1:8080']],
    ['not ready', { ready: false }, [], ['10.0.0.1:8080']],
    ['ready and terminating', { terminating: true }, ['10.0.0.1:8080!'], ['10.0.0.1:8080']],
    ['terminating and no longer ready', { terminating: true, ready: false }, [], ['10.0.0.1:8080']],
    ['succeeded', { phase: 'Succeeded' }, [], []],
    ['failed', { phase: 'Failed' }, [], []],
  ];

  it.each(STATES)(
    'of a pod that is %s: in, draining or left out; publishNotReadyAddresses takes all',
    (_state, pod, usual, all) => {
      const text = podText({ name: 'p', ip: '10.0.0.1', ...pod });
      expect(new TextMesh(serviceText() + text).endpoints(A_80)).toEqual(usual);
      const eager = 'selector: {app: a}, publishNotReadyAddresses: true, ports: [{port: 80, targetPort: 8080}]';
      expect(new TextMesh(serviceText(eager) + text).endpoints(A_80)).toEqual(all);
    },
  );

  it('leave out a pod that has no address yet', () => {
    expect(new TextMesh(serviceText() + podText({ name: 'p' })).endpoints(A_80)).toEqual([]);
  });

  it('name the pod with its uid, and its zone where it is known', () => {
    const zoned = podText({ name: 'p', ip: '10.0.0.1', labels: 'app: a, topology.kubernetes.io/zone: z1' });
    const assignment = new TextMesh(serviceText() + zoned).translate().endpoints.get(A_80);
    expect(assignment?.localities).toEqual([
      {
        locality: { region: '', zone: 'z1', subZone: '' },
        priority: 0,
        weight: 1,
        endpoints: [
          {
            host: '10.0.0.1',
            port: 8080,
            health: 'healthy',
            weight: 1,
            pod: { namespace: 'default', name: 'p', uid: 'uid-p' },
          },
        ],
      },
    ]);
  });

  it('give each zone a weight of its number of endpoints', () => {
    const pods = ['a', 'a', 'b'].map((zone, i) =>
      podText({ name: `p${i}`, ip: `10.0.0.${i}`, labels: `app: a, topology.kubernetes.io/zone: ${zone}` }),
    );
    const assignment = new TextMesh(serviceText() + pods.join('')).translate().endpoints.get(A_80);
    expect(assignment?.localities.map(({ locality, weight }) => [locality.zone, weight])).toEqual([
      ['a', 2],
      ['b', 1],
    ]);
  });

  it('are on the number, on the named port of each pod, which may differ, or on the port itself', () => {
    const pods =
      podText({ name: 'p1', ip: '10.0.0.1', ports: '{name: http, containerPort: 8081}' }) +
      podText({ name: 'p2', ip: '10.0.0.2', ports: '{name: http, containerPort: 8082}' }) +
      podText({ name: 'p3', ip: '10.0.0.3', ports: '{name: web, containerPort: 8083}' }) +
      podText({ name: 'p4', ip: '10.0.0.4', ports: '{name: http, protocol: UDP, containerPort: 8084}' });
    const ports =
      'selector: {app: a}, ports: [{name: u, port: 1, targetPort: http}, {name: v, port: 2}, {name: w, port: 3, targetPort: 8083}]';
    const mesh = new TextMesh(serviceText(ports) + pods);
    const on = (port: number) => mesh.endpoints(`outbound|${port}|a.default.svc.cluster.local`);
    expect(on(1)).toEqual(['10.0.0.1:8081', '10.0.0.2:8082']);
    expect(on(2)).toEqual(['10.0.0.1:2', '10.0.0.2:2', '10.0.0.3:2', '10.0.0.4:2']);
    expect(on(3)?.length).toBe(4);
  });

  it('find a named port in an init container that never ends, and not in one that does', () => {
    const spec = (policy: string) => `initContainers: [{name: s, ${policy}ports: [{name: side, containerPort: 7}]}], `;
    const text = serviceText('selector: {app: a}, ports: [{port: 80, targetPort: side}]');
    const pod = (policy: string) => podText({ name: 'p', ip: '10.0.0.1', spec: spec(policy) });
    expect(new TextMesh(text + pod('restartPolicy: Always, ')).endpoints(A_80)).toEqual(['10.0.0.1:7']);
    expect(new TextMesh(text + pod('')).endpoints(A_80)).toEqual([]);
  });

  it('exist for TCP ports only', () => {
    const ports =
      'selector: {app: a}, ports: [{name: u, protocol: UDP, port: 53}, {name: t, port: 53}, {name: s, protocol: SCTP, port: 80}]';
    const mesh = new TextMesh(
      serviceText(ports) + podText({ name: 'p', ip: '10.0.0.1', ports: '{containerPort: 53}' }),
    );
    expect([...mesh.translate().clusters.keys()]).toEqual(['outbound|53|a.default.svc.cluster.local']);
    expect(mesh.issues()).toEqual([]);
  });

  it('use the address of the family of the ClusterIP where a pod has both', () => {
    const dual = podText({ name: 'p', ip: '10.0.0.1' }).replace(
      'podIPs: [{ip: 10.0.0.1}]',
      'podIPs: [{ip: 10.0.0.1}, {ip: "fd00::1"}]',
    );
    const six = 'clusterIP: "fd00:96::1", selector: {app: a}, ports: [{port: 80, targetPort: 8080}]';
    expect(new TextMesh(serviceText() + dual).endpoints(A_80)).toEqual(['10.0.0.1:8080']);
    expect(new TextMesh(serviceText(six) + dual).endpoints(A_80)).toEqual(['fd00::1:8080']);
  });

  it('are not looked for where EndpointSlices or Endpoints of the Service exist', () => {
    const pod = podText({ name: 'p', ip: '10.0.0.1' });
    const mesh = new TextMesh(
      serviceText() +
        pod +
        slice('s', '{addresses: [10.0.0.2]}') +
        legacy('{addresses: [{ip: 10.0.0.3}], ports: [{port: 80}]}'),
    );
    expect(mesh.endpoints(A_80)).toEqual(['10.0.0.2:8080']);
    mesh.remove(slice('s', ''));
    expect(mesh.endpoints(A_80)).toEqual(['10.0.0.3:80']);
    mesh.remove(legacy(''));
    expect(mesh.endpoints(A_80)).toEqual(['10.0.0.1:8080']);
  });
});

describe('endpoints of EndpointSlices', () => {
  const BY_HAND = 'ports: [{port: 80}]';

  it.each([
    ['{}', ['10.0.0.1:8080'], ['10.0.0.1:8080']],
    ['{ready: true}', ['10.0.0.1:8080'], ['10.0.0.1:8080']],
    ['{ready: false}', [], ['10.0.0.1:8080']],
    ['{ready: false, serving: true, terminating: true}', ['10.0.0.1:8080!'], ['10.0.0.1:8080']],
    ['{ready: false, serving: true}', [], ['10.0.0.1:8080']],
    ['{ready: false, serving: false, terminating: true}', [], ['10.0.0.1:8080']],
    ['{ready: true, serving: true, terminating: true}', ['10.0.0.1:8080'], ['10.0.0.1:8080']],
  ])('with conditions %s are in, draining or left out', (conditions, usual, all) => {
    const one = slice('s', `{addresses: [10.0.0.1], conditions: ${conditions}}`);
    expect(new TextMesh(serviceText(BY_HAND) + one).endpoints(A_80)).toEqual(usual);
    expect(new TextMesh(serviceText(`publishNotReadyAddresses: true, ${BY_HAND}`) + one).endpoints(A_80)).toEqual(all);
  });

  it('are merged over several slices, each address once with the best that is told of it', () => {
    const mesh = new TextMesh(
      serviceText(BY_HAND) +
        slice('s1', '{addresses: [10.0.0.1], conditions: {ready: false}}, {addresses: [10.0.0.2]}') +
        slice('s2', '{addresses: [10.0.0.1]}, {addresses: [10.0.0.3]}'),
    );
    expect(mesh.endpoints(A_80)).toEqual(['10.0.0.1:8080', '10.0.0.2:8080', '10.0.0.3:8080']);
  });

  it('belong to the Service port of the same name', () => {
    const ports = 'ports: [{name: http, port: 80, targetPort: 1}, {name: admin, port: 81}]';
    const mesh = new TextMesh(
      serviceText(ports) +
        slice(
          's',
          '{addresses: [10.0.0.1]}',
          'addressType: IPv4',
          '{name: http, port: 8080}, {name: admin, port: 9090}',
        ),
    );
    expect(mesh.endpoints(A_80)).toEqual(['10.0.0.1:8080']);
    expect(mesh.endpoints('outbound|81|a.default.svc.cluster.local')).toEqual(['10.0.0.1:9090']);
  });

  it('take one family of a dual-stack Service, and the other one where it is the only one', () => {
    const four = slice('four', '{addresses: [10.0.0.1]}');
    const six = slice('six', '{addresses: ["fd00::1"]}', 'addressType: IPv6');
    expect(new TextMesh(serviceText(BY_HAND) + four + six).endpoints(A_80)).toEqual(['10.0.0.1:8080']);
    expect(new TextMesh(serviceText(BY_HAND) + six).endpoints(A_80)).toEqual(['fd00::1:8080']);
  });

  it('name their pod and zone', () => {
    const ref =
      '{addresses: [10.0.0.1], zone: z, targetRef: {kind: Pod, name: p, uid: u}}, {addresses: [10.0.0.2], targetRef: {kind: Node, name: node}}';
    const assignment = new TextMesh(serviceText(BY_HAND) + slice('s', ref)).translate().endpoints.get(A_80);
    expect(assignment?.localities.map(({ locality, endpoints }) => [locality.zone, endpoints[0]?.pod])).toEqual([
      ['', undefined],
      ['z', { namespace: 'default', name: 'p', uid: 'u' }],
    ]);
  });
});

describe('endpoints of Endpoints', () => {
  it('are every address of a subset on every port, ready ones only', () => {
    const subsets =
      '{addresses: [{ip: 10.0.0.1}, {ip: 10.0.0.2}], notReadyAddresses: [{ip: 10.0.0.3}], ports: [{port: 8080}]}, {addresses: [{ip: 10.0.0.4}], ports: [{port: 9090}]}';
    expect(new TextMesh(serviceText('ports: [{port: 80}]') + legacy(subsets)).endpoints(A_80)).toEqual([
      '10.0.0.1:8080',
      '10.0.0.2:8080',
      '10.0.0.4:9090',
    ]);
    const eager = 'publishNotReadyAddresses: true, ports: [{port: 80}]';
    expect(new TextMesh(serviceText(eager) + legacy(subsets)).endpoints(A_80)).toContain('10.0.0.3:8080');
  });
});
