// Promises of the names by which the control plane knows sidecars.
import { namespaceOfNodeId, parseSidecarNodeId, sidecarNodeId } from '../../../src/model/node-identity.ts';

describe('node ids of sidecars', () => {
  it('tell address, pod and namespace', () => {
    const id = sidecarNodeId('10.0.0.5', 'client', 'shop', 'cluster.local');
    expect(id).toBe('sidecar~10.0.0.5~client.shop~shop.svc.cluster.local');
    expect(parseSidecarNodeId(id)).toEqual({ podIp: '10.0.0.5', pod: 'client', namespace: 'shop' });
    expect(namespaceOfNodeId(id)).toBe('shop');
  });

  it('may hold pod names with dots', () => {
    const id = sidecarNodeId('fd00::5', 'a.b.c', 'shop', 'cluster.local');
    expect(parseSidecarNodeId(id)).toEqual({ podIp: 'fd00::5', pod: 'a.b.c', namespace: 'shop' });
  });

  it.each(['', 'envoy-1', 'sidecar~10.0.0.5~client', 'sidecar~10.0.0.5~client~x', 'router~10.0.0.5~a.b~b.svc.d'])(
    'are not what %j is',
    (id) => {
      expect(parseSidecarNodeId(id)).toBeNull();
    },
  );
});
