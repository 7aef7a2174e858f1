// Manifests in a test, as their authors would write them.
import type { Located } from '../../src/kube/meta.ts';
import type { Kind, KubeObject, ObjectOf } from '../../src/kube/objects.ts';
import { parseManifest } from '../../src/kube/parse-manifest.ts';

/** Throws when there is any problem with them. */
export function manifests(text: string, source = 'test.yaml'): readonly Located<KubeObject>[] {
  const { objects, issues } = parseManifest(text, source);
  const [issue] = issues;
  if (issue !== undefined) throw new Error(`the manifest of the test is wrong: ${issue.line}: ${issue.message}`);
  return objects;
}

/** The first object of `kind`. */
export function manifest<K extends Kind>(kind: K, text: string): ObjectOf<K> {
  const found = manifests(text).find(({ object }) => object.kind === kind);
  if (found === undefined) throw new Error(`the manifest of the test has no ${kind}`);
  return found.object as ObjectOf<K>;
}
