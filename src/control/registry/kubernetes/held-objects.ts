// What one kind holds of the API server, so that only what differs is told.
import { isDeepStrictEqual } from 'node:util';
import type { Issue } from '../../../base/result.ts';
import type { Located } from '../../../kube/meta.ts';
import { type KubeObject, keyOf, type ObjectKey } from '../../../kube/objects.ts';
import type { PresentStatuses } from '../../status/present-statuses.ts';
import type { StatusKey } from '../../status/wanted-status.ts';
import type { ReadObject } from './read-object.ts';

export interface HeldChange {
  readonly upserted: readonly Located<KubeObject>[];
  readonly deleted: readonly ObjectKey[];
}

/** Objects whose problems are told; the rest is counted by nobody, for the first ones tell the kind of mistake. */
const MAX_BROKEN = 100;

/** An object that comes in a form that can't be read leaves what it was before in force, as a file with a typing error does. */
export class HeldObjects {
  readonly #objects = new Map<string, Located<KubeObject>>();
  readonly #broken = new Map<string, readonly Issue[]>();
  /** By the same key, those whose status is kept in `statuses`. */
  readonly #statusKeys = new Map<string, StatusKey>();
  readonly #statuses: PresentStatuses;

  /** `statuses`: told what stands in the status of each object, where that is ours to write. */
  constructor(statuses: PresentStatuses) {
    this.#statuses = statuses;
  }

  get size(): number {
    return this.#objects.size;
  }

  get issues(): readonly Issue[] {
    return [...this.#broken.values()].flat();
  }

  /** Null where it says the same as before: a status that was written, a heartbeat. */
  put(read: ReadObject): Located<KubeObject> | null {
    const { key, located, issues, present } = read;
    this.#broken.delete(key);
    if (present !== null) this.#statusKeys.set(key, present.key);
    if (present !== null) this.#statuses.put(present);
    if (located === null) {
      if (this.#broken.size < MAX_BROKEN) this.#broken.set(key, issues);
      return null;
    }
    const before = this.#objects.get(key);
    if (before !== undefined && isDeepStrictEqual(before.object, located.object)) return null;
    this.#objects.set(key, located);
    return located;
  }

  /** Null where it was not held. */
  remove(key: string): ObjectKey | null {
    this.#broken.delete(key);
    const status = this.#statusKeys.get(key);
    this.#statusKeys.delete(key);
    if (status !== undefined) this.#statuses.delete(status);
    const before = this.#objects.get(key);
    this.#objects.delete(key);
    return before === undefined ? null : keyOf(before.object);
  }

  /** A whole list: what is not in it is gone. */
  replace(all: readonly ReadObject[]): HeldChange {
    const present = new Set(all.map(({ key }) => key));
    const held = new Set([...this.#objects.keys(), ...this.#broken.keys(), ...this.#statusKeys.keys()]);
    const gone = [...held].filter((key) => !present.has(key));
    const deleted = gone.flatMap((key) => this.remove(key) ?? []);
    return { deleted, upserted: all.flatMap((read) => this.put(read) ?? []) };
  }
}
