// The example and the guide of Gateway API: what they show is accepted, and does what they say.
import { readdirSync, readFileSync } from 'node:fs';
import { parseManifest } from '../../../../src/kube/parse-manifest.ts';
import { TextMesh } from '../../../support/mesh-text.ts';

const ROOT = new URL('../../../../', import.meta.url);
const EXAMPLE = new URL('examples/gateway-api/', ROOT);

describe('examples/gateway-api', () => {
  const files = readdirSync(EXAMPLE).filter((name) => name.endsWith('.yaml'));
  const parsed = files.map((name) => parseManifest(readFileSync(new URL(name, EXAMPLE), 'utf8'), name));

  it('has nothing to complain of', () => {
    expect(parsed.flatMap(({ issues }) => issues)).toEqual([]);
    expect(new TextMesh().change(parsed.flatMap(({ objects }) => objects)).issues()).toEqual([]);
  });

  it('sends the canary first, moves what is old before that, and shares the rest', () => {
    const mesh = new TextMesh().change(parsed.flatMap(({ objects }) => objects)).translate();
    const config = mesh.portRoutes.get('shop.default.svc.cluster.local:80');
    expect(config?.virtualHosts[0]?.routes.map(({ name }) => name)).toEqual([
      'connect',
      'default/moved/0',
      'default/shop/chosen',
      'default/shop/canary',
    ]);
  });
});

describe('docs/guides/gateway-api.md', () => {
  const guide = readFileSync(new URL('docs/guides/gateway-api.md', ROOT), 'utf8');
  const routes = [...guide.matchAll(/```yaml\n(apiVersion: gateway[^`]*)```/g)].map((found) => found[1] ?? '');

  it('shows routes that are accepted', () => {
    expect(routes).toHaveLength(1);
    for (const text of routes) expect(parseManifest(text, 'guide').issues).toEqual([]);
  });
});
