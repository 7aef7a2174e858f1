// The Service that a pod is behind.
import { homeOf } from '../../../src/control/home-of.ts';
import { TextMesh } from '../../support/mesh-text.ts';

function service(name: string, selector: string, ports = '{port: 80}', namespace = 'default'): string {
  return `apiVersion: v1\nkind: Service\nmetadata: {name: ${name}, namespace: ${namespace}}\nspec: {selector: ${selector}, ports: [${ports}]}\n---\n`;
}

const LABELS = { app: 'web', version: 'v2', tier: 'edge' };

function homeIn(text: string): string | null {
  return homeOf(new TextMesh(text).index.selecting('default', LABELS), 'cluster.local');
}

const nameOf = (name: string, port = 80): string => `${name}.default.svc.cluster.local:${port}`;

describe('the Service that a pod is behind', () => {
  it('is the one that selects it, by its first TCP port', () => {
    const ports = '{name: dns, port: 53, protocol: UDP}, {name: http, port: 8080}, {name: admin, port: 81}';
    expect(homeIn(service('web', '{app: web}', ports) + service('db', '{app: db}'))).toBe(nameOf('web', 8080));
  });

  it('is the one that asks for the fewest labels, whose pods are the most; of equals the first by name', () => {
    const canary = service('a-canary', '{app: web, version: v2}');
    expect(homeIn(canary + service('web', '{app: web}'))).toBe(nameOf('web'));
    expect(homeIn(service('web', '{app: web}') + service('edge', '{tier: edge}'))).toBe(nameOf('edge'));
  });

  it.each([
    ['no Service', ''],
    ['a Service that asks for more', service('web', '{app: web, version: v3}')],
    ['a Service of another namespace', service('web', '{app: web}', '{port: 80}', 'shop')],
    ['a Service without a selector', service('web', '{}')],
    ['a Service without a TCP port', service('web', '{app: web}', '{port: 53, protocol: UDP}')],
  ])('is none where there is %s', (_what, text) => {
    expect(homeIn(text)).toBeNull();
  });
});
