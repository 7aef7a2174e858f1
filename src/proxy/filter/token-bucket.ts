// @hot
// A bucket that fills evenly and gives a token for each request, as long as there is one.
import type { TokenBucketSpec } from '../../model/local-rate-limit-spec.ts';

export class TokenBucket {
  /** At most so many, ≥ 1. */
  readonly maxTokens: number;
  /** How fast it fills. */
  readonly tokensPerMs: number;
  #tokens: number;
  #atMs: number;

  /** `share`: of the tokens, for one of several buckets that together are what `spec` says; each has room for one at least. */
  constructor(spec: TokenBucketSpec, share: number, nowMs: number) {
    this.maxTokens = Math.max(1, spec.maxTokens * share);
    this.tokensPerMs = (spec.tokensPerFill * share) / spec.fillIntervalMs;
    this.#tokens = this.maxTokens;
    this.#atMs = nowMs;
  }

  /** False: there is none. */
  take(nowMs: number): boolean {
    this.#fill(nowMs);
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  /** Whole ones, when it was last asked for one. */
  get left(): number {
    return Math.floor(this.#tokens);
  }

  /** From then until there is one, ms; 0 = there is. */
  get waitMs(): number {
    return this.#tokens >= 1 ? 0 : (1 - this.#tokens) / this.tokensPerMs;
  }

  #fill(nowMs: number): void {
    this.#tokens = Math.min(this.maxTokens, this.#tokens + (nowMs - this.#atMs) * this.tokensPerMs);
    this.#atMs = nowMs;
  }
}
