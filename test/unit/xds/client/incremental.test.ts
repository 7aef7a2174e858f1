// The client's side of the incremental variant, response by response.
import { create, toBinary } from '@bufbuild/protobuf';
import { ClusterLoadAssignmentSchema } from '../../../../src/xds/gen/envoy/config/endpoint/v3/endpoint_pb.ts';
import { DeltaSubscriber, envelopes } from '../../../support/delta-subscriber.ts';
import { sampleClusterName, sampleSnapshot } from '../../../support/sample-snapshot.ts';
import { typeOf } from '../../../support/type-of.ts';

const A = sampleClusterName('a');
const B = sampleClusterName('b');
const ONE = { host: '127.1.0.1', port: 8080 };
const ROUTES = 'proxy/default';

function services(...names: string[]) {
  return sampleSnapshot({ services: names.map((name) => ({ name, endpoints: [ONE] })) });
}

/** Everything of `a` and `b`, asked for and taken. */
function synced(): DeltaSubscriber {
  const client = new DeltaSubscriber();
  client.begin();
  for (const type of ['CDS', 'EDS', 'LDS', 'RDS']) client.receive(type, envelopes(type, services('a', 'b')));
  client.sink.take();
  return client;
}

describe('an incremental subscription', () => {
  it('begins with everything, then asks for what was referred to', () => {
    const client = new DeltaSubscriber();
    expect(client.begin()).toEqual(['CDS +[]', 'LDS +[]']);
    expect(client.receive('CDS', envelopes('CDS', services('a', 'b'))).requests).toEqual([
      'CDS n=n1',
      `EDS +[${A},${B}]`,
    ]);
    expect(client.receive('LDS', envelopes('LDS', services())).requests).toEqual(['LDS n=n2', `RDS +[${ROUTES}]`]);
    expect(client.sink.take()).toEqual([`clusters +[${A},${B}] -[]`, 'listeners +[outbound] -[]']);
  });

  it('takes what a response leaves out as unchanged, and what it names as removed as gone', () => {
    const client = synced();
    expect(client.receive('CDS', []).requests).toEqual(['CDS n=n5']);
    expect(client.receive('CDS', [], [B]).requests).toEqual(['CDS n=n6', `EDS +[] -[${B}]`]);
    expect(client.sink.take()).toEqual([`clusters +[] -[${B}]`, `endpoints +[] -[${B}]`]);
  });

  it('says on the next stream what it holds, so that nothing of it is sent again', () => {
    const client = synced();
    client.subscriber.end();
    expect(client.begin()).toEqual([
      `CDS +[] has ${A}=1,${B}=1`,
      `EDS +[${A},${B}] has ${A}=1,${B}=1`,
      'LDS +[] has outbound=1',
      `RDS +[${ROUTES}] has ${ROUTES}=1`,
    ]);
  });

  it('keeps everything on a new stream until the server says that something is gone', () => {
    const client = synced();
    client.subscriber.end();
    client.begin();
    client.receive('CDS', envelopes('CDS', services('c'), '7'));
    expect(client.sink.take()).toEqual([`clusters +[${sampleClusterName('c')}] -[]`]);
    client.receive('CDS', [], [A, B]);
    expect(client.sink.take()).toEqual([`clusters +[] -[${A},${B}]`, `endpoints +[] -[${A},${B}]`]);
  });

  it('remembers a new version of unchanged content, and hands nothing over', () => {
    const client = synced();
    client.receive('CDS', envelopes('CDS', services('a'), '2'));
    expect(client.sink.take()).toEqual([]);
    expect(client.begin()[0]).toBe(`CDS +[] has ${A}=2,${B}=1`);
  });

  it('applies good ones, keeps the last good version of bad ones, and tells all issues in one NACK', () => {
    const client = synced();
    const [a, b, c] = envelopes('CDS', services('a', 'b', 'c'), '2');
    const garbage = { typeUrl: typeOf('CDS').typeUrl, value: new Uint8Array([0xff]) };
    const { issues, requests } = client.receive('CDS', [
      { ...a, resource: garbage },
      { ...b, resource: { typeUrl: typeOf('LDS').typeUrl, value: new Uint8Array() } },
      c ?? {},
    ]);
    expect(requests[0]).toBe('CDS n=n5 NACK');
    expect(issues).toHaveLength(2);
    expect([...client.held('CDS').refused.keys()]).toEqual([A, B]);
    expect(client.sink.take()).toEqual([`clusters +[${sampleClusterName('c')}] -[]`]);
    expect(client.begin()[0]).toBe(`CDS +[] has ${A}=1,${B}=1,${sampleClusterName('c')}=2`);
  });

  it('refuses an endpoint without an address and keeps the endpoints that it has', () => {
    const client = synced();
    const value = toBinary(
      ClusterLoadAssignmentSchema,
      create(ClusterLoadAssignmentSchema, {
        clusterName: A,
        endpoints: [{ lbEndpoints: [{ hostIdentifier: { case: 'endpoint', value: {} } }] }],
      }),
    );
    const resource = { typeUrl: typeOf('EDS').typeUrl, value };
    const { issues } = client.receive('EDS', [{ name: A, version: '2', resource }]);
    expect(issues).toMatchObject([
      { source: `load assignment "${A}"`, path: expect.stringContaining('endpoints[0].lb_endpoints[0]') },
    ]);
    expect([client.sink.take(), client.held('EDS').held.get(A)?.version]).toEqual([[], '1']);
  });

  it('refuses a name that comes twice, and one that both comes and goes', () => {
    const client = synced();
    const [c] = envelopes('CDS', services('c'));
    const { issues } = client.receive('CDS', [c ?? {}, c ?? {}], [c?.name ?? '']);
    expect(issues.map((issue) => `${issue.path} ${issue.message}`)).toEqual([
      `resources[1] repeats cluster "${c?.name}"`,
      `removed_resources[0] names cluster "${c?.name}", which the same response brings`,
    ]);
  });

  it('refuses a resource that is called otherwise than its envelope says', () => {
    const client = synced();
    const [c] = envelopes('CDS', services('c'));
    const { issues } = client.receive('CDS', [{ ...c, name: A }]);
    expect(issues[0]?.message).toBe(`is cluster "${c?.name}" in an envelope for "${A}"`);
    expect(client.sink.take()).toEqual([]);
  });

  it('passes over what was not asked for by name', () => {
    const client = synced();
    expect(client.receive('EDS', envelopes('EDS', services('zzz'))).requests).toEqual(['EDS n=n5']);
    expect([client.sink.take(), client.held('EDS').held.size]).toEqual([[], 2]);
  });

  it('tells the data plane of a first version that cannot be used, so that nobody waits for it', () => {
    const client = new DeltaSubscriber();
    client.begin();
    client.receive('CDS', envelopes('CDS', services('a')));
    client.sink.take();
    const resource = { typeUrl: typeOf('EDS').typeUrl, value: new Uint8Array([0xff]) };
    client.receive('EDS', [{ name: A, version: '1', resource }]);
    expect(client.sink.take()).toEqual([`endpoints +[] -[${A}]`]);
  });
});

describe('a resource that does not come', () => {
  function waiting(fetchTimeoutMs?: number): DeltaSubscriber {
    const client = new DeltaSubscriber(fetchTimeoutMs);
    client.begin();
    client.receive('CDS', envelopes('CDS', services('a', 'b')));
    client.sink.take();
    return client;
  }

  it('is treated as not existing after 15 s, and told once', () => {
    const client = waiting();
    client.receive('EDS', envelopes('EDS', services('b')));
    client.sink.take();
    client.clock.advance(14_900);
    expect(client.missing).toEqual([]);
    client.clock.advance(300);
    expect(client.missing).toEqual(['LDS *: timeout', `EDS ${A}: timeout`]);
    expect(client.sink.take()).toEqual([`endpoints +[] -[${A}]`]);
    client.clock.advance(60_000);
    expect([client.missing.length, client.held('EDS').complete]).toEqual([2, true]);
  });

  it('is missed no more when it comes after all', () => {
    const client = waiting();
    client.clock.advance(15_200);
    client.sink.take();
    client.receive('EDS', envelopes('EDS', services('a', 'b')));
    expect(client.held('EDS').missing.size).toBe(0);
    expect(client.sink.take()).toEqual([`endpoints +[${A},${B}] -[]`]);
  });

  it('is known not to exist at once when the server says so', () => {
    const client = waiting();
    client.receive('EDS', envelopes('EDS', services('b')), [A]);
    expect(client.missing).toEqual([`EDS ${A}: does-not-exist`]);
    expect(client.sink.take()).toEqual([`endpoints +[${B}] -[${A}]`]);
  });

  it('is not late while there is no stream, and has 15 s again on the next one', () => {
    const client = waiting();
    client.clock.advance(10_000);
    client.subscriber.end();
    client.clock.advance(100_000);
    expect(client.missing).toEqual([]);
    client.begin();
    client.clock.advance(14_900);
    expect(client.missing).toEqual([]);
    client.clock.advance(300);
    expect(client.missing).toEqual([`EDS ${A}: timeout`, `EDS ${B}: timeout`, 'LDS *: timeout']);
  });

  it('is waited for without limit where the limit is 0', () => {
    const client = waiting(0);
    client.clock.advance(3_600_000);
    expect([client.missing, client.clock.pendingTimers]).toEqual([[], 0]);
  });

  it('leaves no timer behind when nobody asks for it any more, or the client closes', () => {
    const client = waiting();
    client.receive('LDS', envelopes('LDS', services()));
    client.receive('RDS', envelopes('RDS', services()));
    client.receive('CDS', [], [A, B]);
    expect(client.clock.pendingTimers).toBe(0);
    const other = waiting();
    other.subscriber.close();
    expect(other.clock.pendingTimers).toBe(0);
  });
});

describe('a time to live', () => {
  const TTL = { seconds: 10n, nanos: 0 };

  function mortal(): DeltaSubscriber {
    const client = synced();
    client.receive(
      'EDS',
      envelopes('EDS', services('a'), '2').map((each) => ({ ...each, ttl: TTL })),
    );
    client.sink.take();
    return client;
  }

  it('drops the resource when it passes without renewal, with a reason', () => {
    const client = mortal();
    client.clock.advance(10_100);
    expect(client.missing).toEqual([`EDS ${A}: expired`]);
    expect(client.sink.take()).toEqual([`endpoints +[] -[${A}]`]);
    expect([...client.held('EDS').held.keys()]).toEqual([B]);
  });

  it('is renewed by heartbeats, which hand nothing over', () => {
    const client = mortal();
    for (let beat = 0; beat < 5; beat += 1) {
      client.clock.advance(8_000);
      const { requests } = client.receive('EDS', [{ name: A, version: '2', ttl: TTL }]);
      expect(requests).toEqual([`EDS n=n${6 + beat}`]);
    }
    expect([client.sink.take(), client.missing]).toEqual([[], []]);
    client.clock.advance(10_100);
    expect(client.missing).toEqual([`EDS ${A}: expired`]);
  });

  it('goes on while there is no stream, and ends with a version that has none', () => {
    const client = mortal();
    client.receive('EDS', envelopes('EDS', services('a'), '3'));
    client.clock.advance(100_000);
    expect(client.missing).toEqual([]);
    const other = mortal();
    other.subscriber.end();
    other.clock.advance(10_100);
    expect(other.missing).toEqual([`EDS ${A}: expired`]);
  });

  it('of a cluster takes its endpoints with it, and asks for them no more', () => {
    const client = synced();
    client.receive(
      'CDS',
      envelopes('CDS', services('a'), '2').map((each) => ({ ...each, ttl: TTL })),
    );
    client.clock.advance(10_100);
    expect(client.late).toEqual([`EDS +[] -[${A}]`]);
    expect(client.sink.take()).toEqual([`clusters +[] -[${A}]`, `endpoints +[] -[${A}]`]);
  });

  it('is not renewed for another version than the one that is held, nor for what is not held', () => {
    const client = mortal();
    expect(client.receive('EDS', [{ name: A, version: '9', ttl: TTL }]).requests).toEqual(['EDS n=n6 NACK']);
    expect(client.receive('EDS', [{ name: 'x', version: '9', ttl: TTL }]).requests).toEqual(['EDS n=n7']);
    expect(client.receive('EDS', [{ version: '9', ttl: TTL }]).requests).toEqual(['EDS n=n8 NACK']);
  });
});
