// The kinds that are watched are those that the guide gives rights for.
import { readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
import { WATCHED_KINDS } from '../../../../src/control/registry/kubernetes/watched-kinds.ts';

const GUIDE = new URL('../../../../docs/guides/kubernetes.md', import.meta.url);

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

function rulesOfGuide(): readonly Rule[] {
  const text = /```yaml\n([^`]+)```/.exec(readFileSync(GUIDE, 'utf8'))?.[1] ?? '';
  const documents = parseAllDocuments(text).map((document) => document.toJS());
  return documents.find(({ kind }) => kind === 'ClusterRole').rules;
}

describe('the kinds that the Kubernetes registry watches', () => {
  it('may be listed and watched with the ClusterRole of the guide, and nothing else may', () => {
    const readable = rulesOfGuide().filter(({ verbs }) => verbs.includes('list'));
    for (const { verbs } of readable) expect(verbs).toEqual(expect.arrayContaining(['list', 'watch']));
    const allowed = readable.flatMap(({ apiGroups, resources }) =>
      apiGroups.flatMap((group) => resources.map((resource) => `${resource} of "${group}"`)),
    );
    const watched = WATCHED_KINDS.map(({ resources: [{ plural, group }] }) => `${plural} of "${group}"`);
    expect(allowed.sort()).toEqual(watched.sort());
  });
});
