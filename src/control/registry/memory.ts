// A registry that a program fills by hand, for tests and for embedding.
import type { Cancel } from '../../base/clock.ts';
import type { Issue } from '../../base/result.ts';
import type { Located } from '../../kube/meta.ts';
import { type KubeObject, keyOf, type ObjectKey, renderKey } from '../../kube/objects.ts';
import type { Registry, RegistryEvent } from './registry.ts';

/** It is synced from the start: what it holds when it is first watched is its beginning. */
export class MemoryRegistry implements Registry {
  readonly name: string;
  readonly selectsPods: boolean;
  readonly #objects = new Map<string, Located<KubeObject>>();
  readonly #watchers = new Set<(event: RegistryEvent) => void>();
  #issues: readonly Issue[] = [];

  constructor(name = 'memory', selectsPods = true) {
    this.name = name;
    this.selectsPods = selectsPods;
  }

  watch(emit: (event: RegistryEvent) => void): Cancel {
    queueMicrotask(() => {
      if (!this.#watchers.has(emit)) return;
      emit({ kind: 'changed', upserted: [...this.#objects.values()], deleted: [] });
      emit({ kind: 'issues', issues: this.#issues });
      emit({ kind: 'synced' });
    });
    this.#watchers.add(emit);
    return () => void this.#watchers.delete(emit);
  }

  /** Adds or replaces, in one event. */
  upsert(...objects: readonly Located<KubeObject>[]): void {
    this.change(objects, []);
  }

  /** In one event; keys that are not there are ignored. */
  delete(...keys: readonly ObjectKey[]): void {
    this.change([], keys);
  }

  change(upserted: readonly Located<KubeObject>[], deleted: readonly ObjectKey[]): void {
    for (const located of upserted) this.#objects.set(renderKey(keyOf(located.object)), located);
    const gone = deleted.filter((key) => this.#objects.delete(renderKey(key)));
    this.#emit({ kind: 'changed', upserted, deleted: gone });
  }

  setIssues(issues: readonly Issue[]): void {
    this.#issues = issues;
    this.#emit({ kind: 'issues', issues });
  }

  #emit(event: RegistryEvent): void {
    for (const emit of this.#watchers) emit(event);
  }
}
