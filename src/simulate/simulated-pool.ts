// @hot
// The connections of one sidecar to one pod, as far as they make a difference: whether one is there already.
import type { ClientExchange, UpstreamStream } from '../proxy/codec/upstream.ts';
import type { EndpointPool } from '../proxy/upstream/endpoint-pools.ts';
import type { Scene } from './scene.ts';
import type { SimulatedPod } from './simulated-pod.ts';

export class SimulatedPool implements EndpointPool {
  connectTimeoutMs: number;
  readonly #scene: Scene;
  readonly #pod: SimulatedPod;
  #idle = 0;
  /** Of the pod, when the connections were made. */
  #incarnation: number;

  constructor(scene: Scene, pod: SimulatedPod, connectTimeoutMs: number) {
    this.#scene = scene;
    this.#pod = pod;
    this.connectTimeoutMs = connectTimeoutMs;
    this.#incarnation = pod.incarnation;
  }

  get idleCount(): number {
    return this.#idle;
  }

  begin(exchange: ClientExchange, _method: string, _nowMs: number, _repeatable: boolean): UpstreamStream {
    const call = this.#scene.takeCall();
    call.begin(this, this.#pod, exchange);
    return call;
  }

  /** False: there is none, or the process that it went to has ended since. */
  takeConnection(): boolean {
    this.#forgetOld();
    if (this.#idle === 0) return false;
    this.#idle -= 1;
    return true;
  }

  /** An answer was complete. */
  keepConnection(): void {
    this.#forgetOld();
    this.#idle += 1;
  }

  setLimits({ connectTimeoutMs }: { readonly connectTimeoutMs: number }): void {
    this.connectTimeoutMs = connectTimeoutMs;
  }

  drain(): void {
    this.#idle = 0;
  }

  close(): void {
    this.#idle = 0;
  }

  #forgetOld(): void {
    if (this.#incarnation === this.#pod.incarnation) return;
    this.#incarnation = this.#pod.incarnation;
    this.#idle = 0;
  }
}
