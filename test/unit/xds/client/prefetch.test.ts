// A client that holds what it dials asks what its siblings hold: once, before the names, and without waiting for an answer.
import type { PrefetchHintsSpec } from '../../../../src/model/prefetch-hints-spec.ts';
import { PREFETCH_HINTS_TYPE } from '../../../../src/xds/resources/prefetch-hints.ts';
import { DeltaSubscriber, envelopes, type ResourceInit } from '../../../support/delta-subscriber.ts';
import { serviceText, TextMesh } from '../../../support/mesh-text.ts';
import { sampleSnapshot } from '../../../support/sample-snapshot.ts';

const A = 'a.default.svc.cluster.local';
const MESH = new TextMesh(serviceText('ports: [{port: 80}]', 'a')).onDemand();

/** Has been told of its listener, which says that routes come on demand. */
function client(prefetch = true): DeltaSubscriber {
  const fresh = new DeltaSubscriber(15_000, true, prefetch);
  fresh.begin();
  return fresh;
}

function hints(routes: readonly string[]): ResourceInit[] {
  const spec: PrefetchHintsSpec = { name: 'siblings', routes };
  const value = new Uint8Array(PREFETCH_HINTS_TYPE.encode(spec));
  return [{ name: spec.name, version: '1', resource: { typeUrl: PREFETCH_HINTS_TYPE.typeUrl, value } }];
}

describe('a client that asks for what its siblings hold', () => {
  it('asks before it asks for names, so that the answer comes before them, and says when it has it that it wants no more', () => {
    const fresh = client();
    expect(fresh.receive('LDS', envelopes('LDS', MESH)).requests).toEqual(['LDS n=n1', 'PDS +[siblings]', 'NDS +[]']);
    fresh.sink.take();
    expect(fresh.receive('PDS', hints([`${A}:80`])).requests).toEqual(['PDS n=n2', 'PDS +[] -[siblings]']);
    expect(fresh.receive('NDS', envelopes('NDS', MESH)).requests).toEqual(['NDS n=n3']);
    expect(fresh.sink.take()).toEqual(['hints +[siblings] -[]', `names +[${A}] -[]`]);
  });

  it('wants it no more when names come first: such a control plane does not know of it', () => {
    const fresh = client();
    fresh.receive('LDS', envelopes('LDS', MESH));
    expect(fresh.receive('NDS', envelopes('NDS', MESH)).requests).toEqual(['NDS n=n2', 'PDS +[] -[siblings]']);
    fresh.sink.take();
    expect(fresh.receive('PDS', hints([`${A}:80`])).requests).toEqual(['PDS n=n3']);
    expect(fresh.sink.take()).toEqual([]);
    fresh.clock.advance(60_000);
    expect([fresh.missing, fresh.late]).toEqual([[], []]);
  });

  it('asks again on the next stream while it has no names, and never after that', () => {
    const fresh = client();
    fresh.receive('LDS', envelopes('LDS', MESH));
    fresh.subscriber.end();
    expect(fresh.begin()).toEqual(['LDS +[] has outbound=1', 'PDS +[siblings]', 'NDS +[]']);
    fresh.receive('PDS', hints([]));
    fresh.receive('NDS', envelopes('NDS', MESH));
    fresh.subscriber.end();
    expect(fresh.begin()).toEqual(['LDS +[] has outbound=1', `NDS +[] has ${A}=1`]);
    expect(fresh.receive('LDS', []).requests).toEqual(['LDS n=n4']);
  });

  it('is told of bytes that are no hints as of any other resource, and goes on without', () => {
    const fresh = client();
    fresh.receive('LDS', envelopes('LDS', MESH));
    const [good] = hints([]);
    const bad = { ...good, resource: { typeUrl: PREFETCH_HINTS_TYPE.typeUrl, value: Uint8Array.of(0xff) } };
    const { issues, requests } = fresh.receive('PDS', [bad]);
    expect([issues.length, requests]).toEqual([1, ['PDS n=n2 NACK', 'PDS +[] -[siblings]']]);
    fresh.receive('NDS', envelopes('NDS', MESH));
    expect(fresh.subscriber.types.every(({ complete }) => complete)).toBe(true);
  });

  it('does not ask where it is told not to, or where everything is held', () => {
    expect(client(false).receive('LDS', envelopes('LDS', MESH)).requests).toEqual(['LDS n=n1', 'NDS +[]']);
    const everything = sampleSnapshot({ services: [{ name: 'a', endpoints: [] }] });
    const { requests } = client().receive('LDS', envelopes('LDS', everything));
    expect(requests).toEqual(['LDS n=n1', 'RDS +[proxy/default]', 'CDS +[]']);
  });

  it('is in sync with the names, whether what it asked for because of them has come or not', () => {
    const fresh = client();
    fresh.receive('LDS', envelopes('LDS', MESH));
    fresh.receive('NDS', envelopes('NDS', MESH));
    fresh.subscribe(A);
    expect(fresh.subscriber.types.every(({ complete }) => complete)).toBe(true);
  });
});
