// @hot
// The upstream side of an exchange: sends the request to an endpoint and, while nothing of an answer has come, to another.
import type { Word64 } from '../../base/word64.ts';
import type { RoutingPriority } from '../../model/circuit-breakers-spec.ts';
import type { ErrorCode } from '../../model/errors.ts';
import { BODY_NONE, type RequestHead, type ResponseHead } from '../codec/head.ts';
import type { UpstreamStream } from '../codec/upstream.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import type { PickContext } from '../lb/load-balancer.ts';
import type { HashPolicies } from '../route/hash-policies.ts';
import type { RetryPolicy } from '../route/retry-policy.ts';
import type { Cluster } from '../upstream/cluster.ts';
import { Attempt, type AttemptOwner } from './attempt.ts';
import type { CallDeadline } from './call-deadline.ts';
import type { ExchangeContext } from './exchange-context.ts';
import type { ExchangeRecord } from './exchange-record.ts';
import { ReplayBuffer } from './replay-buffer.ts';
import { RequestHash } from './request-hash.ts';
import { DEFAULT_RETRY_BACK_OFF, retryDelayMs } from './retry-delay.ts';
import { RetryState } from './retry-state.ts';
import type { SessionCall } from './session-call.ts';
import type { Upgrade } from './upgrade.ts';

/** The exchange, as its router sees it. Nothing is called between `stop` and the next `start`. */
export interface RouterOwner {
  onInformational(head: ResponseHead): void;
  /** The endpoint agrees to the upgrade; `upstream` can be opened during the call. */
  onUpgraded(head: ResponseHead, upstream: UpstreamStream): void;
  onResponseHead(head: ResponseHead): void;
  onResponseData(bytes: Buffer, start: number, end: number): void;
  onResponseEnd(trailers: string): void;
  onResponseBatchEnd(): void;
  /** No more of the request may be sent until `onUpstreamWritable`. */
  onUpstreamBlocked(): void;
  onUpstreamWritable(): void;
  /** No further attempt will be made; the last call. */
  onUpstreamFailed(code: ErrorCode, detail: string): void;
}

/** One object an exchange, for all of its requests. */
export class Router implements AttemptOwner, PickContext {
  readonly #owner: RouterOwner;
  readonly #context: ExchangeContext;
  readonly #record: ExchangeRecord;
  readonly #attempt: Attempt;
  readonly #replay: ReplayBuffer;
  readonly #retries: RetryState;
  /** Compared by the pause before a retry: the request that it meant may be over. */
  #generation = 0;
  #cluster: Cluster | null = null;
  #head: RequestHead | null = null;
  #changedHead = '';
  #deadline: CallDeadline | null = null;
  /** Null = the request is none for another protocol. */
  #upgrade: Upgrade | null = null;
  #hasBody = false;
  #responseStarted = false;
  /** Of the cluster, that the next request goes to; '' = none is asked for. */
  subset = '';
  /** Of the next request; null = it belongs to none. */
  session: SessionCall | null = null;
  /** Whose limits count for the next request. */
  priority: RoutingPriority = 'default';
  /** Made for the first request that is hashed. */
  #hash: RequestHash | null = null;

  constructor(owner: RouterOwner, context: ExchangeContext, record: ExchangeRecord) {
    this.#owner = owner;
    this.#context = context;
    this.#record = record;
    this.#attempt = new Attempt(this);
    this.#retries = new RetryState(context);
    this.#replay = new ReplayBuffer(context.replayBytes);
  }

  wasTried(endpoint: Endpoint): boolean {
    return this.#retries.tried.has(endpoint) || this.session?.excludes(endpoint) === true;
  }

  get hash(): Word64 | null {
    return this.#hash === null ? null : this.#hash.value;
  }

  /** Value of the Set-Cookie field that the answer gets; '' = none. */
  get newCookie(): string {
    return this.#hash === null ? '' : this.#hash.newCookie;
  }

  /** What the request that is about to start is hashed by. */
  hashBy(policies: HashPolicies, head: RequestHead): void {
    this.#hash ??= new RequestHash(this.#record, this.#context.random); // alloc-ok: once an exchange, where it is hashed
    this.#hash.begin(policies, head);
  }

  /**
   * Begins a request; its head is sent at once or with what follows, at the latest by `flush`. `changedHead`: the head as its route wants it,
   * ready to be written; '' = as it came. `deadline`: which endpoints are told of; null = there is none.
   */
  start(
    cluster: Cluster,
    head: RequestHead,
    policy: RetryPolicy,
    changedHead: string,
    deadline: CallDeadline | null,
    upgrade: Upgrade | null,
  ): void {
    this.#generation += 1;
    this.#cluster = cluster;
    this.#head = head;
    this.#changedHead = changedHead;
    this.#deadline = deadline;
    this.#upgrade = upgrade;
    this.#hasBody = head.bodyKind !== BODY_NONE;
    this.#responseStarted = false;
    this.#replay.reset();
    this.#retries.begin(cluster, head, policy, upgrade !== null, this.#record.startedAtMs);
    this.#beginAttempt();
  }

  /** `false`: wait for `onUpstreamWritable`. */
  sendData(bytes: Buffer, start: number, end: number): boolean {
    if (!this.#responseStarted) this.#replay.add(bytes, start, end);
    const { upstream } = this.#attempt;
    return upstream?.sendData(bytes, start, end) === true;
  }

  sendEnd(trailers: string): void {
    this.#replay.complete = true;
    this.#replay.trailers = trailers;
    this.#endUpstream();
  }

  /**
   * `false`: wait for `onUpstreamWritable`. So it is until the connection has come to be: what was read so far is kept, and can go to another pod
   * if it never does, however large the body.
   */
  flush(): boolean {
    const { upstream } = this.#attempt;
    return upstream?.flush() === true && upstream.connected;
  }

  pauseReading(): void {
    this.#attempt.upstream?.pauseReading();
  }

  resumeReading(): void {
    this.#attempt.upstream?.resumeReading();
  }

  /** Ends the request, whatever its state: an answer that would still come belongs to nobody. */
  stop(): void {
    this.#generation += 1;
    this.#attempt.abandon();
    this.#head = null;
    if (this.#hash !== null) this.#hash.end();
    this.session = null;
    this.#upgrade = null;
    this.#changedHead = '';
    this.#cluster = null;
    this.#retries.end();
    if (this.#hasBody) this.#replay.reset();
  }

  /** The attempt in work took too long. */
  recordTimeout(): void {
    this.#attempt.recordTimeout();
  }

  onInformational(head: ResponseHead): void {
    this.#owner.onInformational(head);
  }

  onUpgraded(head: ResponseHead): void {
    const { stats } = this.#cluster as Cluster;
    if (this.session !== null) this.session.onAnswer(this.#attempt.endpoint as Endpoint, 101);
    stats.responses.record(101, this.#context.clock.now() - this.#record.startedAtMs);
    if (this.#record.attempts > 1) stats.retrySuccesses += 1;
    this.#owner.onUpgraded(head, this.#attempt.upstream as UpstreamStream);
  }

  onResponseHead(head: ResponseHead): void {
    if (this.#retries.retriesAnswer(head, this.#isWhole)) {
      this.#dismiss(head.status);
      return;
    }
    this.#responseStarted = true;
    if (this.session !== null) this.session.onAnswer(this.#attempt.endpoint as Endpoint, head.status);
    if (this.#hasBody) this.#replay.drop();
    this.#owner.onResponseHead(head);
  }

  onResponseData(bytes: Buffer, start: number, end: number): void {
    this.#owner.onResponseData(bytes, start, end);
  }

  onResponseEnd(trailers: string): void {
    const stats = (this.#cluster as Cluster).stats;
    stats.responses.record(this.#record.status, this.#context.clock.now() - this.#record.startedAtMs);
    if (this.#retries.tried.count > 1) stats.retrySuccesses += 1;
    this.#owner.onResponseEnd(trailers);
  }

  onResponseBatchEnd(): void {
    this.#owner.onResponseBatchEnd();
  }

  onUpstreamWritable(): void {
    this.#owner.onUpstreamWritable();
  }

  onAttemptFailed(code: ErrorCode, detail: string, unsent: boolean): void {
    if (unsent) this.#retries.notePassedOver(code, this);
    if (!this.#responseStarted && this.#retries.retriesFailure(code, unsent, this.#isWhole)) this.#retry(unsent);
    else this.#owner.onUpstreamFailed(code, `${this.#attempt.endpoint?.address ?? ''}: ${detail}`);
  }

  /** `null`: there is nobody to send it to. The owner has been told, and the next request may have begun since. */
  #beginAttempt(): UpstreamStream | null {
    const cluster = this.#cluster as Cluster;
    const head = this.#head as RequestHead;
    const endpoint = this.session === null ? cluster.pick(this) : this.session.pick(cluster, this);
    if (endpoint === null) {
      this.#failUnpicked(cluster);
      return null;
    }
    const { tried } = this.#retries;
    tried.add(endpoint);
    this.#record.attempts = tried.count;
    this.#record.upstreamHost = endpoint.address;
    const upstream = this.#attempt.begin(
      cluster,
      endpoint,
      this.priority,
      head,
      this.#record.startedAtMs,
      this.#retries.isRepeatable(),
    );
    this.#sendHead(upstream, head);
    return upstream;
  }

  #failUnpicked(cluster: Cluster): void {
    const refusal = this.session === null ? '' : this.session.refusal;
    if (refusal !== '') {
      this.#owner.onUpstreamFailed('session_lost', refusal);
      return;
    }
    cluster.stats.noHealthy += 1;
    this.#owner.onUpstreamFailed('no_healthy_upstream', cluster.describeNoEndpoint());
  }

  /** Each attempt has what is left of the time. */
  #sendHead(upstream: UpstreamStream, head: RequestHead): void {
    const extra = this.#record.extraRequestFields;
    const changed = this.#changedHead;
    const deadline = this.#deadline;
    if (this.#upgrade !== null) this.#upgrade.send(upstream, extra, changed);
    else if (deadline === null) upstream.sendHead(head, extra, changed);
    else if (changed === '') upstream.sendHead(head, deadline.addTo(extra), '');
    else upstream.sendHead(head, '', deadline.writeInto(changed));
  }

  /** The request can be sent from its beginning. */
  get #isWhole(): boolean {
    return !this.#hasBody || this.#replay.whole;
  }

  /** An answer that is tried again is not waited for: its connection closes. */
  #dismiss(status: number): void {
    const stats = (this.#cluster as Cluster).stats;
    stats.responses.record(status, this.#context.clock.now() - this.#record.startedAtMs);
    this.#attempt.abandon();
    this.#retry(false);
  }

  /** At once where an endpoint is left that was not tried, else after a pause: the same one needs time to come back. */
  #retry(unprocessed: boolean): void {
    const cluster = this.#cluster as Cluster;
    const { backOff } = this.#retries.policy;
    cluster.stats.retries += 1;
    if (unprocessed) cluster.stats.retriesUnprocessed += 1;
    else cluster.stats.retriesRepeated += 1;
    if (backOff === null && cluster.offersUntried(this)) {
      this.#repeat();
      return;
    }
    this.#owner.onUpstreamBlocked();
    const generation = this.#generation;
    const delayMs = retryDelayMs(this.#retries.attempts, backOff ?? DEFAULT_RETRY_BACK_OFF, this.#context.random);
    // alloc-ok: a retry
    this.#context.clock.after(delayMs, () => {
      if (this.#generation === generation) this.#repeat();
    });
  }

  /** Sends again what has come of the request; the rest follows as it comes. */
  #repeat(): void {
    const upstream = this.#beginAttempt();
    if (upstream === null) return;
    for (const piece of this.#replay.pieces) upstream.sendData(piece, 0, piece.length);
    if (this.#replay.complete) this.#endUpstream();
    if (this.flush()) this.#owner.onUpstreamWritable();
    else this.#owner.onUpstreamBlocked();
  }

  #endUpstream(): void {
    this.#attempt.upstream?.endRequest(this.#replay.trailers);
  }
}
