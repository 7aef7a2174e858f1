// What the status of routes and policies should say, and how little of it is made anew with each change.
import { WantedStatuses } from '../../../../src/control/status/wanted-status.ts';
import { route, SERVICES, service, to } from '../../../support/gateway-text.ts';
import { TextMesh } from '../../../support/mesh-text.ts';

const POLICY = (name: string, target: string) => `---
apiVersion: switchboard.dev/v1alpha1
kind: TrafficPolicy
metadata: {name: ${name}, namespace: shop, uid: uid-${name}, generation: 7}
spec: {targetRefs: [{name: ${target}}], timeouts: {request: 1s}}
`;
const SLICE = (address: string) => `---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: web-1, namespace: shop, labels: {kubernetes.io/service-name: web}}
addressType: IPv4
ports: [{name: http, port: 80}]
endpoints: [{addresses: [${address}], conditions: {ready: true}}]
`;

describe('what a status should say', () => {
  const statuses = new WantedStatuses();
  const of = (mesh: TextMesh) => statuses.of(mesh.translate());
  const named = (mesh: TextMesh, name: string) => of(mesh).find((status) => status.name === name);

  it('is there for every route and policy, with the version that it was computed from; for routes of gateways it is nothing', () => {
    const gateway = route('edge', to('v1')).replace('group: "", kind: Service, name: web', 'name: gateway');
    const mesh = new TextMesh(SERVICES + route('r', to('gone')) + gateway + POLICY('p', 'web') + POLICY('q', 'gone'));
    expect(named(mesh, 'edge')).toEqual({ kind: 'HTTPRoute', namespace: 'shop', name: 'edge', entries: [] });
    expect(named(mesh, 'r')).toMatchObject({
      entries: [{ ref: { name: 'web' }, conditions: [{ status: 'True' }, { reason: 'BackendNotFound' }] }],
    });
    expect(named(mesh, 'p')).toMatchObject({
      ...{ kind: 'TrafficPolicy', uid: 'uid-p', generation: 7 },
      entries: [{ ref: { kind: 'Service', namespace: 'shop', name: 'web' }, conditions: [{ reason: 'Accepted' }] }],
    });
    expect(named(mesh, 'q')).toMatchObject({ entries: [{ conditions: [{ reason: 'TargetNotFound' }] }] });
  });

  it('is the same list when endpoints change, and another when a policy meets another one', () => {
    const mesh = new TextMesh(SERVICES + SLICE('10.0.0.1') + route('r', to('v1')) + POLICY('p', 'web'));
    const before = of(mesh);
    expect(of(mesh.add(SLICE('10.0.0.2')))).toBe(before);
    expect(named(mesh.add(POLICY('a', 'web')), 'p')).toMatchObject({
      entries: [{ conditions: [{ reason: 'Conflicted' }] }],
    });
  });

  it('is the same for routes that have not changed, and new for all that share a Service with one that has', () => {
    const other = route('other', to('v1'), { parent: 'name: lone' });
    const mesh = new TextMesh(SERVICES + service('lone') + route('r', to('v1')) + other);
    const [lone, shared] = [named(mesh, 'other'), named(mesh, 'r')];
    mesh.add(route('g', to('v2'), { kind: 'GRPCRoute' }));
    expect(named(mesh, 'other')).toBe(lone);
    expect(named(mesh, 'r')).toMatchObject({ entries: [{ conditions: [{ reason: 'Conflicted' }, {}] }] });
    mesh.remove(route('g', to('v2'), { kind: 'GRPCRoute' }));
    expect(named(mesh, 'r')).toEqual(shared);
    mesh.remove(service('v1'));
    expect(named(mesh, 'r')).toMatchObject({ entries: [{ conditions: [{}, { reason: 'BackendNotFound' }] }] });
  });
});
