// Finds the endpoints of one cluster that are worse than they should be; they are taken out, and let back in.
import { randomBelow } from '../../base/random.ts';
import { type TimerOwner, type TimerWheel, WheelTimer } from '../../base/timer-wheel.ts';
import type { EjectionReason, OutlierDetectionSpec } from '../../model/outlier-detection-spec.ts';
import type { StatSink } from '../../telemetry/stats.ts';
import { CallerVotes } from '../endpoint/caller-votes.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import { FailureShift } from '../endpoint/failure-shift.ts';
import { LatencyWindow } from '../endpoint/latency-window.ts';
import { OutlierMonitor, type OutlierWatcher } from '../endpoint/outlier-monitor.ts';
import { Ejections, type EjectionsOptions } from './ejections.ts';
import { OutlierStats } from './outlier-stats.ts';
import { PeerFailures } from './peer-failures.ts';
import { slowerThanPeers } from './slow-ones.ts';
import { belowTheOthers, type Compared, failingTooOften, type Outlier, percent } from './success-rates.ts';

export interface OutlierDetectorOptions extends EjectionsOptions {
  readonly wheel: TimerWheel;
  /** After an ejection or a return: who may get new requests is somebody else now. */
  readonly onChange: () => void;
}

/** Knows the endpoints that are called, and looks at them only where there was something to count: what is not called costs nothing. */
export class OutlierDetector implements OutlierWatcher, TimerOwner {
  readonly #options: OutlierDetectorOptions;
  readonly #stats = new OutlierStats();
  readonly #ejections: Ejections;
  readonly #monitors = new Map<OutlierMonitor, Endpoint>();
  readonly #timer: WheelTimer;
  readonly #peers: PeerFailures;
  readonly #seed: number;
  #spec: OutlierDetectionSpec;
  #closed = false;

  constructor(spec: OutlierDetectionSpec, options: OutlierDetectorOptions) {
    this.#spec = spec;
    this.#options = options;
    this.#ejections = new Ejections(spec, this.#stats, options);
    this.#peers = new PeerFailures(spec.worseThanPeers.gapPercent);
    this.#seed = randomBelow(options.random, 2 ** 32);
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

  /** What was counted stays. Where shadow mode begins or ends, those who were out, or would have been, are not any more. */
  update(spec: OutlierDetectionSpec): void {
    const before = this.#spec;
    this.#spec = spec;
    this.#ejections.update(spec);
    this.#peers.setGap(spec.worseThanPeers.gapPercent);
    for (const [monitor, endpoint] of this.#monitors) {
      if (before.shadow !== spec.shadow) this.#ejections.end(monitor, endpoint);
      this.#equip(monitor);
    }
    if (before.shadow !== spec.shadow) this.#options.onChange();
  }

  /** `endpoint` is called for the first time. */
  watch(endpoint: Endpoint): void {
    if (this.#closed || endpoint.outlier !== null) return;
    const monitor = new OutlierMonitor(this);
    this.#equip(monitor);
    endpoint.outlier = monitor;
    this.#monitors.set(monitor, endpoint);
  }

  /** It has passed a health check: it may come back before its time, unless configuration says otherwise. */
  onChecked(endpoint: Endpoint): void {
    const { outlier } = endpoint;
    if (outlier === null || outlier.ejection === null || this.#spec.ignoresChecks === true) return;
    this.#ejections.end(outlier, endpoint);
    this.#options.onChange();
  }

  /** The endpoints of the cluster have changed: those that stay keep their counts and ejections. */
  forgetOthers(): void {
    if (this.#monitors.size === 0) return;
    const present = new Set(this.#options.endpoints());
    for (const [monitor, endpoint] of this.#monitors) if (!present.has(endpoint)) this.#forget(monitor, endpoint);
  }

  /** Nobody is out any more, and nothing is counted, not even where a last retry goes to a pod that was not called before. */
  close(): void {
    this.#closed = true;
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
    if (this.#failsAlike(monitor, 1)) this.#stats.spared += 1;
    else if (this.#judge(monitor, reason, detail)) this.#options.onChange();
  }

  onCompared(monitor: OutlierMonitor, shift: FailureShift, failed: boolean): void {
    if (monitor.ejection !== null || !this.#peers.note(shift, failed)) return;
    const usual = percent(this.#peers.usualOf(shift) * 100);
    const detail = `${shift.runFailed} of ${shift.runTotal} answers failed, of those of its peers ${usual}`;
    const share = shift.runFailed / shift.runTotal;
    shift.endRun();
    if (this.#failsAlike(monitor, share)) this.#stats.spared += 1;
    else if (this.#judge(monitor, 'worse-than-peers', detail)) this.#options.onChange();
  }

  /** Its peers have gone bad with it; never where they are not compared. */
  #failsAlike(monitor: OutlierMonitor, share: number): boolean {
    if (monitor.shift === null) return false;
    const peers: FailureShift[] = [];
    for (const other of this.#monitors.keys()) {
      if (other !== monitor && other.shift !== null && other.ejection === null) peers.push(other.shift);
    }
    return this.#peers.failAlike(share, peers);
  }

  /** An interval has passed. */
  onTimer(): void {
    let changed = false;
    for (const [monitor, endpoint] of this.#monitors) if (this.#ejections.review(monitor, endpoint)) changed = true;
    if (this.#judgeAll()) changed = true;
    this.#beginInterval();
    if (this.#needsAnotherLook()) this.#options.wheel.set(this.#timer, this.#spec.intervalMs);
    if (changed) this.#options.onChange();
  }

  #beginInterval(): void {
    for (const monitor of this.#monitors.keys()) {
      monitor.answers.clear();
      monitor.localOrigin.clear();
      monitor.latency?.clear();
      monitor.votes?.nextInterval();
    }
    this.#peers.age([...this.#monitors.keys()].flatMap(({ shift }) => shift ?? []));
  }

  #needsAnotherLook(): boolean {
    for (const { ejection, backOff } of this.#monitors.keys()) if (ejection !== null || backOff > 0) return true;
    return false;
  }

  #judgeAll(): boolean {
    const monitors = [...this.#monitors.keys()].filter(({ ejection }) => ejection === null);
    const answers: Compared = { monitors, windowOf: (monitor) => monitor.answers };
    const local: Compared = { monitors, windowOf: (monitor) => monitor.localOrigin };
    const findings: readonly (readonly [EjectionReason, readonly Outlier[]])[] = [
      ['success-rate', belowTheOthers(answers, this.#spec)],
      ['failure-percentage', failingTooOften(answers, this.#spec)],
      ['local-origin-success-rate', this.#spec.splitLocalOrigin ? belowTheOthers(local, this.#spec) : []],
      ['local-origin-failure-percentage', this.#spec.splitLocalOrigin ? failingTooOften(local, this.#spec) : []],
      ['slower-than-peers', slowerThanPeers(monitors, this.#spec)],
    ];
    let changed = false;
    for (const [reason, outliers] of findings) {
      for (const { monitor, detail } of outliers) {
        if (monitor.ejection === null && this.#judge(monitor, reason, detail)) changed = true;
      }
    }
    return changed;
  }

  /** True: it is out now, or would be. */
  #judge(monitor: OutlierMonitor, reason: EjectionReason, detail: string): boolean {
    const endpoint = this.#monitors.get(monitor) as Endpoint;
    const { votes } = monitor;
    // How long it takes says nothing of who asks.
    if (votes !== null && reason !== 'slower-than-peers' && votes.failedCallers < this.#spec.callers.minimum) {
      this.#stats.spared += 1;
      return false;
    }
    if (!this.#ejections.judge(monitor, endpoint, reason, detail)) return false;
    if (monitor.shift !== null) this.#peers.forget(monitor.shift);
    this.onFirstResult();
    return true;
  }

  /** With what its configuration asks for, and nothing else. */
  #equip(monitor: OutlierMonitor): void {
    const { worseThanPeers, slowerThanPeers: slower, callers } = this.#spec;
    if (worseThanPeers.gapPercent > 0) {
      monitor.shift ??= new FailureShift();
    } else if (monitor.shift !== null) {
      this.#peers.forget(monitor.shift);
      monitor.shift = null;
    }
    monitor.latency = slower.factor > 0 ? (monitor.latency ?? new LatencyWindow()) : null;
    if (callers.header === '') monitor.votes = null;
    else if (monitor.votes?.header !== callers.header) monitor.votes = new CallerVotes(callers.header, this.#seed);
  }

  #forget(monitor: OutlierMonitor, endpoint: Endpoint): void {
    this.#ejections.forget(monitor);
    if (monitor.shift !== null) this.#peers.forget(monitor.shift);
    this.#monitors.delete(monitor);
    endpoint.outlier = null;
  }
}
