// @hot
// How long the answers of one endpoint took in one interval, by their logarithms: one answer of a minute does not outweigh a hundred of a millisecond.

/** Anything quicker is as good, ms. */
const LEAST_MS = 0.1;

export class LatencyWindow {
  count = 0;
  #sum = 0;
  #squares = 0;

  record(ms: number): void {
    const log = Math.log(ms > LEAST_MS ? ms : LEAST_MS);
    this.count += 1;
    this.#sum += log;
    this.#squares += log * log;
  }

  clear(): void {
    this.count = 0;
    this.#sum = 0;
    this.#squares = 0;
  }

  /** Of the logarithms; its exponential is the geometric mean, ms. Only with a `count`. */
  get mean(): number {
    return this.#sum / this.count;
  }

  /** Of that mean. */
  get standardError(): number {
    const { mean } = this;
    return Math.sqrt(Math.max(0, this.#squares / this.count - mean * mean) / this.count);
  }
}
