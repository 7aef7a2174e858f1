// @hot
// What an endpoint is told of one attempt: whether it was served, and how long that took. Its counters, its judges and its load balancer go by it.
import type { RequestHead, ResponseHead } from '../codec/head.ts';
import { UNKNOWN_CALLER } from '../endpoint/caller-votes.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import type { Cluster } from '../upstream/cluster.ts';
import { grpcStatusIn, grpcStatusOf, grpcToHttpStatus, isGrpcCall, NO_GRPC_STATUS } from './grpc-status.ts';

/** Of a call that ends without a code (gRPC calls it UNKNOWN). */
const WITHOUT_CODE = 500;

const TOO_SLOW = 'no answer in time';

/** How an attempt came to an end, or its answer to a beginning. */
const ANSWERED = 0;
const FAILED = 1;
const ABANDONED = 2;

/** Used again for each attempt of its exchange. */
export class AttemptRecord {
  #cluster: Cluster | null = null;
  #endpoint: Endpoint | null = null;
  /** When it began; −1 = nobody measures, or its answer has begun. */
  #startedAtMs = -1;
  /** Of HTTP status 200 the trailers will tell what it means. */
  #awaitsCode = false;
  #isGrpc = false;
  /** A hash of who asks, where the endpoint's judges tell callers apart. */
  #caller = UNKNOWN_CALLER;

  begin(cluster: Cluster, endpoint: Endpoint, head: RequestHead): void {
    this.#cluster = cluster;
    this.#endpoint = endpoint;
    this.#awaitsCode = false;
    this.#isGrpc = isGrpcCall(head);
    this.#startedAtMs = endpoint.isTimed ? cluster.now() : -1;
    const votes = endpoint.outlier === null ? null : endpoint.outlier.votes;
    this.#caller = UNKNOWN_CALLER;
    if (votes !== null) {
      const field = head.find(votes.header);
      if (field >= 0) this.#caller = votes.callerOf(head.valueAt(field));
    }
    endpoint.activeRequests += 1;
    endpoint.requestsTotal += 1;
  }

  onUpgraded(status: number): void {
    this.#recordStatus(status);
  }

  onHead(head: ResponseHead): void {
    const { status } = head;
    if (this.#isGrpc && status === 200) this.#onGrpcHead(head);
    else this.#recordStatus(status);
    if (this.#startedAtMs >= 0) this.#recordLatency(isGatewayError(status) ? FAILED : ANSWERED);
  }

  onEnd(trailers: string): void {
    if (!this.#awaitsCode) return;
    this.#awaitsCode = false;
    const code = grpcStatusIn(trailers);
    this.#recordStatus(code === NO_GRPC_STATUS ? WITHOUT_CODE : grpcToHttpStatus(code));
  }

  onFailure(): void {
    const endpoint = this.#endpoint as Endpoint;
    endpoint.requestsError += 1;
    if (endpoint.outlier !== null) endpoint.outlier.recordNoAnswer(false, this.#caller);
    if (this.#startedAtMs >= 0) this.#recordLatency(FAILED);
  }

  onTimeout(): void {
    const endpoint = this.#endpoint as Endpoint;
    endpoint.requestsTimedOut += 1;
    endpoint.requestsError += 1;
    endpoint.lastError = TOO_SLOW;
    if (endpoint.outlier === null) return;
    endpoint.outlier.recordNoAnswer(true, this.#caller);
    const { latency } = endpoint.outlier;
    if (latency !== null && this.#startedAtMs >= 0)
      latency.record((this.#cluster as Cluster).now() - this.#startedAtMs);
  }

  onAbandoned(): void {
    if (this.#startedAtMs >= 0) this.#recordLatency(ABANDONED);
  }

  /** It has ended, whatever became of it. */
  release(): void {
    if (this.#endpoint !== null) this.#endpoint.activeRequests -= 1;
    this.#endpoint = null;
    this.#cluster = null;
  }

  #onGrpcHead(head: ResponseHead): void {
    const code = grpcStatusOf(head);
    if (code === NO_GRPC_STATUS) this.#awaitsCode = true;
    else this.#recordStatus(grpcToHttpStatus(code));
  }

  #recordStatus(status: number): void {
    const endpoint = this.#endpoint as Endpoint;
    if (status < 500) endpoint.requestsSuccess += 1;
    else {
      endpoint.requestsError += 1;
      endpoint.lastErrorStatus = status;
      endpoint.lastError = '';
    }
    if (endpoint.outlier !== null) endpoint.outlier.recordStatus(status, this.#caller);
  }

  #recordLatency(end: typeof ANSWERED | typeof FAILED | typeof ABANDONED): void {
    const { latency, outlier } = this.#endpoint as Endpoint;
    const nowMs = (this.#cluster as Cluster).now();
    const latencyMs = nowMs - this.#startedAtMs;
    this.#startedAtMs = -1;
    // What failed at once was not quick, and who gives up tells nothing.
    if (end === ANSWERED && outlier !== null && outlier.latency !== null) outlier.latency.record(latencyMs);
    if (end === ANSWERED) latency?.record(latencyMs, nowMs);
    else if (end === FAILED) latency?.recordFailure(latencyMs, nowMs);
    else latency?.recordAbandoned(latencyMs, nowMs);
  }
}

/** Answers that say that somebody could not serve, not that the request was wrong. */
function isGatewayError(status: number): boolean {
  return status >= 502 && status <= 504;
}
