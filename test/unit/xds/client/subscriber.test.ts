// The client's side of the protocol, response by response.
import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import type { AnySchema } from '@bufbuild/protobuf/wkt';
import type { Snapshot } from '../../../../src/model/snapshot.ts';
import { SOTW_CLIENT_CODEC } from '../../../../src/xds/client/sotw-codec.ts';
import { Subscriber } from '../../../../src/xds/client/subscriber.ts';
import {
  DiscoveryRequestSchema,
  type DiscoveryResponse,
  DiscoveryResponseSchema,
} from '../../../../src/xds/gen/envoy/service/discovery/v3/discovery_pb.ts';
import { RESOURCE_TYPES } from '../../../../src/xds/resources/index.ts';
import { NotingSink } from '../../../support/delta-subscriber.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { serviceText, TextMesh } from '../../../support/mesh-text.ts';
import { sampleClusterName, sampleSnapshot } from '../../../support/sample-snapshot.ts';
import { typeOf } from '../../../support/type-of.ts';

const A = sampleClusterName('a');
const B = sampleClusterName('b');
const ONE = { host: '127.1.0.1', port: 8080 };

function services(...names: string[]): Snapshot {
  return sampleSnapshot({ services: names.map((name) => ({ name, endpoints: [ONE] })) });
}

class Fixture {
  readonly sink = new NotingSink();
  readonly subscriber: Subscriber;
  #nonce = 0;

  constructor(onDemand = false) {
    const node = { id: 'sidecar', namespace: 'default', outboundAddresses: [], onDemand };
    this.subscriber = new Subscriber({
      ...{ node, metadata: {}, sink: this.sink, codec: SOTW_CLIENT_CODEC, clock: new ManualClock() },
      fetchTimeoutMs: 15_000,
      onTimeout: () => {},
    });
  }

  /** A response with these resources of `snapshot` (default: all of the type); answers with what the client says to it. */
  receive(
    shortName: string,
    snapshot: Snapshot,
    options: { only?: string[]; extra?: MessageInitShape<typeof AnySchema>[]; version?: string } = {},
  ) {
    const type = typeOf(shortName);
    const specs = [...type.specs(snapshot).values()].filter((spec) => options.only?.includes(type.name(spec)) ?? true);
    this.#nonce += 1;
    const response = create(DiscoveryResponseSchema, {
      typeUrl: type.typeUrl,
      versionInfo: options.version ?? `v${this.#nonce}`,
      nonce: `n${this.#nonce}`,
      resources: [
        ...specs.map((spec) => ({ typeUrl: type.typeUrl, value: type.encode(spec) })),
        ...(options.extra ?? []),
      ],
    });
    const outcome = this.subscriber.receive(delivered(response));
    if (outcome === null) throw new Error('the client did not ask for this type');
    return { issues: outcome.issues, requests: outcome.requests.map(plain) };
  }

  held(shortName: string) {
    const held = this.subscriber.types.find((each) => each.type.shortName === shortName);
    if (held === undefined) throw new Error(`no type ${shortName}`);
    return held;
  }

  take(): string[] {
    return this.sink.applied.splice(0);
  }
}

function delivered(response: DiscoveryResponse) {
  return SOTW_CLIENT_CODEC.read(toBinary(DiscoveryResponseSchema, response));
}

function parse(bytes: Buffer) {
  return fromBinary(DiscoveryRequestSchema, bytes);
}

function plain(bytes: Buffer) {
  const request = parse(bytes);
  const shortName = RESOURCE_TYPES.find((type) => type.typeUrl === request.typeUrl)?.shortName ?? '?';
  const names = request.resourceNames ?? [];
  const said = `${shortName} v=${request.versionInfo} n=${request.responseNonce} [${names}]`;
  return request.errorDetail === undefined ? said : `${said} NACK`;
}

describe('Subscriber', () => {
  it('begins with all clusters and listeners, and says who it is once', () => {
    const { subscriber } = new Fixture();
    const requests = subscriber.begin();
    expect(requests.map(plain)).toEqual(['CDS v= n= []', 'LDS v= n= []']);
    expect(requests.map((request) => parse(request).node?.id)).toEqual(['sidecar', undefined]);
  });

  it('applies clusters, says yes, and asks for their endpoints', () => {
    const fixture = new Fixture();
    expect(fixture.receive('CDS', services('a', 'b')).requests).toEqual(['CDS v=v1 n=n1 []', `EDS v= n= [${A},${B}]`]);
    expect(fixture.take()).toEqual([`clusters +[${A},${B}] -[]`]);
  });

  it('asks for the routes that listeners name', () => {
    const fixture = new Fixture();
    expect(fixture.receive('LDS', services()).requests).toEqual(['LDS v=v1 n=n1 []', 'RDS v= n= [proxy/default]']);
  });

  // Names were taken for one another, since all resources of a response have its version.
  it('knows names again that come a second time, and each by its own content', () => {
    const text = (...names: string[]) => names.map((name) => serviceText('ports: [{port: 80}]', name)).join('');
    const fixture = new Fixture(true);
    fixture.receive('LDS', new TextMesh(text('a')).onDemand());
    fixture.receive('NDS', new TextMesh(text('a', 'b')).onDemand());
    fixture.take();
    const again = fixture.receive('NDS', new TextMesh(text('a', 'b', 'c')).onDemand());
    expect([again.issues, fixture.take()]).toEqual([[], ['names +[c.default.svc.cluster.local] -[]']]);
    fixture.receive('NDS', new TextMesh(text('b', 'c')).onDemand(), { version: 'v3' });
    expect(fixture.take()).toEqual(['names +[] -[a.default.svc.cluster.local]']);
  });

  it('hands over only what changed', () => {
    const fixture = new Fixture();
    fixture.receive('CDS', services('a', 'b'));
    fixture.take();
    const { requests } = fixture.receive('CDS', services('a', 'b'));
    expect([fixture.take(), requests]).toEqual([[], ['CDS v=v2 n=n2 []']]);
  });

  it('removes a cluster that the complete set leaves out, together with its endpoints, and asks for these no more', () => {
    const fixture = new Fixture();
    fixture.receive('CDS', services('a', 'b'));
    fixture.receive('EDS', services('a', 'b'));
    fixture.take();
    const { requests } = fixture.receive('CDS', services('a'));
    expect(requests).toEqual(['CDS v=v3 n=n3 []', `EDS v=v2 n=n2 [${A}]`]);
    expect(fixture.take()).toEqual([`clusters +[] -[${B}]`, `endpoints +[] -[${B}]`]);
  });

  it('keeps endpoints that a response leaves out: absence says nothing there', () => {
    const fixture = new Fixture();
    fixture.receive('CDS', services('a', 'b'));
    fixture.receive('EDS', services('a', 'b'));
    fixture.take();
    fixture.receive('EDS', services('a', 'b'), { only: [A] });
    expect([fixture.take(), [...fixture.held('EDS').held.keys()]]).toEqual([[], [A, B]]);
  });

  it('applies the good resources of a response, keeps the last good version of the bad one, and names it in the NACK', () => {
    const fixture = new Fixture();
    fixture.receive('CDS', services('a', 'b'), { version: 'good' });
    fixture.take();
    const next = services('a', 'b', 'c');
    const clusters = new Map(
      [...next.clusters].map(([name, spec]) => [name, name === A ? { ...spec, connectTimeoutMs: 0 } : spec]),
    );
    const { issues, requests } = fixture.receive('CDS', { ...next, clusters }, { version: 'bad' });
    expect(fixture.take()).toEqual([`clusters +[${sampleClusterName('c')}] -[]`]);
    expect(requests[0]).toBe('CDS v=good n=n2 [] NACK');
    expect(issues).toMatchObject([{ source: `cluster "${A}"`, path: 'connect_timeout' }]);
    expect(fixture.held('CDS').held.get(A)?.version).toBe('good');
    expect([...fixture.held('CDS').refused.keys()]).toEqual([A]);
    fixture.receive('CDS', next);
    expect(fixture.held('CDS').refused.size).toBe(0);
  });

  it('removes nothing while a resource cannot even be named', () => {
    const fixture = new Fixture();
    fixture.receive('CDS', services('a', 'b'));
    fixture.take();
    const garbage = { typeUrl: typeOf('CDS').typeUrl, value: new Uint8Array([0xff, 0xff]) };
    const { requests } = fixture.receive('CDS', services('a'), { extra: [garbage] });
    expect([fixture.take(), requests[0]]).toEqual([[], 'CDS v=v1 n=n2 [] NACK']);
  });

  it('refuses a resource of another type and a name that comes twice', () => {
    const fixture = new Fixture();
    const snapshot = services('a');
    const type = typeOf('CDS');
    const [spec] = [...type.specs(snapshot).values()];
    const twice = { typeUrl: type.typeUrl, value: type.encode(spec as object) };
    const { issues } = fixture.receive('CDS', snapshot, { extra: [twice, { typeUrl: typeOf('LDS').typeUrl }] });
    expect(issues.map((issue) => `${issue.path} ${issue.message}`)).toEqual([
      `resources[1] repeats cluster "${A}"`,
      'resources[2] is a type.googleapis.com/envoy.config.listener.v3.Listener',
    ]);
  });

  it('passes on what the data plane refuses, and hands the same bytes over again when they come again', () => {
    const fixture = new Fixture();
    fixture.sink.refusing.add('outbound');
    expect(fixture.receive('LDS', services()).requests[0]).toBe('LDS v= n=n1 [] NACK');
    expect([...fixture.held('LDS').refused.keys()]).toEqual(['outbound']);
    fixture.sink.refusing.clear();
    fixture.take();
    expect(fixture.receive('LDS', services()).requests[0]).toBe('LDS v=v2 n=n2 []');
    expect(fixture.take()).toEqual(['listeners +[outbound] -[]']);
    expect(fixture.held('LDS').refused.size).toBe(0);
  });

  it('begins a new stream with all that it holds, without the nonces of the old one', () => {
    const fixture = new Fixture();
    fixture.receive('CDS', services('a'));
    fixture.receive('EDS', services('a'));
    fixture.receive('LDS', services('a'));
    fixture.receive('RDS', services('a'));
    expect(fixture.subscriber.begin().map(plain)).toEqual([
      'CDS v=v1 n= []',
      `EDS v=v2 n= [${A}]`,
      'LDS v=v3 n= []',
      'RDS v=v4 n= [proxy/default]',
    ]);
    expect(fixture.subscriber.types.every((held) => held.complete)).toBe(true);
  });

  it('is not complete while something that was asked for is missing', () => {
    const fixture = new Fixture();
    fixture.receive('CDS', services('a', 'b'));
    fixture.receive('EDS', services('a', 'b'), { only: [A] });
    expect(fixture.held('EDS').complete).toBe(false);
    fixture.receive('EDS', services('a', 'b'), { only: [B] });
    expect(fixture.held('EDS').complete).toBe(true);
  });

  it('answers null to a type that it did not ask for', () => {
    const { subscriber } = new Fixture();
    expect(subscriber.receive(delivered(create(DiscoveryResponseSchema, { typeUrl: 'x' })))).toBeNull();
  });

  it('tells 100 issues in a NACK, and how many more there are', () => {
    const fixture = new Fixture();
    const type = typeOf('CDS');
    const extra = Array.from({ length: 150 }, () => ({ typeUrl: type.typeUrl, value: new Uint8Array([0xff]) }));
    const response = create(DiscoveryResponseSchema, { typeUrl: type.typeUrl, resources: extra });
    const [answer = Buffer.alloc(0)] = fixture.subscriber.receive(delivered(response))?.requests ?? [];
    const { errorDetail } = parse(answer);
    const text = errorDetail?.message.split('\n') ?? [];
    expect([text.length, text.at(-1), errorDetail?.code]).toEqual([101, 'and 50 more', 3]);
  });
});
