// Whether the sidecar has more to do than it can: watches how late the event loop runs and how much memory is in use.
import type { Cancel, Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { StatSink, StatSource } from '../telemetry/stats.ts';
import type { Admission } from './exchange/exchange-context.ts';

export interface OverloadOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** How late the event loop may run, ms; 0 = however late. */
  readonly lagMarkMs: number;
  /** How much memory may be in use, bytes; 0 = as much as there is. */
  readonly memoryMarkBytes: number;
  readonly usedMemoryBytes: () => number;
}

/** Four looks a second cost nothing that could be measured, and tell of overload within seconds. */
export const OVERLOAD_SAMPLE_MS = 250;
/** One late turn or two are a long collection of garbage or a large configuration, and over by the time that they are seen. */
const LATE_SAMPLES = 3;
/** A second in which every turn was in time. */
const TIMELY_SAMPLES = 4;
/** Hysteresis: what ends overload lies this far below what begins it. */
const LAG_RELEASE = 0.5;
const MEMORY_RELEASE = 0.9;
const MIB = 1_048_576;

export class OverloadMonitor implements Admission, StatSource {
  refusing = false;
  reason = '';
  readonly #options: OverloadOptions;
  #cancel: Cancel = () => {};
  #sampledAtMs = 0;
  #lagMs = 0;
  #memoryBytes = 0;
  #lateSamples = 0;
  #timelySamples = 0;
  #late = false;
  #full = false;
  #times = 0;
  #sinceMs = 0;

  constructor(options: OverloadOptions) {
    this.#options = options;
  }

  start(): void {
    const { clock } = this.#options;
    this.#sampledAtMs = clock.now();
    this.#cancel = clock.every(OVERLOAD_SAMPLE_MS, () => this.#sample());
  }

  close(): void {
    this.#cancel();
  }

  /** Source of the first name: Envoy's overload manager and its action of that name. */
  collect(sink: StatSink): void {
    sink.gauge('overload', '', 'stop_accepting_requests_active', this.refusing ? 1 : 0);
    sink.counter('overload', '', 'stop_accepting_requests_total', this.#times);
    sink.gauge('overload', '', 'event_loop_lag_ms', Math.round(this.#lagMs));
    sink.gauge('overload', '', 'memory_used_bytes', this.#memoryBytes);
  }

  #sample(): void {
    const now = this.#options.clock.now();
    this.#lagMs = Math.max(0, now - this.#sampledAtMs - OVERLOAD_SAMPLE_MS);
    this.#sampledAtMs = now;
    this.#judgeLag();
    this.#judgeMemory();
    this.#conclude(now);
  }

  #judgeLag(): void {
    const mark = this.#options.lagMarkMs;
    if (mark === 0) return;
    this.#lateSamples = this.#lagMs >= mark ? this.#lateSamples + 1 : 0;
    this.#timelySamples = this.#lagMs < mark * LAG_RELEASE ? this.#timelySamples + 1 : 0;
    if (this.#late) this.#late = this.#timelySamples < TIMELY_SAMPLES;
    else this.#late = this.#lateSamples >= LATE_SAMPLES;
  }

  #judgeMemory(): void {
    const mark = this.#options.memoryMarkBytes;
    if (mark === 0) return;
    this.#memoryBytes = this.#options.usedMemoryBytes();
    this.#full = this.#memoryBytes >= (this.#full ? mark * MEMORY_RELEASE : mark);
  }

  /** Both at once are told as they come: the reason is that of the request that is refused. */
  #conclude(now: number): void {
    const { log } = this.#options;
    const overloaded = this.#late || this.#full;
    if (overloaded) this.reason = this.#explain();
    if (overloaded === this.refusing) return;
    this.refusing = overloaded;
    if (overloaded) {
      this.#times += 1;
      this.#sinceMs = now;
      log.warn('overloaded: new requests are answered with 503 until it is over', { reason: this.reason });
    } else {
      log.info('no longer overloaded: requests are taken again', { afterMs: Math.round(now - this.#sinceMs) });
    }
  }

  #explain(): string {
    const { memoryMarkBytes, lagMarkMs } = this.#options;
    return this.#full
      ? `${Math.round(this.#memoryBytes / MIB)} MiB of memory are in use, the mark is ${Math.round(memoryMarkBytes / MIB)} MiB`
      : `its event loop runs ${Math.round(this.#lagMs)} ms late, the mark is ${lagMarkMs} ms`;
  }
}
