// @hot
// Whether what has failed may be sent again: the policy of its route, the attempts that were made, and the budget of its cluster.
import type { Clock } from '../../base/clock.ts';
import type { ErrorCode } from '../../model/errors.ts';
import { BODY_LENGTH, BODY_NONE, type RequestHead, type ResponseHead } from '../codec/head.ts';
import type { PickContext } from '../lb/load-balancer.ts';
import {
  DEFAULT_RETRY_POLICY,
  FOR_ANY,
  isIdempotent,
  NEVER,
  NO_RETRIES,
  type RetryPolicy,
} from '../route/retry-policy.ts';
import type { Cluster } from '../upstream/cluster.ts';
import type { ExchangeContext } from './exchange-context.ts';
import { TriedEndpoints } from './tried-endpoints.ts';

/** Endpoints that cannot be reached are passed over, up to so many, in the first so many ms of a request: refusals are quick, silence is not. */
const MAX_PASSED_OVER = 16;
const PASS_OVER_MS = 1_000;

/** Says that a limit has been reached which another attempt would only strain. Source: Envoy's rate limit filter. */
const RATE_LIMITED = 'x-envoy-ratelimited';

/** One object an exchange, for all of its requests. */
export class RetryState {
  /** Endpoints that attempts of the request went to. */
  readonly tried = new TriedEndpoints();
  readonly #clock: Clock;
  readonly #replayBytes: number;
  /** How many of them could not be reached and are not counted as attempts. */
  #passedOver = 0;
  #cluster: Cluster | null = null;
  #head: RequestHead | null = null;
  #policy: RetryPolicy = DEFAULT_RETRY_POLICY;
  #upgrades = false;
  #startedAtMs = 0;

  constructor({ clock, replayBytes }: ExchangeContext) {
    this.#clock = clock;
    this.#replayBytes = replayBytes;
  }

  get policy(): RetryPolicy {
    return this.#policy;
  }

  /** That count. */
  get attempts(): number {
    return this.tried.count - this.#passedOver;
  }

  /** `upgrades`: the request asks for another protocol. */
  begin(cluster: Cluster, head: RequestHead, policy: RetryPolicy, upgrades: boolean, startedAtMs: number): void {
    this.#cluster = cluster;
    this.#head = head;
    this.#policy = policy.requests === null || policy.requests.matches(head) ? policy : NO_RETRIES;
    this.#upgrades = upgrades;
    this.#startedAtMs = startedAtMs;
    this.tried.clear();
    this.#passedOver = 0;
    cluster.retryBudget.deposit(startedAtMs);
  }

  /** The request is over. */
  end(): void {
    this.#cluster = null;
    this.#head = null;
  }

  /** An answer has begun. `whole`: the request is still here. */
  retriesAnswer(head: ResponseHead, whole: boolean): boolean {
    const { statuses, answers } = this.#policy;
    const rule = statuses === null ? NEVER : (statuses[head.status] as number);
    if (rule === NEVER && answers === null) return false;
    return this.#wantsAnother(head, rule) && this.#mayRepeat(false, whole);
  }

  /** No answer has begun. `unsent`: the endpoint has seen nothing of the request. `whole`: it is still here. */
  retriesFailure(code: ErrorCode, unsent: boolean, whole: boolean): boolean {
    return this.#policy.retriesFailure(code, unsent, this.#isIdempotent()) && this.#mayRepeat(unsent, whole);
  }

  /** Where many endpoints have gone at once, three attempts may all meet such ones (docs/adr/0015). */
  notePassedOver(code: ErrorCode, context: PickContext): void {
    if (code !== 'upstream_connection_failure' || !this.#policy.passesOver || this.#passedOver === MAX_PASSED_OVER)
      return;
    const quick = this.#clock.now() - this.#startedAtMs < PASS_OVER_MS;
    if (quick && (this.#cluster as Cluster).offersUntried(context)) this.#passedOver += 1;
  }

  /** Lost with its connection, the request would be sent again, body and all. */
  isRepeatable(): boolean {
    const { bodyKind, contentLength } = this.#head as RequestHead;
    const fits = bodyKind === BODY_NONE || (bodyKind === BODY_LENGTH && contentLength <= this.#replayBytes);
    if (!fits || this.attempts > this.#policy.maxRetries) return false;
    return this.#policy.retriesFailure('upstream_connection_termination', false, this.#isIdempotent());
  }

  #wantsAnother(head: ResponseHead, rule: number): boolean {
    const { answers, rateLimited } = this.#policy;
    if (head.find(RATE_LIMITED) >= 0) return rateLimited;
    if (rule === FOR_ANY || (rule !== NEVER && this.#isIdempotent())) return true;
    return answers?.matches(head) === true;
  }

  /** An endpoint may have changed to another protocol without our having heard of it, and have done anything since. */
  #isIdempotent(): boolean {
    return !this.#upgrades && isIdempotent(this.#head as RequestHead);
  }

  /** An attempt is left, the request is still here whole, and the budget allows it. */
  #mayRepeat(unsent: boolean, whole: boolean): boolean {
    if (this.attempts > this.#policy.maxRetries || !whole) return false;
    const cluster = this.#cluster as Cluster;
    // Where nothing was sent, nothing is multiplied: the budget guards pods against repeated work only.
    if (unsent || cluster.retryBudget.withdraw(this.#clock.now())) return true;
    cluster.stats.retryOverflows += 1;
    return false;
  }
}
