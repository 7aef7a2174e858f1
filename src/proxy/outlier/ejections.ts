// Who is out, for how long, and how many may be: whatever they were found guilty of.
import { type Random, randomBelow } from '../../base/random.ts';
import type { EjectionReason, OutlierDetectionSpec } from '../../model/outlier-detection-spec.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import type { OutlierMonitor } from '../endpoint/outlier-monitor.ts';
import type { OutlierStats } from './outlier-stats.ts';

export interface OutlierEvent {
  readonly endpoint: Endpoint;
  readonly change: 'ejected' | 'returned' | 'detected';
  readonly reason: EjectionReason;
  /** In numbers, for people. */
  readonly detail: string;
  /** How long it is out, or was, ms; 0 where it was found only. */
  readonly forMs: number;
  /** It is not out, but would be. */
  readonly shadow: boolean;
}

export interface EjectionsOptions {
  /** Milliseconds that only grow. */
  readonly now: () => number;
  readonly random: Random;
  /** All of the cluster, watched or not. */
  readonly endpoints: () => Iterable<Endpoint>;
  readonly onEvent: (event: OutlierEvent) => void;
}

const PERCENT = 100;

export class Ejections {
  readonly #options: EjectionsOptions;
  readonly #stats: OutlierStats;
  #spec: OutlierDetectionSpec;

  constructor(spec: OutlierDetectionSpec, stats: OutlierStats, options: EjectionsOptions) {
    this.#spec = spec;
    this.#stats = stats;
    this.#options = options;
  }

  update(spec: OutlierDetectionSpec): void {
    this.#spec = spec;
  }

  /** The endpoint is found to be worse than it should be. True: it is out now, or would be. */
  judge(monitor: OutlierMonitor, endpoint: Endpoint, reason: EjectionReason, detail: string): boolean {
    const { shadow, enforcing } = this.#spec;
    this.#stats.noteDetected(reason);
    const enforced = this.#options.random.next() * PERCENT < enforcing[reason];
    if (enforced && this.#mayEjectOneMore(endpoint)) {
      this.#eject(monitor, endpoint, reason, detail);
      return true;
    }
    if (enforced) this.#stats.overflow += 1;
    this.#options.onEvent({ endpoint, change: 'detected', reason, detail, forMs: 0, shadow });
    return false;
  }

  /** Lets it back where its time is over; who behaves is ejected for less time again. True: it was let back. */
  review(monitor: OutlierMonitor, endpoint: Endpoint): boolean {
    const { ejection } = monitor;
    const nowMs = this.#options.now();
    if (ejection === null) {
      const behaved = monitor.returnedAtMs <= nowMs - this.#spec.intervalMs && !monitor.isSuspect;
      if (monitor.backOff > 0 && behaved) monitor.backOff -= 1;
      return false;
    }
    if (nowMs < ejection.untilMs) return false;
    this.#letBack(monitor, endpoint, nowMs);
    return true;
  }

  /** It is not out any more, whatever its time. */
  end(monitor: OutlierMonitor, endpoint: Endpoint): void {
    if (monitor.ejection !== null) this.#letBack(monitor, endpoint, this.#options.now());
  }

  /** As `end`, and nobody is told: it is gone. */
  forget(monitor: OutlierMonitor): void {
    if (monitor.ejection !== null) this.#stats.noteEnd(monitor.ejection.shadow);
    monitor.ejection = null;
  }

  /** Never the last ones that take requests: nobody is served better by nobody. */
  #mayEjectOneMore(endpoint: Endpoint): boolean {
    let all = 0;
    let others = 0;
    for (const other of this.#options.endpoints()) {
      all += 1;
      if (other !== endpoint && takesRequests(other)) others += 1;
    }
    const { maxEjectionPercent, alwaysEjectOne, minHealthyHosts } = this.#spec;
    if (others < Math.max(1, minHealthyHosts)) return false;
    const out = this.#stats.ejectionsActive + this.#stats.shadowActive;
    if (alwaysEjectOne && out === 0) return true;
    return ((out + 1) * PERCENT) / all <= maxEjectionPercent;
  }

  #eject(monitor: OutlierMonitor, endpoint: Endpoint, reason: EjectionReason, detail: string): void {
    const { baseEjectionMs, maxEjectionMs, maxEjectionJitterMs, shadow } = this.#spec;
    const longestMs = Math.max(baseEjectionMs, maxEjectionMs);
    if (monitor.backOff * baseEjectionMs < longestMs) monitor.backOff += 1;
    const jitterMs = maxEjectionJitterMs > 0 ? randomBelow(this.#options.random, maxEjectionJitterMs + 1) : 0;
    const forMs = Math.min(monitor.backOff * baseEjectionMs, longestMs) + jitterMs;
    const sinceMs = this.#options.now();
    monitor.ejection = { reason, sinceMs, untilMs: sinceMs + forMs, detail, shadow };
    monitor.ejectionsTotal += 1;
    this.#stats.noteEjected(reason, shadow);
    this.#options.onEvent({ endpoint, change: 'ejected', reason, detail, forMs, shadow });
  }

  #letBack(monitor: OutlierMonitor, endpoint: Endpoint, nowMs: number): void {
    const { ejection } = monitor;
    if (ejection === null) return;
    const { reason, detail, sinceMs, shadow } = ejection;
    monitor.ejection = null;
    monitor.returnedAtMs = nowMs;
    monitor.forgetAllConsecutive();
    if (this.#spec.returnWindowMs > 0 && !shadow) endpoint.returnedAtMs = nowMs;
    this.#stats.noteEnd(shadow);
    this.#options.onEvent({ endpoint, change: 'returned', reason, detail, forMs: nowMs - sinceMs, shadow });
  }
}

/** In shadow mode: would, if it were not for that. */
function takesRequests({ health, outlier }: Endpoint): boolean {
  return health === 'healthy' && (outlier === null || outlier.ejection === null);
}
