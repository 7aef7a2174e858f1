// The way to one endpoint of a cluster with limits: a request gets a connection, waits for one, or is refused.
import type { ClientConnectionLimits } from '../codec/http1/client-connection.ts';
import type { ClientExchange, UpstreamPool, UpstreamStream } from '../codec/upstream.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import type { AutoDials } from './auto-pool.ts';
import type { ResourceLimits } from './circuit-breakers.ts';
import type { Dial, PoolOptions } from './connection-pool.ts';
import { LimitedRequest, type LimitedRequestOwner } from './limited-request.ts';
import { CONNECTS, READY, UNKNOWN, type Way } from './way.ts';

export interface UnlimitedPool extends UpstreamPool {
  /** For connections to come. */
  setLimits(limits: ClientConnectionLimits): void;
  /** What it has for a request of `nowMs`; nothing is taken. */
  wayFor(nowMs: number, repeatable: boolean): Way;
}

/** Told of connections that are not made by a dial. */
export interface ConnectionCounter {
  onOpen(): void;
  onClosed(): void;
}

/** `dials`: where handshakes tell what the endpoint speaks. */
export type CreateUnlimited = (
  options: PoolOptions,
  dials: AutoDials | null,
  counter: ConnectionCounter,
) => UnlimitedPool;

export class LimitedPool implements UpstreamPool, LimitedRequestOwner, ConnectionCounter {
  readonly #endpoint: Endpoint;
  readonly #limits: ResourceLimits;
  readonly #now: () => number;
  readonly #pool: UnlimitedPool;
  readonly #waiting = new Set<LimitedRequest>();
  /** Of this pool, until their sockets are closed. */
  #connections = 0;

  /** `create` makes the pool behind it, which connects by what it is given. */
  constructor(
    endpoint: Endpoint,
    limits: ResourceLimits,
    options: PoolOptions,
    dials: AutoDials | null,
    create: CreateUnlimited,
  ) {
    this.#endpoint = endpoint;
    this.#limits = limits;
    this.#now = options.now;
    const counted = (dial: Dial): Dial => this.#counted(dial);
    const mayConnect = (): boolean => this.#mayConnect();
    const countedDials =
      dials === null
        ? null
        : { either: counted(dials.either), http1: counted(dials.http1), http2: counted(dials.http2) };
    const onRoom = (): void => this.#lookSoon();
    this.#pool = create({ ...options, dial: counted(options.dial), mayConnect, onRoom }, countedDials, this);
  }

  get idleCount(): number {
    return this.#pool.idleCount;
  }

  setLimits(limits: ClientConnectionLimits): void {
    this.#pool.setLimits(limits);
  }

  begin(exchange: ClientExchange, method: string, nowMs: number, repeatable: boolean): UpstreamStream {
    const limits = this.#limits;
    const request = new LimitedRequest(this, limits, exchange, method, repeatable);
    if (this.#connections === 0 && !limits.takesPool) {
      limits.poolOverflows += 1;
      request.refuse(limits.describePools());
      return request;
    }
    const way = this.#pool.wayFor(nowMs, repeatable);
    const waits = this.#mustWait(way);
    if (way !== READY && !limits.takesPending) {
      limits.pendingOverflows += 1;
      request.refuse(limits.describePending());
      return request;
    }
    if (way === CONNECTS && !limits.takesConnection(this.#endpoint)) limits.connectionOverflows += 1;
    if (waits) {
      request.wait(nowMs);
      this.#waiting.add(request);
    } else this.#startOrRefuse(request, nowMs, way);
    return request;
  }

  drain(): void {
    this.#pool.drain();
  }

  close(): void {
    this.#pool.close();
  }

  onAbandoned(request: LimitedRequest): void {
    this.#waiting.delete(request);
  }

  onOpen(): void {
    if (this.#connections === 0) this.#limits.pools += 1;
    this.#connections += 1;
    this.#limits.connections += 1;
  }

  onClosed(): void {
    this.#connections -= 1;
    if (this.#connections === 0) this.#limits.pools -= 1;
    this.#limits.connections -= 1;
    this.#lookSoon();
  }

  /** In the order in which they came. */
  onRoom(): void {
    for (const request of this.#waiting) {
      const nowMs = this.#now();
      const way = this.#pool.wayFor(nowMs, request.repeatable);
      if (this.#mustWait(way)) return;
      this.#waiting.delete(request);
      this.#startOrRefuse(request, nowMs, way);
    }
  }

  #startOrRefuse(request: LimitedRequest, nowMs: number, way: Way): void {
    if (!this.#limits.takesRequest) {
      this.#limits.requestOverflows += 1;
      request.refuse(this.#limits.describeRequests());
      return;
    }
    const begin = (exchange: ClientExchange): UpstreamStream =>
      this.#pool.begin(exchange, request.method, nowMs, request.repeatable);
    request.start(begin, way === READY);
  }

  #mustWait(way: Way): boolean {
    return way === UNKNOWN || (way === CONNECTS && !this.#mayConnect());
  }

  /** An endpoint without any connection gets one: whoever waits for it would wait for ever. */
  #mayConnect(): boolean {
    return this.#connections === 0 || this.#limits.takesConnection(this.#endpoint);
  }

  /** The pool behind it is about to hear of the same. */
  #lookSoon(): void {
    if (this.#waiting.size > 0) queueMicrotask(() => this.onRoom());
  }

  #counted(dial: Dial): Dial {
    return (host, port, onread) => {
      const socket = dial(host, port, onread);
      this.onOpen();
      socket.once('close', () => this.onClosed());
      return socket;
    };
  }
}
