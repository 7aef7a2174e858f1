// @hot
// One request and its answer in flight: joins the downstream connection to attempts upstream, and decides what a failure becomes.
import { type TimerOwner, WheelTimer } from '../../base/timer-wheel.ts';
import { ERRORS, type ErrorCode } from '../../model/errors.ts';
import { BODY_CHUNKED, BODY_NONE, BODY_UNTIL_CLOSE, type RequestHead, type ResponseHead } from '../codec/head.ts';
import type { Http1ServerConnection, ServerExchange } from '../codec/http1/server-connection.ts';
import { renderRequestHead, renderResponseHead } from '../codec/http1/write-head.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import type { PickContext } from '../lb/load-balancer.ts';
import { explainMiss } from '../route/explain-miss.ts';
import type { RouteEntry, RouteTable } from '../route/route-table.ts';
import type { Cluster } from '../upstream/cluster.ts';
import { isIdempotent, MAX_RETRIES, mayRetry } from '../upstream/retry-policy.ts';
import { Attempt, type AttemptOwner } from './attempt.ts';
import type { ExchangeContext } from './exchange-context.ts';
import { ExchangeRecord } from './exchange-record.ts';
import { renderLocalReply } from './local-reply.ts';
import { ReplayBuffer } from './replay-buffer.ts';
import { retryDelayMs } from './retry-delay.ts';
import { Tunnel } from './tunnel.ts';

/** An HTTP/1.1 connection carries one exchange after the other, so each connection has one object for all of them. */
export class Exchange implements ServerExchange, AttemptOwner, PickContext, TimerOwner {
  readonly record: ExchangeRecord;
  readonly #context: ExchangeContext;
  readonly #attempt: Attempt;
  readonly #replay: ReplayBuffer;
  readonly #timeout: WheelTimer;
  /** Endpoints that earlier attempts of this request went to. */
  readonly #tried: Endpoint[] = [];
  readonly #onClosed: (exchange: Exchange) => void;
  /** Compared by callbacks that may come late: the request that they meant may be over. */
  #generation = 0;
  #connection: Http1ServerConnection | null = null;
  #head: RequestHead | null = null;
  #entry: RouteEntry | null = null;
  #cluster: Cluster | null = null;
  #tunnel: Tunnel | null = null;
  #active = false;
  #responseStarted = false;
  #responseChunked = false;
  #requestHasBody = false;
  #upstreamBlocked = false;
  #downstreamBlocked = false;

  constructor(context: ExchangeContext, downstreamRemote: string, onClosed: (exchange: Exchange) => void) {
    this.#context = context;
    this.#onClosed = onClosed;
    this.#attempt = new Attempt(this);
    this.#replay = new ReplayBuffer(context.replayBytes);
    this.#timeout = new WheelTimer(this);
    this.record = new ExchangeRecord(downstreamRemote);
  }

  /** Called once, before the connection delivers anything. */
  bind(connection: Http1ServerConnection): void {
    this.#connection = connection;
  }

  get connection(): Http1ServerConnection {
    return this.#connection as Http1ServerConnection;
  }

  get active(): boolean {
    return this.#active;
  }

  wasTried(endpoint: Endpoint): boolean {
    return this.#tried.includes(endpoint);
  }

  // ── downstream ──

  onRequestHead(head: RequestHead): void {
    this.#begin(head);
    const table = this.#context.routes.table;
    const entry = table === null ? null : table.match(head.authority, head.path, head.isConnect);
    if (entry === null) {
      this.#noRoute(table, head.authority);
      return;
    }
    this.#entry = entry;
    this.record.route = entry.name;
    this.record.upstreamCluster = entry.slot.name;
    const cluster = entry.slot.cluster;
    if (cluster === null) {
      this.rescue('cluster_not_found', entry.slot.name);
      return;
    }
    this.#cluster = cluster;
    cluster.retryBudget.deposit(this.record.startedAtMs);
    if (entry.timeoutMs > 0) this.#context.wheel.set(this.#timeout, entry.timeoutMs);
    if (head.isConnect) this.#startTunnel(cluster);
    else this.#startAttempt();
  }

  onRequestData(bytes: Buffer, start: number, end: number): void {
    this.record.bytesReceived += end - start;
    if (!this.#active) return;
    if (!this.#responseStarted) this.#replay.add(bytes, start, end);
    const upstream = this.#attempt.connection;
    if (upstream === null) {
      this.#pauseIfFull();
      return;
    }
    const head = this.#head as RequestHead;
    const accepted =
      head.bodyKind === BODY_CHUNKED
        ? upstream.writer.chunk(bytes, start, end)
        : upstream.writer.data(bytes, start, end);
    if (!accepted) this.#blockDownstream();
  }

  onRequestEnd(trailers: string): void {
    if (!this.#active) return;
    this.#replay.complete = true;
    this.#replay.trailers = trailers;
    const upstream = this.#attempt.connection;
    if (upstream === null || this.#tunnel !== null) return;
    if ((this.#head as RequestHead).bodyKind === BODY_CHUNKED) upstream.writer.lastChunk(trailers);
    upstream.endRequest();
  }

  onRequestBatchEnd(): void {
    const upstream = this.#attempt.connection;
    if (upstream !== null && !upstream.writer.flush()) this.#blockDownstream();
  }

  onRequestError(code: ErrorCode, detail: string): void {
    this.#context.stats.protocolErrors += 1;
    if (!this.#active) this.#begin(null);
    this.#attempt.abandon();
    if (this.#responseStarted) this.#cutOff(code, detail);
    else this.rescue(code, detail);
  }

  onDownstreamWritable(): void {
    if (!this.#upstreamBlocked) return;
    this.#upstreamBlocked = false;
    this.#attempt.connection?.resumeReading();
  }

  onDownstreamGone(detail: string): void {
    this.#attempt.abandon();
    this.#tunnel?.close();
    if (!this.#active) return;
    this.#context.stats.resets += 1;
    this.record.fail('downstream_gone', detail);
    this.#finish();
  }

  onDownstreamClosed(): void {
    this.#onClosed(this);
  }

  // ── upstream ──

  onInformational(head: ResponseHead): void {
    // HTTP/1.0 knows no interim answers (RFC 9110 section 15.2).
    if ((this.#head as RequestHead).versionMinor === 0) return;
    this.connection.writer.text(renderResponseHead(head, '', false));
    this.connection.writer.flush();
  }

  onResponseHead(head: ResponseHead): void {
    this.#responseStarted = true;
    this.#replay.drop();
    this.record.status = head.status;
    const oldCaller = (this.#head as RequestHead).versionMinor === 0;
    const kind = head.bodyKind;
    const unknownLength = kind === BODY_CHUNKED || kind === BODY_UNTIL_CLOSE;
    this.#responseChunked = unknownLength && !oldCaller;
    // Nobody waits for the rest of a request that has its answer: the caller is told so.
    if (this.#context.draining || (unknownLength && oldCaller) || !this.connection.requestComplete) {
      this.connection.closeAfterAnswer();
    }
    let extra = '';
    if (kind === BODY_UNTIL_CLOSE && !oldCaller) extra = 'transfer-encoding: chunked\r\n';
    if (this.connection.closing) extra += 'connection: close\r\n';
    else if (oldCaller) extra += 'connection: keep-alive\r\n';
    this.connection.writer.text(renderResponseHead(head, extra, oldCaller));
  }

  onResponseData(bytes: Buffer, start: number, end: number): void {
    if (!this.#active) return;
    this.record.bytesSent += end - start;
    const writer = this.connection.writer;
    const accepted = this.#responseChunked ? writer.chunk(bytes, start, end) : writer.data(bytes, start, end);
    if (!accepted) this.#blockUpstream();
  }

  onResponseEnd(trailers: string): void {
    if (!this.#active) return;
    if (this.#responseChunked) this.connection.writer.lastChunk(trailers);
    this.#recordUpstream();
    this.#finish();
    this.connection.endResponse();
  }

  onResponseBatchEnd(): void {
    if (this.#active && !this.connection.writer.flush()) this.#blockUpstream();
  }

  onUpstreamWritable(): void {
    if (!this.#downstreamBlocked) return;
    this.#downstreamBlocked = false;
    this.connection.resumeReading();
  }

  onAttemptFailed(code: ErrorCode, detail: string, unsent: boolean): void {
    if (!this.#active) return;
    if (this.#responseStarted) {
      this.#cutOff(code, detail);
      return;
    }
    const where = `${this.#attempt.endpoint?.address ?? ''}: ${detail}`;
    if (this.#retryAllowed(code, unsent)) this.#retry();
    else this.rescue(code, where);
  }

  onTimer(): void {
    if (!this.#active) return;
    const endpoint = this.#attempt.endpoint;
    if (endpoint !== null && this.#attempt.connection !== null) {
      endpoint.requestsTimedOut += 1;
      endpoint.requestsError += 1;
    }
    this.#attempt.abandon();
    const detail = `no answer within ${this.#entry?.timeoutMs} ms`;
    if (this.#responseStarted) this.#cutOff('upstream_timeout', detail);
    else this.rescue('upstream_timeout', detail);
  }

  // ── local answers: every early end comes through here ──

  /** Answers with what the row of `code` says. Nothing of another answer has left. */
  rescue(code: ErrorCode, detail: string): void {
    this.record.fail(code, detail);
    const connection = this.connection;
    const head = this.#head;
    if (this.#context.draining || head === null || !connection.requestComplete) connection.closeAfterAnswer();
    let extra = head === null ? '' : `x-request-id: ${this.record.requestId}\r\n`;
    if (connection.closing) extra += 'connection: close\r\n';
    else if (head?.versionMinor === 0) extra += 'connection: keep-alive\r\n';
    const reply = renderLocalReply(code, detail, head?.get('accept') ?? '', extra);
    connection.writer.text(reply.head);
    if (head?.method !== 'HEAD') {
      connection.writer.text(reply.body);
      this.record.bytesSent += reply.body.length;
    }
    this.record.status = ERRORS[code].status;
    this.#finish();
    connection.endResponse();
  }

  #begin(head: RequestHead | null): void {
    this.#generation += 1;
    this.#active = true;
    this.#responseStarted = false;
    this.#upstreamBlocked = false;
    this.#downstreamBlocked = false;
    this.#entry = null;
    this.#cluster = null;
    this.#tried.length = 0;
    this.#head = head;
    this.#requestHasBody = head !== null && head.bodyKind !== BODY_NONE;
    if (this.#requestHasBody) this.#replay.reset();
    else this.#replay.complete = false;
    this.#context.stats.requestsTotal += 1;
    this.#context.stats.requestsActive += 1;
    this.record.begin(head, this.#context);
  }

  #noRoute(table: RouteTable | null, authority: string): void {
    this.#context.stats.noRoute += 1;
    this.rescue('no_route', table === null ? 'no routes have come yet.' : explainMiss(table.spec, authority));
  }

  #startAttempt(): void {
    const cluster = this.#cluster as Cluster;
    const head = this.#head as RequestHead;
    const endpoint = cluster.pick(this);
    if (endpoint === null) {
      cluster.stats.noHealthy += 1;
      this.rescue('no_healthy_upstream', `${cluster.name} has ${cluster.endpointCount} endpoints, none of them ready`);
      return;
    }
    this.#tried.push(endpoint);
    this.record.attempts += 1;
    this.record.upstreamHost = endpoint.address;
    const upstream = this.#attempt.begin(cluster, endpoint, head.method, this.record.startedAtMs);
    upstream.writer.text(renderRequestHead(head, this.record.extraRequestFields));
  }

  #retryAllowed(code: ErrorCode, unsent: boolean): boolean {
    const cluster = this.#cluster as Cluster;
    const head = this.#head as RequestHead;
    if (this.#tried.length > MAX_RETRIES || (this.#requestHasBody && !this.#replay.whole)) return false;
    if (!mayRetry(code, unsent, isIdempotent(head.method) || head.find('idempotency-key') >= 0)) return false;
    // Where nothing was sent, nothing is multiplied: the budget guards pods against repeated work only.
    if (unsent || cluster.retryBudget.withdraw(this.#context.clock.now())) return true;
    cluster.stats.retryOverflows += 1;
    return false;
  }

  /** At once where an endpoint is left that was not tried, else after a pause: the same one needs time to come back. */
  #retry(): void {
    const cluster = this.#cluster as Cluster;
    cluster.stats.retries += 1;
    if (this.#tried.length < cluster.eligibleCount) {
      this.#repeat();
      return;
    }
    const generation = this.#generation;
    // alloc-ok: a retry
    this.#context.clock.after(retryDelayMs(this.#tried.length, this.#context.random), () => {
      if (this.#active && this.#generation === generation) this.#repeat();
    });
  }

  #repeat(): void {
    this.#startAttempt();
    const upstream = this.#attempt.connection;
    if (upstream === null) return;
    const chunked = (this.#head as RequestHead).bodyKind === BODY_CHUNKED;
    if (this.#requestHasBody) {
      for (const piece of this.#replay.pieces) {
        if (chunked) upstream.writer.chunk(piece, 0, piece.length);
        else upstream.writer.data(piece, 0, piece.length);
      }
    }
    if (this.#replay.complete) {
      if (chunked) upstream.writer.lastChunk(this.#replay.trailers);
      upstream.endRequest();
    }
    upstream.writer.flush();
    this.onUpstreamWritable();
  }

  #startTunnel(cluster: Cluster): void {
    this.#tunnel = new Tunnel(this, cluster, this.#context); // alloc-ok: once a tunnel
    this.#tunnel.start();
  }

  /** While no attempt runs (a retry waits), the body is kept; when no more may be kept, the caller waits too. */
  #pauseIfFull(): void {
    if (this.#replay.bytes >= this.#context.replayBytes / 2) this.#blockDownstream();
  }

  #blockDownstream(): void {
    if (this.connection.requestComplete) return;
    this.#downstreamBlocked = true;
    this.connection.pauseReading();
  }

  #blockUpstream(): void {
    const upstream = this.#attempt.connection;
    if (upstream === null) return;
    this.#upstreamBlocked = true;
    upstream.pauseReading();
  }

  /** Part of an answer has left: the only honest end is a closed connection. */
  #cutOff(code: ErrorCode, detail: string): void {
    this.record.fail(code, detail);
    this.#finish();
    this.connection.destroy();
  }

  #recordUpstream(): void {
    const cluster = this.#cluster as Cluster;
    cluster.stats.recordResponse(this.record.status, this.#context.clock.now() - this.record.startedAtMs);
    if (this.record.attempts > 1) cluster.stats.retrySuccesses += 1;
  }

  /** Counts, logs and lets go of everything; the connection may begin the next exchange right after. */
  #finish(): void {
    this.#active = false;
    this.#context.wheel.cancel(this.#timeout);
    const stats = this.#context.stats;
    const record = this.record;
    stats.requestsActive -= 1;
    stats.bytesReceived += record.bytesReceived;
    stats.bytesSent += record.bytesSent;
    record.end(this.#context.clock.now());
    if (record.status > 0) stats.recordResponse(record.status, record.durationMs);
    this.#context.accessLog?.record(record);
    if (this.#requestHasBody) this.#replay.reset();
    this.#tunnel = null;
  }

  // ── for the tunnel ──

  /** The tunnel has ended after it had been opened. */
  finishTunnel(bytesReceived: number, bytesSent: number): void {
    if (!this.#active) return;
    this.record.bytesReceived = bytesReceived;
    this.record.bytesSent = bytesSent;
    this.#finish();
    this.#onClosed(this);
  }
}
