// Promises of what a Service says of its traffic: its load balancer.
import { renderIssue } from '../../../../src/base/result.ts';
import { podText, TextMesh } from '../../../support/mesh-text.ts';

const A_80 = 'outbound|80|a.default.svc.cluster.local';

function serviceWith(annotations: string, spec = ''): string {
  return `
apiVersion: v1
kind: Service
metadata: {name: a, annotations: {${annotations}}}
spec: {selector: {app: a}, ports: [{port: 80, targetPort: 8080}]${spec}}
---
`;
}

function translate(annotations: string, spec = '') {
  return new TextMesh(serviceWith(annotations, spec) + podText({ name: 'p', ip: '10.0.0.1' })).translate();
}

describe('switchboard.dev/load-balancer', () => {
  it.each(['round-robin', 'least-request', 'peak-ewma', 'random', 'ring-hash', 'maglev'])('may be %s', (name) => {
    const mesh = translate(`switchboard.dev/load-balancer: ${name}`);
    expect(mesh.clusters.get(A_80)?.loadBalancer).toBe(name);
  });

  it('is round robin where nothing is written', () => {
    expect(translate('').clusters.get(A_80)).toMatchObject({ loadBalancer: 'round-robin' });
  });

  it.each([
    ['least-requests', 'did you mean least-request?'],
    ['LEAST_CONN', 'write one of round-robin, least-request, peak-ewma, random, ring-hash, maglev'],
    ['pick-first', 'write one of round-robin, least-request, peak-ewma, random, ring-hash, maglev'],
  ])('that is "%s" is told, with its place, and is round robin', (written, remedy) => {
    const mesh = translate(`switchboard.dev/load-balancer: ${written}`);
    expect(mesh.clusters.get(A_80)?.loadBalancer).toBe('round-robin');
    const [issue, ...others] = mesh.issues;
    expect(others).toEqual([]);
    expect(issue?.severity).toBe('error');
    expect(issue?.line).toBe(4);
    expect(issue === undefined ? '' : renderIssue(issue)).toContain(
      `metadata.annotations['switchboard.dev/load-balancer']: "${written}" is no load balancer; round-robin is used; ${remedy}`,
    );
  });

  it('is of the Service, not of the single pods of a headless one', () => {
    const mesh = translate('switchboard.dev/load-balancer: random', ', clusterIP: None');
    const chosen = [...mesh.clusters.values()].map(({ name, loadBalancer }) => [name.split('.')[0], loadBalancer]);
    expect(chosen).toEqual([
      ['outbound|80|a', 'random'],
      ['outbound|80|10-0-0-1', 'round-robin'],
    ]);
  });

  it('changes the cluster and leaves its endpoints, names and routes the objects that they were', () => {
    const mesh = new TextMesh(serviceWith('') + podText({ name: 'p', ip: '10.0.0.1' }));
    const before = mesh.translate();
    const after = translate('switchboard.dev/load-balancer: maglev');
    expect(after.clusters.get(A_80)).not.toEqual(before.clusters.get(A_80));
    expect(after.endpoints.get(A_80)).toEqual(before.endpoints.get(A_80));
    expect(after.hosts).toEqual(before.hosts);
  });
});

const on = (node: string, zone: string) => ({
  labels: `app: a, topology.kubernetes.io/zone: ${zone}`,
  spec: `nodeName: ${node}, `,
});
const NODES =
  podText({ name: 'p1', ip: '10.0.0.1', ...on('n1', 'east') }) +
  podText({ name: 'p2', ip: '10.0.0.2', ...on('n2', 'west') });

describe('trafficDistribution and internalTrafficPolicy', () => {
  const of = (spec: string) => new TextMesh(serviceWith('', `, ${spec}`) + NODES).translate();
  const told = (spec: string) => {
    const mesh = of(spec);
    const endpoints = mesh.endpoints.get(A_80)?.localities.flatMap((locality) => locality.endpoints) ?? [];
    return [mesh.clusters.get(A_80)?.balancing?.locality, endpoints.map(({ node = '' }) => node).join(' ')];
  };

  it.each([
    ['PreferClose', ['zone'], ' '],
    ['PreferSameZone', ['zone'], ' '],
    ['PreferSameNode', ['node', 'zone'], 'n1 n2'],
  ])('%s prefers by %j, and tells of nodes where they count: "%s"', (distribution, tiers, nodes) => {
    expect(told(`trafficDistribution: ${distribution}`)).toEqual([{ kind: 'nearest', tiers }, nodes]);
  });

  it('Local keeps callers to their node, whatever is preferred', () => {
    const only = { kind: 'nearest', tiers: ['node'], onlyNode: true };
    expect(told('internalTrafficPolicy: Local, trafficDistribution: PreferClose')).toEqual([only, 'n1 n2']);
    expect(told('internalTrafficPolicy: Cluster')).toEqual([undefined, ' ']);
  });

  it('is told where it is not known', () => {
    const [issue] = of('trafficDistribution: PreferCheap').issues;
    expect(issue === undefined ? '' : renderIssue(issue)).toContain(
      'spec.trafficDistribution: "PreferCheap" is not known here; all endpoints are used alike; write one of PreferClose',
    );
  });
});

describe('topology hints of EndpointSlices', () => {
  const slice = (...endpoints: readonly string[]): string => `
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: a-1, labels: {kubernetes.io/service-name: a}}
addressType: IPv4
ports: [{name: '', port: 8080, protocol: TCP}]
endpoints: [${endpoints.join(', ')}]
---
`;
  const told = (spec: string, ...endpoints: readonly string[]) => {
    const mesh = new TextMesh(serviceWith('', spec) + slice(...endpoints)).translate();
    const all = mesh.endpoints.get(A_80)?.localities.flatMap((locality) => locality.endpoints) ?? [];
    return [mesh.clusters.get(A_80)?.balancing?.locality, all.map(({ forZones }) => forZones)];
  };
  const HINTED = '{addresses: [10.0.0.1], zone: east, hints: {forZones: [{name: east}, {name: west}]}}';
  const UNHINTED = '{addresses: [10.0.0.2], zone: west}';
  const UNREADY = '{addresses: [10.0.0.3], zone: west, conditions: {ready: false}}';

  it('are passed on, and prefer, where every endpoint that serves has one', () => {
    expect(told('', HINTED)).toEqual([{ kind: 'nearest', tiers: ['zone'] }, [['east', 'west']]]);
    expect(told('', HINTED, UNREADY)).toEqual([{ kind: 'nearest', tiers: ['zone'] }, [['east', 'west']]]);
  });

  it('do not count where one endpoint has none', () => {
    expect(told('', HINTED, UNHINTED)).toEqual([undefined, [undefined, undefined]]);
    expect(told(', trafficDistribution: PreferClose', HINTED, UNHINTED)).toEqual([
      { kind: 'nearest', tiers: ['zone'] },
      [undefined, undefined],
    ]);
  });
});

describe('switchboard.dev/outlier-detection', () => {
  const detection = (annotations: string) => translate(annotations).clusters.get(A_80)?.outlierDetection;

  it('is on by default: pods that fail more often than their peers by 30 points, and five of 502, 503, 504 in a row', () => {
    expect(detection('')).toMatchObject({
      ...{ worseThanPeers: { gapPercent: 30 }, consecutiveGatewayFailure: 5, baseEjectionMs: 30_000 },
      enforcing: { 'worse-than-peers': 100, 'consecutive-gateway-failure': 100 },
    });
  });

  it('takes out half of the pods at most, and nobody by default for 500 in a row, success rates or latency', () => {
    expect(detection('')).toMatchObject({
      ...{ maxEjectionPercent: 50, slowerThanPeers: { factor: 0 }, returnWindowMs: 10_000, ignoresChecks: true },
      enforcing: { 'consecutive-5xx': 0, 'success-rate': 0 },
    });
  });

  it('may be off', () => {
    expect(detection('switchboard.dev/outlier-detection: "off"')).toBeUndefined();
  });

  it('may count every 5xx: consecutive-5xx=3', () => {
    expect(detection('switchboard.dev/outlier-detection: consecutive-5xx=3')).toMatchObject({
      consecutive5xx: 3,
      enforcing: { 'consecutive-5xx': 100 },
    });
  });

  it.each([
    'on',
    'consecutive-5xx=',
    'consecutive-5xx=0',
    'consecutive-5xx=-1',
    'consecutive-5xx=1001',
    'consecutive-5xx=5x',
  ])('that is "%s" is told, with its remedy, and is the usual one', (written) => {
    const mesh = translate(`switchboard.dev/outlier-detection: "${written}"`);
    expect(mesh.clusters.get(A_80)?.outlierDetection).toMatchObject({ enforcing: { 'consecutive-5xx': 0 } });
    expect(mesh.issues.map(renderIssue)).toEqual([
      expect.stringContaining('the usual one is used; write off, or consecutive-5xx=N with N from 1 to 1000'),
    ]);
  });

  it('is not for the single pods of a headless Service, which have no other beside them', () => {
    const mesh = translate('', ', clusterIP: None');
    const detected = [...mesh.clusters.values()].map(({ outlierDetection }) => outlierDetection !== undefined);
    expect(detected).toEqual([true, false]);
  });
});
