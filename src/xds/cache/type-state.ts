// What there is of one type, with a version for the whole, made anew from what changed only.
import type { AnyResourceType } from '../resources/resource-type.ts';
import type { EncodedResource, ResourceEncoder } from './encoded-resource.ts';

/** Immutable: a change makes a new one, with unchanged resources shared. Views that hold the same specs hold the same state. */
export interface TypeState {
  /** The version_info of state-of-the-world responses: the same names and contents have the same, in whatever order they came. */
  readonly version: string;
  readonly resources: ReadonlyMap<string, EncodedResource>;
}

type Resources = ReadonlyMap<string, EncodedResource>;
type Specs = ReadonlyMap<string, object>;

const NOTHING: Resources = new Map();

interface Made extends TypeState {
  /** The resources' digests, all in one. */
  readonly digest: bigint;
}

interface Step {
  /** Weak, or every state would keep the one before it. */
  readonly from: WeakRef<TypeState> | undefined;
  readonly names: ReadonlySet<string>;
}

/** One per cache. Remembers by the identity of the specs, and forgets with them. */
export class TypeStates {
  readonly #encoder: ResourceEncoder;
  readonly #made = new WeakMap<Specs, Made>();
  readonly #steps = new WeakMap<TypeState, Step>();

  constructor(encoder: ResourceEncoder) {
    this.#encoder = encoder;
  }

  /** `before` is the state that the view had: what says the same keeps its encoding, so that nobody holds both. */
  of(type: AnyResourceType, specs: Specs, before: TypeState | undefined): TypeState {
    const known = this.#made.get(specs);
    if (known !== undefined) return known;
    const resources = new Map<string, EncodedResource>();
    let digest = 0n;
    for (const [name, spec] of specs) {
      const fresh = this.#encoder.encode(type, spec);
      const old = before?.resources.get(name);
      const resource = old?.version === fresh.version ? old : fresh;
      resources.set(name, resource);
      // Names are unique, so nothing cancels itself out.
      digest ^= resource.digest;
    }
    const made: Made = { resources, digest, version: digest.toString(16).padStart(16, '0') };
    this.#made.set(specs, made);
    return made;
  }

  /** Names that were added, changed or removed. */
  changes(from: TypeState | undefined, to: TypeState): ReadonlySet<string> {
    const step = this.#steps.get(to);
    if (step !== undefined && step.from?.deref() === from) return step.names;
    const names = differingNames(from?.resources ?? NOTHING, to.resources);
    this.#steps.set(to, { from: from === undefined ? undefined : new WeakRef(from), names });
    return names;
  }
}

function differingNames(before: Resources, after: Resources): ReadonlySet<string> {
  const names = new Set<string>();
  for (const [name, resource] of after) if (before.get(name)?.version !== resource.version) names.add(name);
  for (const name of before.keys()) if (!after.has(name)) names.add(name);
  return names;
}
