// @hot
// What one endpoint has answered lately, as far as outlier detection wants to know it.
import type { EjectionReason } from '../../model/outlier-detection-spec.ts';

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
  #consecutive5xx = 0;
  #consecutiveGateway = 0;
  #consecutiveLocal = 0;

  constructor(watcher: OutlierWatcher) {
    this.#watcher = watcher;
  }

  /** An answer has begun. */
  recordStatus(status: number): void {
    if (this.#watcher.splitLocalOrigin) this.#recordReached();
    if (status < 500) this.#recordSuccess();
    else this.#recordBad(status);
  }

  /** A connection has come to be that carries no requests that we know of. */
  recordConnected(): void {
    if (this.#watcher.splitLocalOrigin) this.#recordReached();
    else this.#recordSuccess();
  }

  /** There was no answer: the connection failed or was reset, or it took too long. */
  recordNoAnswer(timedOut: boolean): void {
    const watcher = this.#watcher;
    if (!watcher.splitLocalOrigin) {
      this.#recordBad(timedOut ? 504 : 503);
      return;
    }
    this.#count(this.localOrigin);
    this.#consecutiveLocal += 1;
    if (this.#consecutiveLocal === watcher.consecutiveLocalOriginFailure) {
      watcher.onConsecutive(this, 'consecutive-local-origin-failure');
    }
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
