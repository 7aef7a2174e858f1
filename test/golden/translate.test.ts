// Golden translations: each folder holds manifests and the whole configuration that they make. `UPDATE_GOLDEN=1` writes it anew.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { renderIssue } from '../../src/base/result.ts';
import type { Snapshot } from '../../src/model/snapshot.ts';
import { checkConsistent } from '../../src/model/snapshot.ts';
import { manifests } from '../support/manifests.ts';
import { TextMesh } from '../support/mesh-text.ts';

const FOLDER = fileURLToPath(new URL('./translate', import.meta.url));
const CASES = readdirSync(FOLDER).sort();

/** Views from each namespace that has objects; clusters and endpoints are the same in all of them. */
function translate(text: string): object {
  const objects = manifests(text, 'input.yaml');
  const mesh = new TextMesh().change(objects);
  const namespaces = [...new Set(objects.map(({ object }) => object.metadata.namespace))].sort();
  const snapshots = namespaces.map((namespace) => [namespace, mesh.snapshot(namespace)] as const);
  for (const [, snapshot] of snapshots) expect(checkConsistent(snapshot)).toEqual([]);
  const any = mesh.snapshot();
  return {
    issues: mesh.translate().issues.map((issue) => `${issue.severity}: ${renderIssue(issue)}`),
    clusters: [...any.clusters.values()],
    endpoints: [...any.endpoints.values()],
    views: Object.fromEntries(snapshots.map(([namespace, snapshot]) => [namespace, viewOf(snapshot)])),
  };
}

function viewOf({ listeners, routes }: Snapshot): object {
  return { listeners: [...listeners.values()], routes: [...routes.values()] };
}

describe('translation', () => {
  it('has cases', () => {
    expect(CASES.length).toBeGreaterThan(4);
  });

  it.each(CASES)('of %s makes what is written beside it', (name) => {
    const expected = `${FOLDER}/${name}/expected.json`;
    const actual = translate(readFileSync(`${FOLDER}/${name}/input.yaml`, 'utf8'));
    if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(expected, `${JSON.stringify(actual, null, 2)}\n`);
    expect(JSON.parse(readFileSync(expected, 'utf8'))).toEqual(actual);
  });
});
