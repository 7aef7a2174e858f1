// @hot
// Finds out how many requests at a time are taken well: fewer when they take longer than without load, more when they do not. Source: Envoy's gradient controller.
import type { Random } from '../../base/random.ts';
import type { AdaptiveConcurrencySpec } from '../../model/adaptive-concurrency-spec.ts';
import { LatencyHistogram } from './latency-histogram.ts';

/** The limit changes by no more than this from one window to the next, before the room for a burst. */
const LEAST_GRADIENT = 0.5;
const MOST_GRADIENT = 2;
/** After so many windows at the least limit the time without load is measured anew: it may have been wrong. */
const WINDOWS_AT_LEAST = 5;

/** Looks at the time when it is told something: it has no timers. */
export class GradientController {
  readonly #spec: AdaptiveConcurrencySpec;
  readonly #random: Random;
  readonly #samples = new LatencyHistogram();
  #limit: number;
  #inWork = 0;
  /** The time without load is being measured. */
  #measuring = false;
  /** Requests that began before do not count. */
  #epochMs = 0;
  /** What the limit was before. */
  #deferredLimit: number;
  #windowEndsAtMs: number;
  #measureAtMs: number;
  #windowsAtLeast = 0;
  /** 0 = not known yet. */
  minRttMs = 0;
  /** Of the last window; 0 = there was none. */
  sampleRttMs = 0;
  gradient = 0;
  /** On top of the limit that the gradient makes. */
  burst = 0;

  constructor(spec: AdaptiveConcurrencySpec, random: Random, nowMs: number) {
    this.#spec = spec;
    this.#random = random;
    this.#limit = spec.minLimit;
    this.#deferredLimit = spec.minLimit;
    this.#windowEndsAtMs = nowMs + spec.updateIntervalMs;
    this.#measureAtMs = Number.POSITIVE_INFINITY;
    if (spec.minRtt.kind === 'fixed') this.minRttMs = spec.minRtt.ms;
    else this.#beginMeasuring(nowMs);
  }

  /** How many may be in work at a time. */
  get limit(): number {
    return this.#limit;
  }

  get measuring(): boolean {
    return this.#measuring;
  }

  get inWork(): number {
    return this.#inWork;
  }

  /** False: it is one too many. Who is admitted calls `end` once. */
  admit(nowMs: number): boolean {
    this.#look(nowMs);
    if (this.#inWork >= this.#limit) return false;
    this.#inWork += 1;
    return true;
  }

  /** `answered`: it took as long as it takes; else it was broken off, which says nothing. */
  end(beganAtMs: number, nowMs: number, answered: boolean): void {
    this.#inWork -= 1;
    this.#look(nowMs);
    if (!answered || beganAtMs < this.#epochMs) return;
    this.#samples.add(nowMs - beganAtMs);
    const { minRtt } = this.#spec;
    if (this.#measuring && minRtt.kind === 'measured' && this.#samples.count >= minRtt.requestCount) {
      this.#endMeasuring(nowMs, minRtt.intervalMs * (1 + (minRtt.jitterPercent / 100) * this.#random.next()));
    }
  }

  #look(nowMs: number): void {
    if (this.#measuring) return;
    if (nowMs >= this.#measureAtMs) this.#beginMeasuring(nowMs);
    else if (nowMs >= this.#windowEndsAtMs) this.#endWindow(nowMs);
  }

  #beginMeasuring(nowMs: number): void {
    const { minRtt } = this.#spec;
    if (minRtt.kind === 'fixed') return;
    this.#measuring = true;
    this.#windowsAtLeast = 0;
    this.#deferredLimit = this.#limit;
    this.#limit = minRtt.minConcurrency;
    this.#samples.clear();
    this.#epochMs = nowMs;
  }

  #endMeasuring(nowMs: number, nextInMs: number): void {
    this.#measuring = false;
    this.minRttMs = this.#takeSample();
    this.#limit = this.#deferredLimit;
    this.#measureAtMs = nowMs + nextInMs;
    this.#windowEndsAtMs = nowMs + this.#spec.updateIntervalMs;
  }

  #endWindow(nowMs: number): void {
    this.#windowEndsAtMs = nowMs + this.#spec.updateIntervalMs;
    if (this.#samples.count === 0) return;
    this.sampleRttMs = this.#takeSample();
    const { minLimit, bufferPercent } = this.#spec;
    const aimMs = this.minRttMs * (1 + bufferPercent / 100);
    this.gradient = Math.max(LEAST_GRADIENT, Math.min(MOST_GRADIENT, aimMs / this.sampleRttMs));
    const aim = this.#limit * this.gradient;
    this.burst = Math.sqrt(aim);
    const before = this.#limit;
    this.#limit = Math.max(minLimit, Math.min(this.#spec.maxLimit, Math.floor(aim + this.burst)));
    this.#windowsAtLeast = before === minLimit && this.#limit === minLimit ? this.#windowsAtLeast + 1 : 0;
    if (this.#windowsAtLeast >= WINDOWS_AT_LEAST) this.#beginMeasuring(nowMs);
  }

  #takeSample(): number {
    const ms = this.#samples.percentile(this.#spec.percentile);
    this.#samples.clear();
    return ms;
  }
}
