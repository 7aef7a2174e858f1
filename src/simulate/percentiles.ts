// @hot
// Times by how long they are, in buckets of 2 % each: enough to tell what share took how long, whatever their number.

const LEAST_MS = 0.01;
const GROWTH = Math.log(1.02);
/** Up to three hours. */
const BUCKETS = 1_050;

export class Percentiles {
  readonly #counts = new Uint32Array(BUCKETS);
  #count = 0;
  #max = 0;
  #sum = 0;

  get count(): number {
    return this.#count;
  }

  record(ms: number): void {
    const bucket = ms <= LEAST_MS ? 0 : Math.min(BUCKETS - 1, Math.ceil(Math.log(ms / LEAST_MS) / GROWTH));
    this.#counts[bucket] = (this.#counts[bucket] as number) + 1;
    this.#count += 1;
    this.#sum += ms;
    if (ms > this.#max) this.#max = ms;
  }

  /** What a share (0–1) of all took at most, ms, up to 2 % more than it was; 0 of none. */
  at(share: number): number {
    const wanted = Math.ceil(share * this.#count);
    let seen = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
      seen += this.#counts[bucket] as number;
      if (seen >= wanted && seen > 0) return Math.min(this.#max, LEAST_MS * Math.exp(bucket * GROWTH));
    }
    return 0;
  }

  /** 0 of none. */
  get mean(): number {
    return this.#count === 0 ? 0 : this.#sum / this.#count;
  }

  get max(): number {
    return this.#max;
  }
}
