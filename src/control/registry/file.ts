// The registry of a folder of manifests.
import type { Cancel, Clock } from '../../base/clock.ts';
import { renderIssue } from '../../base/result.ts';
import { watchFolder } from '../../kube/folder.ts';
import type { FolderContents } from '../../kube/folder-reader.ts';
import type { Located } from '../../kube/meta.ts';
import { type KubeObject, keyOf, type ObjectKey, renderKey } from '../../kube/objects.ts';
import type { Registry, RegistryEvent } from './registry.ts';

/** It is synced when the folder has been read; a folder that is not there yet is an issue and not an empty one. */
export class FileRegistry implements Registry {
  readonly name: string;
  readonly selectsPods = true;
  readonly #dir: string;
  readonly #clock: Clock;

  constructor(dir: string, clock: Clock) {
    this.name = `file:${dir}`;
    this.#dir = dir;
    this.#clock = clock;
  }

  watch(emit: (event: RegistryEvent) => void): Cancel {
    let held: ReadonlyMap<string, Located<KubeObject>> = new Map();
    let issues = '';
    let synced = false;
    return watchFolder(this.#dir, { clock: this.#clock }, (contents) => {
      const next = new Map(contents.objects.map((located) => [renderKey(keyOf(located.object)), located]));
      const changed = difference(held, next);
      held = next;
      if (changed.upserted.length + changed.deleted.length > 0) emit({ kind: 'changed', ...changed });
      const told = contents.issues.map(renderIssue).join('\n');
      if (told !== issues) emit({ kind: 'issues', issues: contents.issues });
      issues = told;
      if (!synced && contents.readable) emit({ kind: 'synced' });
      synced ||= contents.readable;
    });
  }
}

interface Difference {
  readonly upserted: FolderContents['objects'];
  readonly deleted: readonly ObjectKey[];
}

function difference(
  before: ReadonlyMap<string, Located<KubeObject>>,
  after: ReadonlyMap<string, Located<KubeObject>>,
): Difference {
  const upserted = [...after].filter(([key, located]) => before.get(key) !== located).map(([, located]) => located);
  const gone = [...before].filter(([key]) => !after.has(key));
  return { upserted, deleted: gone.map(([, { object }]) => keyOf(object)) };
}
