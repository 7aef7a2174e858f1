// Finds the objects of a namespace that carry given labels without looking at all of them.
import type { StringMap } from '../kube/meta.ts';
import { matchesLabels } from '../kube/selector.ts';

interface Labelled<T> {
  readonly labels: StringMap;
  readonly item: T;
}

/** Items by namespace, key and labels. What `select` answers is in the order in which the keys first came. */
export class LabelIndex<T> {
  readonly #namespaces = new Map<string, Map<string, Labelled<T>>>();
  readonly #pairs = new Map<string, Map<string, Labelled<T>>>();

  set(namespace: string, key: string, labels: StringMap, item: T): void {
    const before = this.#namespaces.get(namespace)?.get(key);
    // Where the labels are the same the item keeps its place in the order.
    if (before !== undefined && !sameLabels(before.labels, labels)) this.delete(namespace, key);
    const entry = { labels, item };
    bucket(this.#namespaces, namespace).set(key, entry);
    for (const pair of pairsOf(namespace, labels)) bucket(this.#pairs, pair).set(key, entry);
  }

  delete(namespace: string, key: string): void {
    const entry = this.#namespaces.get(namespace)?.get(key);
    if (entry === undefined) return;
    remove(this.#namespaces, namespace, key);
    for (const pair of pairsOf(namespace, entry.labels)) remove(this.#pairs, pair, key);
  }

  /** Everything that has all of `wanted`, which must not be empty. */
  select(namespace: string, wanted: StringMap): readonly T[] {
    let smallest: Map<string, Labelled<T>> | null = null;
    for (const pair of pairsOf(namespace, wanted)) {
      const found = this.#pairs.get(pair);
      if (found === undefined) return [];
      if (smallest === null || found.size < smallest.size) smallest = found;
    }
    const selected: T[] = [];
    for (const { labels, item } of smallest?.values() ?? []) if (matchesLabels(wanted, labels)) selected.push(item);
    return selected;
  }

  *inNamespace(namespace: string): Generator<T> {
    for (const { item } of this.#namespaces.get(namespace)?.values() ?? []) yield item;
  }
}

function* pairsOf(namespace: string, labels: StringMap): Generator<string> {
  for (const key in labels) yield `${namespace}\n${key}\n${labels[key]}`;
}

function sameLabels(left: StringMap, right: StringMap): boolean {
  return Object.keys(left).length === Object.keys(right).length && matchesLabels(left, right);
}

function bucket<T>(map: Map<string, Map<string, T>>, key: string): Map<string, T> {
  let found = map.get(key);
  if (found === undefined) {
    found = new Map();
    map.set(key, found);
  }
  return found;
}

function remove<T>(map: Map<string, Map<string, T>>, key: string, inner: string): void {
  const found = map.get(key);
  found?.delete(inner);
  if (found?.size === 0) map.delete(key);
}
