// @hot
// Histograms with Envoy's default buckets, in milliseconds.

/** Upper bounds, ms. Source: Envoy's default histogram buckets. */
export const HISTOGRAM_BOUNDS_MS: readonly number[] = [
  0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000, 300_000, 600_000, 1_800_000,
  3_600_000,
];

export class Histogram {
  /** One count a bucket, not cumulative; the last holds what is above every bound. */
  readonly counts = new Float64Array(HISTOGRAM_BOUNDS_MS.length + 1);
  sum = 0;
  count = 0;

  record(valueMs: number): void {
    let bucket = 0;
    while (bucket < HISTOGRAM_BOUNDS_MS.length && valueMs > (HISTOGRAM_BOUNDS_MS[bucket] as number)) bucket += 1;
    this.counts[bucket] = (this.counts[bucket] as number) + 1;
    this.sum += valueMs;
    this.count += 1;
  }
}
