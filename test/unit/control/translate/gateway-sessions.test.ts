// What rules of Gateway API's routes say of sessions, as our sidecars and others are told.
import type { RouteActionSpec } from '../../../../src/model/route-spec.ts';
import type { SessionSpec } from '../../../../src/model/session-spec.ts';
import { route, SERVICES, service, to } from '../../../support/gateway-text.ts';
import { podText, TextMesh } from '../../../support/mesh-text.ts';

const COOKIE: SessionSpec = {
  carrier: { kind: 'cookie', name: 'switchboard-session', ttlMs: 0, path: '/' },
  ...{ format: 'token', onLoss: 'rehome', lifetimeMs: 0 },
};

function actionOf(mesh: TextMesh): RouteActionSpec {
  const routes = mesh.onDemand({ namespace: 'shop' }).routes.get('web.shop.svc.cluster.local:80');
  return routes?.virtualHosts[0]?.routes.at(-1)?.action as RouteActionSpec;
}

const told = (persistence: string) =>
  actionOf(new TextMesh(SERVICES + route('r', to('v1', `, sessionPersistence: {${persistence}}`)))).session;

describe('sessionPersistence of a rule', () => {
  it.each<readonly [string, SessionSpec]>([
    ['', COOKIE],
    ['idleTimeout: 30m', { ...COOKIE, idleTimeoutMs: 1_800_000 }],
    ['idleTimeout: 0s', COOKIE],
    ['idleTimeout: 10m, absoluteTimeout: 1h', { ...COOKIE, lifetimeMs: 3_600_000, idleTimeoutMs: 600_000 }],
    [
      'type: Header, sessionName: X-Cart, idleTimeout: 500ms',
      { ...COOKIE, carrier: { kind: 'header', name: 'x-cart' }, idleTimeoutMs: 500 },
    ],
    [
      'idleTimeout: 10m, absoluteTimeout: 1h, cookieConfig: {lifetimeType: Permanent}',
      {
        ...{ ...COOKIE, lifetimeMs: 3_600_000, idleTimeoutMs: 600_000 },
        carrier: { kind: 'cookie', name: 'switchboard-session', ttlMs: 3_600_000, path: '/' },
      },
    ],
  ])('{%s} is told whole', (persistence, session) => {
    expect(told(persistence)).toEqual(session);
  });
});

const TWO = 'backendRefs: [{name: v1, port: 80, weight: 9}, {name: v2, port: 80, weight: 1}]';
const sticky = (name: string, by = 'cookie') => `---
apiVersion: v1
kind: Service
metadata: {name: ${name}, namespace: shop, annotations: {switchboard.dev/affinity: '${by}'}}
spec: {ports: [{name: http, port: 80}]}
`;

describe('sessions over several backends', () => {
  it('are kept where the rule says so, and nothing is missed', () => {
    const mesh = new TextMesh(SERVICES + route('r', `{${TWO}, sessionPersistence: {}}`));
    expect(actionOf(mesh).session).toEqual(COOKIE);
    expect(mesh.issues()).toEqual([]);
  });

  it('are kept as the first one says where each of them keeps sessions', () => {
    const mesh = new TextMesh(
      SERVICES + sticky('v1', 'cookie:one') + sticky('v2', 'cookie:two') + route('r', `{${TWO}}`),
    );
    expect(actionOf(mesh).session?.carrier).toMatchObject({ name: 'one' });
  });

  it('are not kept where only one of them does', () => {
    const mesh = new TextMesh(SERVICES + sticky('v1') + route('r', `{${TWO}}`));
    expect(actionOf(mesh).session).toBeUndefined();
  });
});

const ownedBy = (revision: string) => `ownerReferences: [{kind: ReplicaSet, name: v1-${revision}, controller: true}]`;
function pod(name: string, revision: string, created: string): string {
  const text = podText({ name, ip: `10.0.0.${name.charCodeAt(0)}`, labels: `app: v1, pod-template-hash: ${revision}` });
  const more = `namespace: shop, creationTimestamp: '2026-01-01T00:00:${created}Z', ${ownedBy(revision)}`;
  return text.replace('metadata: {', `metadata: {${more}, `);
}
const ROLLOUT = pod('p', 'old', '01') + pod('q', 'new', '30');
const V1 = service('v1', 'shop', 'selector: {app: v1}, ports: [{name: http, port: 80}, {name: alt, port: 8080}]');
const SLICE = `---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: v1-1, namespace: shop, labels: {kubernetes.io/service-name: v1}}
addressType: IPv4
endpoints:
- {addresses: [10.0.0.112], targetRef: {kind: Pod, name: p, uid: uid-p}}
- {addresses: [10.0.0.113], targetRef: {kind: Pod, name: q, uid: uid-q}}
ports: [{name: http, port: 8080}, {name: alt, port: 9090}]
`;

/** The pods of `v1`, and what their cluster says of sessions. */
function podsOf(mesh: TextMesh, port = 80) {
  const name = `outbound|${port}|v1.shop.svc.cluster.local`;
  const translated = mesh.translate();
  const pods = translated.endpoints.get(name)?.localities.flatMap(({ endpoints }) => endpoints) ?? [];
  return {
    pods: pods.map((one) => `${one.pod?.name}${one.leaving === true ? ' leaving' : ''}`),
    healths: translated.clusters.get(name)?.sessionHealths,
  };
}

const KEPT = { pods: ['p leaving', 'q'], healths: ['healthy', 'degraded', 'draining'] };
const OTHERS = { pods: ['p', 'q'], healths: undefined };

describe('pods of a Service that a rule keeps sessions with', () => {
  const kept = (kind: string, backends = 'backendRefs: [{name: v1, port: 80}]') =>
    route('r', `{${backends}, sessionPersistence: {}}`, { kind });

  it.each(['HTTPRoute', 'GRPCRoute'])('are told which of them a rollout is about to replace: %s', (kind) => {
    const mesh = new TextMesh(SERVICES + V1 + ROLLOUT + kept(kind));
    expect(podsOf(mesh)).toEqual(KEPT);
    expect(podsOf(mesh, 8080)).toEqual(OTHERS);
  });

  it('are so among several backends', () => {
    expect(podsOf(new TextMesh(SERVICES + V1 + ROLLOUT + kept('HTTPRoute', TWO)))).toEqual(KEPT);
  });

  it('are so where slices name them, for routes and for the Service itself', () => {
    expect(podsOf(new TextMesh(SERVICES + V1 + SLICE + ROLLOUT + kept('HTTPRoute')))).toEqual(KEPT);
    expect(podsOf(new TextMesh(SERVICES + V1 + SLICE + ROLLOUT))).toEqual(OTHERS);
    const own = V1.replace('namespace: shop', "namespace: shop, annotations: {switchboard.dev/affinity: 'cookie'}");
    expect(podsOf(new TextMesh(SERVICES + own + SLICE + ROLLOUT))).toEqual(KEPT);
  });

  it('are so from the moment that the route comes until it goes, and no other Service is made anew', () => {
    const mesh = new TextMesh(SERVICES + V1 + ROLLOUT);
    expect(podsOf(mesh)).toEqual(OTHERS);
    const before = mesh.translate().endpoints;
    expect(podsOf(mesh.add(kept('HTTPRoute')))).toEqual(KEPT);
    const after = mesh.translate().endpoints;
    expect([...after].filter(([name, one]) => before.get(name) !== one).map(([name]) => name)).toEqual([
      'outbound|80|v1.shop.svc.cluster.local',
    ]);
    expect(podsOf(mesh.remove(kept('HTTPRoute')))).toEqual(OTHERS);
  });

  it('are not taken for those that had their names before, as pods of StatefulSets have them', () => {
    const before = SLICE.replace('uid: uid-p', 'uid: uid-of-another');
    expect(podsOf(new TextMesh(SERVICES + V1 + before + ROLLOUT + kept('HTTPRoute'))).pods).toEqual(['p', 'q']);
    const unsaid = SLICE.replace(', uid: uid-p', '');
    expect(podsOf(new TextMesh(SERVICES + V1 + unsaid + ROLLOUT + kept('HTTPRoute'))).pods).toEqual(['p leaving', 'q']);
  });

  it('are marked as soon as a pod of a new revision is there, and the other way round when that is undone', () => {
    const mesh = new TextMesh(SERVICES + V1 + SLICE + pod('p', 'old', '01') + kept('HTTPRoute'));
    expect(podsOf(mesh).pods).toEqual(['p', 'q']);
    expect(podsOf(mesh.add(pod('q', 'new', '30'))).pods).toEqual(['p leaving', 'q']);
    expect(podsOf(mesh.add(pod('p', 'old', '50'))).pods).toEqual(['p', 'q leaving']);
  });
});
