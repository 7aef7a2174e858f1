// Writes what became of routes and policies into their status, where it does not stand there yet.
import { Backoff } from '../../base/backoff.ts';
import type { Cancel, Clock } from '../../base/clock.ts';
import { codeOf } from '../../base/coded-error.ts';
import type { Log } from '../../base/log.ts';
import type { Random } from '../../base/random.ts';
import type { ConnectKube, KubeClient, KubeValue, KubeWriteOptions } from '../../kube-api/kube-client.ts';
import { FIELD_MANAGER, failureFields, RequestLimit, retryAfterOf } from './kube-write.ts';
import type { PresentStatuses } from './present-statuses.ts';
import { type OutdatedStatus, StatusComparison } from './status-comparison.ts';
import { STATUS_FORMS } from './status-form.ts';
import type { WantedStatus } from './wanted-status.ts';
import { type WaitingWrite, WriteQueue } from './write-queue.ts';

/** Changes of so long are looked at together, ms. */
const COMPARE_MS = 500;
/** Between two writes, ms: 50 of them a second at most. */
const GAP_MS = 20;
const REQUEST_MS = 5_000;
/** Somebody else may be faster so often before it waits. */
const MAX_ROUNDS = 3;
/** A rule may be added any time; nothing of the kind is asked for again before, ms. */
const FORBIDDEN_MS = 60_000;
const TROUBLE = { baseMs: 1_000, maxMs: 30_000 };

export interface StatusWriterOptions {
  readonly connect: ConnectKube;
  readonly present: PresentStatuses;
  /** Null while nobody knows it. */
  readonly wanted: () => readonly WantedStatus[] | null;
  /** Asked before every request. */
  readonly leads: () => boolean;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

export interface StatusWriterCounts {
  readonly written: number;
  /** Somebody else was faster. */
  readonly conflicts: number;
  readonly failed: number;
  /** Not written yet. */
  readonly waiting: number;
  /** Entries for which other controllers leave no room. */
  readonly withoutRoom: number;
}

/**
 * One request at a time, each from what the API server last told and only if that is what it still has: whoever was faster is read first. It
 * writes nothing that stands there already, and nothing while it does not lead.
 */
export class StatusWriter {
  readonly #options: StatusWriterOptions;
  readonly #queue: WriteQueue;
  readonly #comparison: StatusComparison;
  readonly #limit: RequestLimit;
  readonly #trouble: Backoff;
  /** What was said and is still so. */
  readonly #said = new Set<string>();
  readonly #counts = { written: 0, conflicts: 0, failed: 0 };
  #cancelCompare: Cancel | null = null;
  #cancelPump: Cancel = () => {};
  #writing: Promise<void> | null = null;
  #closed = false;

  constructor(options: StatusWriterOptions) {
    const { clock, random, present } = options;
    this.#options = options;
    this.#queue = new WriteQueue(clock, random);
    this.#comparison = new StatusComparison(present, clock);
    this.#limit = new RequestLimit(clock);
    this.#trouble = new Backoff(TROUBLE, random);
    present.onChange(() => this.wake());
  }

  get counts(): StatusWriterCounts {
    let withoutRoom = 0;
    for (const count of this.#comparison.withoutRoom.values()) withoutRoom += count;
    return { ...this.#counts, waiting: this.#queue.size + (this.#writing === null ? 0 : 1), withoutRoom };
  }

  /** Something may be otherwise: what is wanted, what is there, or who leads. */
  wake(): void {
    if (!this.#works()) this.#rest();
    else this.#cancelCompare ??= this.#options.clock.after(COMPARE_MS, () => this.#compare());
  }

  /** Resolves when no request is under way. Safe to call again. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#rest();
    await this.#writing;
  }

  #works(): boolean {
    return !this.#closed && this.#options.leads();
  }

  #rest(): void {
    this.#cancelCompare?.();
    this.#cancelCompare = null;
    this.#cancelPump();
    this.#queue.clear();
    this.#comparison.forget();
    this.#limit.abort();
  }

  #compare(): void {
    this.#cancelCompare = null;
    const wanted = this.#works() ? this.#options.wanted() : null;
    const before = this.#comparison.withoutRoom;
    const outdated = wanted === null ? null : this.#comparison.outdated(wanted);
    if (outdated === null) return;
    this.#queue.retain((key) => outdated.has(key));
    for (const [key, { there, what }] of outdated) this.#queue.add(key, there.key.kind, what);
    for (const [key, count] of this.#comparison.withoutRoom) if (before.get(key) !== count) this.#tellRoom(key, count);
    this.#pump();
  }

  #pump(): void {
    if (this.#writing !== null || !this.#works()) return;
    this.#cancelPump();
    const write = this.#queue.take();
    if (write === null) {
      const idleMs = this.#queue.idleMs();
      if (idleMs !== null) this.#cancelPump = this.#options.clock.after(Math.max(1, idleMs), () => this.#pump());
      return;
    }
    this.#writing = this.#write(write).then(() => {
      this.#writing = null;
      if (this.#works()) this.#cancelPump = this.#options.clock.after(GAP_MS, () => this.#pump());
    });
  }

  /** Never rejects. */
  async #write(write: WaitingWrite): Promise<void> {
    try {
      for (let round = 0; round < MAX_ROUNDS; round += 1) {
        const outdated = this.#works() ? this.#comparison.outdatedAt(write.key) : null;
        if (outdated === null || (await this.#patch(write, outdated))) return;
      }
      this.#queue.failed(write);
    } catch (error) {
      if (this.#works()) this.#failed(write, error);
    }
  }

  /** False where somebody else was faster: what is there now has been read. */
  async #patch(write: WaitingWrite, { form, there, entries }: OutdatedStatus): Promise<boolean> {
    const { resource, list } = form;
    const patch = { metadata: { resourceVersion: there.resourceVersion }, status: { [list]: entries } };
    try {
      const answer = await this.#ask((client, options) => client.patchStatus(resource, there.key, patch, options));
      this.#succeeded(write, there.generation, answer);
      return true;
    } catch (error) {
      if (codeOf(error) !== 'kube_conflict') throw error;
    }
    this.#counts.conflicts += 1;
    const { present } = this.#options;
    const now = await this.#ask((client, { signal }) => client.read(resource, there.key, signal));
    if (now === null) present.delete(there.key);
    else present.answered(there.key, now);
    return false;
  }

  #succeeded(write: WaitingWrite, generation: number, answer: KubeValue): void {
    const { present, log } = this.#options;
    this.#counts.written += 1;
    this.#trouble.reset();
    this.#said.delete(TROUBLED);
    this.#said.delete(`${write.kind} forbidden`);
    const { key } = present.get(write.key) ?? {};
    if (key !== undefined) present.answered(key, answer);
    const now = this.#comparison.outdatedAt(write.key);
    if (now === null || now.there.generation !== generation || now.what !== write.what) return;
    // It does not keep what it is told, as a CRD of another version may have it: asked again at once, it would be asked for ever.
    this.#queue.failed(write);
    if (!this.#isNew(`${write.kind} kept otherwise`)) return;
    const remedy = `install the CRD of ${STATUS_FORMS[write.kind].resource.plural} in a version that is supported`;
    log.warn('the API server keeps another status than it was told', { object: write.key, remedy });
  }

  #ask<T>(ask: (client: KubeClient, options: AskOptions) => Promise<T>): Promise<T> {
    return this.#limit.run(REQUEST_MS, async (signal) => {
      return ask(await this.#options.connect(), { fieldManager: FIELD_MANAGER, signal });
    });
  }

  #failed(write: WaitingWrite, error: unknown): void {
    const code = codeOf(error);
    const { log, present } = this.#options;
    if (code === 'kube_not_found') {
      // It is gone, or its CRD is: the registry will hear of both.
      const { key } = present.get(write.key) ?? {};
      if (key !== undefined) present.delete(key);
      return;
    }
    this.#counts.failed += 1;
    if (code === 'kube_forbidden') {
      this.#queue.putBack(write);
      this.#queue.pause(write.kind, FORBIDDEN_MS);
      if (this.#isNew(`${write.kind} forbidden`)) log.warn('status cannot be written', failureFields(error));
    } else if (OF_THE_OBJECT.has(code)) {
      this.#queue.failed(write);
      log.warn('a status cannot be written', { object: write.key, ...failureFields(error) });
    } else {
      this.#queue.putBack(write);
      this.#queue.pauseAll(this.#trouble.nextDelayMs() + retryAfterOf(error));
      if (this.#isNew(TROUBLED)) log.warn('no status can be written now', failureFields(error));
    }
  }

  #isNew(what: string): boolean {
    if (this.#said.has(what)) return false;
    this.#said.add(what);
    return true;
  }

  #tellRoom(key: string, leftOut: number): void {
    const remedy = 'split the object, or remove entries of controllers that are gone';
    this.#options.log.warn('a status has no room for all of our entries', { object: key, leftOut, remedy });
  }
}

type AskOptions = KubeWriteOptions & { readonly signal: AbortSignal };

/** No other object is concerned. */
const OF_THE_OBJECT: ReadonlySet<string> = new Set(['kube_invalid', 'kube_too_large', 'kube_failed']);

const TROUBLED = 'troubled';
