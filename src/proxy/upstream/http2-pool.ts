// @hot
// The HTTP/2 connections to one endpoint: as few as carry the requests in work, more where one is full or waits for its windows.
import { type TimerOwner, WheelTimer } from '../../base/timer-wheel.ts';
import type { ClientConnectionLimits } from '../codec/http1/client-connection.ts';
import { Http2ClientConnection, type Http2ClientOwner } from '../codec/http2/client-connection.ts';
import type { Http2Commons } from '../codec/http2/http2-commons.ts';
import type { ClientExchange, UpstreamPool, UpstreamStream } from '../codec/upstream.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import type { ClusterStats } from './cluster-stats.ts';
import type { PoolOptions } from './connection-pool.ts';
import { CONNECTS, JOINS, READY, type Way } from './way.ts';

/** Beyond so many, requests share connections that wait for their windows; full ones are never used. */
const MAX_SPREAD = 8;

export class Http2Pool implements UpstreamPool, Http2ClientOwner, TimerOwner {
  readonly #endpoint: Endpoint;
  readonly #stats: ClusterStats;
  readonly #options: PoolOptions;
  readonly #commons: Http2Commons;
  #limits: ClientConnectionLimits;
  /** Those that take requests: the first with room is used, so that the last ones grow idle. */
  readonly #open: Http2ClientConnection[] = [];
  readonly #all = new Set<Http2ClientConnection>();
  readonly #sweep: WheelTimer;
  readonly #maxRequests: number;
  readonly #maxAgeMs: number;
  #draining = false;

  constructor(
    endpoint: Endpoint,
    stats: ClusterStats,
    options: PoolOptions,
    limits: ClientConnectionLimits,
    commons: Http2Commons,
  ) {
    this.#endpoint = endpoint;
    this.#stats = stats;
    this.#options = options;
    this.#limits = limits;
    this.#commons = commons;
    this.#sweep = new WheelTimer(this);
    this.#maxRequests = options.maxRequests ?? Number.POSITIVE_INFINITY;
    this.#maxAgeMs = options.maxAgeMs ?? Number.POSITIVE_INFINITY;
  }

  get idleCount(): number {
    let count = 0;
    for (const connection of this.#open) if (connection.idle) count += 1;
    return count;
  }

  setLimits(limits: ClientConnectionLimits): void {
    this.#limits = limits;
  }

  /** What `begin` does now. */
  wayFor(nowMs: number): Way {
    const connection = this.#find(nowMs);
    if (connection === null) return CONNECTS;
    return connection.connected ? READY : JOINS;
  }

  begin(exchange: ClientExchange, method: string, nowMs: number): UpstreamStream {
    const connection = this.#find(nowMs) ?? this.#connect(nowMs);
    const stream = connection.open(exchange, method);
    if (connection.requests >= this.#maxRequests) {
      this.#stats.requestLimitsReached += 1;
      connection.drain();
    }
    // A retry may go to a pod that was not used before: its connection is for that alone.
    if (this.#draining) connection.drain();
    return stream;
  }

  drain(): void {
    this.#draining = true;
    this.#options.wheel.cancel(this.#sweep);
    for (const connection of this.#all) connection.drain();
  }

  close(): void {
    this.drain();
    for (const connection of this.#all) connection.destroy();
  }

  onHttp2StreamClosed(connection: Http2ClientConnection): void {
    this.#options.onRoom?.();
    if (!connection.idle) return;
    connection.idleSinceMs = this.#options.now();
    if (!this.#draining && !this.#sweep.isSet) this.#options.wheel.set(this.#sweep, this.#sweepMs());
  }

  onHttp2Leaving(connection: Http2ClientConnection): void {
    const at = this.#open.indexOf(connection);
    if (at >= 0) this.#open.splice(at, 1);
  }

  onHttp2Closed(connection: Http2ClientConnection, connected: boolean): void {
    this.#all.delete(connection);
    this.#endpoint.connectionsActive -= 1;
    this.#stats.connectionsActive -= 1;
    if (connected) return;
    this.#endpoint.connectFailures += 1;
    this.#stats.connectFailures += 1;
  }

  /** Closes what has carried nothing for the whole time; looks again while anything is open. */
  onTimer(): void {
    const nowMs = this.#options.now();
    const limit = nowMs - this.#options.idleTimeoutMs;
    for (let at = this.#open.length - 1; at >= 0; at -= 1) {
      const connection = this.#open[at] as Http2ClientConnection;
      if (this.#endsByAge(connection, nowMs) || !connection.idle || connection.idleSinceMs > limit) continue;
      this.#stats.idleTimeouts += 1;
      connection.drain();
    }
    if (this.idleCount > 0) this.#options.wheel.set(this.#sweep, this.#sweepMs() / 2);
  }

  #sweepMs(): number {
    return Math.min(this.#options.idleTimeoutMs, this.#maxAgeMs);
  }

  /** It takes no new requests from now on. */
  #endsByAge(connection: Http2ClientConnection, nowMs: number): boolean {
    if (nowMs - connection.bornMs < this.#maxAgeMs) return false;
    this.#stats.agesReached += 1;
    connection.drain();
    return true;
  }

  /** Null: a new one is needed. */
  #find(nowMs: number): Http2ClientConnection | null {
    let stalled: Http2ClientConnection | null = null;
    for (let at = 0; at < this.#open.length; at += 1) {
      const connection = this.#open[at] as Http2ClientConnection;
      if (this.#endsByAge(connection, nowMs)) {
        at -= 1;
        continue;
      }
      if (!connection.hasRoom || !connection.socket.writable || this.#isStale(connection, nowMs)) continue;
      if (!connection.isStalled) return connection;
      if (stalled === null || connection.active < stalled.active) stalled = connection;
    }
    if (stalled === null || this.#open.length >= MAX_SPREAD) return stalled;
    return this.#options.mayConnect?.() === false ? stalled : null;
  }

  /** Idle so long that the endpoint may be closing it now. */
  #isStale(connection: Http2ClientConnection, nowMs: number): boolean {
    return connection.idle && connection.connected && nowMs - connection.idleSinceMs >= this.#options.idleTimeoutMs;
  }

  #connect(nowMs: number): Http2ClientConnection {
    const { dial, wheel } = this.#options;
    const socket = dial(this.#endpoint.host, this.#endpoint.port);
    const connection = new Http2ClientConnection(socket, this, this.#limits, this.#commons, wheel); // alloc-ok: once a connection
    connection.idleSinceMs = nowMs;
    connection.bornMs = nowMs;
    this.#open.push(connection);
    this.#all.add(connection);
    this.#endpoint.connectionsActive += 1;
    this.#endpoint.connectionsTotal += 1;
    this.#stats.connectionsActive += 1;
    this.#stats.connectionsTotal += 1;
    return connection;
  }
}
