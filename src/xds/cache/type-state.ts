// What there is of one type, made anew from what changed only.
import type { AnyResourceType } from '../resources/resource-type.ts';
import type { EncodedResource, ResourceEncoder } from './encoded-resource.ts';

/** Immutable: a change makes a new one, with unchanged resources shared. Views that hold the same specs hold the same state. */
export interface TypeState {
  readonly resources: ReadonlyMap<string, EncodedResource>;
}

type Resources = ReadonlyMap<string, EncodedResource>;
type Specs = ReadonlyMap<string, object>;

const NOTHING: Resources = new Map();

/** A TypeState with what the next one is made from. */
export interface MadeState extends TypeState {
  readonly specs: Specs;
}

interface Step {
  /** Weak, or every state would keep the one before it. */
  readonly from: WeakRef<TypeState> | undefined;
  readonly names: ReadonlySet<string>;
}

/** One per cache. Remembers by the identity of the specs, and forgets with them. */
export class TypeStates {
  readonly #encoder: ResourceEncoder;
  readonly #made = new WeakMap<Specs, MadeState>();
  readonly #steps = new WeakMap<TypeState, Step>();

  constructor(encoder: ResourceEncoder) {
    this.#encoder = encoder;
  }

  /** `before` is the state that the view had: what says the same keeps its encoding, so that nobody holds both. */
  of(type: AnyResourceType, specs: Specs, before: MadeState | undefined): MadeState {
    const known = this.#made.get(specs);
    if (known !== undefined) return known;
    const resources = new Map<string, EncodedResource>();
    const names = new Set<string>();
    for (const [name, spec] of specs) {
      const old = before?.resources.get(name);
      // Nearly all are the same as before, and there is nothing else to do for these.
      const resource = old !== undefined && before?.specs.get(name) === spec ? old : this.#encode(type, spec, old);
      resources.set(name, resource);
      if (resource !== old) names.add(name);
    }
    for (const gone of missing(before?.resources ?? NOTHING, resources)) names.add(gone.name);
    const made = { specs, resources };
    this.#made.set(specs, made);
    this.#steps.set(made, stepFrom(before, names));
    return made;
  }

  /** Names that were added, changed or removed. */
  changes(from: TypeState | undefined, to: TypeState): ReadonlySet<string> {
    const step = this.#steps.get(to);
    if (step !== undefined && step.from?.deref() === from) return step.names;
    const names = differingNames(from?.resources ?? NOTHING, to.resources);
    this.#steps.set(to, stepFrom(from, names));
    return names;
  }

  #encode(type: AnyResourceType, spec: object, old: EncodedResource | undefined): EncodedResource {
    const fresh = this.#encoder.encode(type, spec);
    // Nobody has been told of what was never encoded: whether the new one says the same is not worth encoding both.
    return old?.isEncoded === true && old.version === fresh.version ? old : fresh;
  }
}

function stepFrom(from: TypeState | undefined, names: ReadonlySet<string>): Step {
  return { from: from === undefined ? undefined : new WeakRef(from), names };
}

function differingNames(before: Resources, after: Resources): ReadonlySet<string> {
  const names = new Set<string>();
  for (const [name, resource] of after) if (differs(before.get(name), resource)) names.add(name);
  for (const { name } of missing(before, after)) names.add(name);
  return names;
}

function differs(before: EncodedResource | undefined, after: EncodedResource): boolean {
  if (before === after) return false;
  return before?.isEncoded !== true || before.version !== after.version;
}

function missing(before: Resources, after: Resources): readonly EncodedResource[] {
  const gone: EncodedResource[] = [];
  for (const [name, resource] of before) if (!after.has(name)) gone.push(resource);
  return gone;
}
