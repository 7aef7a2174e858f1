// What filters of all listeners of a data plane have in common: it outlasts changes of listeners and routes.
import type { Random } from '../../base/random.ts';
import type { AdaptiveConcurrencySpec } from '../../model/adaptive-concurrency-spec.ts';
import type { DescriptorBucketSpec, LocalRateLimitSpec, TokenBucketSpec } from '../../model/local-rate-limit-spec.ts';
import type { StatSink, StatSource } from '../../telemetry/stats.ts';
import { RateLimitStats } from './filter-stats.ts';
import { GradientController } from './gradient-controller.ts';
import { TokenBucket } from './token-bucket.ts';

export class FilterCommons implements StatSource {
  /** One for each place that says so: it goes with what has said it. */
  readonly #buckets = new WeakMap<LocalRateLimitSpec | DescriptorBucketSpec, TokenBucket>();
  readonly #controllers = new WeakMap<AdaptiveConcurrencySpec, GradientController>();
  readonly #rateLimits = new Map<string, RateLimitStats>();

  /** The same for the same `limit`. `share` as of FilterContext. */
  bucketOf(
    limit: LocalRateLimitSpec | DescriptorBucketSpec,
    bucket: TokenBucketSpec,
    share: number,
    nowMs: number,
  ): TokenBucket {
    const known = this.#buckets.get(limit);
    if (known !== undefined) return known;
    const made = new TokenBucket(bucket, share, nowMs);
    this.#buckets.set(limit, made);
    return made;
  }

  /** The same for the same `spec`. */
  controllerOf(spec: AdaptiveConcurrencySpec, random: Random, nowMs: number): GradientController {
    const known = this.#controllers.get(spec);
    if (known !== undefined) return known;
    const made = new GradientController(spec, random, nowMs);
    this.#controllers.set(spec, made);
    return made;
  }

  /** Who has the same prefix counts into the same. */
  rateLimitStats(prefix: string): RateLimitStats {
    let stats = this.#rateLimits.get(prefix);
    if (stats === undefined) {
      stats = new RateLimitStats();
      this.#rateLimits.set(prefix, stats);
    }
    return stats;
  }

  collect(sink: StatSink): void {
    for (const [prefix, stats] of this.#rateLimits) stats.collect(prefix, sink);
  }
}
