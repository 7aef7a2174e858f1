// Promises of what clients are told whose connections are redirected to them (semantics: which destination).
import { tcpClustersOf } from '../../../../src/model/listener-spec.ts';
import { checkConsistent } from '../../../../src/model/snapshot.ts';
import { podText, serviceText, TextMesh } from '../../../support/mesh-text.ts';

const PORTS = '[{name: a, port: 80}, {name: http-b, port: 81}, {name: tcp-c, port: 82}, {name: d, port: 3306}]';
const POD = podText({ name: 'p', ip: '10.0.0.1' });

function meshOf(spec: string): TextMesh {
  return new TextMesh(serviceText(`selector: {app: a}, ${spec}, ports: ${PORTS}`) + POD);
}

describe('a client whose connections are redirected', () => {
  it('hands over what was redirected to a listener for each address and port, and passes on the rest', () => {
    const snapshot = meshOf('clusterIP: 10.96.0.5').intercepted();
    expect(checkConsistent(snapshot)).toEqual([]);
    expect([...snapshot.listeners.keys()].sort()).toEqual([
      ...['10.96.0.5_3306', '10.96.0.5_80', '10.96.0.5_81', '10.96.0.5_82', 'outbound'],
    ]);
    const outbound = snapshot.listeners.get('outbound');
    expect(outbound).toMatchObject({
      originalDestination: 'hand-over',
      // What was not redirected came to its own port: proxy mode.
      filterChains: [{ match: { destinationPort: 15_001 }, filter: { kind: 'http' } }],
      defaultFilterChain: { filter: { kind: 'tcp', tcp: { cluster: 'passthrough' } } },
    });
    expect(snapshot.clusters.get('passthrough')?.discovery).toEqual({ kind: 'original-dst' });
    expect(snapshot.routes.has('proxy/default')).toBe(true);
  });

  it('looks at first bytes only where nobody has said what a port speaks and servers do not speak first there', () => {
    const { listeners } = meshOf('clusterIP: 10.96.0.5').intercepted();
    const told = (port: number) => {
      const { filterChains, defaultFilterChain, inspection, bindToPort } = listeners.get(`10.96.0.5_${port}`) ?? {};
      const kinds = filterChains?.map(({ filter }) => filter.kind);
      return [bindToPort, kinds, defaultFilterChain?.filter.kind, inspection?.timeoutMs];
    };
    expect(told(80)).toEqual([false, ['http'], 'tcp', 1_000]);
    expect(told(81)).toEqual([false, ['http'], undefined, undefined]);
    expect(told(82)).toEqual([false, ['tcp'], undefined, undefined]);
    expect(told(3306)).toEqual([false, ['tcp'], undefined, undefined]);
    expect(listeners.get('10.96.0.5_80')?.filterChains[0]?.match).toEqual({
      applicationProtocols: ['http/1.0', 'http/1.1', 'h2c'],
    });
  });

  it('has listeners for both families, and none for pods: those are reached by themselves', () => {
    const dual = meshOf('clusterIP: 10.96.0.5, clusterIPs: [10.96.0.5, "fd00::5"]').intercepted();
    expect(dual.listeners.get('fd00::5_80')?.address).toEqual({ host: 'fd00::5', port: 80 });
    const headless = meshOf('clusterIP: None').intercepted();
    expect([...headless.listeners.keys()]).toEqual(['outbound']);
  });

  it('is told again only what changed', () => {
    const mesh = meshOf('clusterIP: 10.96.0.5');
    const before = mesh.intercepted();
    mesh.add(podText({ name: 'q', ip: '10.0.0.2' }));
    const after = mesh.intercepted();
    expect(after.endpoints).not.toBe(before.endpoints);
    expect(after.listeners).toBe(before.listeners);
    expect(after.routes).toBe(before.routes);
    expect(after.clusters).toBe(before.clusters);
    mesh.add(serviceText(`selector: {app: a}, clusterIP: 10.96.0.6, ports: [{port: 80}]`, 'other'));
    const more = mesh.intercepted().listeners;
    expect(more.get('10.96.0.5_80')).toBe(before.listeners.get('10.96.0.5_80'));
    expect(more.has('10.96.0.6_80')).toBe(true);
  });

  it('hashes connections by their client where the Service keeps clients together', () => {
    const listener = meshOf('clusterIP: 10.96.0.5, sessionAffinity: ClientIP')
      .intercepted()
      .listeners.get('10.96.0.5_82');
    expect(listener?.filterChains).toMatchObject([{ filter: { kind: 'tcp', tcp: { hashesClients: true } } }]);
  });

  it('finds out by itself which Service an address belongs to, where it holds what it dials', () => {
    const snapshot = meshOf('clusterIP: 10.96.0.5').onDemand({ interception: 'redirect' });
    expect([...snapshot.listeners.keys()]).toEqual(['outbound']);
    const outbound = snapshot.listeners.get('outbound');
    expect(outbound).toMatchObject({ originalDestination: 'match', filterChains: [{ match: {} }] });
    expect(outbound === undefined ? [] : tcpClustersOf(outbound)).toEqual(['passthrough']);
    expect(snapshot.clusters.has('passthrough')).toBe(true);
  });

  it('is another view than one that is called as a proxy, which has none of this', () => {
    const mesh = meshOf('clusterIP: 10.96.0.5');
    expect([...mesh.snapshot().listeners.keys()]).toEqual(['outbound']);
    expect(mesh.snapshot().clusters.has('passthrough')).toBe(false);
  });
});
