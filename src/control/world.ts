// All objects of all registries as one: what is there now, whoever told it.
import { type Issue, warningIssue } from '../base/result.ts';
import { type Located, placeOf } from '../kube/meta.ts';
import { type Kind, type KubeObject, keyOf, type ObjectKey, type ObjectOf, renderKey } from '../kube/objects.ts';
import type { Pod } from '../kube/pod.ts';
import type { RegistryEvent } from './registry/registry.ts';

export interface WorldChange {
  /** Null: it is new. */
  readonly before: Located<KubeObject> | null;
  /** Null: it is gone. */
  readonly after: Located<KubeObject> | null;
}

interface Layer {
  readonly selectsPods: boolean;
  readonly objects: Map<string, Located<KubeObject>>;
  issues: readonly Issue[];
  synced: boolean;
}

interface Entry {
  readonly located: Located<KubeObject>;
  /** The registry whose object counts. */
  readonly layer: Layer;
}

/**
 * Of two registries that hold the same object the later one wins. A Pod of the later one keeps the earlier one's place (the manifest that a
 * person edits), and its spec where the later one tells the status only.
 */
export class World {
  readonly #layers: readonly Layer[];
  readonly #entries = new Map<Kind, Map<string, Entry>>();
  readonly #shadowed = new Map<string, Issue>();

  /** One layer per registry, in their order. */
  constructor(registries: readonly { readonly selectsPods: boolean }[]) {
    this.#layers = registries.map(({ selectsPods }) => ({
      selectsPods,
      objects: new Map(),
      issues: [],
      synced: false,
    }));
  }

  /** Every registry has told what was there at the beginning. */
  get synced(): boolean {
    return this.#layers.every((layer) => layer.synced);
  }

  isSynced(index: number): boolean {
    return this.#layers[index]?.synced === true;
  }

  /** What the registries complain about, and objects that two of them hold. */
  get issues(): readonly Issue[] {
    return [...this.#layers.flatMap((layer) => layer.issues), ...this.#shadowed.values()];
  }

  /** Takes an event of the registry at `index` and answers what it changed. */
  apply(index: number, event: RegistryEvent): readonly WorldChange[] {
    const layer = this.#layers[index];
    if (layer === undefined) return [];
    if (event.kind === 'issues') layer.issues = event.issues;
    if (event.kind === 'synced') layer.synced = true;
    if (event.kind !== 'changed') return [];
    for (const located of event.upserted) layer.objects.set(renderKey(keyOf(located.object)), located);
    for (const key of event.deleted) layer.objects.delete(renderKey(key));
    const keys = [...event.deleted, ...event.upserted.map((located) => keyOf(located.object))];
    return keys.flatMap((key) => this.#update(key) ?? []);
  }

  get<K extends Kind>(kind: K, namespace: string, name: string): Located<ObjectOf<K>> | null {
    const entry = this.#entries.get(kind)?.get(renderKey({ kind, namespace, name }));
    return (entry?.located as Located<ObjectOf<K>> | undefined) ?? null;
  }

  /** In no order. */
  *all<K extends Kind>(kind: K): Generator<Located<ObjectOf<K>>> {
    for (const { located } of this.#entries.get(kind)?.values() ?? []) yield located as Located<ObjectOf<K>>;
  }

  /** Whether the registry that the object came from lets Services select Pods. */
  selectsPods(object: KubeObject): boolean {
    const key = keyOf(object);
    return this.#entries.get(key.kind)?.get(renderKey(key))?.layer.selectsPods ?? false;
  }

  /** Null where nothing changed. */
  #update(key: ObjectKey): WorldChange | null {
    const text = renderKey(key);
    const entries = this.#entries.get(key.kind) ?? new Map<string, Entry>();
    this.#entries.set(key.kind, entries);
    const before = entries.get(text)?.located ?? null;
    const holders = this.#layers.flatMap((layer) => {
      const located = layer.objects.get(text);
      return located === undefined ? [] : [{ located, layer }];
    });
    const entry = mergeEntries(holders);
    if (entry === null) entries.delete(text);
    else entries.set(text, entry);
    this.#noteShadowed(key, holders);
    const after = entry?.located ?? null;
    return before === after ? null : { before, after };
  }

  /** For a Pod it is the rule that one registry has the manifest and the other its status. */
  #noteShadowed(key: ObjectKey, holders: readonly Entry[]): void {
    const text = renderKey(key);
    this.#shadowed.delete(text);
    const [first, second] = [holders.at(-2)?.located, holders.at(-1)?.located];
    if (key.kind === 'Pod' || first === undefined || second === undefined) return;
    const message = `${text} stands here and in ${renderOrigin(first)}; this one counts, of the later registry`;
    const issue = warningIssue(message, { ...placeOf(second, ''), remedy: 'remove one of them' });
    this.#shadowed.set(text, issue);
  }
}

function renderOrigin({ origin }: Located<unknown>): string {
  return origin.line === undefined ? origin.source : `${origin.source}:${origin.line}`;
}

function mergeEntries(holders: readonly Entry[]): Entry | null {
  const last = holders.at(-1);
  const first = holders[0];
  if (last === undefined || first === undefined) return null;
  if (last === first || last.located.object.kind !== 'Pod' || first.located.object.kind !== 'Pod') return last;
  const object = mergePods(first.located.object, last.located.object);
  return { located: { object, origin: first.located.origin }, layer: last.layer };
}

function mergePods(manifest: Pod, observed: Pod): Pod {
  return observed.spec.containers.length > 0 ? observed : { ...observed, spec: manifest.spec };
}
