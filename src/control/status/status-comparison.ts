// What stands in the status of each object, beside what should: which of them are to be written, and what.
import type { Clock } from '../../base/clock.ts';
import { contentHash } from '../../base/content-hash.ts';
import { mergeStatus } from './merge-status.ts';
import type { PresentStatus, PresentStatuses } from './present-statuses.ts';
import { STATUS_FORMS, type StatusForm } from './status-form.ts';
import { renderStatusKey, type WantedStatus } from './wanted-status.ts';

export interface OutdatedStatus {
  readonly form: StatusForm;
  readonly there: PresentStatus;
  /** The list of the status as it shall be, whole. */
  readonly entries: readonly unknown[];
  /** What is wanted, as a hash. */
  readonly what: string;
}

/** What was computed from another version of an object than there is, is not compared: the right one is on its way. */
export class StatusComparison {
  readonly #present: PresentStatuses;
  readonly #clock: Clock;
  #list: readonly WantedStatus[] = [];
  #wanted: ReadonlyMap<string, WantedStatus> = new Map();
  #comparedVersion = -1;
  #withoutRoom: ReadonlyMap<string, number> = new Map();
  /** What was found to say the same, so that of 10,000 routes only those are compared that changed. */
  readonly #equal = new WeakMap<PresentStatus, WantedStatus>();

  constructor(present: PresentStatuses, clock: Clock) {
    this.#present = present;
    this.#clock = clock;
  }

  /** By object, how many entries find no room beside those of other controllers; as of the last `outdated`. */
  get withoutRoom(): ReadonlyMap<string, number> {
    return this.#withoutRoom;
  }

  /** All that are to be written; null where nothing has changed since the last time. */
  outdated(wanted: readonly WantedStatus[]): ReadonlyMap<string, OutdatedStatus> | null {
    if (wanted === this.#list && this.#comparedVersion === this.#present.version) return null;
    this.#comparedVersion = this.#present.version;
    if (wanted !== this.#list) this.#wanted = new Map(wanted.map((status) => [renderStatusKey(status), status]));
    this.#list = wanted;
    const withoutRoom = new Map<string, number>();
    const found = new Map<string, OutdatedStatus>();
    for (const [key, there] of this.#present.all()) {
      const outdated = this.#compare(key, there, withoutRoom);
      if (outdated !== null) found.set(key, outdated);
    }
    this.#withoutRoom = withoutRoom;
    return found;
  }

  /** To compare all of them the next time. */
  forget(): void {
    this.#comparedVersion = -1;
  }

  /** Of one object; null where there is nothing to write. */
  outdatedAt(key: string): OutdatedStatus | null {
    const there = this.#present.get(key);
    return there === null ? null : this.#compare(key, there, new Map());
  }

  #compare(key: string, there: PresentStatus, withoutRoom: Map<string, number>): OutdatedStatus | null {
    const want = this.#wantedOf(key, there);
    if (want === null || this.#equal.get(there) === want) return null;
    const form = STATUS_FORMS[want.kind];
    const { entries, leftOut } = mergeStatus(form, there.status, want, this.#clock.wallNow());
    if (leftOut > 0) withoutRoom.set(key, leftOut);
    else if (entries === null) this.#equal.set(there, want);
    if (entries === null) return null;
    return { form, there, entries, what: contentHash(JSON.stringify([want.uid, want.generation, want.entries])) };
  }

  #wantedOf(key: string, { uid, generation, unreadable }: PresentStatus): WantedStatus | null {
    if (unreadable !== null) return unreadable;
    const want = this.#wanted.get(key);
    return want !== undefined && want.uid === uid && (want.generation ?? 0) === generation ? want : null;
  }
}
