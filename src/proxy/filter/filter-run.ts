// @hot
// One request on its way through the filters of its listener: who is next, who waits, and what they have changed.
import type { Cancel, Clock } from '../../base/clock.ts';
import { callerAddress } from '../codec/caller-address.ts';
import type { RequestHead } from '../codec/head.ts';
import type { FieldEdit } from '../route/field-changes.ts';
import type { FieldList } from '../route/field-list.ts';
import type { SessionPolicy } from '../session/session-policy.ts';
import type { FilterAnswer, FilterCall, FilterPass, HttpFilter } from './http-filter.ts';
import { type PaceOwner, ResponsePace } from './response-pace.ts';

/** All filters have let it go on. */
export const PASSED = 0;
/** `onDelayOver` will be called. */
export const DELAYED = 1;
/** One has answered: `reply` is it. */
export const ANSWERED = 2;
export type FilterVerdict = typeof PASSED | typeof DELAYED | typeof ANSWERED;

export interface FilterRunOwner extends PaceOwner {
  /** A delay is over: `resume` tells how it goes on. */
  onDelayOver(): void;
}

/** The request's own record, for the access log. */
export interface FlagList {
  /** `host:port`. */
  readonly downstreamRemote: string;
  addFlag(flag: string): void;
}

const NO_FILTERS: readonly HttpFilter[] = [];

/** Made for the first request of an exchange that has filters, used again for the others. Answers are edited in the opposite order. */
export class FilterRun implements FilterCall, FieldEdit {
  readonly #owner: FilterRunOwner;
  readonly #flags: FlagList;
  readonly #clock: Clock;
  #filters = NO_FILTERS;
  #next = 0;
  readonly #passes: FilterPass[] = [];
  readonly #requestEdits: FieldEdit[] = [];
  #routeEdit: FieldEdit | null = null;
  #verdict: FilterVerdict = PASSED;
  #reply: FilterAnswer | null = null;
  #cancelDelay: Cancel | null = null;
  #afterDelay: (() => void) | null = null;
  #head: RequestHead | null = null;
  cluster = '';
  /** Null = its answer is passed on as it comes. */
  pace: ResponsePace | null = null;
  #kibPerSecond = 0;
  /** Null = no filter speaks of sessions. */
  session: SessionPolicy | null = null;

  constructor(owner: FilterRunOwner, flags: FlagList, clock: Clock) {
    this.#owner = owner;
    this.#flags = flags;
    this.#clock = clock;
  }

  get head(): RequestHead {
    return this.#head as RequestHead;
  }

  get client(): string | null {
    return callerAddress(this.#flags.downstreamRemote, '');
  }

  /** Of whoever has answered. */
  get reply(): FilterAnswer {
    return this.#reply as FilterAnswer;
  }

  /** What changes in the request before its route has its way; null = nothing. */
  get requestEdit(): FieldEdit | null {
    // alloc-ok: a request that is changed
    return this.#requestEdits.length === 0 ? null : { apply: (fields) => this.#editRequest(fields) };
  }

  begin(filters: readonly HttpFilter[], head: RequestHead, cluster: string): FilterVerdict {
    this.#filters = filters;
    this.#next = 0;
    this.#head = head;
    this.cluster = cluster;
    this.#verdict = PASSED;
    this.session = null;
    return this.#run();
  }

  /** Goes on behind a delay. */
  resume(): FilterVerdict {
    const then = this.#afterDelay as () => void;
    this.#afterDelay = null;
    this.#verdict = PASSED;
    then();
    return this.#run();
  }

  /** What happens to the fields of an answer: `routeEdit`, then what filters want; null = nothing. Valid until the request is over. */
  answerEdit(routeEdit: FieldEdit | null): FieldEdit | null {
    for (let index = 0; index < this.#passes.length; index += 1) {
      if ((this.#passes[index] as FilterPass).answerEdit === null) continue;
      this.#routeEdit = routeEdit;
      return this;
    }
    return routeEdit;
  }

  apply(fields: FieldList): void {
    this.#routeEdit?.apply(fields);
    for (let index = this.#passes.length - 1; index >= 0; index -= 1) {
      (this.#passes[index] as FilterPass).answerEdit?.apply(fields);
    }
  }

  /** The request is over. */
  end(answered: boolean): void {
    this.#cancelDelay?.();
    this.#cancelDelay = null;
    this.#afterDelay = null;
    if (this.pace !== null) this.pace.stop();
    this.pace = null;
    for (let index = 0; index < this.#passes.length; index += 1) (this.#passes[index] as FilterPass).onEnd(answered);
    this.#passes.length = 0;
    if (this.#requestEdits.length > 0) this.#requestEdits.length = 0;
    this.#filters = NO_FILTERS;
    this.#routeEdit = null;
    this.#reply = null;
    this.#head = null;
  }

  // ── for the filter in work ──

  delay(ms: number, then: () => void): void {
    this.#verdict = DELAYED;
    this.#afterDelay = then;
    // alloc-ok: a request that is held up
    this.#cancelDelay = this.#clock.after(ms, () => {
      this.#cancelDelay = null;
      this.#owner.onDelayOver();
    });
  }

  paceAnswer(kibPerSecond: number): void {
    if (this.pace !== null && this.#kibPerSecond <= kibPerSecond) return;
    this.#kibPerSecond = kibPerSecond;
    this.pace = new ResponsePace(this.#owner, this.#clock, kibPerSecond); // alloc-ok: a request whose answer is slow
  }

  answer(answer: FilterAnswer): void {
    this.#verdict = ANSWERED;
    this.#reply = answer;
  }

  changeRequest(edit: FieldEdit): void {
    this.#requestEdits.push(edit);
  }

  keepSession(policy: SessionPolicy): void {
    this.session = policy;
  }

  addFlag(flag: string): void {
    this.#flags.addFlag(flag);
  }

  #run(): FilterVerdict {
    while (this.#verdict === PASSED && this.#next < this.#filters.length) {
      const filter = this.#filters[this.#next] as HttpFilter;
      this.#next += 1;
      const pass = filter.begin(this);
      if (pass !== null) this.#passes.push(pass);
    }
    return this.#verdict;
  }

  #editRequest(fields: FieldList): void {
    for (const edit of this.#requestEdits) edit.apply(fields);
  }
}
