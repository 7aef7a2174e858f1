// @hot
// The upstream side of an exchange: sends the request to an endpoint and, while nothing of an answer has come, to another.

import type { Cancel } from '../../base/clock.ts';
import type { Word64 } from '../../base/word64.ts';
import type { RoutingPriority } from '../../model/circuit-breakers-spec.ts';
import type { ErrorCode } from '../../model/errors.ts';
import { callerAddress } from '../codec/caller-address.ts';
import { BODY_NONE, type RequestHead, type ResponseHead } from '../codec/head.ts';
import type { UpstreamStream } from '../codec/upstream.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import type { PickContext } from '../lb/load-balancer.ts';
import type { HashPolicies } from '../route/hash-policies.ts';
import type { RetryPolicy } from '../route/retry-policy.ts';
import type { Cluster } from '../upstream/cluster.ts';
import type { Attempt, AttemptOwner } from './attempt.ts';
import { attemptLines } from './attempt-headers.ts';
import { Attempts } from './attempts.ts';
import type { CallDeadline } from './call-deadline.ts';
import type { CallerWishes } from './caller-wishes.ts';
import type { ExchangeContext } from './exchange-context.ts';
import type { ExchangeRecord } from './exchange-record.ts';
import { answerStatusOf } from './grpc-status.ts';
import { ReplayBuffer } from './replay-buffer.ts';
import type { RequestCopies } from './request-copies.ts';
import { RequestHash } from './request-hash.ts';
import { RetryState } from './retry-state.ts';
import type { RouterOwner } from './router-owner.ts';
import type { SessionCall } from './session-call.ts';
import type { Upgrade } from './upgrade.ts';

/** One object an exchange, for all of its requests. */
export class Router implements AttemptOwner, PickContext {
  readonly #owner: RouterOwner;
  readonly #context: ExchangeContext;
  readonly #record: ExchangeRecord;
  readonly #attempts: Attempts;
  readonly #replay: ReplayBuffer;
  readonly #retries: RetryState;
  /** Ends the pause before the next attempt; null = there is none. */
  #cancelPause: Cancel | null = null;
  #cluster: Cluster | null = null;
  #head: RequestHead | null = null;
  #changedHead = '';
  #deadline: CallDeadline | null = null;
  /** Null = the request is none for another protocol. */
  #upgrade: Upgrade | null = null;
  #hasBody = false;
  #responseStarted = false;
  /** The next request: its endpoints are told of the number of attempts. */
  countsAttempts = false;
  /** What its caller asks for; null = that does not count. */
  wishes: CallerWishes | null = null;
  /** Of the cluster, that the next request goes to; '' = none is asked for. */
  subset = '';
  /** Of the next request; null = it belongs to none. */
  session: SessionCall | null = null;
  /** Whose limits count for the next request. */
  priority: RoutingPriority = 'default';
  /** Of the next request; null = there are none. */
  copies: RequestCopies | null = null;
  /** Made for the first request that is hashed. */
  #hash: RequestHash | null = null;

  constructor(owner: RouterOwner, context: ExchangeContext, record: ExchangeRecord) {
    this.#owner = owner;
    this.#context = context;
    this.#record = record;
    this.#attempts = new Attempts(this, context);
    this.#retries = new RetryState(context, record, this);
    this.#replay = new ReplayBuffer(context.replayBytes);
  }

  wasTried(endpoint: Endpoint): boolean {
    return this.#retries.passesOver(endpoint) || this.session?.excludes(endpoint) === true;
  }

  get leftOut(): readonly number[] | null {
    return this.#retries.leftOut;
  }

  get client(): string | null {
    return callerAddress(this.#record.downstreamRemote, this.#context.ownAddress);
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
    this.#hash ??= new RequestHash(this.#record, this.#context); // alloc-ok: once an exchange, where it is hashed
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
    this.#cluster = cluster;
    this.#head = head;
    this.#changedHead = changedHead;
    this.#deadline = deadline;
    this.#upgrade = upgrade;
    this.#hasBody = head.bodyKind !== BODY_NONE;
    this.#responseStarted = false;
    this.#replay.reset();
    if (this.#hasBody) this.#replay.keepAll();
    this.#retries.begin(cluster, head, policy, this.priority, upgrade !== null);
    this.#beginAttempt();
  }

  /** `false`: wait for `onUpstreamWritable`. */
  sendData(bytes: Buffer, start: number, end: number): boolean {
    if (!this.#responseStarted) this.#replay.add(bytes, start, end);
    if (this.copies !== null) this.copies.add(bytes, start, end);
    const { current } = this.#attempts;
    current.noteMoved();
    const { upstream } = current;
    return upstream?.sendData(bytes, start, end) === true;
  }

  sendEnd(trailers: string): void {
    this.#replay.complete = true;
    this.#replay.trailers = trailers;
    if (this.copies !== null) this.copies.complete();
    this.#endUpstream();
  }

  /**
   * `false`: wait for `onUpstreamWritable`. So it is until the connection has come to be: what was read so far is kept, and can go to another pod
   * if it never does, however large the body.
   */
  flush(): boolean {
    const { upstream } = this.#attempts.current;
    if (upstream === null) return false;
    const flushed = upstream.flush();
    if (!upstream.connected) return false;
    this.#replay.limit();
    return flushed;
  }

  pauseReading(): void {
    this.#attempts.current.upstream?.pauseReading();
  }

  resumeReading(): void {
    this.#attempts.current.upstream?.resumeReading();
  }

  /** Ends the request, whatever its state: an answer that would still come belongs to nobody. */
  stop(): void {
    this.#endPause();
    this.#attempts.abandon();
    if (this.copies !== null) this.copies.release();
    this.copies = null;
    this.#head = null;
    if (this.#hash !== null) this.#hash.end();
    this.session = null;
    this.#upgrade = null;
    this.#changedHead = '';
    this.#cluster = null;
    this.#retries.end();
    if (this.#hasBody) this.#replay.reset();
  }

  /** The request took too long. `ofRoute`: for its route. */
  recordTimeout(ofRoute: boolean): void {
    if (ofRoute && this.#cluster !== null) this.#cluster.stats.requestTimeouts += 1;
    this.#attempts.recordTimeout();
  }

  onInformational(attempt: Attempt, head: ResponseHead): void {
    // Of several answers nobody knows yet which one it belongs to.
    if (!this.#attempts.isEarlier(attempt)) this.#owner.onInformational(head);
  }

  onUpgraded(attempt: Attempt, head: ResponseHead): void {
    this.#record.exhausted = '';
    this.#take(attempt);
    this.#retries.settle();
    const { stats } = this.#cluster as Cluster;
    if (this.session !== null) this.session.onAnswer(attempt.endpoint as Endpoint, 101);
    stats.responses.record(101, this.#context.clock.now() - this.#record.startedAtMs);
    if (this.#record.attempts > 1) stats.retrySuccesses += 1;
    this.#owner.onUpgraded(head, attempt.upstream as UpstreamStream);
  }

  onResponseHead(attempt: Attempt, head: ResponseHead): void {
    if (this.#retries.isUnwanted(head)) {
      if (this.#tryAgainAfter(attempt, head)) return;
      if (this.#record.exhausted !== '') this.#record.passOn();
    } else this.#record.exhausted = '';
    this.#take(attempt);
    this.#retries.settle();
    this.#responseStarted = true;
    if (this.session !== null) this.session.onAnswer(attempt.endpoint as Endpoint, answerStatusOf(head));
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
    // In a pause it is that of another attempt: the next one needs the whole body.
    if (this.#cancelPause === null) this.#replay.limit();
    this.#owner.onUpstreamWritable();
  }

  onAttemptFailed(attempt: Attempt, code: ErrorCode, detail: string, unsent: boolean): void {
    if (unsent) this.#retries.notePassedOver(code);
    const mayRepeat = !this.#responseStarted && !this.#attempts.isEarlier(attempt);
    if (mayRepeat && this.#retries.retriesFailure(code, unsent, this.#isWhole)) {
      this.#retry(unsent);
      return;
    }
    this.#attempts.forget(attempt);
    // Another one may still be answered.
    if (this.#attempts.running || this.#cancelPause !== null) return;
    this.#owner.onUpstreamFailed(code, `${attempt.endpoint?.address ?? ''}: ${detail}`);
  }

  onTryTimeout(attempt: Attempt, idle: boolean, limitMs: number): void {
    const { stats } = this.#cluster as Cluster;
    if (idle) stats.tryIdleTimeouts += 1;
    else stats.tryTimeouts += 1;
    attempt.recordTimeout();
    if (!idle && this.#retries.policy.hedges) {
      if (this.#attempts.isEarlier(attempt) || !this.#retries.mayHedge(this.#isWhole)) return;
      this.#attempts.hedge();
      this.#retry(false);
      return;
    }
    attempt.abandon();
    const detail = idle ? `nothing moved for ${limitMs} ms` : `no answer within the ${limitMs} ms of one try`;
    this.onAttemptFailed(attempt, 'upstream_timeout', detail, false);
  }

  /** `null`: there is nobody to send it to. The owner has been told, and the next request may have begun since. */
  #beginAttempt(): UpstreamStream | null {
    const cluster = this.#cluster as Cluster;
    const head = this.#head as RequestHead;
    const prefers = this.#retries.prefer();
    let endpoint = this.#pick(cluster);
    while (prefers && this.#retries.relaxes(endpoint)) endpoint = this.#pick(cluster);
    if (endpoint === null) {
      this.#failUnpicked(cluster);
      return null;
    }
    const { tried } = this.#retries;
    tried.add(endpoint);
    this.#record.attempts = tried.count;
    this.#record.upstreamHost = endpoint.address;
    const attempt = this.#attempts.current;
    const upstream = attempt.begin(
      cluster,
      endpoint,
      this.priority,
      head,
      this.#record.startedAtMs,
      this.#retries.isRepeatable(),
    );
    if (this.#retries.policy.limitsTries) attempt.watchIdle(this.#retries.policy.tryIdleTimeoutMs);
    this.#sendHead(upstream, head);
    return upstream;
  }

  #failUnpicked(cluster: Cluster): void {
    if (this.#attempts.running) return;
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
    let extra = this.#record.extraRequestFields;
    let changed = this.#changedHead;
    const { attempts } = this.#record;
    if (attempts > 1 || this.countsAttempts || this.wishes !== null) {
      const wished = this.wishes === null ? '' : this.wishes.attemptLine(this.#context.clock.now());
      const lines = attemptLines(head, attempts, this.countsAttempts) + wished;
      if (changed === '') extra += lines;
      else changed = `${changed.slice(0, -2)}${lines}\r\n`;
    }
    const deadline = this.#deadline;
    if (this.#upgrade !== null) this.#upgrade.send(upstream, extra, changed);
    else if (deadline === null) upstream.sendHead(head, extra, changed);
    else if (changed === '') upstream.sendHead(head, deadline.addTo(extra), '');
    else upstream.sendHead(head, '', deadline.writeInto(changed));
  }

  #pick(cluster: Cluster): Endpoint | null {
    return this.session === null ? cluster.pick(this) : this.session.pick(cluster, this);
  }

  /** The request can be sent from its beginning. */
  get #isWhole(): boolean {
    return !this.#hasBody || this.#replay.whole;
  }

  /** An unwanted answer is not waited for: its connection closes. False: the caller gets it. */
  #tryAgainAfter(attempt: Attempt, head: ResponseHead): boolean {
    const isEarlier = this.#attempts.isEarlier(attempt);
    const retries = !isEarlier && this.#retries.retriesAnswer(head, this.#isWhole);
    if (!retries && !this.#othersRun(attempt)) return false;
    const { stats } = this.#cluster as Cluster;
    stats.responses.record(head.status, this.#context.clock.now() - this.#record.startedAtMs);
    attempt.abandon();
    this.#attempts.forget(attempt);
    if (retries) this.#retry(false);
    return true;
  }

  /** Besides `attempt`, or soon. */
  #othersRun(attempt: Attempt): boolean {
    return this.#cancelPause !== null || this.#attempts.runningBeside(attempt);
  }

  /** The caller gets the answer of `attempt`, and no other. */
  #take(attempt: Attempt): void {
    this.#endPause();
    if (this.#attempts.isEarlier(attempt)) this.#record.upstreamHost = (attempt.endpoint as Endpoint).address;
    this.#attempts.keepOnly(attempt);
  }

  #endPause(): void {
    if (this.#cancelPause === null) return;
    this.#cancelPause();
    this.#cancelPause = null;
  }

  /** At once where another endpoint is left, else after a pause. */
  #retry(unprocessed: boolean): void {
    this.#replay.keepAll();
    const { stats } = this.#cluster as Cluster;
    stats.retries += 1;
    if (unprocessed) stats.retriesUnprocessed += 1;
    else stats.retriesRepeated += 1;
    const delayMs = this.#retries.nextDelayMs();
    if (delayMs === 0) {
      this.#repeat();
      return;
    }
    this.#owner.onUpstreamBlocked();
    // alloc-ok: a retry
    this.#cancelPause = this.#context.clock.after(delayMs, () => {
      this.#cancelPause = null;
      this.#repeat();
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
    const { current } = this.#attempts;
    current.upstream?.endRequest(this.#replay.trailers);
    if (this.#retries.policy.limitsTries && !this.#responseStarted)
      current.awaitAnswer(this.#retries.policy.tryTimeoutMs);
  }
}
