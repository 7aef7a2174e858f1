// What clients are told, by view and type: encoded once, versioned by content, with news only of what changed.
import type { Cancel } from '../../base/clock.ts';
import type { NodeIdentity } from '../../model/node-identity.ts';
import type { OnDemandSource } from '../../model/on-demand.ts';
import { EMPTY_SNAPSHOT, type Snapshot } from '../../model/snapshot.ts';
import { RESOURCE_TYPES } from '../resources/index.ts';
import { ON_DEMAND_TYPES } from '../resources/on-demand.ts';
import { type EncodedResource, ResourceEncoder } from './encoded-resource.ts';
import { type MadeState, type TypeState, TypeStates } from './type-state.ts';

/** Implemented by the control plane. All are called from the cache only, and must be quick: a client waits. */
export interface ViewSource {
  /** The view of a client: nodes with the same key are told the same. Pure. */
  resolveView(node: NodeIdentity): string;
  /** The present configuration of the view of `node`; null while nothing is known yet: its clients then wait for a `refresh`. */
  snapshotFor(node: NodeIdentity): Snapshot | null;
  /**
   * What exists for whoever asks for it by name, and stands in no snapshot; absent: nothing does. What it answers for a view changes only
   * with the clusters and routes of the view.
   */
  readonly onDemand?: OnDemandSource;
}

/** Names that were added, changed or removed, by type URL; types without change are absent. */
export type ChangedNames = ReadonlyMap<string, ReadonlySet<string>>;

/** A type as one view has it. Immutable but for what is on demand. */
export interface ViewState extends TypeState {
  /** Also what exists only for those who ask for it by name. */
  find(name: string): EncodedResource | undefined;
}

/** A client's hold on its view. */
export interface ViewHandle {
  readonly view: string;
  /** The present state; null before the view's first snapshot. May be kept, is never altered. */
  state(typeUrl: string): ViewState | null;
  /** Lets go of the view: no more news. */
  readonly close: Cancel;
}

const TYPES_OF_CLIENTS = new Set(ON_DEMAND_TYPES.flatMap(({ ofClient, typeUrl }) => (ofClient ? [typeUrl] : [])));

interface View {
  /** The node that opened the view; any other of the view would do. */
  readonly node: NodeIdentity;
  snapshot: Snapshot | null;
  readonly states: Map<string, ViewState>;
  readonly bases: Map<string, MadeState>;
  readonly watchers: Set<(changed: ChangedNames) => void>;
}

/**
 * Holds the views that have clients, and only those: a view comes with its first client, through `snapshotFor`, and goes with its last.
 * Snapshots handed in stay the property of the control plane, are read only, and are let go of when the next one comes.
 */
export class SnapshotCache {
  readonly #source: ViewSource;
  readonly #encoder = new ResourceEncoder();
  readonly #typeStates = new TypeStates(this.#encoder);
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
    return { view: key, state: (typeUrl) => this.#stateOf(view, node, typeUrl), close };
  }

  #create(key: string, node: NodeIdentity): View {
    const view: View = { node, snapshot: null, states: new Map(), bases: new Map(), watchers: new Set() };
    this.#views.set(key, view);
    const snapshot = this.#source.snapshotFor(node);
    if (snapshot !== null) this.#replace(view, snapshot);
    return view;
  }

  #replace(view: View, snapshot: Snapshot): ChangedNames {
    const changed = new Map<string, ReadonlySet<string>>();
    const before = view.snapshot ?? EMPTY_SNAPSHOT;
    for (const type of RESOURCE_TYPES) {
      const old = view.bases.get(type.typeUrl);
      if (old !== undefined && type.specs(before) === type.specs(snapshot)) continue;
      const fresh = this.#typeStates.of(type, type.specs(snapshot), old);
      const names = this.#typeStates.changes(old, fresh);
      if (names.size > 0) changed.set(type.typeUrl, names);
      if (old !== undefined && names.size === 0) continue;
      view.bases.set(type.typeUrl, fresh);
      view.states.set(type.typeUrl, this.#viewState(view, type.typeUrl, fresh));
    }
    view.snapshot = snapshot;
    return changed;
  }

  #stateOf(view: View, node: NodeIdentity, typeUrl: string): ViewState | null {
    const state = view.states.get(typeUrl) ?? null;
    if (state === null || !TYPES_OF_CLIENTS.has(typeUrl)) return state;
    return { resources: state.resources, find: (name) => this.#onDemand(node, typeUrl, name) };
  }

  #viewState(view: View, typeUrl: string, { resources }: TypeState): ViewState {
    return { resources, find: (name) => resources.get(name) ?? this.#onDemand(view.node, typeUrl, name) };
  }

  #onDemand(node: NodeIdentity, typeUrl: string, name: string): EncodedResource | undefined {
    const source = this.#source.onDemand;
    const type = ON_DEMAND_TYPES.find((candidate) => candidate.typeUrl === typeUrl);
    if (source === undefined || type === undefined) return undefined;
    const spec = type.resolve(source, node, name);
    return spec === null ? undefined : this.#encoder.encode(type, spec);
  }
}
