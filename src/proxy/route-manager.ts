// The route tables in force, by name, and newer ones that are held back until the clusters that they name serve: make before break.
import type { Clock } from '../base/clock.ts';
import { Deadlines } from '../base/deadlines.ts';
import type { Log } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import type { RouteConfigSpec } from '../model/route-spec.ts';
import type { RouteSlot } from './exchange/exchange-context.ts';
import { RouteTable } from './route/route-table.ts';
import type { ClusterSlot } from './upstream/cluster.ts';

export interface RouteManagerOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly random: Random;
  /** A cluster that does not serve within this time holds no table back any more, ms (> 0). */
  readonly holdMs: number;
  /** The same slot for the same name, for as long as a table uses it. */
  readonly slotOf: (cluster: string) => ClusterSlot;
  readonly isServing: (cluster: string) => boolean;
  /** Called when the hold of some clusters has ended by time: `release` may now do more. */
  readonly onGiveUp: () => void;
}

export interface HeldTable {
  readonly name: string;
  /** The clusters that it waits for. */
  readonly waitsFor: readonly string[];
}

interface Candidate {
  readonly table: RouteTable;
  /** All clusters that it names. */
  readonly clusters: ReadonlySet<string>;
}

interface Entry {
  readonly slot: RouteSlot;
  inForce: Candidate | null;
  held: Candidate | null;
  /** Configuration says that it is gone; it stays for as long as a listener names it. */
  removed: boolean;
}

/** At most this many clusters are named in one line of the log. */
const MAX_NAMED = 5;

export class RouteManager {
  readonly #options: RouteManagerOptions;
  readonly #entries = new Map<string, Entry>();
  /** Clusters that held tables wait for. */
  readonly #awaited: Deadlines;
  /** Clusters that did not come in time: nobody waits for them again until they have served. */
  readonly #givenUp = new Set<string>();

  /** Clusters that are named by something else than routes. */
  #direct: ReadonlySet<string> = new Set();

  constructor(options: RouteManagerOptions) {
    this.#options = options;
    this.#awaited = new Deadlines(options.clock, (clusters) => this.#giveUp(clusters));
  }

  /** Its table is null until the first one is in force. */
  slot(key: string): RouteSlot {
    return this.#entry(key).slot;
  }

  /** Configuration has said that there is no such thing, and there has been none. */
  isMissing(key: string): boolean {
    const entry = this.#entries.get(key);
    return entry?.removed === true && entry.inForce === null && entry.held === null;
  }

  get tables(): readonly RouteTable[] {
    const tables: RouteTable[] = [];
    for (const { inForce } of this.#entries.values()) if (inForce !== null) tables.push(inForce.table);
    return tables;
  }

  get held(): readonly HeldTable[] {
    const list: HeldTable[] = [];
    for (const { slot, held } of this.#entries.values()) {
      if (held !== null)
        list.push({ name: slot.name, waitsFor: [...held.clusters].filter((c) => this.#awaited.has(c)) });
    }
    return list;
  }

  /** The newest version replaces one that is still held back. `release` brings it into force. */
  upsert(key: string, spec: RouteConfigSpec): void {
    const clusters = new Set<string>();
    const known = this.#entries.get(key);
    const before = (known?.held ?? known?.inForce)?.table ?? null;
    const slotOf = (name: string): ClusterSlot => {
      clusters.add(name);
      return this.#options.slotOf(name);
    };
    const table = new RouteTable(spec, slotOf, this.#options.random, before);
    const entry = this.#entry(key);
    entry.held = { table, clusters };
    entry.removed = false;
    this.#await(clusters);
  }

  /** Clusters that are named outside of routes, all of them: they are kept and waited for alike. True when they are others than before. */
  nameDirectly(clusters: ReadonlySet<string>): boolean {
    const before = this.#direct;
    this.#direct = clusters;
    this.#await(clusters);
    if (before.size === clusters.size && [...before].every((name) => clusters.has(name))) return false;
    this.#forgetUnnamed();
    return true;
  }

  /** It does not serve yet, and may still come. */
  isAwaited(cluster: string): boolean {
    return this.#awaited.has(cluster);
  }

  /** It goes when no listener names it: until then the last version stays. */
  remove(key: string): void {
    const entry = this.#entries.get(key);
    if (entry !== undefined) entry.removed = true;
  }

  /** Brings into force what needs to wait no longer. True when any table changed. */
  release(): boolean {
    for (const name of [...this.#awaited.names()]) if (this.#options.isServing(name)) this.#awaited.delete(name);
    for (const name of this.#givenUp) if (this.#options.isServing(name)) this.#givenUp.delete(name);
    let changed = false;
    for (const entry of this.#entries.values()) changed = this.#release(entry) || changed;
    if (changed) this.#forgetUnnamed();
    return changed;
  }

  /** Lets go of what was removed and no listener names. True when any table went. */
  prune(named: ReadonlySet<string>): boolean {
    let changed = false;
    for (const [key, entry] of this.#entries) {
      if (entry.removed && !named.has(key)) changed = this.#entries.delete(key);
    }
    if (changed) this.#forgetUnnamed();
    return changed;
  }

  /** Every cluster that a table names, in force or held back. */
  usedClusters(): Set<string> {
    const used = new Set(this.#direct);
    for (const { inForce, held } of this.#entries.values()) {
      for (const name of inForce?.clusters ?? []) used.add(name);
      for (const name of held?.clusters ?? []) used.add(name);
    }
    return used;
  }

  close(): void {
    this.#awaited.clear();
  }

  #await(clusters: ReadonlySet<string>): void {
    for (const name of clusters) {
      if (this.#options.isServing(name) || this.#givenUp.has(name) || this.#awaited.has(name)) continue;
      this.#awaited.set(name, this.#options.holdMs);
    }
  }

  #entry(key: string): Entry {
    const known = this.#entries.get(key);
    if (known !== undefined) return known;
    const entry: Entry = { slot: { name: key, table: null, demand: null }, inForce: null, held: null, removed: false };
    this.#entries.set(key, entry);
    return entry;
  }

  #release(entry: Entry): boolean {
    const { held } = entry;
    if (held === null) return false;
    for (const name of held.clusters) if (this.#awaited.has(name)) return false;
    entry.slot.table = held.table;
    entry.inForce = held;
    entry.held = null;
    return true;
  }

  #giveUp(clusters: readonly string[]): void {
    for (const name of clusters) this.#givenUp.add(name);
    this.#options.log.warn('routes name clusters that do not serve: they are used without them', {
      clusters: clusters.length,
      first: clusters.slice(0, MAX_NAMED).join(', '),
      afterMs: this.#options.holdMs,
    });
    this.#options.onGiveUp();
  }

  /** A wait that no table needs any more must not last, or be told. */
  #forgetUnnamed(): void {
    if (this.#awaited.size + this.#givenUp.size === 0) return;
    const used = this.usedClusters();
    for (const name of [...this.#awaited.names()]) if (!used.has(name)) this.#awaited.delete(name);
    for (const name of this.#givenUp) if (!used.has(name)) this.#givenUp.delete(name);
  }
}
