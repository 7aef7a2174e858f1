// @hot
// Times of requests, kept as how often each came, to about 2 %: bounded however many there are.

/** Steps from one time to its double. */
const STEPS = 32;
/** The shortest time that is told from nothing, ms; the longest is 2^32 times that: 4,294 s. */
const SHORTEST_MS = 0.001;
const BUCKETS = 32 * STEPS;

export class LatencyHistogram {
  readonly #counts = new Uint32Array(BUCKETS);
  #total = 0;

  get count(): number {
    return this.#total;
  }

  add(ms: number): void {
    const step = Math.floor(Math.log2(Math.max(ms, SHORTEST_MS) / SHORTEST_MS) * STEPS);
    const bucket = Math.min(step, BUCKETS - 1);
    this.#counts[bucket] = (this.#counts[bucket] as number) + 1;
    this.#total += 1;
  }

  /** The time that so many percent of the requests took at most, ms. There is at least one. */
  percentile(percent: number): number {
    const wanted = Math.max(1, Math.ceil((this.#total * percent) / 100));
    let seen = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
      seen += this.#counts[bucket] as number;
      if (seen >= wanted) return SHORTEST_MS * 2 ** ((bucket + 0.5) / STEPS);
    }
    return SHORTEST_MS * 2 ** 32;
  }

  clear(): void {
    this.#counts.fill(0);
    this.#total = 0;
  }
}
