// The bench's lean incremental messages, against those of the real server.
import { fromBinary } from '@bufbuild/protobuf';
import { decodeResponse, encodeRequest, TYPE_URLS } from '../../../bench/control-plane/delta-messages.ts';
import { nodeOf } from '../../../bench/control-plane/subscription-plans.ts';
import { ResourceEncoder } from '../../../src/xds/cache/encoded-resource.ts';
import { DeltaDiscoveryRequestSchema } from '../../../src/xds/gen/envoy/service/discovery/v3/discovery_pb.ts';
import { RESOURCE_TYPES } from '../../../src/xds/resources/index.ts';
import type { Batch } from '../../../src/xds/server/batch.ts';
import { DELTA_CODEC } from '../../../src/xds/server/delta-codec.ts';

describe('encodeRequest', () => {
  it('says who asks and for what, and what it acknowledges', () => {
    const read = (bytes: Buffer) => DELTA_CODEC.read(fromBinary(DeltaDiscoveryRequestSchema, bytes));
    const node = nodeOf(27, 'named');
    const first = encodeRequest({ node, typeUrl: TYPE_URLS.clusters, subscribe: ['a', 'b'] });
    expect(read(first)).toMatchObject({
      typeUrl: TYPE_URLS.clusters,
      node: { id: 'sidecar~10.255.0.27~pod-27.ns-7~ns-7.svc.cluster.local', metadata: { ON_DEMAND: true } },
      nonce: '',
      names: { subscribe: ['a', 'b'], unsubscribe: [] },
    });
    const ack = read(encodeRequest({ typeUrl: TYPE_URLS.endpoints, nonce: '17' }));
    expect(ack).toMatchObject({ typeUrl: TYPE_URLS.endpoints, nonce: '17', names: { subscribe: [] } });
    expect([ack.node, ack.refusal]).toEqual([undefined, undefined]);
  });
});

describe('decodeResponse', () => {
  it('finds type, nonce and names in what the server writes', () => {
    const [type] = RESOURCE_TYPES;
    if (type === undefined) throw new Error('there are no types');
    const encode = () => new Uint8Array(300).fill(7);
    const encodable = (name: string) => ({ typeUrl: type.typeUrl, name: () => name, references: () => [], encode });
    const changed = ['a', 'b|with|bars'].map((name) => new ResourceEncoder().encode(encodable(name), {}));
    const batch: Batch = { type, version: 'v', changed, removed: ['gone'], complete: () => changed };
    expect(decodeResponse(DELTA_CODEC.write(batch, '42'))).toEqual({
      typeUrl: type.typeUrl,
      nonce: '42',
      names: ['a', 'b|with|bars'],
    });
  });
});

describe('TYPE_URLS', () => {
  it('are those that the server serves', () => {
    expect(Object.values(TYPE_URLS).toSorted()).toEqual(RESOURCE_TYPES.map(({ typeUrl }) => typeUrl).toSorted());
  });
});
