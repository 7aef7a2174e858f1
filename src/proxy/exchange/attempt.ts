// @hot
// The upstream half of an exchange: one try at one endpoint, from the pick to the end of its answer.
import type { RoutingPriority } from '../../model/circuit-breakers-spec.ts';
import type { ErrorCode } from '../../model/errors.ts';
import type { RequestHead, ResponseHead } from '../codec/head.ts';
import type { ClientExchange, UpstreamStream } from '../codec/upstream.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import type { Cluster } from '../upstream/cluster.ts';
import { AttemptRecord } from './attempt-record.ts';

/** The downstream half, as the upstream half sees it. */
export interface AttemptOwner {
  onInformational(head: ResponseHead): void;
  onUpgraded(head: ResponseHead): void;
  onResponseHead(head: ResponseHead): void;
  onResponseData(bytes: Buffer, start: number, end: number): void;
  onResponseEnd(trailers: string): void;
  onResponseBatchEnd(): void;
  onUpstreamWritable(): void;
  onAttemptFailed(code: ErrorCode, detail: string, unsent: boolean): void;
}

/** Used again for each attempt of its exchange: a finished attempt has given its connection away and hears nothing of it any more. */
export class Attempt implements ClientExchange {
  readonly #owner: AttemptOwner;
  #upstream: UpstreamStream | null = null;
  readonly #record = new AttemptRecord();
  #cluster: Cluster | null = null;
  endpoint: Endpoint | null = null;

  constructor(owner: AttemptOwner) {
    this.#owner = owner;
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
    this.#record.begin(cluster, endpoint, head);
    cluster.stats.requestsActive += 1;
    cluster.stats.requestsTotal += 1;
    return upstream;
  }

  /** Ends it without an answer, which would belong to nobody. */
  abandon(): void {
    const upstream = this.#upstream;
    if (upstream === null) return;
    this.#record.onAbandoned();
    this.#release();
    upstream.destroy();
  }

  /** It takes too long, and is abandoned next. */
  recordTimeout(): void {
    if (this.#upstream !== null) this.#record.onTimeout();
  }

  onInformational(head: ResponseHead): void {
    this.#owner.onInformational(head);
  }

  onUpgraded(head: ResponseHead): void {
    this.#record.onUpgraded(head.status);
    this.#owner.onUpgraded(head);
  }

  onResponseHead(head: ResponseHead): void {
    this.#record.onHead(head);
    this.#owner.onResponseHead(head);
  }

  onResponseData(bytes: Buffer, start: number, end: number): void {
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
    this.#owner.onAttemptFailed(code, detail, unsent);
  }

  #recordFailure(detail: string, unsent: boolean): void {
    (this.endpoint as Endpoint).lastError = detail;
    this.#record.onFailure();
    if (this.#cluster !== null && !unsent) this.#cluster.stats.resets += 1;
  }

  #release(): void {
    this.#upstream = null;
    this.#record.release();
    if (this.#cluster !== null) this.#cluster.stats.requestsActive -= 1;
    this.#cluster = null;
  }
}
