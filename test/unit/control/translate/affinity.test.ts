// Promises of what a Service says of affinity: what is hashed, what keeps a session, and which load balancer does it.
import { sessionBy, withAffinity } from '../../../../src/control/translate/affinity.ts';
import type { SessionSpec } from '../../../../src/model/session-spec.ts';
import { podText, TextMesh } from '../../../support/mesh-text.ts';

const A_80 = 'outbound|80|a.default.svc.cluster.local';

function serviceWith(annotations: string): string {
  return `
apiVersion: v1
kind: Service
metadata: {name: a, annotations: {${annotations}}}
spec: {selector: {app: a}, ports: [{port: 80, targetPort: 8080}]}
---
`;
}

/** What became of the annotations: the load balancer, what routes hash, the session that they keep, and what is told. */
function told(annotations: string) {
  const mesh = new TextMesh(serviceWith(annotations) + podText({ name: 'p', ip: '10.0.0.1' }));
  const translated = mesh.translate();
  const action = translated.hosts.hosts[0]?.own.spec.routes.at(-1)?.action;
  return {
    balancer: translated.clusters.get(A_80)?.loadBalancer,
    hashed: action !== undefined && 'hashPolicies' in action ? action.hashPolicies : undefined,
    session: action !== undefined && 'session' in action ? action.session : undefined,
    issues: mesh.issues().map((issue) => issue.replace(/^.*?: .*?: /, '')),
  };
}

const both = (balancer: string, affinity: string) =>
  told(`switchboard.dev/load-balancer: ${balancer}, switchboard.dev/affinity: '${affinity}'`);
const cookie = (name: string): SessionSpec => ({
  carrier: { kind: 'cookie', name, ttlMs: 0, path: '/' },
  ...{ format: 'token', onLoss: 'rehome', lifetimeMs: 0 },
});

describe('switchboard.dev/affinity', () => {
  it.each<readonly [string, string, unknown]>([
    ['ring-hash', 'client-ip', { kind: 'source-ip' }],
    ['maglev', 'header:X-User', { kind: 'header', name: 'x-user' }],
    ['maglev', 'cookie', { kind: 'cookie', name: 'switchboard-affinity', ttlMs: 0, path: '/' }],
    ['ring-hash', 'cookie:Cart', { kind: 'cookie', name: 'Cart', ttlMs: 0, path: '/' }],
  ])('is what %s hashes: %s', (balancer, affinity, policy) => {
    expect(both(balancer, affinity)).toEqual({ balancer, hashed: [policy], session: undefined, issues: [] });
  });

  it.each([
    ['client-ip', { kind: 'source-ip' }],
    ['header:X-User', { kind: 'header', name: 'x-user' }],
  ])('%s is hashed by Maglev where the Service asks for no load balancer', (affinity, policy) => {
    const said = told(`switchboard.dev/affinity: '${affinity}'`);
    expect(said).toEqual({ balancer: 'maglev', hashed: [policy], session: undefined, issues: [] });
  });

  it('is kept by Maglev, which is told, where the Service asks for one that cannot', () => {
    expect(both('least-request', 'client-ip')).toMatchObject({
      balancer: 'maglev',
      hashed: [{ kind: 'source-ip' }],
      issues: [expect.stringContaining('least-request cannot keep requests together; maglev is used')],
    });
  });

  it.each([
    ['cookie', 'switchboard-affinity'],
    ['cookie:Cart', 'Cart'],
  ])('%s keeps a session, whatever else balances', (affinity, name) => {
    const session = cookie(name);
    expect(told(`switchboard.dev/affinity: '${affinity}'`)).toEqual({
      ...{ balancer: 'round-robin', hashed: undefined, session, issues: [] },
    });
    expect(both('least-request', affinity)).toMatchObject({ balancer: 'least-request', session, issues: [] });
  });

  it.each(['', "switchboard.dev/affinity: 'none', "])('is missed where something hashes: "%s"', (annotation) => {
    const said = told(`${annotation}switchboard.dev/load-balancer: maglev`);
    expect(said.hashed).toBeUndefined();
    expect(said.issues).toEqual([expect.stringContaining('maglev has nothing to hash: each request goes to any pod')]);
  });

  it('is none where nothing is said', () => {
    const none = { balancer: 'round-robin', hashed: undefined, session: undefined, issues: [] };
    expect(told('')).toEqual(none);
    expect(told("switchboard.dev/affinity: 'none'")).toEqual(none);
  });

  it.each(['header', 'header:', 'header:a b', 'cookie:', 'sticky', 'COOKIE'])('is no "%s"', (written) => {
    const { hashed, session, issues } = both('maglev', written);
    expect([hashed, session]).toEqual([undefined, undefined]);
    expect(issues).toEqual([expect.stringContaining(`"${written}" is no affinity; there is none`)]);
  });

  it('makes new routes when it changes, and the same ones when it does not', () => {
    const text = (by: string) => serviceWith(`switchboard.dev/affinity: '${by}'`);
    const mesh = new TextMesh(text('cookie') + podText({ name: 'p', ip: '10.0.0.1' }));
    const before = mesh.translate();
    expect(mesh.add(podText({ name: 'q', ip: '10.0.0.2' })).translate().portRoutes).toBe(before.portRoutes);
    expect(mesh.add(text('client-ip')).translate().portRoutes).not.toEqual(before.portRoutes);
  });
});

describe('sessionAffinity: ClientIP of a Service', () => {
  const of = (spec: string, annotations = '') => {
    const mesh = new TextMesh(
      serviceWith(annotations).replace('spec: {', `spec: {sessionAffinity: ClientIP, ${spec}`) +
        podText({ name: 'p', ip: '10.0.0.1' }),
    );
    const translated = mesh.translate();
    const action = translated.hosts.hosts[0]?.own.spec.routes.at(-1)?.action;
    const { loadBalancer, clientAffinity } = translated.clusters.get(A_80) ?? {};
    const hashed = action !== undefined && 'hashPolicies' in action ? action.hashPolicies : undefined;
    return { loadBalancer, clientAffinity, hashed, issues: mesh.issues() };
  };

  it('keeps clients for three hours after their last request, and hashes their addresses for the first one', () => {
    expect(of('')).toEqual({
      ...{ loadBalancer: 'maglev', clientAffinity: { timeoutMs: 10_800_000 } },
      ...{ hashed: [{ kind: 'source-ip' }], issues: [] },
    });
  });

  it('keeps them for as long as it says, by the ring that it asks for', () => {
    const timeout = 'sessionAffinityConfig: {clientIP: {timeoutSeconds: 60}}, ';
    expect(of(timeout, 'switchboard.dev/load-balancer: ring-hash')).toMatchObject({
      ...{ loadBalancer: 'ring-hash', clientAffinity: { timeoutMs: 60_000 } },
    });
  });

  it('counts where the annotation says none, and tells that least-request cannot do it', () => {
    const none = "switchboard.dev/affinity: 'none', switchboard.dev/load-balancer: least-request";
    expect(of('', none)).toMatchObject({
      ...{ loadBalancer: 'maglev', clientAffinity: { timeoutMs: 10_800_000 } },
      issues: [expect.stringContaining('least-request cannot keep requests together; maglev is used')],
    });
  });

  it('gives way to an annotation, which is told', () => {
    const { clientAffinity, issues } = of('', "switchboard.dev/affinity: 'cookie'");
    expect(clientAffinity).toBeUndefined();
    expect(issues).toEqual([
      expect.stringContaining('sessionAffinity: ClientIP gives way to switchboard.dev/affinity: cookie'),
    ]);
  });

  it('is nothing where it is None', () => {
    expect(of('sessionAffinityConfig: {clientIP: {timeoutSeconds: 60}}, ').clientAffinity).toBeDefined();
    const mesh = new TextMesh(
      serviceWith('').replace('spec: {', 'spec: {sessionAffinity: None, ') + podText({ name: 'p', ip: '10.0.0.1' }),
    );
    expect(mesh.translate().clusters.get(A_80)?.clientAffinity).toBeUndefined();
  });
});

describe('affinity, whoever writes it', () => {
  it('by header is a session too where a policy says so', () => {
    const session = sessionBy({ kind: 'header', name: 'X-Session' }, { onLoss: 'fail', lifetimeMs: 60_000 });
    expect(session).toEqual({
      ...{ carrier: { kind: 'header', name: 'x-session' }, format: 'token' },
      ...{ onLoss: 'fail', lifetimeMs: 60_000 },
    });
    expect(withAffinity({ kind: 'session', session }, 'ring-hash')).toEqual({ loadBalancer: 'ring-hash', session });
  });
});

describe('pods of a Service with sessions', () => {
  const pod = (name: string, revision: string, created: string, terminating = false) => {
    const labels = `app: a, pod-template-hash: ${revision}`;
    const owners = `ownerReferences: [{kind: ReplicaSet, name: a-${revision}, controller: true}]`;
    const meta = `metadata: {creationTimestamp: '2026-01-01T00:00:${created}Z', ${owners}, `;
    const text = podText({ name, ip: `10.0.0.${name.charCodeAt(0)}`, labels, terminating });
    return text.replace('metadata: {', meta);
  };
  const endpoints = (annotations: string, pods: string) => {
    const assignment = new TextMesh(serviceWith(annotations) + pods).translate().endpoints.get(A_80);
    return (assignment?.localities ?? []).flatMap((locality) =>
      locality.endpoints.map((one) => `${one.pod?.uid} ${one.health}${one.leaving === true ? ' leaving' : ''}`),
    );
  };
  const ROLLOUT = pod('p', 'old', '01') + pod('q', 'old', '02') + pod('r', 'new', '30');

  it('are told which of them a rollout is about to replace', () => {
    expect(endpoints("switchboard.dev/affinity: 'cookie'", ROLLOUT)).toEqual([
      'uid-p healthy leaving',
      'uid-q healthy leaving',
      'uid-r healthy',
    ]);
  });

  it('are no news for Services without sessions', () => {
    expect(endpoints('', ROLLOUT)).toEqual(['uid-p healthy', 'uid-q healthy', 'uid-r healthy']);
  });

  it('leave in the other direction when the rollout is undone', () => {
    const undone = `${ROLLOUT}${pod('s', 'old', '50')}`;
    expect(endpoints("switchboard.dev/affinity: 'cookie'", undone)).toEqual([
      'uid-p healthy',
      'uid-q healthy',
      'uid-r healthy leaving',
      'uid-s healthy',
    ]);
  });

  it('that are terminating and still serve are told as draining', () => {
    const going = pod('p', 'old', '01', true) + pod('r', 'new', '30');
    expect(endpoints("switchboard.dev/affinity: 'cookie'", going)).toEqual(['uid-p draining leaving', 'uid-r healthy']);
  });
});
