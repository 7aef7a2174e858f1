// What the index keeps at hand, and when it looks again.
import type { Located } from '../../../src/kube/meta.ts';
import { type KubeObject, keyOf } from '../../../src/kube/objects.ts';
import { manifests } from '../../support/manifests.ts';
import { podText, serviceText, TextMesh } from '../../support/mesh-text.ts';

const A = 'outbound|80|a.default.svc.cluster.local';

function slice(owner: string, above = ''): string {
  return `${above}---\napiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: s, labels: ${owner}}\naddressType: IPv4\nports: [{port: 8080}]\nendpoints: [{addresses: [10.1.0.1]}]\n`;
}

const OWNED = slice('{kubernetes.io/service-name: a}');
const SERVICE = serviceText('selector: {app: a}, ports: [{port: 80, targetPort: 8080}]');

function strayLines(mesh: TextMesh): readonly (number | undefined)[] {
  return mesh
    .translate()
    .issues.filter(({ message }) => /belongs to no Service|there is no Service/.test(message))
    .map(({ line }) => line);
}

describe('WorldIndex', () => {
  it('finds a slice that loses its Service, by its own label or because the Service goes, and one that gets it back', () => {
    const mesh = new TextMesh(SERVICE + OWNED);
    expect(strayLines(mesh)).toHaveLength(0);
    mesh.add(slice('{}'));
    expect(strayLines(mesh)).toHaveLength(1);
    mesh.add(OWNED);
    expect(strayLines(mesh)).toHaveLength(0);
    mesh.remove(SERVICE);
    expect(strayLines(mesh)).toHaveLength(1);
    mesh.add(SERVICE);
    expect(strayLines(mesh)).toHaveLength(0);
    mesh.remove(OWNED);
    expect(strayLines(mesh)).toHaveLength(0);
  });

  it('follows a slice that belongs to nothing when its text moves', () => {
    const mesh = new TextMesh(slice('{}'));
    const [before = 0] = strayLines(mesh);
    mesh.add(slice('{}', '# a\n# b\n'));
    expect(strayLines(mesh)).toEqual([before + 2]);
  });

  it('looks again at a Service that went and comes back as the same object', () => {
    const mesh = new TextMesh();
    const [service] = manifests(SERVICE, 'mesh.yaml') as [Located<KubeObject>];
    mesh.change([service]);
    expect(mesh.endpoints(A)).toEqual([]);
    mesh.change([], [keyOf(service.object)]);
    mesh.add(podText({ name: 'p1', ip: '10.0.0.1' }));
    mesh.change([service]);
    expect(mesh.endpoints(A)).toEqual(['10.0.0.1:8080']);
  });
});
