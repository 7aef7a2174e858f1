// Which selectors a set of labels can concern, without trying all of them.
import type { StringMap } from '../kube/meta.ts';

export class SelectorIndex {
  /** By one pair of the selector: labels without it can't match. */
  readonly #byPair = new Map<string, Set<string>>();
  readonly #pairOf = new Map<string, string>();
  /** Keys, by namespace, that match nothing: they may be meant by anything. */
  readonly #missed = new Map<string, Set<string>>();

  /** `key` is unique over all namespaces. */
  set(namespace: string, key: string, selector: StringMap): void {
    this.delete(namespace, key);
    const [first] = Object.entries(selector);
    if (first === undefined) return;
    const pair = pairKey(namespace, first[0], first[1]);
    this.#pairOf.set(key, pair);
    add(this.#byPair, pair, key);
  }

  delete(namespace: string, key: string): void {
    const pair = this.#pairOf.get(key);
    if (pair !== undefined) remove(this.#byPair, pair, key);
    this.#pairOf.delete(key);
    remove(this.#missed, namespace, key);
  }

  setMissed(namespace: string, key: string, missed: boolean): void {
    if (missed) add(this.#missed, namespace, key);
    else remove(this.#missed, namespace, key);
  }

  /** Every key whose selector may match `labels`, and every one that has matched nothing so far. */
  *concernedBy(namespace: string, labels: StringMap): Generator<string> {
    for (const name in labels) yield* this.#byPair.get(pairKey(namespace, name, labels[name] ?? '')) ?? [];
    yield* this.#missed.get(namespace) ?? [];
  }
}

function pairKey(namespace: string, name: string, value: string): string {
  return `${namespace}\n${name}\n${value}`;
}

function add(map: Map<string, Set<string>>, at: string, key: string): void {
  const keys = map.get(at) ?? new Set();
  keys.add(key);
  map.set(at, keys);
}

function remove(map: Map<string, Set<string>>, at: string, key: string): void {
  const keys = map.get(at);
  keys?.delete(key);
  if (keys?.size === 0) map.delete(at);
}
