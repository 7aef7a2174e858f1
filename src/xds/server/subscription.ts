// What one client wants of one type, and what it was told. The same for both variants of the protocol.
import type { EncodedResource } from '../cache/encoded-resource.ts';
import type { ViewState } from '../cache/snapshot-cache.ts';
import type { AnyResourceType } from '../resources/resource-type.ts';
import { Acknowledgements } from './acknowledgements.ts';
import type { Batch } from './batch.ts';
import { SentResources } from './sent-resources.ts';
import type { NameChange } from './stream-codec.ts';

/** Explicit wildcard. Source: xDS protocol, "How the client specifies what resources to return". */
const WILDCARD = '*';

export class Subscription {
  readonly type: AnyResourceType;
  readonly answers = new Acknowledgements();
  /** Name → what the client was sent last, acknowledged or refused: a refused version is not sent again. */
  readonly #sent = new SentResources();
  /** Names for which `#sent` may differ from the present state. */
  readonly #unsettled = new Set<string>();
  readonly #names = new Set<string>();
  /** Names that were asked for and must be answered, even if only by "there is none". */
  readonly #owed = new Set<string>();
  /** Of `#names` those that stand in no snapshot: they do not exist, or only on demand. */
  readonly #loose = new Set<string>();
  /** What the client holds from an earlier stream, and not as it is now. */
  readonly #heldBefore = new Set<string>();
  /** What the client holds from an earlier stream, until it was compared with the present state. */
  #held: Map<string, string> | null = null;
  #wildcard = false;
  #begun = false;
  #namedOnce = false;
  /** A response is due even if there is nothing to tell. */
  #answerDue = false;

  constructor(type: AnyResourceType) {
    this.type = type;
  }

  /** Everything was asked for. */
  get wildcard(): boolean {
    return this.#wildcard;
  }

  /** Asked for one by one. */
  get names(): ReadonlySet<string> {
    return this.#names;
  }

  /** Number of names asked for one by one. */
  get nameCount(): number {
    return this.#names.size;
  }

  /** What the client was told of, as it was told. */
  get sent(): ReadonlyMap<string, EncodedResource> {
    return this.#sent.byName;
  }

  /** There may be something to tell: else `collect` has nothing, whatever the state. */
  get pending(): boolean {
    return this.#answerDue || this.#unsettled.size > 0 || this.#held !== null;
  }

  wants(name: string): boolean {
    return this.#wildcard || this.#names.has(name);
  }

  wasSent(name: string): boolean {
    return this.#sent.has(name);
  }

  applyNames(change: NameChange, state: ViewState | null): void {
    if (change.kind === 'replace') this.#replace(change.names, state);
    else this.#change(change.subscribe, change.unsubscribe, change.held, state);
    this.#begun = true;
  }

  /** No names at all, at first, mean everything for wildcard types. */
  #replace(names: readonly string[], state: ViewState | null): void {
    if (!this.#begun) this.#answerDue = true;
    const wanted = new Set(names);
    if (wanted.size > 0) this.#namedOnce = true;
    const all = wanted.delete(WILDCARD) || (this.type.wildcard && !this.#namedOnce);
    const dropped = [...this.#names].filter((name) => !wanted.has(name));
    for (const name of dropped) this.#names.delete(name);
    for (const name of wanted) if (!this.#names.has(name)) this.#add(name);
    if (all && !this.#wildcard) this.#takeAll(state);
    if (!all && this.#wildcard) this.#leaveAll();
    if (!all) for (const name of dropped) this.#drop(name);
  }

  #change(
    subscribe: readonly string[],
    unsubscribe: readonly string[],
    held: ReadonlyMap<string, string>,
    state: ViewState | null,
  ): void {
    const first = !this.#begun;
    if (first && subscribe.length === 0 && this.type.wildcard) this.#takeAll(state);
    for (const name of unsubscribe) {
      if (name === WILDCARD) this.#leaveAll();
      else this.#unsubscribe(name);
    }
    for (const name of subscribe) {
      if (name === WILDCARD) this.#takeAll(state);
      // Also for a name that is subscribed already: the client may have forgotten (xDS protocol, Subscribing to Resources).
      else this.#add(name);
    }
    this.#answerDue ||= first && this.#wildcard && held.size === 0;
    if (first && held.size > 0) this.#held = new Map(held);
  }

  /** Who still gets everything gets this once more, since it may drop what it unsubscribes from. */
  #unsubscribe(name: string): void {
    this.#names.delete(name);
    if (this.#wildcard) this.resend(name);
    else this.#drop(name);
  }

  /** These resources may have changed. */
  touch(names: Iterable<string>): void {
    for (const name of names) if (this.wants(name)) this.#unsettled.add(name);
  }

  /** What exists on demand may have come, changed or gone. */
  touchLoose(): void {
    for (const name of this.#loose) this.#unsettled.add(name);
  }

  /** Tells the client of `name` once more, though it may be unchanged, and though the client may say that it holds it. */
  resend(name: string): void {
    if (this.#held?.delete(name) === true) this.#heldBefore.add(name);
    if (!this.wants(name)) return;
    this.#unsettled.add(name);
    this.#owed.add(name);
  }

  /**
   * What has to be told now; null = nothing. `tellsRemovals`: the response can say that something is gone. `keepRemoved`: what is gone
   * stays for now, and `complete` still has it.
   */
  collect(state: ViewState, tellsRemovals: boolean, keepRemoved: boolean): Batch | null {
    this.#compareHeld(state);
    const changed: EncodedResource[] = [];
    const removed: string[] = [];
    const kept: string[] = [];
    for (const name of this.#unsettled) {
      const current = this.#find(name, state);
      const sent = this.#sent.get(name);
      const owed = this.#owed.has(name);
      if (current !== undefined && (owed || current.version !== sent?.version)) changed.push(current);
      // Of what was asked for nobody can tell whether the client holds it: it may have left it and come back.
      else if (current === undefined && tellsRemovals && (owed || this.#holds(name))) {
        (keepRemoved ? kept : removed).push(name);
      } else this.#settle(name, current);
    }
    if (!this.#answerDue && changed.length + removed.length === 0) return null;
    const version = this.#sent.versionAfter(changed, removed);
    return { type: this.type, version, changed, removed, complete: () => this.#complete(state, kept) };
  }

  /** The batch has been sent under `nonce`; `complete`: with everything that there is. */
  commit(batch: Batch, nonce: string, complete: boolean): void {
    for (const resource of batch.changed) {
      this.#sent.add(resource);
      this.#answered(resource.name);
    }
    for (const name of batch.removed) {
      this.#sent.delete(name);
      this.#answered(name);
    }
    this.#answerDue = false;
    const names = [...batch.changed.map(({ name }) => name), ...batch.removed];
    this.answers.send(nonce, { version: batch.version, names, complete });
  }

  #add(name: string): void {
    this.#names.add(name);
    this.#unsettled.add(name);
    this.#owed.add(name);
  }

  /** Who drops a name and takes it up again wants to hear of it again. */
  #drop(name: string): void {
    this.#sent.delete(name);
    this.#loose.delete(name);
    this.#answered(name);
    this.answers.forget(name);
  }

  /** The client was told of it, here or on an earlier stream, and not that it is gone. */
  #holds(name: string): boolean {
    return this.#sent.has(name) || this.#heldBefore.has(name);
  }

  #answered(name: string): void {
    this.#heldBefore.delete(name);
    this.#unsettled.delete(name);
    this.#owed.delete(name);
  }

  #settle(name: string, current: EncodedResource | undefined): void {
    this.#answered(name);
    if (current !== undefined) return;
    this.#sent.delete(name);
    this.answers.forget(name);
  }

  #takeAll(state: ViewState | null): void {
    if (this.#wildcard) return;
    this.#wildcard = true;
    this.#answerDue ||= this.#begun;
    this.touch(state?.resources.keys() ?? []);
  }

  #leaveAll(): void {
    this.#wildcard = false;
    for (const name of [...this.#sent.byName.keys(), ...this.#unsettled]) if (!this.#names.has(name)) this.#drop(name);
  }

  #find(name: string, state: ViewState): EncodedResource | undefined {
    if (!this.#names.has(name)) return this.#wildcard ? state.resources.get(name) : undefined;
    if (state.resources.has(name)) this.#loose.delete(name);
    else this.#loose.add(name);
    return state.find(name);
  }

  /** What the client holds in its present version is not sent again; what is gone meanwhile is told. */
  #compareHeld(state: ViewState): void {
    const held = this.#held;
    if (held === null) return;
    this.#held = null;
    for (const [name, version] of held) {
      if (!this.wants(name)) continue;
      const current = this.#find(name, state);
      if (current?.version === version) {
        this.#sent.add(current);
        this.#answered(name);
      } else {
        this.#heldBefore.add(name);
        this.#unsettled.add(name);
      }
    }
    if (this.#unsettled.size === 0) this.answers.adopt(this.#sent.versionAfter([], []));
  }

  #complete(state: ViewState, kept: readonly string[]): EncodedResource[] {
    const complete = this.#wildcard ? [...state.resources.values()] : [];
    for (const name of this.#names) {
      const resource = this.#wildcard && state.resources.has(name) ? undefined : state.find(name);
      if (resource !== undefined) complete.push(resource);
    }
    for (const name of kept) {
      const resource = this.#sent.get(name);
      if (resource !== undefined) complete.push(resource);
    }
    return complete;
  }
}
