// The example and the guide of ejection: what they show is accepted, and says what they say it does.
import { readdirSync, readFileSync } from 'node:fs';
import { parseManifest } from '../../../../src/kube/parse-manifest.ts';
import { TextMesh } from '../../../support/mesh-text.ts';

const ROOT = new URL('../../../../', import.meta.url);
const EXAMPLE = new URL('examples/ejection/', ROOT);

it('examples/ejection is accepted, tells users apart and keeps three pods', () => {
  const files = readdirSync(EXAMPLE).filter((name) => name.endsWith('.yaml'));
  const parsed = files.map((name) => parseManifest(readFileSync(new URL(name, EXAMPLE), 'utf8'), name));
  expect(parsed.flatMap(({ issues }) => issues)).toEqual([]);
  const mesh = new TextMesh().change(parsed.flatMap(({ objects }) => objects));
  expect(mesh.issues()).toEqual([]);
  expect([...mesh.translate().clusters.values()]).toMatchObject([
    {
      outlierDetection: {
        ...{ baseEjectionMs: 10_000, minHealthyHosts: 3, shadow: false, worseThanPeers: { gapPercent: 30 } },
        callers: { header: 'x-user-id', minimum: 2 },
      },
    },
  ]);
});

it('docs/guides/ejection.md shows a policy that is accepted', () => {
  const guide = readFileSync(new URL('docs/guides/ejection.md', ROOT), 'utf8');
  const shown = [...guide.matchAll(/```yaml\n(apiVersion: switchboard[^`]*)```/g)].map((found) => found[1] ?? '');
  expect(shown).toHaveLength(1);
  for (const text of shown) expect(parseManifest(text, 'guide').issues).toEqual([]);
});
