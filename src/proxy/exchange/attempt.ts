// @hot
// The upstream half of an exchange: one try at one endpoint, from the pick to the end of its answer.
import type { Clock } from '../../base/clock.ts';
import type { RoutingPriority } from '../../model/circuit-breakers-spec.ts';
import type { ErrorCode } from '../../model/errors.ts';
import type { RequestHead, ResponseHead } from '../codec/head.ts';
import type { ClientExchange, UpstreamStream } from '../codec/upstream.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import type { Cluster } from '../upstream/cluster.ts';
import { AttemptRecord } from './attempt-record.ts';
import { TryLimits, type TryLimitsOwner } from './try-limits.ts';

/** The downstream half, as the upstream half sees it. */
export interface AttemptOwner {
  onInformational(attempt: Attempt, head: ResponseHead): void;
  onUpgraded(attempt: Attempt, head: ResponseHead): void;
  /** What follows is heard of the attempt whose head was taken; the others are abandoned. */
  onResponseHead(attempt: Attempt, head: ResponseHead): void;
  onResponseData(bytes: Buffer, start: number, end: number): void;
  onResponseEnd(trailers: string): void;
  onResponseBatchEnd(): void;
  onUpstreamWritable(): void;
  onAttemptFailed(attempt: Attempt, code: ErrorCode, detail: string, unsent: boolean): void;
  /** It goes on until somebody ends it. `idle`: nothing has moved; else its answer has not begun in time. */
  onTryTimeout(attempt: Attempt, idle: boolean, limitMs: number): void;
}

/** Used again for each attempt of its exchange: a finished attempt has given its connection away and hears nothing of it any more. */
export class Attempt implements ClientExchange, TryLimitsOwner {
  readonly #owner: AttemptOwner;
  readonly #clock: Clock;
  #upstream: UpstreamStream | null = null;
  readonly #record = new AttemptRecord();
  #cluster: Cluster | null = null;
  /** Null = no try of this object had limits yet. */
  #limits: TryLimits | null = null;
  /** That it takes too long has been recorded. */
  #late = false;
  endpoint: Endpoint | null = null;

  constructor(owner: AttemptOwner, clock: Clock) {
    this.#owner = owner;
    this.#clock = clock;
  }

  /** The way to the endpoint while the attempt runs; `null` before and after. */
  get upstream(): UpstreamStream | null {
    return this.#upstream;
  }

  /** Takes a way to `endpoint`; the caller writes the request to it. */
  begin(
    cluster: Cluster,
    endpoint: Endpoint,
    priority: RoutingPriority,
    head: RequestHead,
    nowMs: number,
    repeatable: boolean,
  ): UpstreamStream {
    const upstream = cluster.poolOf(endpoint, priority).begin(this, head.method, nowMs, repeatable);
    this.#upstream = upstream;
    this.#cluster = cluster;
    this.endpoint = endpoint;
    this.#late = false;
    this.#record.begin(cluster, endpoint, head);
    cluster.stats.requestsActive += 1;
    cluster.stats.requestsTotal += 1;
    return upstream;
  }

  /** Nothing may stand still for `idleMs`; 0 = for ever. For routes that limit their tries, after `begin`. */
  watchIdle(idleMs: number): void {
    this.#limits ??= new TryLimits(this, this.#clock); // alloc-ok: once an attempt with limits
    this.#limits.watchIdle(idleMs);
  }

  /** The request is complete: its answer begins within `timeoutMs`; 0 = whenever it likes. After `watchIdle`. */
  awaitAnswer(timeoutMs: number): void {
    if (this.#upstream !== null) this.#limits?.awaitAnswer(timeoutMs);
  }

  /** A byte has been sent. */
  noteMoved(): void {
    if (this.#limits !== null) this.#limits.moved();
  }

  /** Ends it without an answer, which would belong to nobody. */
  abandon(): void {
    const upstream = this.#upstream;
    if (upstream === null) return;
    this.#record.onAbandoned();
    this.#release();
    upstream.destroy();
  }

  /** It takes too long; told once. */
  recordTimeout(): void {
    // Whoever has had no connection has asked nobody.
    if (this.#upstream === null || this.#late || this.#upstream.waits === true) return;
    this.#late = true;
    this.#record.onTimeout();
  }

  onInformational(head: ResponseHead): void {
    if (this.#limits !== null) this.#limits.moved();
    this.#owner.onInformational(this, head);
  }

  onUpgraded(head: ResponseHead): void {
    this.#record.onUpgraded(head.status);
    if (this.#limits !== null) this.#limits.stop();
    this.#owner.onUpgraded(this, head);
  }

  onResponseHead(head: ResponseHead): void {
    this.#record.onHead(head);
    if (this.#limits !== null) this.#limits.answered();
    this.#owner.onResponseHead(this, head);
  }

  onResponseData(bytes: Buffer, start: number, end: number): void {
    if (this.#limits !== null) this.#limits.moved();
    this.#owner.onResponseData(bytes, start, end);
  }

  onResponseEnd(trailers: string): void {
    this.#record.onEnd(trailers);
    this.#release();
    this.#owner.onResponseEnd(trailers);
  }

  onResponseBatchEnd(): void {
    this.#owner.onResponseBatchEnd();
  }

  onUpstreamWritable(): void {
    this.#owner.onUpstreamWritable();
  }

  onUpstreamFailure(code: ErrorCode, detail: string, unsent: boolean): void {
    // What was refused here says nothing about the endpoint.
    if (code !== 'upstream_overflow') this.#recordFailure(detail, unsent);
    this.#release();
    this.#owner.onAttemptFailed(this, code, detail, unsent);
  }

  onTryTimeout(idle: boolean, limitMs: number): void {
    this.#owner.onTryTimeout(this, idle, limitMs);
  }

  #recordFailure(detail: string, unsent: boolean): void {
    (this.endpoint as Endpoint).lastError = detail;
    this.#record.onFailure();
    if (this.#cluster !== null && !unsent) this.#cluster.stats.resets += 1;
  }

  #release(): void {
    if (this.#limits !== null) this.#limits.stop();
    this.#upstream = null;
    this.#record.release();
    if (this.#cluster !== null) this.#cluster.stats.requestsActive -= 1;
    this.#cluster = null;
  }
}
