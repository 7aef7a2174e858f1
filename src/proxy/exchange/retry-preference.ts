// Where retries of one request rather go, beyond "to another endpoint": not to some by their labels, not to priorities that failed.
import type { Endpoint } from '../endpoint/endpoint.ts';
import type { RetryPolicy } from '../route/retry-policy.ts';
import type { TriedEndpoints } from './tried-endpoints.ts';

/** Who is passed over: those that were tried and those that are avoided; only the avoided, so that one may be tried again; only the tried. */
const BOTH = 0;
const AVOIDED = 1;
const TRIED = 2;

/** Made for the first retry of a request whose policy says anything of it. */
export class RetryPreference {
  readonly #policy: RetryPolicy;
  #stage: typeof BOTH | typeof AVOIDED | typeof TRIED = BOTH;
  #leftOut: readonly number[] = [];
  /** Attempts before it count no more: all priorities had been tried. */
  #since = 0;

  constructor(policy: RetryPolicy) {
    this.#policy = policy;
  }

  /** Sorted; null = none. */
  get leftOut(): readonly number[] | null {
    return this.#leftOut.length === 0 ? null : this.#leftOut;
  }

  /** A further attempt is about to begin. */
  begin(tried: TriedEndpoints): void {
    this.#stage = BOTH;
    const { attemptsPerPriority } = this.#policy;
    const attempts = tried.count - this.#since;
    if (attemptsPerPriority === 0 || attempts === 0 || attempts % attemptsPerPriority !== 0) return;
    this.#leftOut = tried.priorities(this.#since);
  }

  passesOver(endpoint: Endpoint, tried: TriedEndpoints): boolean {
    if (this.#stage === TRIED) return tried.has(endpoint);
    return this.#avoids(endpoint) || (this.#stage === BOTH && tried.has(endpoint));
  }

  /** `endpoint` was picked (null = nobody is there), and is not what is wanted: less is asked now, and it is worth another look. */
  relax(endpoint: Endpoint | null, tried: TriedEndpoints): boolean {
    if (endpoint !== null && !this.#avoids(endpoint)) return false;
    if (endpoint === null && this.#leftOut.length > 0) {
      this.#leftOut = [];
      this.#since = tried.count;
    } else if (this.#stage === BOTH) this.#stage = AVOIDED;
    else if (this.#stage === AVOIDED) this.#stage = TRIED;
    else return false;
    return true;
  }

  #avoids({ spec: { labels = {} } }: Endpoint): boolean {
    return this.#policy.avoids.some((avoided) => avoided.every(([key, value]) => labels[key] === value));
  }
}
