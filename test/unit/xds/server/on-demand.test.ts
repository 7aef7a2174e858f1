// What exists only for those who ask for it by name: it comes and goes with clusters.
import type { OnDemandSource } from '../../../../src/model/on-demand.ts';
import type { RouteConfigSpec } from '../../../../src/model/route-spec.ts';
import { PREFETCH_HINTS_TYPE } from '../../../../src/xds/resources/prefetch-hints.ts';
import type { AdsStream } from '../../../../src/xds/server/ads-stream.ts';
import { describeClient } from '../../../../src/xds/server/client-status.ts';
import { DeltaFixture } from '../../../support/delta-fixture.ts';
import { serviceText, TextMesh } from '../../../support/mesh-text.ts';
import { sampleSnapshot } from '../../../support/sample-snapshot.ts';
import { A, B, services, TWO } from '../../../support/stream-fixture.ts';

/** Routes for each cluster of the fixture's snapshot, under the cluster's name. */
function routesByCluster() {
  const asked: string[] = [];
  const made = new Map<string, RouteConfigSpec>();
  const onDemand: OnDemandSource = {
    apiListener: () => null,
    prefetchHints: () => ({ name: 'siblings', routes: [] }),
    routeConfig: (_, name) => {
      asked.push(name);
      if (fixture.snapshot?.clusters.has(name) !== true) return null;
      const spec = made.get(name) ?? { name, virtualHosts: [] };
      made.set(name, spec);
      return spec;
    },
  };
  const fixture = new DeltaFixture(services('a'), { onDemand });
  return { fixture, asked };
}

describe('AdsStream, on demand', () => {
  it('tells of a name when its cluster comes, and that it is gone when the cluster goes', () => {
    const { fixture } = routesByCluster();
    fixture.ask('RDS', { subscribe: [A, B] });
    fixture.ack('RDS');
    expect(fixture.take()).toEqual([`RDS +${A} -${B}`]);
    fixture.set(services('a', 'b'));
    fixture.ack('RDS');
    expect(fixture.take()).toEqual([`RDS +${B}`]);
    fixture.set(services('b'));
    expect(fixture.take()).toEqual([`RDS -${A}`]);
  });

  it('looks up nothing again while only endpoints change', () => {
    const { fixture, asked } = routesByCluster();
    fixture.ask('CDS');
    fixture.ack('CDS');
    fixture.ask('RDS', { subscribe: [A, B] });
    fixture.ack('RDS');
    fixture.ask('EDS', { subscribe: [A] });
    fixture.ack('EDS');
    fixture.take();
    // Anew, so that all that follows is the same object but for what is said.
    const before = services('a');
    fixture.set(before);
    fixture.take();
    asked.length = 0;
    const { endpoints } = sampleSnapshot({ services: [{ name: 'a', endpoints: [TWO] }] });
    fixture.set({ ...before, endpoints });
    expect(fixture.take()).toEqual([`EDS +${A}`]);
    expect(asked).toEqual([]);
  });
});

describe('AdsStream, asked what siblings hold', () => {
  const SIBLINGS = { subscribe: ['siblings'] };
  const of = (id: string, routes: readonly string[]): OnDemandSource => ({
    apiListener: () => null,
    routeConfig: () => null,
    prefetchHints: (node) => ({ name: 'siblings', routes: node.id === id ? routes : [] }),
  });

  it('answers each client for itself, though clients share their view, and with nothing where there is nothing', () => {
    const fixture = new DeltaFixture(services('a'), { onDemand: of('sample', ['a:80']) });
    const other = fixture.cache.open({ id: 'other', namespace: 'default', outboundAddresses: [] }, () => {});
    fixture.ask('PDS', SIBLINGS);
    const decode = (any: Uint8Array | undefined) => PREFETCH_HINTS_TYPE.decode(any ?? new Uint8Array()).result;
    expect(decode(fixture.responses[0]?.resources[0]?.resource?.value)).toMatchObject({ value: { routes: ['a:80'] } });
    const empty = other.state(PREFETCH_HINTS_TYPE.typeUrl)?.find('siblings');
    expect(empty?.any.length).toBeGreaterThan(0);
    expect(other.state(PREFETCH_HINTS_TYPE.typeUrl)?.find('cousins')).toBeUndefined();
    other.close();
  });

  it('answers that before names, also where it has to wait for the first configuration', () => {
    const fixture = new DeltaFixture(null, { onDemand: of('sample', []) });
    fixture.ask('NDS');
    fixture.ask('PDS', SIBLINGS);
    expect(fixture.take()).toEqual([]);
    fixture.set(new TextMesh(serviceText('ports: [{port: 80}]', 'a')).onDemand());
    expect(fixture.take()).toEqual(['PDS +siblings', 'NDS +a.default.svc.cluster.local']);
  });

  it('does not tell it again, and does not show it as something that the client holds', () => {
    const fixture = new DeltaFixture(services('a'), { onDemand: of('sample', ['a:80']) });
    fixture.ask('PDS', SIBLINGS);
    fixture.ack('PDS');
    fixture.ask('PDS', { unsubscribe: ['siblings'] });
    fixture.take();
    fixture.set(services('a', 'b'));
    expect(fixture.take()).toEqual([]);
    expect(fixture.status('PDS')).toBeUndefined();
  });
});

describe('a client that holds what it dials', () => {
  const MESH = new TextMesh(
    serviceText('ports: [{port: 80}]', 'a') + serviceText('ports: [{port: 80}]', 'b'),
  ).onDemand();
  const [CLUSTER, ROUTES] = ['outbound|80|a.default.svc.cluster.local', 'a.default.svc.cluster.local:80'];

  it('has yet to ask for names when it has been told of its listener', () => {
    const fixture = new DeltaFixture(MESH);
    const stateOf = (shortName: string) =>
      describeClient(fixture.stream as AdsStream<never>, 'peer', 0)?.types.find((type) => type.shortName === shortName)
        ?.state;
    fixture.ask('LDS');
    fixture.ack('LDS');
    expect([stateOf('LDS'), stateOf('NDS')]).toEqual(['SYNCED', 'NOT_SENT']);
    fixture.ask('NDS');
    expect(stateOf('NDS')).toBe('STALE');
    fixture.ack('NDS');
    expect(stateOf('NDS')).toBe('SYNCED');
  });

  it('is told of a cluster, its endpoints and its routes as it asks, each at once and nothing else', () => {
    const fixture = new DeltaFixture(MESH);
    fixture.ask('LDS');
    fixture.ack('LDS');
    fixture.ask('NDS');
    fixture.ack('NDS');
    fixture.take();
    fixture.ask('CDS', { subscribe: [CLUSTER] });
    fixture.ask('EDS', { subscribe: [CLUSTER] });
    fixture.ask('RDS', { subscribe: [ROUTES] });
    expect(fixture.take()).toEqual([`CDS +${CLUSTER}`, `EDS +${CLUSTER}`, `RDS +${ROUTES}`]);
    for (const type of ['CDS', 'EDS', 'RDS'] as const) fixture.ack(type);
    fixture.ask('CDS', { unsubscribe: [CLUSTER] });
    fixture.ask('EDS', { unsubscribe: [CLUSTER] });
    fixture.ask('RDS', { unsubscribe: [ROUTES] });
    fixture.set({ ...MESH, clusters: new Map(), endpoints: new Map(), routes: new Map() });
    expect(fixture.take()).toEqual([]);
  });
});
