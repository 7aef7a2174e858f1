// What a stream sends for what a client asks.
import { create } from '@bufbuild/protobuf';
import { DiscoveryRequestSchema } from '../../../../src/xds/gen/envoy/service/discovery/v3/discovery_pb.ts';
import { A, B, StreamFixture, services, slower } from '../../../support/stream-fixture.ts';
import { typeOf } from '../../../support/type-of.ts';

describe('AdsStream, subscriptions', () => {
  it('sends everything to a first request for listeners or clusters without names', () => {
    const fixture = new StreamFixture(services('a', 'b'));
    fixture.ask('CDS');
    expect(fixture.take()).toEqual([`CDS ${A},${B}`]);
  });

  it('sends only what was named of endpoints and routes', () => {
    const fixture = new StreamFixture(services('a', 'b'));
    fixture.ask('EDS', [B]);
    expect(fixture.take()).toEqual([`EDS ${B}`]);
  });

  it('answers a first request for what does not exist with an empty response, so that the client need not wait', () => {
    const fixture = new StreamFixture(services('a'));
    fixture.ask('EDS', ['nothing']);
    expect(fixture.take()).toEqual(['EDS']);
  });

  it('sends only the names that a client adds', () => {
    const fixture = new StreamFixture(services('a', 'b'));
    fixture.ask('EDS', [A]);
    fixture.ack('EDS', [A, B]);
    expect(fixture.take()).toEqual([`EDS ${A}`, `EDS ${B}`]);
  });

  it('sends a name again that was dropped and taken up again', () => {
    const fixture = new StreamFixture(services('a', 'b'));
    fixture.ask('EDS', [A, B]);
    fixture.ack('EDS', [B]);
    fixture.ask('EDS', [A, B], fixture.lastNonce('EDS'));
    expect(fixture.take()).toEqual([`EDS ${A},${B}`, `EDS ${A}`]);
  });

  it('sends a named resource as soon as it exists', () => {
    const fixture = new StreamFixture(services('a'));
    fixture.ask('EDS', [B]);
    fixture.ack('EDS', [B]);
    fixture.take();
    fixture.set(services('a', 'b'));
    expect(fixture.take()).toEqual([`EDS ${B}`]);
  });

  it('does not fall back to everything when a client that named clusters names none', () => {
    const fixture = new StreamFixture(services('a', 'b'));
    fixture.ask('CDS', [A]);
    fixture.ack('CDS', []);
    fixture.take();
    fixture.set(services('a', 'b', 'c'));
    expect(fixture.take()).toEqual([]);
  });

  it('takes "*" as everything, beside names', () => {
    const fixture = new StreamFixture(services('a', 'b'));
    fixture.ask('CDS', ['*', A]);
    expect(fixture.take()).toEqual([`CDS ${A},${B}`]);
    expect(fixture.status('CDS')).toMatchObject({ wildcard: true, names: 1 });
  });

  it('sends the whole named set of clusters when one of it changes, since absence would mean removal', () => {
    const fixture = new StreamFixture(services('a', 'b', 'c'));
    fixture.ask('CDS', [A, B]);
    fixture.ack('CDS', [A, B]);
    fixture.take();
    fixture.set(slower(services('a', 'b', 'c'), A));
    expect(fixture.take()).toEqual([`CDS ${A},${B}`]);
  });

  it('waits while nothing is known, and sends with the first snapshot', () => {
    const fixture = new StreamFixture(null);
    fixture.ask('CDS');
    expect(fixture.take()).toEqual([]);
    fixture.set(services('a'));
    expect(fixture.take()).toEqual([`CDS ${A}`]);
  });

  it('turns away more names than the limit', () => {
    const fixture = new StreamFixture(services('a'), 2);
    fixture.ask('EDS', ['x', 'y', 'z']);
    expect(fixture.failures).toEqual([expect.stringMatching(/^resource-exhausted: more than 2 names/)]);
    expect(fixture.take()).toEqual([]);
  });

  it('turns away a stream that does not say who it is, or says it badly', () => {
    const nameless = new StreamFixture(services('a'));
    nameless.stream.receive(create(DiscoveryRequestSchema, { typeUrl: typeOf('CDS').typeUrl }));
    expect(nameless.failures).toEqual([expect.stringMatching(/^invalid-argument: .* no node; send one/)]);
    const odd = new StreamFixture(services('a'));
    const node = { id: 'x', metadata: { NAMESPACE: '..' } };
    odd.stream.receive(create(DiscoveryRequestSchema, { typeUrl: typeOf('CDS').typeUrl, node }));
    expect(odd.failures).toEqual([expect.stringMatching(/^invalid-argument: node: metadata.NAMESPACE/)]);
  });

  it('passes over types that it does not serve', () => {
    const fixture = new StreamFixture(services('a'));
    const typeUrl = 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret';
    fixture.stream.receive(create(DiscoveryRequestSchema, { node: { id: 'x' }, typeUrl }));
    expect([fixture.take(), fixture.failures]).toEqual([[], []]);
  });
});
