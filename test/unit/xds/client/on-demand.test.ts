// A client that holds what it dials: names first, then what is asked for, and everything where the control plane does not know of this.
import type { Snapshot } from '../../../../src/model/snapshot.ts';
import { DeltaSubscriber, envelopes } from '../../../support/delta-subscriber.ts';
import { serviceText, TextMesh } from '../../../support/mesh-text.ts';
import { sampleClusterName, sampleSnapshot } from '../../../support/sample-snapshot.ts';

const A = 'a.default.svc.cluster.local';
const B = 'b.default.svc.cluster.local';
const [CLUSTER_A, CLUSTER_B] = [sampleClusterName('a'), sampleClusterName('b')];
const TYPES = ['CDS', 'EDS', 'RDS'] as const;

/** What the control plane tells such a client of the Services `a` and `b`. */
const MESH = new TextMesh(serviceText('ports: [{port: 80}]', 'a') + serviceText('ports: [{port: 80}]', 'b')).onDemand();

function client(): DeltaSubscriber {
  return new DeltaSubscriber(15_000, true);
}

/** Knows all names and holds nothing else. */
function synced(): DeltaSubscriber {
  const fresh = client();
  fresh.begin();
  fresh.receive('LDS', envelopes('LDS', MESH));
  fresh.receive('NDS', envelopes('NDS', MESH));
  fresh.sink.take();
  return fresh;
}

function only(shortName: string, name: string, snapshot: Snapshot = MESH) {
  return envelopes(shortName, snapshot).filter((envelope) => envelope.name === name);
}

/** Has dialled `a`, and got it. */
function holdingA(): DeltaSubscriber {
  const fresh = synced();
  fresh.subscribe(A);
  fresh.receive('CDS', only('CDS', CLUSTER_A));
  fresh.receive('EDS', only('EDS', CLUSTER_A));
  fresh.receive('RDS', only('RDS', `${A}:80`));
  fresh.sink.take();
  return fresh;
}

describe('a client that holds what it dials', () => {
  it('asks for listeners, then for all names, and for nothing else', () => {
    const fresh = client();
    expect(fresh.begin()).toEqual(['LDS +[]']);
    expect(fresh.subscriber.types.every(({ complete }) => complete)).toBe(false);
    expect(fresh.receive('LDS', envelopes('LDS', MESH)).requests).toEqual(['LDS n=n1', 'NDS +[]']);
    expect(fresh.subscriber.types.every(({ complete }) => complete)).toBe(false);
    expect(fresh.receive('NDS', envelopes('NDS', MESH)).requests).toEqual(['NDS n=n2']);
    expect(fresh.subscriber.types.every(({ complete }) => complete)).toBe(true);
    expect(fresh.sink.take()).toEqual(['listeners +[outbound] -[]', `names +[${A},${B}] -[]`]);
  });

  it('tells that there are no names, since that is news too', () => {
    const fresh = client();
    fresh.begin();
    fresh.receive('LDS', envelopes('LDS', MESH));
    fresh.receive('NDS', []);
    expect(fresh.sink.take()).toEqual(['listeners +[outbound] -[]', 'names +[] -[]']);
  });

  it('asks for routes, cluster and endpoints at once when a name is dialled, and only once', () => {
    const fresh = synced();
    expect(fresh.subscribe(A)).toEqual([`CDS +[${CLUSTER_A}]`, `EDS +[${CLUSTER_A}]`, `RDS +[${A}:80]`]);
    expect(fresh.subscribe(A)).toEqual([]);
    expect(fresh.receive('CDS', only('CDS', CLUSTER_A)).requests).toEqual(['CDS n=n3']);
    expect(fresh.receive('EDS', only('EDS', CLUSTER_A)).requests).toEqual(['EDS n=n4']);
    expect(fresh.receive('RDS', only('RDS', `${A}:80`)).requests).toEqual(['RDS n=n5']);
    expect(fresh.sink.take()).toEqual([
      `clusters +[${CLUSTER_A}] -[]`,
      `endpoints +[${CLUSTER_A}] -[]`,
      `routes +[${A}:80] -[]`,
    ]);
  });

  it('asks by name for the cluster that its listener sends connections to by itself, until the listener does not', () => {
    const redirected = new TextMesh(serviceText('ports: [{port: 80}]', 'a')).onDemand({ interception: 'redirect' });
    const fresh = client();
    fresh.begin();
    const { requests } = fresh.receive('LDS', envelopes('LDS', redirected));
    expect(requests).toEqual(['LDS n=n1', 'NDS +[]', 'CDS +[passthrough]']);
    fresh.receive('CDS', only('CDS', 'passthrough', redirected));
    fresh.sink.take();
    expect(fresh.subscribe(A)).toContain(`CDS +[${CLUSTER_A}]`);
    const bare = fresh.receive('LDS', envelopes('LDS', MESH)).requests;
    expect(bare).toEqual(['LDS n=n3', 'CDS +[] -[passthrough]']);
    expect(fresh.sink.take()).toEqual(['listeners +[outbound] -[]', 'clusters +[] -[passthrough]']);
  });

  it('takes nothing that it did not ask for', () => {
    const fresh = holdingA();
    fresh.receive('CDS', envelopes('CDS', MESH));
    expect(fresh.sink.take()).toEqual([]);
  });

  it('lets go of what is not dialled any more, here and there, and takes it up again whole', () => {
    const fresh = holdingA();
    fresh.subscribe(B);
    expect(fresh.unsubscribe(A, B)).toEqual([
      `RDS +[] -[${A}:80,${B}:80]`,
      `CDS +[] -[${CLUSTER_A},${CLUSTER_B}]`,
      `EDS +[] -[${CLUSTER_A},${CLUSTER_B}]`,
    ]);
    expect(fresh.sink.take()).toEqual([
      `routes +[] -[${A}:80]`,
      `clusters +[] -[${CLUSTER_A}]`,
      `endpoints +[] -[${CLUSTER_A}]`,
    ]);
    expect(TYPES.map((type) => fresh.held(type).held.size)).toEqual([0, 0, 0]);
    expect(fresh.subscribe(A)).toHaveLength(3);
    expect(fresh.receive('CDS', only('CDS', CLUSTER_A)).issues).toEqual([]);
    expect(fresh.sink.take()).toEqual([`clusters +[${CLUSTER_A}] -[]`]);
  });

  it('says on a new stream what it holds, names and all, and asks there for what was dialled meanwhile', () => {
    const fresh = holdingA();
    fresh.subscriber.end();
    fresh.subscribe(B);
    expect(fresh.begin()).toEqual([
      `CDS +[${CLUSTER_A},${CLUSTER_B}] has ${CLUSTER_A}=1`,
      `EDS +[${CLUSTER_A},${CLUSTER_B}] has ${CLUSTER_A}=1`,
      'LDS +[] has outbound=1',
      `RDS +[${A}:80,${B}:80] has ${A}:80=1`,
      `NDS +[] has ${A}=1,${B}=1`,
    ]);
    expect(fresh.receive('LDS', []).requests).toEqual(['LDS n=n6']);
  });

  it('keeps of a name no more than its version, and knows it again by that', () => {
    const fresh = synced();
    const [held] = fresh.held('NDS').held.values();
    expect([held?.name, held?.version, held?.bytes.length, held?.spec]).toEqual([A, '1', 0, {}]);
    fresh.receive('NDS', envelopes('NDS', MESH));
    expect(fresh.sink.take()).toEqual([]);
    fresh.receive(
      'NDS',
      only('NDS', A).map((envelope) => ({ ...envelope, version: '2' })),
    );
    expect(fresh.sink.take()).toEqual([`names +[${A}] -[]`]);
    fresh.receive('NDS', [], [B]);
    expect(fresh.sink.take()).toEqual([`names +[] -[${B}]`]);
  });

  it('takes up everything where listeners name their routes, from a control plane that does not know of names', () => {
    const everything = sampleSnapshot({ services: [{ name: 'a', endpoints: [] }] });
    const fresh = client();
    fresh.begin();
    expect(fresh.receive('LDS', envelopes('LDS', everything)).requests).toEqual([
      'LDS n=n1',
      'RDS +[proxy/default]',
      'CDS +[]',
    ]);
    expect(fresh.receive('CDS', envelopes('CDS', everything)).requests).toEqual(['CDS n=n2', `EDS +[${CLUSTER_A}]`]);
    fresh.receive('EDS', envelopes('EDS', everything));
    fresh.receive('RDS', envelopes('RDS', everything));
    expect(fresh.subscriber.types.every(({ complete }) => complete)).toBe(true);
    expect(fresh.subscribe(A)).toEqual([`RDS +[${A}:80]`]);
  });
});
