// What a client holds of one type: the last good version of each resource, what it had to refuse, and what does not come.
import type { Issue } from '../../base/result.ts';
import type { AnyResourceType } from '../resources/resource-type.ts';

/** A resource that is in use. */
export interface HeldResource {
  readonly name: string;
  /** Hash of `bytes`. */
  readonly hash: string;
  /** The message as it came; of numerous types nothing is kept. */
  readonly bytes: Uint8Array;
  /** Of numerous types an empty object. */
  readonly spec: object;
  readonly references: readonly string[];
  /** Paths of fields that were left out. */
  readonly ignored: readonly string[];
  /** Its own version (incremental), or that of the response that brought it. */
  readonly version: string;
  /** Milliseconds since the Unix epoch. */
  readonly updatedAt: number;
}

/** The newest version of a resource, when it could not be used. */
export interface RefusedResource {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly version: string;
  readonly refusedAt: number;
  readonly issues: readonly Issue[];
}

/** `does-not-exist`: the control plane says so. `timeout`: it did not send it in time. `expired`: it did not renew it in time. */
export type MissingReason = 'does-not-exist' | 'timeout' | 'expired';

/** Something that was asked for and is treated as not existing. */
export interface MissingResource {
  readonly name: string;
  readonly reason: MissingReason;
  /** Milliseconds since the Unix epoch. */
  readonly since: number;
}

/** Stands for "everything" where names are listed. */
export const WILDCARD = '*';

/** Owned by the client, which alone writes to it. */
export class HeldType {
  readonly type: AnyResourceType;
  readonly held = new Map<string, HeldResource>();
  readonly refused = new Map<string, RefusedResource>();
  /** By name; WILDCARD: nothing at all has come. */
  readonly missing = new Map<string, MissingResource>();
  /** Names that are wanted whatever refers to them: they are dialled. */
  readonly demanded = new Set<string>();
  /** Names that resources of a type which refers to another one need as well: clusters of listeners. */
  listed: ReadonlySet<string> = new Set();
  /** Names that what is dialled leads to: clusters of its routes. */
  routed: ReadonlySet<string> = new Set();
  /** The names asked for; null = everything. */
  names: ReadonlySet<string> | null;
  /** Version of the last response that was accepted whole; '' before the first. */
  acceptedVersion = '';
  /** Nonce of the last response of this stream; '' before the first. */
  nonce = '';
  /** A response has come, in this stream or an earlier one. */
  answered = false;

  /** Names that resources which came another way (a file) need. */
  readonly #pinned: readonly string[];

  /** `whole`: everything of a wildcard type is asked for; else only what others refer to. */
  constructor(type: AnyResourceType, whole = true, pinned: readonly string[] = []) {
    this.type = type;
    this.#pinned = pinned;
    this.names = type.wildcard && whole ? null : new Set();
  }

  wants(name: string): boolean {
    return this.names === null || this.names.has(name);
  }

  /** Names of the resources of `type.refersTo` that the held ones need, and the pinned. */
  references(): Set<string> {
    const names = new Set<string>(this.#pinned);
    for (const resource of this.held.values()) for (const name of resource.references) names.add(name);
    return names;
  }

  /** Asks for `names` from now on. `gone` are those that are not wanted any more, `dropped` those of them that were held. */
  want(names: ReadonlySet<string>): { added: string[]; gone: string[]; dropped: string[] } {
    const before = this.names ?? new Set(this.held.keys());
    const added = [...names].filter((name) => !before.has(name));
    const gone = [...before].filter((name) => !names.has(name));
    const dropped = gone.filter((name) => this.held.delete(name));
    for (const name of gone) {
      this.refused.delete(name);
      this.missing.delete(name);
    }
    this.names = names;
    return { added, gone, dropped };
  }

  /** Asks for everything from now on: by a first request without names, or where there have been any by one that says so. */
  wantAll(): 'begin' | 'change' {
    const begun = this.names !== null && this.names.size > 0;
    this.names = null;
    this.answered = false;
    return begun ? 'change' : 'begin';
  }

  /** What was asked for and has not come, good or bad, nor is known to be missing. */
  unanswered(): string[] {
    if (this.names === null) return this.answered || this.missing.has(WILDCARD) ? [] : [WILDCARD];
    return [...this.names].filter((name) => !this.held.has(name) && !this.refused.has(name) && !this.missing.has(name));
  }

  /** All that was asked for has been answered, be it by a refused or a missing resource. What is only dialled may come later. */
  get complete(): boolean {
    if (this.names === null) return this.answered;
    return this.unanswered().every(
      (name) => (this.demanded.has(name) || this.routed.has(name)) && !this.listed.has(name),
    );
  }
}

const NO_BYTES = new Uint8Array(0);
const NO_SPEC = {};
const NOTHING: readonly string[] = [];

/** What is kept of a resource of a numerous type: enough to say on the next stream what is held, and to know it again. */
export function withoutContent({ name, hash, ignored, version, updatedAt }: HeldResource): HeldResource {
  // The version mostly is the hash: one text for both.
  const own = version === hash ? hash : version;
  const left = ignored.length === 0 ? NOTHING : ignored;
  return { name, hash, bytes: NO_BYTES, spec: NO_SPEC, references: NOTHING, ignored: left, version: own, updatedAt };
}
