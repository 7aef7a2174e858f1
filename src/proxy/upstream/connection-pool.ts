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
  #draining = false;

  constructor(endpoint: Endpoint, stats: ClusterStats, options: PoolOptions, limits: ClientConnectionLimits) {
    this.#endpoint = endpoint;
    this.#stats = stats;
    this.#options = options;
    this.#limits = limits;
    this.#sweep = new WheelTimer(this);
    this.#limit = new IdleLimit(options.idleTimeoutMs);
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
      if (ageMs < usableMs && connection.socket.writable) {
        return this.#isUsable(ageMs, nowMs, repeatable) ? READY : CONNECTS;
      }
      this.#idle.pop();
      this.#stats.idleTimeouts += 1;
      connection.destroy();
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
      if (ageMs < usableMs && connection.socket.writable) {
        if (this.#isUsable(ageMs, nowMs, repeatable)) return this.#reuse(connection, ageMs);
        // The others are older still.
        this.#idle.push(connection);
        this.#stats.idleSpared += 1;
        break;
      }
      this.#stats.idleTimeouts += 1;
      connection.destroy();
    }
    return this.#open();
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
    connection.idleSinceMs = this.#options.now();
    this.#idle.push(connection);
    if (!this.#sweep.isSet) this.#options.wheel.set(this.#sweep, this.#limit.repeatableMs(connection.idleSinceMs));
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

  /** Closes what has been idle for the whole time; looks again while something is idle. */
  onTimer(): void {
    const nowMs = this.#options.now();
    const usableMs = this.#limit.repeatableMs(nowMs);
    const limit = nowMs - usableMs;
    let fresh = 0;
    while (fresh < this.#idle.length && (this.#idle[fresh] as Http1ClientConnection).idleSinceMs <= limit) fresh += 1;
    this.#stats.idleTimeouts += fresh;
    for (const connection of this.#idle.splice(0, fresh)) connection.destroy();
    if (this.#idle.length > 0) this.#options.wheel.set(this.#sweep, usableMs / 2);
  }

  #open(): Http1ClientConnection {
    const socket = this.#options.dial(this.#endpoint.host, this.#endpoint.port);
    const connection = new Http1ClientConnection(socket, this, this.#limits, this.#options.wheel); // alloc-ok: once a connection
    this.#all.add(connection);
    this.#endpoint.connectionsActive += 1;
    this.#endpoint.connectionsTotal += 1;
    this.#stats.connectionsActive += 1;
    this.#stats.connectionsTotal += 1;
    return connection;
  }
}
