// @hot
// What one endpoint has answered lately, as far as outlier detection wants to know it.
import type { EjectionReason } from '../../model/outlier-detection-spec.ts';
import { type CallerVotes, UNKNOWN_CALLER } from './caller-votes.ts';
import type { FailureShift } from './failure-shift.ts';
import type { LatencyWindow } from './latency-window.ts';

/** Told when something has to be looked at; implemented by the detector of the cluster. */
export interface OutlierWatcher {
  /** What the counts below are compared with; 0 = never. A local failure counts as a bad answer where it is not told apart. */
  readonly consecutive5xx: number;
  readonly consecutiveGatewayFailure: number;
  readonly consecutiveLocalOriginFailure: number;
  readonly splitLocalOrigin: boolean;
  /** Something was counted for the first time since the last look. */
  onFirstResult(): void;
  onConsecutive(monitor: OutlierMonitor, reason: EjectionReason): void;
  /** One that is compared with its peers has answered. */
  onCompared(monitor: OutlierMonitor, shift: FailureShift, failed: boolean): void;
}

/** Requests of one interval. */
export class ResultWindow {
  total = 0;
  successes = 0;

  clear(): void {
    this.total = 0;
    this.successes = 0;
  }

  /** 0–100; 100 of nothing. */
  get successPercent(): number {
    return this.total === 0 ? 100 : (this.successes * 100) / this.total;
  }
}

/** What stands in the way of an endpoint that would take requests. */
export interface Ejection {
  readonly reason: EjectionReason;
  /** On the clock of the cluster, ms. */
  readonly sinceMs: number;
  readonly untilMs: number;
  /** In numbers, for people. */
  readonly detail: string;
  /** It would be out, and is not. */
  readonly shadow: boolean;
}

export class OutlierMonitor {
  readonly #watcher: OutlierWatcher;
  /** Null = it is not out. */
  ejection: Ejection | null = null;
  /** How many times the base time the next ejection lasts; one less after each interval in which it behaved. */
  backOff = 0;
  /** When its last ejection ended, ms; −∞ = there was none. */
  returnedAtMs = Number.NEGATIVE_INFINITY;
  /** Since the cluster knows it. */
  ejectionsTotal = 0;
  readonly answers = new ResultWindow();
  readonly localOrigin = new ResultWindow();
  /** Null = nobody compares it with its peers. */
  shift: FailureShift | null = null;
  /** Null = it is not measured how long it takes. */
  latency: LatencyWindow | null = null;
  /** Null = callers are not told apart. */
  votes: CallerVotes | null = null;
  #consecutive5xx = 0;
  #consecutiveGateway = 0;
  #consecutiveLocal = 0;

  constructor(watcher: OutlierWatcher) {
    this.#watcher = watcher;
  }

  /** Whoever is out takes no requests; in shadow mode it does. */
  get isOut(): boolean {
    return this.ejection !== null && !this.ejection.shadow;
  }

  /** Its latest answers speak against it, though not clearly yet: with few requests that takes longer than an interval. */
  get isSuspect(): boolean {
    return this.shift !== null && this.shift.score > 0;
  }

  /** An answer has come, or so much of it that it is known what it means. `caller`: a hash of who asked. */
  recordStatus(status: number, caller = UNKNOWN_CALLER): void {
    const failed = status >= 500;
    if (this.votes !== null && !this.votes.admit(caller, failed)) return;
    if (this.#watcher.splitLocalOrigin) this.#recordReached();
    if (failed) this.#recordBad(status);
    else this.#recordSuccess();
    if (this.shift !== null) this.#watcher.onCompared(this, this.shift, failed);
  }

  /** A connection has come to be that carries no requests that we know of. */
  recordConnected(): void {
    if (this.#watcher.splitLocalOrigin) this.#recordReached();
    else this.#recordSuccess();
    if (this.shift !== null) this.#watcher.onCompared(this, this.shift, false);
  }

  /** There was no answer: the connection failed or was reset, or it took too long. */
  recordNoAnswer(timedOut: boolean, caller = UNKNOWN_CALLER): void {
    if (this.votes !== null && !this.votes.admit(caller, true)) return;
    if (this.#watcher.splitLocalOrigin) this.#recordUnreached();
    else this.#recordBad(timedOut ? 504 : 503);
    if (this.shift !== null) this.#watcher.onCompared(this, this.shift, true);
  }

  /** One finding is one finding: the next needs as many again. */
  forgetConsecutive(reason: EjectionReason): void {
    if (reason === 'consecutive-5xx') this.#consecutive5xx = 0;
    else if (reason === 'consecutive-gateway-failure') this.#consecutiveGateway = 0;
    else if (reason === 'consecutive-local-origin-failure') this.#consecutiveLocal = 0;
  }

  forgetAllConsecutive(): void {
    this.#consecutive5xx = 0;
    this.#consecutiveGateway = 0;
    this.#consecutiveLocal = 0;
  }

  #recordReached(): void {
    this.#count(this.localOrigin);
    this.localOrigin.successes += 1;
    this.#consecutiveLocal = 0;
  }

  #recordUnreached(): void {
    const watcher = this.#watcher;
    this.#count(this.localOrigin);
    this.#consecutiveLocal += 1;
    if (this.#consecutiveLocal === watcher.consecutiveLocalOriginFailure) {
      watcher.onConsecutive(this, 'consecutive-local-origin-failure');
    }
  }

  #recordSuccess(): void {
    this.#count(this.answers);
    this.answers.successes += 1;
    this.#consecutive5xx = 0;
    this.#consecutiveGateway = 0;
  }

  /** 500 says that the endpoint is there: only the others may mean that it, or something behind it, is not. */
  #recordBad(status: number): void {
    const watcher = this.#watcher;
    this.#count(this.answers);
    if (status >= 502 && status <= 504) {
      this.#consecutiveGateway += 1;
      if (this.#consecutiveGateway === watcher.consecutiveGatewayFailure) {
        watcher.onConsecutive(this, 'consecutive-gateway-failure');
      }
    } else {
      this.#consecutiveGateway = 0;
    }
    this.#consecutive5xx += 1;
    if (this.#consecutive5xx === watcher.consecutive5xx) watcher.onConsecutive(this, 'consecutive-5xx');
  }

  #count(window: ResultWindow): void {
    if (this.answers.total + this.localOrigin.total === 0) this.#watcher.onFirstResult();
    window.total += 1;
  }
}
