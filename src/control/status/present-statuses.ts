// The status of each route and policy as the API server last told it.
import type { Issue } from '../../base/result.ts';
import { isMapping } from '../../kube/fields.ts';
import type { KubeValue } from '../../kube-api/kube-client.ts';
import { unreadableStatus } from './unreadable-status.ts';
import { renderStatusKey, type StatusKey, type WantedStatus } from './wanted-status.ts';

export interface PresentStatus {
  readonly key: StatusKey;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation: number;
  /** Of whatever shape. */
  readonly status: unknown;
  /** What is to be said of an object that could not be read; null: what is computed from it. */
  readonly unreadable: WantedStatus | null;
}

/** Holds what it was told and nothing else of an object: neither its spec nor who wrote which field. */
export class PresentStatuses {
  readonly #objects = new Map<string, PresentStatus>();
  #changed: () => void = () => {};
  #version = 0;

  /** Grows with every change. */
  get version(): number {
    return this.#version;
  }

  /** `run` is called with each change that did not come from us; one at a time. */
  onChange(run: () => void): void {
    this.#changed = run;
  }

  /** By `renderStatusKey`. */
  get(key: string): PresentStatus | null {
    return this.#objects.get(key) ?? null;
  }

  all(): Iterable<readonly [string, PresentStatus]> {
    return this.#objects;
  }

  /** As it came from the API server. `issues`: why it could not be read, none where it could. */
  upsert(key: StatusKey, value: KubeValue, issues: readonly Issue[]): void {
    const read = readPresent(key, value);
    const refused = issues.length === 0 ? null : unreadableStatus(key, value['spec'], issues);
    const unreadable = refused === null ? null : { ...refused, uid: read.uid, generation: read.generation };
    this.#objects.set(renderStatusKey(key), { ...read, unreadable });
    this.#version += 1;
    this.#changed();
  }

  /** As the API server answered to us: what was said of the same generation holds on. */
  answered(key: StatusKey, value: KubeValue): void {
    const text = renderStatusKey(key);
    const read = readPresent(key, value);
    const before = this.#objects.get(text);
    const same = before?.uid === read.uid && before.generation === read.generation;
    this.#objects.set(text, { ...read, unreadable: same ? before.unreadable : null });
    this.#version += 1;
  }

  delete(key: StatusKey): void {
    if (!this.#objects.delete(renderStatusKey(key))) return;
    this.#version += 1;
    this.#changed();
  }
}

function readPresent(key: StatusKey, value: KubeValue): Omit<PresentStatus, 'unreadable'> {
  const metadata = isMapping(value['metadata']) ? value['metadata'] : {};
  const { uid, resourceVersion, generation } = metadata;
  return {
    key,
    uid: typeof uid === 'string' ? uid : '',
    resourceVersion: typeof resourceVersion === 'string' ? resourceVersion : '',
    generation: typeof generation === 'number' ? generation : 0,
    status: value['status'],
  };
}
