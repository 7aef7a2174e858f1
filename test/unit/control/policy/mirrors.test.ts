// Copies of requests that a TrafficPolicy asks for: who gets them, of how many, and what becomes of those that lead nowhere.
import { policyReport } from '../../../../src/control/policy/policy-report.ts';
import { clustersOf, type RouteSpec } from '../../../../src/model/route-spec.ts';
import { TextMesh } from '../../../support/mesh-text.ts';

const WEB = 'web.default.svc.cluster.local';
const NEXT = 'outbound|80|next.default.svc.cluster.local';
const LAB = 'outbound|8080|copies.lab.svc.cluster.local';

function service(name: string, ports = '{name: http, port: 80}', namespace = 'default'): string {
  return `apiVersion: v1\nkind: Service\nmetadata: {name: ${name}, namespace: ${namespace}}\nspec: {ports: [${ports}]}\n---\n`;
}

function policy(spec: string, name = 'one'): string {
  return `apiVersion: switchboard.dev/v1alpha1\nkind: TrafficPolicy\nmetadata: {name: ${name}}\nspec: {${spec}}\n---\n`;
}

function grant(kind: string, group = 'switchboard.dev'): string {
  return `apiVersion: gateway.networking.k8s.io/v1\nkind: ReferenceGrant\nmetadata: {name: ${kind.toLowerCase()}, namespace: lab}\nspec: {from: [{group: ${group}, kind: ${kind}, namespace: default}], to: [{group: "", kind: Service, name: copies}]}\n---\n`;
}

const TO_WEB = 'targetRefs: [{name: web}]';
const COPIES_FOR_LAB = policy(`${TO_WEB}, mirrors: [{backendRef: {name: copies, namespace: lab, port: 8080}}]`);

function routesOf(mesh: TextMesh, port = 80): readonly RouteSpec[] {
  return mesh.translate().portRoutes.get(`${WEB}:${port}`)?.virtualHosts[0]?.routes ?? [];
}

function mirrorsOf(mesh: TextMesh, route = 'default', port = 80): unknown {
  const action = routesOf(mesh, port).find(({ name }) => name === route)?.action;
  return action !== undefined && 'mirrors' in action ? action.mirrors : undefined;
}

function conditions(mesh: TextMesh): readonly string[] {
  const { services, dangling } = mesh.translate();
  const { policies } = policyReport(services, dangling);
  return policies.flatMap(({ status }) =>
    status.ancestors.flatMap((one) => one.conditions.map(({ type, status: is, reason }) => `${type} ${is} ${reason}`)),
  );
}

describe('mirrors of a TrafficPolicy', () => {
  it('are copies of all requests, or of a percentage down to ten-thousandths, for ports of other Services', () => {
    const mirrors =
      'mirrors: [{backendRef: {name: next, port: 80}}, {backendRef: {name: next, port: 81}, percentage: 0.12344}]';
    const mesh = new TextMesh(
      service('web') +
        service('next', '{name: http, port: 80}, {name: beta, port: 81}') +
        policy(`${TO_WEB}, ${mirrors}`),
    );
    expect(mesh.issues()).toEqual([]);
    expect(mirrorsOf(mesh)).toEqual([
      { cluster: NEXT, percent: 100, keepsHost: true },
      { cluster: 'outbound|81|next.default.svc.cluster.local', percent: 0.1234, keepsHost: true },
    ]);
    expect(conditions(mesh)).toEqual(['Accepted True Accepted', 'ResolvedRefs True ResolvedRefs']);
  });

  it('are not of tunnels', () => {
    const mesh = new TextMesh(
      service('web') + service('next') + policy(`${TO_WEB}, mirrors: [{backendRef: {name: next, port: 80}}]`),
    );
    expect(routesOf(mesh).map((route) => [route.name, clustersOf(route)])).toEqual([
      ['connect', [`outbound|80|${WEB}`]],
      ['default', [`outbound|80|${WEB}`, NEXT]],
    ]);
  });

  it('of one port go before those of the Service, an empty list of none too', () => {
    const mesh = new TextMesh(
      service('web', '{name: http, port: 80}, {name: admin, port: 81}') +
        service('next') +
        policy(`${TO_WEB}, mirrors: [{backendRef: {name: next, port: 80}}]`) +
        policy('targetRefs: [{name: web, sectionName: admin}], mirrors: []', 'two'),
    );
    expect(mirrorsOf(mesh)).toHaveLength(1);
    expect(mirrorsOf(mesh, 'default', 81)).toBeUndefined();
  });

  it('for another namespace need a ReferenceGrant of it for TrafficPolicies, and come and go with that', () => {
    const copies = service('copies', '{name: http, port: 8080}', 'lab');
    const mesh = new TextMesh(
      service('web') + copies + COPIES_FOR_LAB + grant('HTTPRoute', 'gateway.networking.k8s.io'),
    );
    expect(mirrorsOf(mesh)).toBeUndefined();
    expect(mesh.issues()).toEqual([
      expect.stringContaining(
        'spec.mirrors[0].backendRef: namespace "lab" does not let policies of "default" refer to its Service "copies"; add a ReferenceGrant to "lab"',
      ),
    ]);
    expect(conditions(mesh)).toEqual(['Accepted True Accepted', 'ResolvedRefs False RefNotPermitted']);
    mesh.add(grant('TrafficPolicy'));
    expect(mirrorsOf(mesh)).toEqual([{ cluster: LAB, percent: 100, keepsHost: true }]);
    expect(mesh.issues()).toEqual([]);
    mesh.remove(grant('TrafficPolicy'));
    expect(mirrorsOf(mesh)).toBeUndefined();
  });

  it('come and go with the Service that gets them, and leave the others alone', () => {
    const two = 'mirrors: [{backendRef: {name: late, port: 80}}, {backendRef: {name: next, port: 80}}]';
    const mesh = new TextMesh(service('web') + service('next') + policy(`${TO_WEB}, ${two}`));
    expect(mirrorsOf(mesh)).toEqual([{ cluster: NEXT, percent: 100, keepsHost: true }]);
    expect(conditions(mesh)).toEqual(['Accepted True Accepted', 'ResolvedRefs False BackendNotFound']);
    mesh.add(service('late'));
    expect(mirrorsOf(mesh)).toHaveLength(2);
    mesh.remove(service('late'));
    expect(mirrorsOf(mesh)).toHaveLength(1);
    expect(mesh.issues()).toEqual([expect.stringContaining('there is no Service "late" in namespace "default"')]);
  });

  it('end with the policy', () => {
    const text = policy(`${TO_WEB}, mirrors: [{backendRef: {name: next, port: 80}}]`);
    const mesh = new TextMesh(service('web') + service('next') + text);
    expect(mirrorsOf(mesh)).toHaveLength(1);
    mesh.remove(text);
    expect(mirrorsOf(mesh)).toBeUndefined();
    expect(mesh.remove(service('next')).issues()).toEqual([]);
  });

  it('cannot be for ports that carry no requests', () => {
    const mesh = new TextMesh(
      service('web') +
        service('db', '{name: tcp, port: 5432}') +
        policy(`${TO_WEB}, mirrors: [{backendRef: {name: db, port: 5432}}, {backendRef: {name: db, port: 1}}]`),
    );
    expect(mirrorsOf(mesh)).toBeUndefined();
    expect(mesh.issues()).toEqual([
      expect.stringContaining('port 5432 of Service "db" says that it speaks tcp'),
      expect.stringContaining('Service "db" has no TCP port 1; name one of 5432'),
    ]);
  });

  it('hold for rules of an HTTPRoute that have none of their own', () => {
    const rules =
      '[{matches: [{path: {value: /own}}], filters: [{type: RequestMirror, requestMirror: {backendRef: {name: own, port: 80}}}], backendRefs: [{name: web, port: 80}]}, {backendRefs: [{name: web, port: 80}]}]';
    const route = `apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: r}\nspec: {parentRefs: [{group: "", kind: Service, name: web}], rules: ${rules}}\n---\n`;
    const mesh = new TextMesh(
      service('web') +
        service('next') +
        service('own') +
        route +
        policy(`${TO_WEB}, mirrors: [{backendRef: {name: next, port: 80}}]`),
    );
    expect(mesh.issues()).toEqual([]);
    const own = { cluster: 'outbound|80|own.default.svc.cluster.local', percent: 100, keepsHost: true };
    expect(mirrorsOf(mesh, 'default/r/0')).toEqual([own]);
    expect(mirrorsOf(mesh, 'default/r/1')).toEqual([{ cluster: NEXT, percent: 100, keepsHost: true }]);
  });

  it('are told sidecars that ask for what they dial, and the cluster with them', () => {
    const mesh = new TextMesh(
      service('web') + service('next') + policy(`${TO_WEB}, mirrors: [{backendRef: {name: next, port: 80}}]`),
    );
    const { routes, clusters } = mesh.onDemand();
    const route = routes.get(`${WEB}:80`)?.virtualHosts[0]?.routes.at(-1);
    expect(route === undefined ? [] : clustersOf(route)).toContain(NEXT);
    expect(clusters.has(NEXT)).toBe(true);
  });
});
