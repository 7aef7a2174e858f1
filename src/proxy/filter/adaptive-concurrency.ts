// Refuses requests beyond what is taken well at a time.
import type { Clock } from '../../base/clock.ts';
import type { AdaptiveStats } from './filter-stats.ts';
import type { GradientController } from './gradient-controller.ts';
import type { FilterCall, FilterPass, HttpFilter } from './http-filter.ts';

export interface AdaptiveParts {
  readonly clock: Clock;
  readonly controller: GradientController;
  readonly stats: AdaptiveStats;
  /** Of refusals. */
  readonly status: number;
}

export class AdaptiveConcurrency implements HttpFilter {
  readonly #parts: AdaptiveParts;

  constructor(parts: AdaptiveParts) {
    this.#parts = parts;
  }

  begin(call: FilterCall): FilterPass | null {
    const { clock, controller, stats, status } = this.#parts;
    // A tunnel is there for as long as its ends like: that says nothing about load, and would hold a place for ever.
    if (call.head.isConnect || call.head.upgrade) return null;
    const nowMs = clock.now();
    if (controller.admit(nowMs)) return new AdmittedPass(controller, clock, nowMs);
    stats.blocked += 1;
    const detail = `${controller.limit} are in work`;
    call.answer({ kind: 'refuse', code: 'concurrency_limited', detail, status, grpcStatus: -1 });
    return null;
  }
}

class AdmittedPass implements FilterPass {
  readonly answerEdit = null;
  readonly #controller: GradientController;
  readonly #clock: Clock;
  readonly #beganAtMs: number;

  constructor(controller: GradientController, clock: Clock, beganAtMs: number) {
    this.#controller = controller;
    this.#clock = clock;
    this.#beganAtMs = beganAtMs;
  }

  onEnd(answered: boolean): void {
    this.#controller.end(this.#beganAtMs, this.#clock.now(), answered);
  }
}
