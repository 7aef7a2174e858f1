// Who a client says that it is, and what is made of it.
import { create, type JsonObject } from '@bufbuild/protobuf';
import { renderIssue } from '../../../src/base/result.ts';
import { sidecarNodeId } from '../../../src/model/node-identity.ts';
import { NodeSchema } from '../../../src/xds/gen/envoy/config/core/v3/base_pb.ts';
import { decodeNode, encodeNode } from '../../../src/xds/node.ts';

function decode(id: string, metadata: JsonObject) {
  return decodeNode(create(NodeSchema, { id, metadata }));
}

describe('the node of a client', () => {
  const id = sidecarNodeId('127.1.0.5', 'client-abcde', 'shop', 'cluster.local');

  it('comes back as the identity that it was made of', () => {
    const identity = {
      id,
      namespace: 'shop',
      outboundAddresses: [
        { host: '127.1.0.5', port: 15_001 },
        { host: 'fd00::1', port: 1 },
      ],
    };
    const node = create(NodeSchema, encodeNode(identity, { SERVICE_ACCOUNT: 'default' }));
    expect(node.metadata).toMatchObject({ NAMESPACE: 'shop', SERVICE_ACCOUNT: 'default' });
    expect(decodeNode(node)).toEqual({ ok: true, value: identity });
  });

  it('says that it holds what it dials only where it does', () => {
    const identity = { id, namespace: 'shop', outboundAddresses: [], onDemand: true };
    const node = create(NodeSchema, encodeNode(identity, {}));
    expect(node.metadata).toEqual({ NAMESPACE: 'shop', ON_DEMAND: true });
    expect(decodeNode(node)).toEqual({ ok: true, value: identity });
    expect(decode(id, { ON_DEMAND: 'no' })).toMatchObject({ value: expect.not.objectContaining({ onDemand: true }) });
  });

  it('says that connections are redirected to it only where they are', () => {
    const identity = { id, namespace: 'shop', outboundAddresses: [], interception: 'redirect' as const };
    const node = create(NodeSchema, encodeNode(identity, {}));
    expect(node.metadata).toEqual({ NAMESPACE: 'shop', INTERCEPTION_MODE: 'REDIRECT' });
    expect(decodeNode(node)).toEqual({ ok: true, value: identity });
    const none = decode(id, { INTERCEPTION_MODE: 'NONE' });
    expect(none).toMatchObject({ value: expect.not.objectContaining({ interception: 'redirect' }) });
    expect(decode(id, { INTERCEPTION_MODE: 'TPROXY' }).ok).toBe(false);
  });

  it('takes the namespace from the metadata, else from the node id, else "default"', () => {
    const namespaceOf = (nodeId: string, metadata: JsonObject) => {
      const decoded = decode(nodeId, metadata);
      return decoded.ok ? decoded.value.namespace : null;
    };
    expect(namespaceOf(id, { NAMESPACE: 'other' })).toBe('other');
    expect(namespaceOf(id, {})).toBe('shop');
    expect(namespaceOf('some-grpc-client', {})).toBe('default');
  });

  it('takes addresses as one text with commas too', () => {
    const decoded = decode(id, { OUTBOUND_ADDRESSES: '127.0.0.1:15001, [::1]:15001' });
    expect(decoded.ok && decoded.value.outboundAddresses).toEqual([
      { host: '127.0.0.1', port: 15_001 },
      { host: '::1', port: 15_001 },
    ]);
  });

  it.each([
    [{ NAMESPACE: 'a/b' }, 'NAMESPACE'],
    [{ NAMESPACE: 7 }, 'NAMESPACE'],
    [{ NAMESPACE: 'x'.repeat(64) }, 'NAMESPACE'],
    [{ OUTBOUND_ADDRESSES: ['localhost:15001'] }, 'OUTBOUND_ADDRESSES'],
    [{ OUTBOUND_ADDRESSES: ['127.0.0.1:65536'] }, 'OUTBOUND_ADDRESSES'],
    [{ OUTBOUND_ADDRESSES: ['127.0.0.1'] }, 'OUTBOUND_ADDRESSES'],
    [{ OUTBOUND_ADDRESSES: 15_001 }, 'OUTBOUND_ADDRESSES'],
    [{ OUTBOUND_ADDRESSES: new Array(17).fill('127.0.0.1:1') }, 'OUTBOUND_ADDRESSES'],
  ])('refuses metadata %j and says what to give', (metadata, key) => {
    const decoded = decode(id, metadata);
    expect(decoded.ok).toBe(false);
    if (!decoded.ok)
      expect(decoded.issues.map(renderIssue).join()).toMatch(new RegExp(`node: metadata.${key}: .*; give `));
  });
});
