// Takes endpoints of one cluster out that are worse than they should be, and lets them back in.
import { type Random, randomBelow } from '../../base/random.ts';
import { type TimerOwner, type TimerWheel, WheelTimer } from '../../base/timer-wheel.ts';
import type { EjectionReason, OutlierDetectionSpec } from '../../model/outlier-detection-spec.ts';
import type { StatSink } from '../../telemetry/stats.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import { OutlierMonitor, type OutlierWatcher } from '../endpoint/outlier-monitor.ts';
import { OutlierStats } from './outlier-stats.ts';
import { belowTheOthers, type Compared, failingTooOften } from './success-rates.ts';

export interface OutlierEvent {
  readonly endpoint: Endpoint;
  readonly change: 'ejected' | 'returned' | 'detected';
  readonly reason: EjectionReason;
  /** In numbers, for people. */
  readonly detail: string;
  /** How long it is out, or was, ms; 0 where it was found only. */
  readonly forMs: number;
}

export interface OutlierDetectorOptions {
  readonly wheel: TimerWheel;
  /** Milliseconds that only grow. */
  readonly now: () => number;
  readonly random: Random;
  /** All of the cluster, watched or not. */
  readonly endpoints: () => Iterable<Endpoint>;
  /** After an ejection or a return: who may get new requests is somebody else now. */
  readonly onChange: () => void;
  readonly onEvent: (event: OutlierEvent) => void;
}

const PERCENT = 100;

/** Knows the endpoints that are called, and looks at them only where there was something to count: what is not called costs nothing. */
export class OutlierDetector implements OutlierWatcher, TimerOwner {
  readonly #options: OutlierDetectorOptions;
  readonly #stats = new OutlierStats();
  readonly #monitors = new Map<OutlierMonitor, Endpoint>();
  readonly #timer: WheelTimer;
  #spec: OutlierDetectionSpec;

  constructor(spec: OutlierDetectionSpec, options: OutlierDetectorOptions) {
    this.#spec = spec;
    this.#options = options;
    this.#timer = new WheelTimer(this);
  }

  get consecutive5xx(): number {
    return this.#spec.consecutive5xx;
  }

  get consecutiveGatewayFailure(): number {
    return this.#spec.consecutiveGatewayFailure;
  }

  get consecutiveLocalOriginFailure(): number {
    return this.#spec.consecutiveLocalOriginFailure;
  }

  get splitLocalOrigin(): boolean {
    return this.#spec.splitLocalOrigin;
  }

  /** What was counted stays. */
  update(spec: OutlierDetectionSpec): void {
    this.#spec = spec;
  }

  /** `endpoint` is called for the first time. */
  watch(endpoint: Endpoint): void {
    if (endpoint.outlier !== null) return;
    endpoint.outlier = new OutlierMonitor(this);
    this.#monitors.set(endpoint.outlier, endpoint);
  }

  /** The endpoints of the cluster have changed: those that stay keep their counts and ejections. */
  forgetOthers(): void {
    if (this.#monitors.size === 0) return;
    const present = new Set(this.#options.endpoints());
    for (const [monitor, endpoint] of this.#monitors) if (!present.has(endpoint)) this.#forget(monitor, endpoint);
  }

  /** Nobody is out any more, and nothing is counted. */
  close(): void {
    this.#options.wheel.cancel(this.#timer);
    for (const [monitor, endpoint] of this.#monitors) this.#forget(monitor, endpoint);
  }

  collect(cluster: string, sink: StatSink): void {
    this.#stats.collect(cluster, sink);
  }

  onFirstResult(): void {
    if (!this.#timer.isSet) this.#options.wheel.set(this.#timer, this.#spec.intervalMs);
  }

  onConsecutive(monitor: OutlierMonitor, reason: EjectionReason): void {
    monitor.forgetConsecutive(reason);
    if (monitor.ejection !== null) return;
    const { consecutive5xx, consecutiveGatewayFailure, consecutiveLocalOriginFailure } = this.#spec;
    const detail =
      reason === 'consecutive-5xx'
        ? `${consecutive5xx} answers of 5xx in a row`
        : reason === 'consecutive-gateway-failure'
          ? `${consecutiveGatewayFailure} answers of 502, 503 or 504 in a row`
          : `${consecutiveLocalOriginFailure} connections in a row that failed`;
    if (this.#judge(monitor, reason, detail)) this.#options.onChange();
  }

  /** An interval has passed. */
  onTimer(): void {
    let changed = this.#letBack();
    const monitors = [...this.#monitors.keys()].filter(({ ejection }) => ejection === null);
    const answers: Compared = { monitors, windowOf: (monitor) => monitor.answers };
    if (this.#judgeRates(answers, 'success-rate', 'failure-percentage')) changed = true;
    if (this.#spec.splitLocalOrigin) {
      const local: Compared = { monitors, windowOf: (monitor) => monitor.localOrigin };
      if (this.#judgeRates(local, 'local-origin-success-rate', 'local-origin-failure-percentage')) changed = true;
    }
    for (const monitor of this.#monitors.keys()) {
      monitor.answers.clear();
      monitor.localOrigin.clear();
    }
    if (this.#needsAnotherLook()) this.#options.wheel.set(this.#timer, this.#spec.intervalMs);
    if (changed) this.#options.onChange();
  }

  #needsAnotherLook(): boolean {
    for (const { ejection, backOff } of this.#monitors.keys()) if (ejection !== null || backOff > 0) return true;
    return false;
  }

  #judgeRates(compared: Compared, rate: EjectionReason, percentage: EjectionReason): boolean {
    let changed = false;
    for (const { monitor, detail } of belowTheOthers(compared, this.#spec)) {
      if (this.#judge(monitor, rate, detail)) changed = true;
    }
    for (const { monitor, detail } of failingTooOften(compared, this.#spec)) {
      if (monitor.ejection === null && this.#judge(monitor, percentage, detail)) changed = true;
    }
    return changed;
  }

  /** True: it is out now. */
  #judge(monitor: OutlierMonitor, reason: EjectionReason, detail: string): boolean {
    this.#stats.noteDetected(reason);
    const endpoint = this.#monitors.get(monitor) as Endpoint;
    const enforced = this.#options.random.next() * PERCENT < this.#spec.enforcing[reason];
    if (enforced && this.#mayEjectOneMore(endpoint)) {
      this.#eject(monitor, endpoint, reason, detail);
      return true;
    }
    if (enforced) this.#stats.overflow += 1;
    this.#options.onEvent({ endpoint, change: 'detected', reason, detail, forMs: 0 });
    return false;
  }

  /** Never the last one that takes requests: nobody is served better by nobody. */
  #mayEjectOneMore(endpoint: Endpoint): boolean {
    let all = 0;
    let others = 0;
    for (const other of this.#options.endpoints()) {
      all += 1;
      if (other !== endpoint && other.health === 'healthy') others += 1;
    }
    if (others === 0) return false;
    const { ejectionsActive } = this.#stats;
    const { maxEjectionPercent, alwaysEjectOne } = this.#spec;
    if (alwaysEjectOne && ejectionsActive === 0) return true;
    return ((ejectionsActive + 1) * PERCENT) / all <= maxEjectionPercent;
  }

  #eject(monitor: OutlierMonitor, endpoint: Endpoint, reason: EjectionReason, detail: string): void {
    const { baseEjectionMs, maxEjectionMs, maxEjectionJitterMs } = this.#spec;
    const longestMs = Math.max(baseEjectionMs, maxEjectionMs);
    if (monitor.backOff * baseEjectionMs < longestMs) monitor.backOff += 1;
    const jitterMs = maxEjectionJitterMs > 0 ? randomBelow(this.#options.random, maxEjectionJitterMs + 1) : 0;
    const forMs = Math.min(monitor.backOff * baseEjectionMs, longestMs) + jitterMs;
    const sinceMs = this.#options.now();
    monitor.ejection = { reason, sinceMs, untilMs: sinceMs + forMs, detail };
    monitor.ejectionsTotal += 1;
    this.#stats.noteEnforced(reason);
    this.#stats.ejectionsActive += 1;
    this.onFirstResult();
    this.#options.onEvent({ endpoint, change: 'ejected', reason, detail, forMs });
  }

  /** Those whose time is over; who behaves is ejected for less time again. */
  #letBack(): boolean {
    const nowMs = this.#options.now();
    let changed = false;
    for (const [monitor, endpoint] of this.#monitors) {
      const { ejection } = monitor;
      if (ejection === null) {
        const behaved = monitor.returnedAtMs <= nowMs - this.#spec.intervalMs;
        if (monitor.backOff > 0 && behaved) monitor.backOff -= 1;
        continue;
      }
      if (nowMs < ejection.untilMs) continue;
      this.#end(monitor, nowMs);
      const { reason, detail, sinceMs } = ejection;
      this.#options.onEvent({ endpoint, change: 'returned', reason, detail, forMs: nowMs - sinceMs });
      changed = true;
    }
    return changed;
  }

  #end(monitor: OutlierMonitor, nowMs: number): void {
    monitor.ejection = null;
    monitor.returnedAtMs = nowMs;
    monitor.forgetAllConsecutive();
    this.#stats.ejectionsActive -= 1;
  }

  #forget(monitor: OutlierMonitor, endpoint: Endpoint): void {
    if (monitor.ejection !== null) this.#end(monitor, this.#options.now());
    this.#monitors.delete(monitor);
    endpoint.outlier = null;
  }
}
