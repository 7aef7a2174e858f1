// What clients are told, by view and type: encoded once, versioned by content, with news only of what changed.
import type { Cancel } from '../../base/clock.ts';
import type { NodeIdentity } from '../../model/node-identity.ts';
import { EMPTY_SNAPSHOT, type Snapshot } from '../../model/snapshot.ts';
import { RESOURCE_TYPES } from '../resources/index.ts';
import type { AnyResourceType } from '../resources/resource-type.ts';
import { type EncodedResource, ResourceEncoder, type TypeState, typeVersion } from './encoded-resource.ts';

/** Implemented by the control plane. Both are called from the cache only, and must be quick: a client waits. */
export interface ViewSource {
  /** The view of a client: nodes with the same key are told the same. Pure. */
  resolveView(node: NodeIdentity): string;
  /** The present configuration of the view of `node`; null while nothing is known yet: its clients then wait for a `refresh`. */
  snapshotFor(node: NodeIdentity): Snapshot | null;
}

/** Names that were added, changed or removed, by type URL; types without change are absent. */
export type ChangedNames = ReadonlyMap<string, ReadonlySet<string>>;

/** A client's hold on its view. */
export interface ViewHandle {
  readonly view: string;
  /** The present state; null before the view's first snapshot. May be kept, is never altered. */
  state(typeUrl: string): TypeState | null;
  /** Lets go of the view: no more news. */
  readonly close: Cancel;
}

interface View {
  /** The node that opened the view; any other of the view would do. */
  readonly node: NodeIdentity;
  snapshot: Snapshot | null;
  readonly states: Map<string, TypeState>;
  readonly watchers: Set<(changed: ChangedNames) => void>;
}

/**
 * Holds the views that have clients, and only those: a view comes with its first client, through `snapshotFor`, and goes with its last.
 * Snapshots handed in stay the property of the control plane, are read only, and are let go of when the next one comes.
 */
export class SnapshotCache {
  readonly #source: ViewSource;
  readonly #encoder = new ResourceEncoder();
  readonly #views = new Map<string, View>();

  constructor(source: ViewSource) {
    this.#source = source;
  }

  /** Keys of the views that have clients now. */
  views(): readonly string[] {
    return [...this.#views.keys()];
  }

  /** The control plane knows something new: asks it for every view that has clients, and tells these what changed, before it returns. */
  refresh(): void {
    for (const view of [...this.#views.values()]) {
      const snapshot = this.#source.snapshotFor(view.node);
      if (snapshot === null || snapshot === view.snapshot) continue;
      const changed = this.#replace(view, snapshot);
      for (const tell of [...view.watchers]) tell(changed);
    }
  }

  /** `onChange` is called when a `refresh` has brought a snapshot (also when nothing changed in it: the first one ends the wait). */
  open(node: NodeIdentity, onChange: (changed: ChangedNames) => void): ViewHandle {
    const key = this.#source.resolveView(node);
    const view = this.#views.get(key) ?? this.#create(key, node);
    view.watchers.add(onChange);
    const close = (): void => {
      view.watchers.delete(onChange);
      if (view.watchers.size === 0 && this.#views.get(key) === view) this.#views.delete(key);
    };
    return { view: key, state: (typeUrl) => view.states.get(typeUrl) ?? null, close };
  }

  #create(key: string, node: NodeIdentity): View {
    const view: View = { node, snapshot: null, states: new Map(), watchers: new Set() };
    this.#views.set(key, view);
    const snapshot = this.#source.snapshotFor(node);
    if (snapshot !== null) this.#replace(view, snapshot);
    return view;
  }

  #replace(view: View, snapshot: Snapshot): ChangedNames {
    const changed = new Map<string, ReadonlySet<string>>();
    const before = view.snapshot ?? EMPTY_SNAPSHOT;
    for (const type of RESOURCE_TYPES) {
      const old = view.states.get(type.typeUrl);
      if (old !== undefined && type.specs(before) === type.specs(snapshot)) continue;
      const resources = this.#encodeAll(type, snapshot, old);
      const names = differingNames(old?.resources ?? new Map(), resources);
      if (names.size > 0) changed.set(type.typeUrl, names);
      if (old === undefined || names.size > 0) {
        view.states.set(type.typeUrl, { version: typeVersion(resources), resources });
      }
    }
    view.snapshot = snapshot;
    return changed;
  }

  /** A spec that is new but says the same keeps its old encoding, so that nobody holds both. */
  #encodeAll(type: AnyResourceType, snapshot: Snapshot, old: TypeState | undefined): Map<string, EncodedResource> {
    const resources = new Map<string, EncodedResource>();
    for (const [name, spec] of type.specs(snapshot)) {
      const fresh = this.#encoder.encode(type, spec);
      const known = old?.resources.get(name);
      resources.set(name, known?.version === fresh.version ? known : fresh);
    }
    return resources;
  }
}

function differingNames(
  before: ReadonlyMap<string, EncodedResource>,
  after: ReadonlyMap<string, EncodedResource>,
): ReadonlySet<string> {
  const names = new Set<string>();
  for (const [name, resource] of after) if (before.get(name) !== resource) names.add(name);
  for (const name of before.keys()) if (!after.has(name)) names.add(name);
  return names;
}
