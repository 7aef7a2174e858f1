// The connections to one endpoint that speaks HTTP/1.1 or HTTP/2: which of them, its first handshake tells (ALPN).
import type { Socket } from 'node:net';
import { codeOf } from '../../base/coded-error.ts';
import { type TimerOwner, WheelTimer } from '../../base/timer-wheel.ts';
import type { ClientConnectionLimits } from '../codec/http1/client-connection.ts';
import type { ClientExchange, UpstreamPool, UpstreamStream } from '../codec/upstream.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import type { ClusterStats } from './cluster-stats.ts';
import type { ConnectionPool, Dial, PoolOptions } from './connection-pool.ts';
import type { Http2Pool } from './http2-pool.ts';
import { type PendingOwner, PendingRequest } from './pending-request.ts';
import { CONNECTS, UNKNOWN, type Way } from './way.ts';

export type AgreedProtocol = 'http1' | 'http2';

/** What is offered in a handshake decides what is agreed. */
export interface AutoDials {
  readonly either: Dial;
  readonly http1: Dial;
  readonly http2: Dial;
}

/** The pool of that protocol, which makes its connections by `dial`. */
export type CreatePool = (protocol: AgreedProtocol, dial: Dial) => ConnectionPool | Http2Pool;

/**
 * Once it is known, the endpoint is offered nothing else; where a connection then fails before it has come to be, the endpoint may have
 * changed its mind, and the next request asks it again.
 */
export class AutoPool implements UpstreamPool, PendingOwner, TimerOwner {
  readonly #endpoint: Endpoint;
  readonly #stats: ClusterStats;
  readonly #options: PoolOptions;
  readonly #dials: AutoDials;
  readonly #create: CreatePool;
  readonly #timer: WheelTimer;
  readonly #waiting = new Set<PendingRequest>();
  #limits: ClientConnectionLimits;
  #pool: ConnectionPool | Http2Pool | null = null;
  /** The first handshake; it goes to the pool that it chooses. */
  #first: Socket | null = null;
  #draining = false;

  constructor(
    endpoint: Endpoint,
    stats: ClusterStats,
    options: PoolOptions,
    limits: ClientConnectionLimits,
    dials: AutoDials,
    create: CreatePool,
  ) {
    this.#endpoint = endpoint;
    this.#stats = stats;
    this.#options = options;
    this.#limits = limits;
    this.#dials = dials;
    this.#create = create;
    this.#timer = new WheelTimer(this);
  }

  get idleCount(): number {
    return this.#pool?.idleCount ?? 0;
  }

  setLimits(limits: ClientConnectionLimits): void {
    this.#limits = limits;
    this.#pool?.setLimits(limits);
  }

  /** What `begin` does now. */
  wayFor(nowMs: number, repeatable: boolean): Way {
    if (this.#pool !== null) return this.#pool.wayFor(nowMs, repeatable);
    return this.#first === null ? CONNECTS : UNKNOWN;
  }

  begin(exchange: ClientExchange, method: string, nowMs: number, repeatable: boolean): UpstreamStream {
    if (this.#pool !== null) return this.#pool.begin(exchange, method, nowMs, repeatable);
    const request = new PendingRequest(this, exchange, method, nowMs, repeatable);
    this.#waiting.add(request);
    if (this.#first === null) this.#ask();
    return request;
  }

  drain(): void {
    this.#draining = true;
    this.#pool?.drain();
  }

  close(): void {
    this.#pool?.close();
    this.#first?.destroy();
  }

  onAbandoned(request: PendingRequest): void {
    this.#waiting.delete(request);
  }

  onTimer(): void {
    this.#stats.connectTimeouts += 1;
    this.#first?.destroy(new Error(`no connection within ${this.#limits.connectTimeoutMs} ms`));
  }

  #ask(): void {
    const { host, port } = this.#endpoint;
    const socket = this.#dials.either(host, port);
    this.#first = socket;
    this.#count(1);
    this.#options.wheel.set(this.#timer, this.#limits.connectTimeoutMs);
    let failure = 'the connection was closed';
    const onError = (error: Error): void => {
      failure = codeOf(error) || error.message;
    };
    const onClose = (): void => this.#onFailed(failure);
    socket.on('error', onError);
    socket.on('close', onClose);
    socket.once('secureConnect', () => {
      socket.off('close', onClose);
      this.#onAgreed(socket);
    });
  }

  #onAgreed(socket: Socket): void {
    const protocol = 'alpnProtocol' in socket && socket.alpnProtocol === 'h2' ? 'http2' : 'http1';
    this.#settle();
    const pool = this.#create(protocol, (host, port) => this.#dialKnown(this.#dials[protocol], socket, host, port));
    if (this.#draining) pool.drain();
    this.#pool = pool;
    for (const request of [...this.#waiting]) {
      // One that was told before may have taken it along.
      if (!this.#waiting.delete(request)) continue;
      request.resolve(pool.begin(request.exchange, request.method, request.nowMs, request.repeatable));
    }
    // Nobody waits for it any more.
    if (this.#first !== null) this.#take().destroy();
    // Whoever has taken it has not heard that it has come to be.
    else queueMicrotask(() => socket.emit('secureConnect'));
  }

  /** The first connection is there already. */
  #dialKnown(dial: Dial, first: Socket, host: string, port: number): Socket {
    if (this.#first === first) return this.#take();
    const socket = dial(host, port);
    let connected = false;
    socket.once('secureConnect', () => {
      connected = true;
    });
    socket.once('close', () => {
      if (!connected) this.#forget();
    });
    return socket;
  }

  #take(): Socket {
    const socket = this.#first as Socket;
    this.#first = null;
    return socket;
  }

  /** Those that are there finish what they carry. */
  #forget(): void {
    this.#pool?.drain();
    this.#pool = null;
  }

  #onFailed(failure: string): void {
    this.#settle();
    this.#first = null;
    this.#endpoint.connectionsTotal += 1;
    this.#endpoint.connectFailures += 1;
    this.#stats.connectionsTotal += 1;
    this.#stats.connectFailures += 1;
    for (const request of [...this.#waiting]) {
      if (!this.#waiting.delete(request)) continue;
      request.exchange.onUpstreamFailure('upstream_connection_failure', failure, true);
    }
  }

  #settle(): void {
    this.#options.wheel.cancel(this.#timer);
    this.#count(-1);
  }

  /** While it belongs to no pool, which would count it itself. */
  #count(change: 1 | -1): void {
    this.#endpoint.connectionsActive += change;
    this.#stats.connectionsActive += change;
  }
}
