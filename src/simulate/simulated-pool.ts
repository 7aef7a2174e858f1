// @hot
// The connections of one sidecar to one pod, as far as they make a difference: how many there are, and whether one is free.
import type { ClientExchange, UpstreamStream } from '../proxy/codec/upstream.ts';
import type { ConnectionCounter, UnlimitedPool } from '../proxy/upstream/limited-pool.ts';
import { CONNECTS, READY, type Way } from '../proxy/upstream/way.ts';
import type { Scene } from './scene.ts';
import type { CallConnections, ConnectionEnd } from './simulated-call.ts';
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
  /** HTTP/2: one connection carries all requests. */
  readonly multiplexes: boolean;
}

/** One request a connection at a time, or all on one. They stay until their pod ends. */
export class SimulatedPool implements UnlimitedPool, CallConnections {
  connectTimeoutMs: number;
  readonly #options: SimulatedPoolOptions;
  /** Of HTTP/2 the one that there is, whatever it carries. */
  #idle = 0;
  /** What they carry. */
  #streams = 0;
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

  get limited(): boolean {
    return this.#options.counter !== null;
  }

  begin(exchange: ClientExchange, _method: string, _nowMs: number, _repeatable: boolean): UpstreamStream {
    const { scene, pod, multiplexes } = this.#options;
    const call = scene.takeCall();
    this.#forgetOld();
    const reuses = this.#idle > 0;
    this.#streams += 1;
    if (!reuses) this.#open();
    if (multiplexes) this.#idle = reuses || pod.serving ? 1 : 0;
    else if (reuses) this.#idle -= 1;
    call.begin(this, pod, exchange, reuses);
    return call;
  }

  wayFor(_nowMs: number, _repeatable: boolean): Way {
    this.#forgetOld();
    return this.#idle > 0 ? READY : CONNECTS;
  }

  keepConnection(): void {
    this.#forgetOld();
    this.#streams -= 1;
    if (this.#options.multiplexes) this.#closeDrained();
    else if (this.#draining) this.#close();
    else this.#idle += 1;
  }

  closeConnection(end: ConnectionEnd): void {
    this.#streams -= 1;
    if (!this.#options.multiplexes || end === 'never-came') this.#close();
    else if (end === 'lost') this.#closeIdle();
    else this.#closeDrained();
  }

  /** Of HTTP/2: it stays for what it carries. */
  #closeDrained(): void {
    if (this.#draining && this.#streams === 0) this.#closeIdle();
  }

  #close(): void {
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
    if (!this.#options.multiplexes || this.#streams === 0) this.#closeIdle();
  }

  close(): void {
    this.drain();
  }

  #closeIdle(): void {
    for (; this.#idle > 0; this.#idle -= 1) this.#close();
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
