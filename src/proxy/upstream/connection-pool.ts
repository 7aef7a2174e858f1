// @hot
// The connections to one endpoint: hands out an idle one or makes a new one, and closes what has been idle too long.
import type { OnReadOpts, Socket } from 'node:net';
import { type TimerOwner, type TimerWheel, WheelTimer } from '../../base/timer-wheel.ts';
import type { ResponseHead } from '../codec/head.ts';
import {
  type ClientConnectionLimits,
  type ClientConnectionOwner,
  Http1ClientConnection,
} from '../codec/http1/client-connection.ts';
import type { ClientExchange, UpstreamPool, UpstreamStream } from '../codec/upstream.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import type { ClusterStats } from './cluster-stats.ts';
import { IdleLimit } from './idle-limit.ts';
import { CONNECTS, READY, type Way } from './way.ts';

/** Opens a TCP connection; the socket may still be connecting when it is handed out. `onread`: where it shall read into. */
export type Dial = (host: string, port: number, onread?: OnReadOpts) => Socket;

export interface PoolOptions {
  readonly dial: Dial;
  readonly wheel: TimerWheel;
  /** An idle connection older than this is closed rather than used, ms (> 0), also where the endpoint has shown no limit of its own. */
  readonly idleTimeoutMs: number;
  readonly now: () => number;
  /** A connection that has carried so many requests, or is so old (ms), takes no more; absent: however many, however old. */
  readonly maxRequests?: number;
  readonly maxAgeMs?: number;
  /** Asked before a connection is made that something else could stand in for; absent: always. */
  readonly mayConnect?: () => boolean;
  /** A connection of HTTP/2 has room again; absent: nobody waits for it. */
  readonly onRoom?: () => void;
}

export class ConnectionPool implements UpstreamPool, ClientConnectionOwner, TimerOwner {
  readonly #endpoint: Endpoint;
  readonly #stats: ClusterStats;
  readonly #options: PoolOptions;
  #limits: ClientConnectionLimits;
  /** The one used last is used first: the others grow old and are closed. */
  readonly #idle: Http1ClientConnection[] = [];
  readonly #all = new Set<Http1ClientConnection>();
  readonly #sweep: WheelTimer;
  readonly #limit: IdleLimit;
  readonly #maxRequests: number;
  readonly #maxAgeMs: number;
  #draining = false;

  constructor(endpoint: Endpoint, stats: ClusterStats, options: PoolOptions, limits: ClientConnectionLimits) {
    this.#endpoint = endpoint;
    this.#stats = stats;
    this.#options = options;
    this.#limits = limits;
    this.#sweep = new WheelTimer(this);
    this.#limit = new IdleLimit(options.idleTimeoutMs);
    this.#maxRequests = options.maxRequests ?? Number.POSITIVE_INFINITY;
    this.#maxAgeMs = options.maxAgeMs ?? Number.POSITIVE_INFINITY;
  }

  get endpoint(): Endpoint {
    return this.#endpoint;
  }

  get idleCount(): number {
    return this.#idle.length;
  }

  /** For connections to come. */
  setLimits(limits: ClientConnectionLimits): void {
    this.#limits = limits;
  }

  /** What `begin` does now. What is idle too long is closed already. */
  wayFor(nowMs: number, repeatable: boolean): Way {
    const usableMs = this.#limit.repeatableMs(nowMs);
    for (let at = this.#idle.length - 1; at >= 0; at -= 1) {
      const connection = this.#idle[at] as Http1ClientConnection;
      const ageMs = nowMs - connection.idleSinceMs;
      if (ageMs < usableMs && connection.socket.writable && nowMs - connection.bornMs < this.#maxAgeMs) {
        return this.#isUsable(ageMs, nowMs, repeatable) ? READY : CONNECTS;
      }
      this.#idle.pop();
      this.#closeIdle(connection, nowMs);
    }
    return CONNECTS;
  }

  /** A connection for one request, for its caller alone until the answer is complete. */
  begin(exchange: ClientExchange, method: string, nowMs: number, repeatable: boolean): UpstreamStream {
    const connection = this.#acquire(nowMs, repeatable);
    connection.begin(exchange, method);
    return connection;
  }

  #acquire(nowMs: number, repeatable: boolean): Http1ClientConnection {
    const usableMs = this.#limit.repeatableMs(nowMs);
    for (let connection = this.#idle.pop(); connection !== undefined; connection = this.#idle.pop()) {
      const ageMs = nowMs - connection.idleSinceMs;
      if (ageMs < usableMs && connection.socket.writable && nowMs - connection.bornMs < this.#maxAgeMs) {
        if (this.#isUsable(ageMs, nowMs, repeatable)) return this.#reuse(connection, ageMs);
        // The others are older still.
        this.#idle.push(connection);
        this.#stats.idleSpared += 1;
        break;
      }
      this.#closeIdle(connection, nowMs);
    }
    return this.#open(nowMs);
  }

  #closeIdle(connection: Http1ClientConnection, nowMs: number): void {
    if (nowMs - connection.bornMs < this.#maxAgeMs) this.#stats.idleTimeouts += 1;
    else this.#stats.agesReached += 1;
    connection.destroy();
  }

  /** What the endpoint may just be closing is for requests that can be sent again, and for others where there is nothing else. */
  #isUsable(ageMs: number, nowMs: number, repeatable: boolean): boolean {
    return repeatable || ageMs < this.#limit.onceMs(nowMs) || this.#options.mayConnect?.() === false;
  }

  #reuse(connection: Http1ClientConnection, ageMs: number): Http1ClientConnection {
    connection.idleForMs = ageMs;
    return connection;
  }

  /** The endpoint has left: idle connections close now, the others after their answers. */
  drain(): void {
    this.#draining = true;
    this.#options.wheel.cancel(this.#sweep);
    for (let connection = this.#idle.pop(); connection !== undefined; connection = this.#idle.pop())
      connection.destroy();
  }

  /** Closes everything, answers in work too. */
  close(): void {
    this.drain();
    for (const connection of this.#all) connection.socket.destroy();
  }

  onFirstAnswer(head: ResponseHead): void {
    const field = head.find('keep-alive');
    if (field >= 0) this.#limit.announce(head.valueAt(field));
  }

  onConnectionIdle(connection: Http1ClientConnection): void {
    this.#limit.noteServed(connection.idleForMs);
    if (this.#draining) {
      connection.destroy();
      return;
    }
    if (connection.requests >= this.#maxRequests) {
      this.#stats.requestLimitsReached += 1;
      connection.destroy();
      return;
    }
    connection.idleSinceMs = this.#options.now();
    this.#idle.push(connection);
    if (!this.#sweep.isSet) this.#options.wheel.set(this.#sweep, this.#sweepMs(connection.idleSinceMs));
  }

  #sweepMs(nowMs: number): number {
    return Math.min(this.#limit.repeatableMs(nowMs), this.#maxAgeMs);
  }

  onConnectionClosed(connection: Http1ClientConnection, connected: boolean): void {
    this.#all.delete(connection);
    this.#endpoint.connectionsActive -= 1;
    this.#stats.connectionsActive -= 1;
    if (!connected) {
      this.#endpoint.connectFailures += 1;
      this.#stats.connectFailures += 1;
    }
    this.#learn(connection);
  }

  /** What was in `#idle`, or was taken from it and served no more, was closed by the endpoint. */
  #learn(connection: Http1ClientConnection): void {
    const nowMs = this.#options.now();
    const at = this.#idle.indexOf(connection);
    if (at >= 0) {
      this.#idle.splice(at, 1);
      this.#stats.idleCloses += 1;
      this.#limit.noteClosed(nowMs - connection.idleSinceMs, nowMs);
    } else if (connection.lost && connection.idleForMs > 0) {
      this.#limit.noteClosed(connection.idleForMs, nowMs);
    }
  }

  /** Closes what has been idle for the whole time, or is too old; looks again while something is idle. */
  onTimer(): void {
    const nowMs = this.#options.now();
    const limit = nowMs - this.#limit.repeatableMs(nowMs);
    const bornLimit = nowMs - this.#maxAgeMs;
    for (let at = this.#idle.length - 1; at >= 0; at -= 1) {
      const connection = this.#idle[at] as Http1ClientConnection;
      if (connection.idleSinceMs > limit && connection.bornMs > bornLimit) continue;
      this.#idle.splice(at, 1);
      this.#closeIdle(connection, nowMs);
    }
    if (this.#idle.length > 0) this.#options.wheel.set(this.#sweep, this.#sweepMs(nowMs) / 2);
  }

  #open(nowMs: number): Http1ClientConnection {
    const socket = this.#options.dial(this.#endpoint.host, this.#endpoint.port);
    const connection = new Http1ClientConnection(socket, this, this.#limits, this.#options.wheel); // alloc-ok: once a connection
    connection.bornMs = nowMs;
    this.#all.add(connection);
    this.#endpoint.connectionsActive += 1;
    this.#endpoint.connectionsTotal += 1;
    this.#stats.connectionsActive += 1;
    this.#stats.connectionsTotal += 1;
    return connection;
  }
}
