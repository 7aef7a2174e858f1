// The status of each route and policy as the API server last told it.
import type { Issue } from '../../base/result.ts';
import { isMapping } from '../../kube/fields.ts';
import type { KubeValue } from '../../kube-api/kube-client.ts';
import { textOf } from '../../kube-api/kube-values.ts';
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

  /** As it came from the API server. */
  put(status: PresentStatus): void {
    this.#objects.set(renderStatusKey(status.key), status);
    this.#version += 1;
    this.#changed();
  }

  /** As the API server answered to us: what was said of the same generation holds on. */
  answered(key: StatusKey, value: KubeValue): void {
    const text = renderStatusKey(key);
    const read = readPresentStatus(key, value, []);
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

/** `issues`: why the object could not be read, none where it could. */
export function readPresentStatus(key: StatusKey, value: KubeValue, issues: readonly Issue[]): PresentStatus {
  const metadata = isMapping(value['metadata']) ? value['metadata'] : {};
  const uid = textOf(metadata, 'uid');
  const generation = typeof metadata['generation'] === 'number' ? metadata['generation'] : 0;
  const refused = issues.length === 0 ? null : { ...unreadableStatus(key, value['spec'], issues), uid, generation };
  const resourceVersion = textOf(metadata, 'resourceVersion');
  return { key, uid, resourceVersion, generation, status: value['status'], unreadable: refused };
}
