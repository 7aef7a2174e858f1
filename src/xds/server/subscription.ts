// What one client wants of one type, what it was told, and what it said to that. The same for both variants of the protocol.
import type { EncodedResource, TypeState } from '../cache/encoded-resource.ts';
import type { AnyResourceType } from '../resources/resource-type.ts';

/** Explicit wildcard. Source: xDS protocol, "How the client specifies what resources to return". */
const WILDCARD = '*';

/** What the next response has to tell. */
export interface Batch {
  readonly type: AnyResourceType;
  readonly version: string;
  /** New to the client, or changed since it was told. */
  readonly changed: readonly EncodedResource[];
  /** The client was told of them, and they are gone. */
  readonly removed: readonly string[];
  /** All that the client shall hold afterwards, changed or not. Made on demand: it may be large. */
  complete(): readonly EncodedResource[];
}

export interface Refusal {
  readonly version: string;
  readonly reason: string;
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
}

export class Subscription {
  readonly type: AnyResourceType;
  /** Name → what the client was sent last, acknowledged or refused: a refused version is not sent again. */
  readonly #sent = new Map<string, EncodedResource>();
  /** Names for which `#sent` may differ from the present state. */
  readonly #unsettled = new Set<string>();
  readonly #names = new Set<string>();
  #wildcard = false;
  #namedOnce = false;
  #answered = false;
  #outstanding: string | null = null;
  #lastNonce = '';
  #sentVersion = '';
  #ackedVersion = '';
  #refusal: Refusal | null = null;

  constructor(type: AnyResourceType) {
    this.type = type;
  }

  get wildcard(): boolean {
    return this.#wildcard;
  }

  /** Number of names asked for one by one. */
  get nameCount(): number {
    return this.#names.size;
  }

  /** A response waits for its ACK or NACK: no other may be sent meanwhile. */
  get outstanding(): boolean {
    return this.#outstanding !== null;
  }

  /** Version of the last response; '' before the first. */
  get sentVersion(): string {
    return this.#sentVersion;
  }

  get ackedVersion(): string {
    return this.#ackedVersion;
  }

  /** Set by a NACK, until an ACK. */
  get refusal(): Refusal | null {
    return this.#refusal;
  }

  /** True for a nonce of an earlier response; '' (none) is never stale. */
  isStale(nonce: string): boolean {
    return nonce !== '' && nonce !== this.#lastNonce;
  }

  /** Takes the client's word on the outstanding response; a nonce that was answered before only repeats the names. */
  answer(nonce: string, refusal: Refusal | null): void {
    if (this.#outstanding === null || nonce !== this.#outstanding) return;
    this.#outstanding = null;
    this.#refusal = refusal;
    if (refusal === null) this.#ackedVersion = this.#sentVersion;
  }

  /** State of the world: the whole list, each time. No names at all, at first, mean everything for wildcard types. */
  replaceNames(names: readonly string[], state: TypeState | null): void {
    const hadAll = this.#wildcard;
    const wanted = new Set(names);
    if (wanted.size > 0) this.#namedOnce = true;
    this.#wildcard = wanted.delete(WILDCARD) || (this.type.wildcard && !this.#namedOnce);
    for (const name of this.#names) if (!wanted.has(name)) this.#names.delete(name);
    for (const name of wanted) this.#add(name);
    // Who drops a name and takes it up again wants to hear of it again.
    for (const name of this.#sent.keys()) if (!this.wants(name)) this.#sent.delete(name);
    if (this.#wildcard && !hadAll) this.touch(state?.resources.keys() ?? []);
  }

  wants(name: string): boolean {
    return this.#wildcard || this.#names.has(name);
  }

  wasSent(name: string): boolean {
    return this.#sent.has(name);
  }

  /** These resources may have changed. */
  touch(names: Iterable<string>): void {
    for (const name of names) if (this.wants(name)) this.#unsettled.add(name);
  }

  /** Tells the client of `name` once more, though it may be unchanged. */
  resend(name: string): void {
    this.#sent.delete(name);
    this.touch([name]);
  }

  /**
   * What has to be told now; null = nothing. `tellsRemovals`: the response can say that something is gone. `keepRemoved`: what is gone
   * stays for now, and `complete` still has it.
   */
  collect(state: TypeState, tellsRemovals: boolean, keepRemoved: boolean): Batch | null {
    const changed: EncodedResource[] = [];
    const gone: string[] = [];
    for (const name of this.#unsettled) {
      const current = this.wants(name) ? state.resources.get(name) : undefined;
      const sent = this.#sent.get(name);
      if (current !== undefined && current.version !== sent?.version) changed.push(current);
      else if (current === undefined && sent !== undefined && tellsRemovals) gone.push(name);
      else this.#settle(name, current);
    }
    const [removed, kept] = keepRemoved ? [[], gone] : [gone, []];
    if (this.#answered && changed.length + removed.length === 0) return null;
    // Another content needs another version, or status could not tell the two apart.
    const version = kept.length === 0 ? state.version : `${state.version}+${kept.length}`;
    return { type: this.type, version, changed, removed, complete: () => this.#complete(state, kept) };
  }

  /** The batch has been sent under `nonce`. */
  commit(batch: Batch, nonce: string): void {
    for (const resource of batch.changed) {
      this.#sent.set(resource.name, resource);
      this.#unsettled.delete(resource.name);
    }
    for (const name of batch.removed) {
      this.#sent.delete(name);
      this.#unsettled.delete(name);
    }
    this.#answered = true;
    this.#outstanding = nonce;
    this.#lastNonce = nonce;
    this.#sentVersion = batch.version;
  }

  #add(name: string): void {
    if (this.#names.has(name)) return;
    this.#names.add(name);
    this.#unsettled.add(name);
  }

  #settle(name: string, current: EncodedResource | undefined): void {
    this.#unsettled.delete(name);
    if (current === undefined) this.#sent.delete(name);
  }

  #complete(state: TypeState, kept: readonly string[]): EncodedResource[] {
    const complete = this.#wildcard ? [...state.resources.values()] : pick(state.resources, this.#names);
    return complete.concat(pick(this.#sent, kept));
  }
}

function pick(resources: ReadonlyMap<string, EncodedResource>, names: Iterable<string>): EncodedResource[] {
  const picked: EncodedResource[] = [];
  for (const name of names) {
    const resource = resources.get(name);
    if (resource !== undefined) picked.push(resource);
  }
  return picked;
}
