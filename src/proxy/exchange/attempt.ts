// @hot
// The upstream half of an exchange: one try at one endpoint, from the pick to the end of its answer.
import type { ErrorCode } from '../../model/errors.ts';
import type { ResponseHead } from '../codec/head.ts';
import type { ClientExchange, UpstreamStream } from '../codec/upstream.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import type { Cluster } from '../upstream/cluster.ts';

/** How an attempt came to an end, or its answer to a beginning. */
const ANSWERED = 0;
const FAILED = 1;
const ABANDONED = 2;

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
  #cluster: Cluster | null = null;
  /** When it began; −1 = nobody measures, or its answer has begun. */
  #startedAtMs = -1;
  endpoint: Endpoint | null = null;

  constructor(owner: AttemptOwner) {
    this.#owner = owner;
  }

  /** The way to the endpoint while the attempt runs; `null` before and after. */
  get upstream(): UpstreamStream | null {
    return this.#upstream;
  }

  /** Takes a way to `endpoint`; the caller writes the request to it. */
  begin(cluster: Cluster, endpoint: Endpoint, method: string, nowMs: number, repeatable: boolean): UpstreamStream {
    const upstream = cluster.poolOf(endpoint).begin(this, method, nowMs, repeatable);
    this.#upstream = upstream;
    this.#cluster = cluster;
    this.endpoint = endpoint;
    this.#startedAtMs = endpoint.latency === null ? -1 : cluster.now();
    endpoint.activeRequests += 1;
    endpoint.requestsTotal += 1;
    cluster.stats.requestsActive += 1;
    cluster.stats.requestsTotal += 1;
    return upstream;
  }

  /** Ends it without an answer, which would belong to nobody. */
  abandon(): void {
    const upstream = this.#upstream;
    if (upstream === null) return;
    if (this.#startedAtMs >= 0) this.#recordLatency(ABANDONED);
    this.#release();
    upstream.destroy();
  }

  onInformational(head: ResponseHead): void {
    this.#owner.onInformational(head);
  }

  onUpgraded(head: ResponseHead): void {
    const endpoint = this.endpoint as Endpoint;
    endpoint.requestsSuccess += 1;
    if (endpoint.outlier !== null) endpoint.outlier.recordStatus(head.status);
    this.#owner.onUpgraded(head);
  }

  onResponseHead(head: ResponseHead): void {
    const endpoint = this.endpoint as Endpoint;
    if (head.status < 500) endpoint.requestsSuccess += 1;
    else endpoint.requestsError += 1;
    if (endpoint.outlier !== null) endpoint.outlier.recordStatus(head.status);
    if (this.#startedAtMs >= 0) this.#recordLatency(isGatewayError(head.status) ? FAILED : ANSWERED);
    this.#owner.onResponseHead(head);
  }

  onResponseData(bytes: Buffer, start: number, end: number): void {
    this.#owner.onResponseData(bytes, start, end);
  }

  onResponseEnd(trailers: string): void {
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
    const endpoint = this.endpoint as Endpoint;
    endpoint.requestsError += 1;
    endpoint.lastError = detail;
    if (endpoint.outlier !== null) endpoint.outlier.recordNoAnswer(false);
    if (this.#startedAtMs >= 0) this.#recordLatency(FAILED);
    if (this.#cluster !== null && !unsent) this.#cluster.stats.resets += 1;
    this.#release();
    this.#owner.onAttemptFailed(code, detail, unsent);
  }

  #recordLatency(end: typeof ANSWERED | typeof FAILED | typeof ABANDONED): void {
    const { latency } = this.endpoint as Endpoint;
    const nowMs = (this.#cluster as Cluster).now();
    const latencyMs = nowMs - this.#startedAtMs;
    this.#startedAtMs = -1;
    if (end === ANSWERED) latency?.record(latencyMs, nowMs);
    else if (end === FAILED) latency?.recordFailure(latencyMs, nowMs);
    else latency?.recordAbandoned(latencyMs, nowMs);
  }

  #release(): void {
    this.#upstream = null;
    if (this.endpoint !== null) this.endpoint.activeRequests -= 1;
    if (this.#cluster !== null) this.#cluster.stats.requestsActive -= 1;
    this.#cluster = null;
  }
}

/** Answers that say that somebody could not serve, not that the request was wrong. */
function isGatewayError(status: number): boolean {
  return status >= 502 && status <= 504;
}
