// @hot
// Whether what has failed may be sent again, and after how long: the policy of its route, the attempts that were made, and the budget of its cluster.
import type { RoutingPriority } from '../../model/circuit-breakers-spec.ts';
import type { ErrorCode } from '../../model/errors.ts';
import { BODY_LENGTH, BODY_NONE, type RequestHead, type ResponseHead } from '../codec/head.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
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
import type { RetryAllowance } from '../upstream/retry-limit.ts';
import { isRepeatedFurtherOut, saysSpent } from './attempt-headers.ts';
import type { ExchangeContext } from './exchange-context.ts';
import type { ExchangeRecord } from './exchange-record.ts';
import { asksForPatience, DEFAULT_RETRY_BACK_OFF, resetDelayMs, retryDelayMs } from './retry-delay.ts';
import { RetryPreference } from './retry-preference.ts';
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
  readonly #context: ExchangeContext;
  readonly #record: ExchangeRecord;
  /** The balancing of the request. */
  readonly #pick: PickContext;
  /** How many of them could not be reached and are not counted as attempts. */
  #passedOver = 0;
  #cluster: Cluster | null = null;
  #head: RequestHead | null = null;
  #policy: RetryPolicy = DEFAULT_RETRY_POLICY;
  #upgrades = false;
  #allowance: RetryAllowance | null = null;
  /** A retry is in work that was taken out of it. */
  #holds = false;
  /** Null = its policy prefers nobody, or it was tried once. */
  #preference: RetryPreference | null = null;
  /** What the answer that is tried again has asked for; −1 = nothing. */
  #resetMs = -1;

  constructor(context: ExchangeContext, record: ExchangeRecord, pick: PickContext) {
    this.#context = context;
    this.#record = record;
    this.#pick = pick;
  }

  get policy(): RetryPolicy {
    return this.#policy;
  }

  /** That count. */
  get #attempts(): number {
    return this.tried.count - this.#passedOver;
  }

  /** `upgrades`: the request asks for another protocol. */
  begin(cluster: Cluster, head: RequestHead, policy: RetryPolicy, priority: RoutingPriority, upgrades: boolean): void {
    this.#cluster = cluster;
    this.#head = head;
    this.#policy = policy.requests === null || policy.requests.matches(head) ? policy : NO_RETRIES;
    this.#upgrades = upgrades;
    this.tried.clear();
    this.#preference = null;
    this.#passedOver = 0;
    this.#allowance = cluster.retries[priority];
    this.#allowance.deposit(this.#record.startedAtMs);
  }

  /** Priorities that the next attempt leaves out; null = none. */
  get leftOut(): readonly number[] | null {
    return this.#preference === null ? null : this.#preference.leftOut;
  }

  /** It was tried, or its policy would rather have another one tried. */
  passesOver(endpoint: Endpoint): boolean {
    const preference = this.#preference;
    return preference === null ? this.tried.has(endpoint) : preference.passesOver(endpoint, this.tried);
  }

  /** An attempt is about to begin: false = its policy prefers nobody. */
  prefer(): boolean {
    if (!this.#policy.prefers || this.tried.count === 0) return false;
    this.#preference ??= new RetryPreference(this.#policy); // alloc-ok: once a request that is retried
    this.#preference.begin(this.tried);
    return true;
  }

  /** `endpoint` was picked, and its policy would have another one: true = it is worth another look, for which less is asked. */
  relaxes(endpoint: Endpoint | null): boolean {
    return (this.#preference as RetryPreference).relax(endpoint, this.tried);
  }

  /** The request is over. */
  end(): void {
    this.settle();
    this.#cluster = null;
    this.#head = null;
    this.#allowance = null;
  }

  /** An answer has begun that its route would rather not pass on. */
  isUnwanted(head: ResponseHead): boolean {
    const { statuses, answers } = this.#policy;
    const rule = statuses === null ? NEVER : (statuses[head.status] as number);
    if (rule === NEVER && answers === null) return false;
    return this.#wantsAnother(head, rule);
  }

  /** `head`: of an unwanted answer. `whole`: the request is still here. */
  retriesAnswer(head: ResponseHead, whole: boolean): boolean {
    if (saysSpent(head)) return false;
    const { resetBackOff } = this.#policy;
    const { clock, random } = this.#context;
    if (resetBackOff !== null) this.#resetMs = resetDelayMs(head, resetBackOff, clock.wallNow(), random);
    else if (asksForPatience(head, clock.wallNow()) && !this.#offersUntried()) return false;
    return this.#mayRepeat(false, whole);
  }

  /** No answer has begun. `unsent`: the endpoint has seen nothing of the request. `whole`: it is still here. */
  retriesFailure(code: ErrorCode, unsent: boolean, whole: boolean): boolean {
    return this.#policy.retriesFailure(code, unsent, this.#isIdempotent()) && this.#mayRepeat(unsent, whole);
  }

  /** A try has not been answered in time and goes on: another one may begin beside it. */
  mayHedge(whole: boolean): boolean {
    return this.#mayRepeat(false, whole);
  }

  /** Before the next attempt; 0 = it begins at once: the same endpoint needs time to come back, another one does not. */
  nextDelayMs(): number {
    const { backOff } = this.#policy;
    const { stats } = this.#cluster as Cluster;
    const resetMs = this.#resetMs;
    this.#resetMs = -1;
    if (resetMs >= 0) {
      stats.retryBackOffsByAnswer += 1;
      return resetMs;
    }
    if (backOff === null && this.#offersUntried()) return 0;
    stats.retryBackOffs += 1;
    return retryDelayMs(this.#attempts, backOff ?? DEFAULT_RETRY_BACK_OFF, this.#context.random);
  }

  /** Where many endpoints have gone at once, three attempts may all meet such ones (docs/adr/0015). */
  notePassedOver(code: ErrorCode): void {
    if (code !== 'upstream_connection_failure' || !this.#policy.passesOver || this.#passedOver === MAX_PASSED_OVER)
      return;
    const quick = this.#context.clock.now() - this.#record.startedAtMs < PASS_OVER_MS;
    if (quick && this.#offersUntried()) this.#passedOver += 1;
  }

  /** Lost with its connection, the request would be sent again, body and all. */
  isRepeatable(): boolean {
    const { bodyKind, contentLength } = this.#head as RequestHead;
    const fits = bodyKind === BODY_NONE || (bodyKind === BODY_LENGTH && contentLength <= this.#context.replayBytes);
    if (!fits || this.#attempts > this.#policy.maxRetries) return false;
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

  #offersUntried(): boolean {
    this.prefer();
    return (this.#cluster as Cluster).offersUntried(this.#pick);
  }

  /** An attempt is left, the request is still here whole, nobody further out repeats it, and the budget allows it. */
  #mayRepeat(unsent: boolean, whole: boolean): boolean {
    if (!whole || (!unsent && isRepeatedFurtherOut(this.#head as RequestHead))) return false;
    // The retry before this one, if there was one, has come to its end.
    this.settle();
    const { stats } = this.#cluster as Cluster;
    if (this.#attempts > this.#policy.maxRetries) {
      stats.retryLimitsExceeded += 1;
      this.#record.exhausted = 'URX';
      return false;
    }
    // Where nothing was sent, nothing is multiplied: the budget guards pods against repeated work only.
    if (unsent) return true;
    this.#holds = (this.#allowance as RetryAllowance).withdraw(this.#context.clock.now());
    if (this.#holds) return true;
    stats.retryOverflows += 1;
    this.#record.exhausted = 'UO';
    return false;
  }

  /** The caller gets the answer that has begun: whatever it takes, it is no retry in work any more. */
  settle(): void {
    if (!this.#holds) return;
    this.#holds = false;
    this.#allowance?.release();
  }
}
