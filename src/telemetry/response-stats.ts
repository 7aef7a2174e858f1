// @hot
// Answers counted by class and timed: the same for those that a cluster gave and those that callers got.
import { Histogram } from './histogram.ts';
import type { StatFamily, StatSink } from './stats.ts';

export class ResponseStats {
  /** Answers by the first digit of their status, 1–5. */
  readonly #byClass = new Float64Array(6);
  readonly #time = new Histogram();

  /** `status`: 100–599. */
  record(status: number, durationMs: number): void {
    const codeClass = Math.floor(status / 100);
    this.#byClass[codeClass] = (this.#byClass[codeClass] as number) + 1;
    this.#time.record(durationMs);
  }

  /** `direction` as in Envoy's names: `downstream_rq_2xx`, `upstream_rq_time`. */
  collect(family: StatFamily, instance: string, direction: 'downstream' | 'upstream', sink: StatSink): void {
    for (let codeClass = 1; codeClass <= 5; codeClass += 1) {
      sink.counter(family, instance, `${direction}_rq_${codeClass}xx`, this.#byClass[codeClass] as number);
    }
    sink.histogram(family, instance, `${direction}_rq_time`, this.#time);
  }
}
