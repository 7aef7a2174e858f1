// What a client holds of one type: the last good version of each resource, and what it had to refuse.
import type { Issue } from '../../base/result.ts';
import type { AnyResourceType } from '../resources/resource-type.ts';

/** A resource that is in use. */
export interface HeldResource {
  readonly name: string;
  /** Hash of `bytes`. */
  readonly hash: string;
  /** The message as it came. */
  readonly bytes: Uint8Array;
  readonly spec: object;
  readonly references: readonly string[];
  /** Paths of fields that were left out. */
  readonly ignored: readonly string[];
  /** version_info of the response that brought it. */
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

/** Owned by the client, which alone writes to it. */
export class HeldType {
  readonly type: AnyResourceType;
  readonly held = new Map<string, HeldResource>();
  readonly refused = new Map<string, RefusedResource>();
  /** The names asked for; null = everything. */
  names: ReadonlySet<string> | null;
  /** version_info of the last response that was accepted whole; '' before the first. */
  acceptedVersion = '';
  /** Nonce of the last response of this stream; '' before the first. */
  nonce = '';
  /** A response has come, in this stream or an earlier one. */
  answered = false;

  constructor(type: AnyResourceType) {
    this.type = type;
    this.names = type.wildcard ? null : new Set();
  }

  /** Names of the resources of `type.refersTo` that the held ones need. */
  references(): Set<string> {
    const names = new Set<string>();
    for (const resource of this.held.values()) for (const name of resource.references) names.add(name);
    return names;
  }

  /** Asks for `names` from now on; answers with those that were held and are not wanted any more. */
  want(names: ReadonlySet<string>): string[] {
    this.names = names;
    for (const name of this.refused.keys()) if (!names.has(name)) this.refused.delete(name);
    const dropped = [...this.held.keys()].filter((name) => !names.has(name));
    for (const name of dropped) this.held.delete(name);
    return dropped;
  }

  /** Nothing that was asked for is missing (what was refused counts as answered). */
  get complete(): boolean {
    if (this.names === null) return this.answered;
    for (const name of this.names) if (!this.held.has(name) && !this.refused.has(name)) return false;
    return true;
  }
}
