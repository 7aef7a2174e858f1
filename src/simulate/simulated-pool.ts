// @hot
// The connections of one sidecar to one pod, as far as they make a difference: how many there are, and whether one is free.
import type { ClientExchange, UpstreamStream } from '../proxy/codec/upstream.ts';
import type { ConnectionCounter, UnlimitedPool } from '../proxy/upstream/limited-pool.ts';
import { CONNECTS, READY, type Way } from '../proxy/upstream/way.ts';
import type { Scene } from './scene.ts';
import type { SimulatedPod } from './simulated-pod.ts';

/** What the sidecar counts of its connections, to an endpoint and to all of a cluster. */
export interface ConnectionFigures {
  connectionsActive: number;
  connectionsTotal: number;
}

export interface SimulatedPoolOptions {
  readonly scene: Scene;
  readonly pod: SimulatedPod;
  readonly endpoint: ConnectionFigures;
  readonly cluster: ConnectionFigures;
  readonly connectTimeoutMs: number;
  /** Null = connections are not limited. */
  readonly counter: ConnectionCounter | null;
}

/** One request a connection at a time. They stay until their pod ends. */
export class SimulatedPool implements UnlimitedPool {
  connectTimeoutMs: number;
  readonly #options: SimulatedPoolOptions;
  #idle = 0;
  #draining = false;
  /** Of the pod, when the connections were made. */
  #incarnation: number;

  constructor(options: SimulatedPoolOptions) {
    this.#options = options;
    this.connectTimeoutMs = options.connectTimeoutMs;
    this.#incarnation = options.pod.incarnation;
  }

  get idleCount(): number {
    return this.#idle;
  }

  /** Somebody waits to hear that a connection has come to be. */
  get limited(): boolean {
    return this.#options.counter !== null;
  }

  begin(exchange: ClientExchange, _method: string, _nowMs: number, _repeatable: boolean): UpstreamStream {
    const { scene, pod } = this.#options;
    const call = scene.takeCall();
    this.#forgetOld();
    const reuses = this.#idle > 0;
    if (reuses) this.#idle -= 1;
    else this.#open();
    call.begin(this, pod, exchange, reuses);
    return call;
  }

  wayFor(_nowMs: number, _repeatable: boolean): Way {
    this.#forgetOld();
    return this.#idle > 0 ? READY : CONNECTS;
  }

  /** An answer was complete: its connection is free. */
  keepConnection(): void {
    this.#forgetOld();
    if (this.#draining) this.closeConnection();
    else this.#idle += 1;
  }

  closeConnection(): void {
    const { endpoint, cluster, counter } = this.#options;
    endpoint.connectionsActive -= 1;
    cluster.connectionsActive -= 1;
    counter?.onClosed();
  }

  setLimits({ connectTimeoutMs }: { readonly connectTimeoutMs: number }): void {
    this.connectTimeoutMs = connectTimeoutMs;
  }

  drain(): void {
    this.#draining = true;
    this.#closeIdle();
  }

  close(): void {
    this.drain();
  }

  #closeIdle(): void {
    for (; this.#idle > 0; this.#idle -= 1) this.closeConnection();
  }

  #open(): void {
    const { endpoint, cluster, counter } = this.#options;
    endpoint.connectionsActive += 1;
    endpoint.connectionsTotal += 1;
    cluster.connectionsActive += 1;
    cluster.connectionsTotal += 1;
    counter?.onOpen();
  }

  /** Those to a process that has ended since. */
  #forgetOld(): void {
    const { incarnation } = this.#options.pod;
    if (this.#incarnation === incarnation) return;
    this.#incarnation = incarnation;
    this.#closeIdle();
  }
}
