// Finds the endpoint that takes a connection: one that can't be reached makes way for another, as nothing has been sent yet.
import type { Socket } from 'node:net';
import { codeOf } from '../../base/coded-error.ts';
import { type TimerOwner, type TimerWheel, WheelTimer } from '../../base/timer-wheel.ts';
import type { Word64 } from '../../base/word64.ts';
import { XxHash64 } from '../../base/xx-hash64.ts';
import type { ErrorCode } from '../../model/errors.ts';
import type { SocketAddressSpec } from '../../model/listener-spec.ts';
import { connectEventOf } from '../codec/connect-event.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import type { PickContext } from '../lb/load-balancer.ts';
import { type ResourceLimits, TunnelUse } from '../upstream/circuit-breakers.ts';
import type { Cluster } from '../upstream/cluster.ts';
import { ReadBuffer } from './read-buffer.ts';

export interface DialContext {
  readonly wheel: TimerWheel;
}

/** A connection that has come to be. Nothing is read of it before it is resumed; then into `buffer`, where the socket allows it. */
export interface UpstreamConnection {
  readonly socket: Socket;
  readonly buffer: ReadBuffer;
}

export interface DialOwner {
  /** An endpoint was chosen: the first one, or the next after a failure. */
  onAttempt(endpoint: Endpoint): void;
  onConnected(upstream: UpstreamConnection): void;
  /** No endpoint could be reached. The last call. */
  onDialFailed(code: ErrorCode, detail: string): void;
}

/** What there is to know of a connection before its first byte. */
export interface Dialled {
  /** Where a redirected one was going. */
  readonly originalDestination: SocketAddressSpec | null;
  /** Who it is from; null = nobody knows. */
  readonly client: string | null;
  /** Load balancers that hash go by that. */
  readonly hashed: boolean;
}

export class UpstreamDial implements PickContext, TimerOwner {
  readonly originalDestination: SocketAddressSpec | null;
  readonly client: string | null;
  readonly #hashed: boolean;
  readonly #owner: DialOwner;
  readonly #cluster: Cluster;
  readonly #context: DialContext;
  readonly #maxAttempts: number;
  readonly #timer: WheelTimer;
  readonly #tried: Endpoint[] = [];
  #socket: Socket | null = null;
  #ended = false;

  constructor(owner: DialOwner, cluster: Cluster, maxAttempts: number, dialled: Dialled, context: DialContext) {
    this.#owner = owner;
    this.#cluster = cluster;
    this.#maxAttempts = maxAttempts;
    this.originalDestination = dialled.originalDestination;
    this.client = dialled.client;
    this.#hashed = dialled.hashed;
    this.#context = context;
    this.#timer = new WheelTimer(this);
  }

  wasTried(endpoint: Endpoint): boolean {
    return this.#tried.includes(endpoint);
  }

  /** Asked for by load balancers that hash. */
  get hash(): Word64 | null {
    if (!this.#hashed || this.client === null) return null;
    return new XxHash64().hash(this.client, 0, this.client.length);
  }

  start(): void {
    const endpoint = this.#cluster.pick(this);
    if (endpoint === null) {
      this.#cluster.stats.noHealthy += 1;
      this.#ended = true;
      this.#owner.onDialFailed('no_healthy_upstream', this.#cluster.describeNoEndpoint());
      return;
    }
    this.#tried.push(endpoint);
    this.#owner.onAttempt(endpoint);
    const refusal = this.#limits === null ? '' : this.#limits.refuseTunnel(endpoint);
    if (refusal === '') this.#dial(endpoint);
    else this.#onRefused(refusal);
  }

  /** Nobody waits for the connection any more. Does nothing once it has come to be. */
  cancel(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#context.wheel.cancel(this.#timer);
    this.#socket?.destroy();
  }

  onTimer(): void {
    this.#cluster.stats.connectTimeouts += 1;
    this.#socket?.destroy(new Error(`no connection within ${this.#cluster.spec.connectTimeoutMs} ms`));
  }

  /** Of routes of TCP there is no priority. */
  get #limits(): ResourceLimits | null {
    const { breakers } = this.#cluster;
    return breakers === null ? null : breakers.default;
  }

  /** Another endpoint may have fewer connections. */
  #onRefused(refusal: string): void {
    if (this.#tried.length < this.#maxAttempts && this.#cluster.offersUntried(this)) {
      this.start();
      return;
    }
    this.#ended = true;
    this.#owner.onDialFailed('upstream_overflow', refusal);
  }

  #dial(endpoint: Endpoint): void {
    const { stats, spec } = this.#cluster;
    const use = this.#limits === null ? null : new TunnelUse(this.#limits);
    const buffer = new ReadBuffer();
    const socket = this.#cluster.dial(endpoint.host, endpoint.port, buffer);
    this.#socket = socket;
    this.#cluster.watch(endpoint);
    endpoint.requestsTotal += 1;
    endpoint.connectionsTotal += 1;
    endpoint.connectionsActive += 1;
    stats.connectionsTotal += 1;
    stats.connectionsActive += 1;
    this.#context.wheel.set(this.#timer, spec.connectTimeoutMs);
    let connected = false;
    let failure = 'the connection was closed';
    socket.pause();
    socket.on(connectEventOf(socket), () => {
      connected = true;
      use?.onConnected();
      endpoint.outlier?.recordConnected();
      this.#onConnect(socket, buffer);
    });
    socket.on('error', (error) => {
      failure = codeOf(error) || error.message;
    });
    socket.on('close', () => {
      endpoint.connectionsActive -= 1;
      stats.connectionsActive -= 1;
      use?.onClosed();
      if (!connected) this.#onFailed(endpoint, failure);
    });
  }

  #onConnect(socket: Socket, buffer: ReadBuffer): void {
    this.#ended = true;
    this.#context.wheel.cancel(this.#timer);
    this.#owner.onConnected({ socket, buffer });
  }

  #onFailed(endpoint: Endpoint, failure: string): void {
    this.#context.wheel.cancel(this.#timer);
    if (this.#ended) return;
    endpoint.connectFailures += 1;
    endpoint.lastError = failure;
    endpoint.outlier?.recordNoAnswer(false);
    const { stats } = this.#cluster;
    stats.connectFailures += 1;
    if (this.#tried.length < this.#maxAttempts && this.#cluster.offersUntried(this)) {
      stats.retries += 1;
      this.start();
      return;
    }
    this.#ended = true;
    if (this.#tried.length >= this.#maxAttempts) stats.connectAttemptsExceeded += 1;
    this.#owner.onDialFailed('upstream_connection_failure', `${endpoint.address}: ${failure}`);
  }
}
