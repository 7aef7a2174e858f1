// Promises of what stays the same object from one translation to the next, so that nobody does work again for what did not change.
import fc from 'fast-check';
import { SERVICE_FILTERS } from '../../../../src/control/translate/service-filters.ts';
import { httpChain } from '../../../../src/model/listener-spec.ts';
import { checkConsistent } from '../../../../src/model/snapshot.ts';
import { podText, serviceText, TextMesh } from '../../../support/mesh-text.ts';

const SERVICES =
  serviceText('clusterIP: 10.96.0.1, selector: {app: a}, ports: [{port: 80, targetPort: http}]') + serviceText('', 'b');
const PODS = podText({ name: 'p1', ip: '10.0.0.1' }) + podText({ name: 'p2', ip: '10.0.0.2' });
const KINDS = ['Service', 'Pod', 'EndpointSlice'] as const;
const A = 'outbound|80|a.default.svc.cluster.local';

const SESSIONS = {
  name: 'envoy.filters.http.stateful_session',
  config: { kind: 'stateful-session', session: null },
} as const;

describe('two translations', () => {
  it('of the same world are the same object, and so are the snapshots of a view', () => {
    const mesh = new TextMesh(SERVICES + PODS);
    expect(mesh.translate()).toBe(mesh.translate());
    expect(mesh.snapshot()).toBe(mesh.snapshot());
    expect(mesh.snapshot('shop')).not.toBe(mesh.snapshot());
  });

  it('of worlds that were read anew but say the same share everything', () => {
    const mesh = new TextMesh(SERVICES + PODS);
    const before = mesh.snapshot();
    expect(mesh.add(SERVICES + PODS).snapshot()).toBe(before);
  });

  it('of a world in which an endpoint changed share routes, clusters, listeners, and the endpoints of other Services', () => {
    const mesh = new TextMesh(
      SERVICES +
        PODS +
        podText({ name: 'c', ip: '10.0.0.9', labels: 'app: c' }) +
        serviceText('selector: {app: c}, ports: [{port: 80, targetPort: 8080}]', 'c'),
    );
    const before = mesh.snapshot();
    const after = mesh.add(podText({ name: 'p2', ip: '10.0.0.2', ready: false })).snapshot();
    expect(after.routes).toBe(before.routes);
    expect(after.clusters).toBe(before.clusters);
    expect(after.listeners).toBe(before.listeners);
    expect(after.endpoints).not.toBe(before.endpoints);
    expect(after.endpoints.get(A)).not.toBe(before.endpoints.get(A));
    const c = 'outbound|80|c.default.svc.cluster.local';
    expect(after.endpoints.get(c)).toBe(before.endpoints.get(c));
  });

  it('of a world in which an endpoint changed share names and the routes of ports, and those of other Services when a name changes', () => {
    const mesh = new TextMesh(SERVICES + PODS);
    const before = mesh.onDemand();
    const after = mesh.add(podText({ name: 'p2', ip: '10.0.0.2', ready: false })).onDemand();
    expect([after.names, after.routes]).toEqual([before.names, before.routes]);
    expect([after.names === before.names, after.routes === before.routes]).toEqual([true, true]);
    const [a, b] = ['a', 'b'].map((name) => `${name}.default.svc.cluster.local`) as [string, string];
    const moved = mesh.add(serviceText('clusterIP: 10.96.0.9, ports: [{port: 80}, {name: x, port: 81}]')).onDemand();
    expect(moved.names.get(a)).toEqual({
      name: a,
      addresses: ['10.96.0.9'],
      ports: [
        { number: 80, servicePort: 80 },
        { number: 81, servicePort: 81 },
      ],
    });
    expect(moved.names.get(b)).toBe(before.names.get(b));
    expect(moved.routes.get(`${b}:80`)).toBe(before.routes.get(`${b}:80`));
    expect([...moved.routes.keys()]).toEqual([`${a}:80`, `${a}:81`, `${b}:80`]);
    expect(checkConsistent(moved)).toEqual([]);
  });

  it('for those who ask for what is dialled are one for all namespaces, and name pods of headless Services', () => {
    const mesh = new TextMesh(
      serviceText('clusterIP: None, selector: {app: a}, ports: [{port: 80, targetPort: 8080}]', 'db') + PODS,
    );
    const { names, listeners } = mesh.onDemand();
    expect([...names.keys()]).toEqual(
      ['db', '10-0-0-1.db', '10-0-0-2.db'].map((name) => `${name}.default.svc.cluster.local`),
    );
    expect(names.get('10-0-0-1.db.default.svc.cluster.local')).toMatchObject({
      addresses: ['10.0.0.1'],
      ports: [
        { number: 80, servicePort: 80 },
        { number: 8080, servicePort: 80 },
      ],
    });
    expect(listeners.get('outbound')?.filterChains).toMatchObject([
      { filter: { http: { routes: { kind: 'on-demand' } } } },
    ]);
    expect(checkConsistent({ ...mesh.onDemand(), clusters: new Map() })).toContainEqual(
      expect.objectContaining({ message: 'port 80 of the name "db.default.svc.cluster.local" has no cluster' }),
    );
  });

  it('of a world with one more Service share the virtual hosts of the others', () => {
    const mesh = new TextMesh(SERVICES);
    const [before] = mesh.snapshot().routes.values();
    const [after] = mesh.add(serviceText('', 'c')).snapshot().routes.values();
    expect(after?.virtualHosts).toHaveLength(3);
    expect(after?.virtualHosts.slice(0, 2).map((host, i) => host === before?.virtualHosts[i])).toEqual([true, true]);
  });

  it('do not depend on the order in which the objects came', () => {
    const slice = (name: string, addresses: readonly number[]) =>
      `---\napiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: ${name}, labels: {kubernetes.io/service-name: s}}\naddressType: IPv4\nports: [{port: 8080}]\nendpoints: [${addresses
        .map(
          (last) =>
            `{addresses: [10.1.0.${last}], zone: z${last % 2}, conditions: {ready: ${last % 3 > 0}}, targetRef: {kind: Pod, name: p${last}, uid: u${name}}}`,
        )
        .join(', ')}]\n`;
    const texts = [
      serviceText(),
      serviceText('ports: [{port: 80}]', 's'),
      slice('s1', [1, 2, 3, 4]),
      slice('s2', [3, 4, 5, 1]),
      slice('s3', [2, 6]),
    ];
    const pods = [
      podText({ name: 'p1', ip: '10.0.0.1' }),
      podText({ name: 'p2', ip: '10.0.0.2' }),
      podText({ name: 'p3', ip: '10.0.0.1', ready: false }),
    ];
    const sorted = new TextMesh([...texts, ...pods].join('')).snapshot();
    fc.assert(
      fc.property(fc.shuffledSubarray([...texts, ...pods], { minLength: 8 }), (shuffled) => {
        const mesh = new TextMesh();
        for (const text of shuffled) {
          mesh.add(text);
          mesh.translate();
        }
        expect(mesh.snapshot()).toEqual(sorted);
      }),
      { numRuns: 50 },
    );
  });

  it('after any changes say the same as one from nothing, and hang together', () => {
    const part = fc.oneof(
      fc
        .record({ name: fc.constantFrom('a', 'b', 'c'), headless: fc.boolean(), port: fc.constantFrom(80, 81) })
        .map(({ name, headless, port }) =>
          serviceText(
            `${headless ? 'clusterIP: None, ' : ''}selector: {app: a}, ports: [{port: ${port}, targetPort: http}]`,
            name,
          ),
        ),
      fc
        .record({
          name: fc.constantFrom('p1', 'p2', 'p3'),
          ready: fc.boolean(),
          terminating: fc.boolean(),
          labels: fc.constantFrom('app: a', 'app: b'),
        })
        .map((pod) => podText({ ...pod, ip: `10.0.0.${pod.name.slice(1)}` })),
      fc
        .record({
          name: fc.constantFrom('s1', 's2'),
          owner: fc.constantFrom('{kubernetes.io/service-name: a}', '{kubernetes.io/service-name: b}', '{}'),
          ready: fc.boolean(),
        })
        .map(
          ({ name, owner, ready }) =>
            `---\napiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: ${name}, labels: ${owner}}\naddressType: IPv4\nports: [{port: 8080}]\nendpoints: [{addresses: [10.1.0.${name.slice(1)}], conditions: {ready: ${ready}}}]\n`,
        ),
    );
    const step = fc.record({ text: part, remove: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 16 }), (steps) => {
        const mesh = new TextMesh();
        for (const { text, remove } of steps) {
          if (remove) mesh.remove(text);
          else mesh.add(text);
          const fresh = new TextMesh();
          fresh.change(KINDS.flatMap((kind) => [...mesh.world.all(kind)]));
          expect(mesh.snapshot()).toEqual(fresh.snapshot());
          expect(mesh.onDemand()).toEqual(fresh.onDemand());
          expect(new Set(mesh.issues())).toEqual(new Set(fresh.issues()));
          expect(checkConsistent(mesh.snapshot())).toEqual([]);
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe('a listener', () => {
  it('is where the view says, else on 127.0.0.1:15001, with the routes of its namespace', () => {
    const listener = new TextMesh().snapshot('shop').listeners.get('outbound');
    expect(listener).toEqual({
      name: 'outbound',
      address: { host: '127.0.0.1', port: 15001 },
      additionalAddresses: [],
      filterChains: [
        httpChain({
          statPrefix: 'outbound',
          routes: { kind: 'rds', name: 'proxy/shop' },
          idleTimeoutMs: 3_600_000,
          requestHeadersTimeoutMs: 60_000,
          upgrades: { websocket: true, '*': true },
          filters: [...SERVICE_FILTERS, SESSIONS],
        }),
      ],
    });
  });
});
