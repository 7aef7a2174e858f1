// @hot
// One attempt at one pod: the way to it as the sidecar sees it, without a connection.
import type { OpenTunnel } from '../proxy/codec/downstream.ts';
import type { RequestHead } from '../proxy/codec/head.ts';
import type { ClientExchange, UpstreamStream } from '../proxy/codec/upstream.ts';
import type { Due } from './event-heap.ts';
import type { Scene } from './scene.ts';
import { SimulatedHead } from './simulated-head.ts';
import type { SimulatedPod } from './simulated-pod.ts';
import type { SimulatedPool } from './simulated-pool.ts';

/** Its head has not been sent whole. */
const NEW = 0;
/** It waits for the pod to have room. */
const WAITING = 1;
/** In the heap of events until it is answered. */
const WORKING = 2;
/** Nothing will come. */
const HANGING = 3;
/** In the heap until its sender learns that it cannot be delivered. */
const FAILING = 4;
const ANSWERING = 5;
/** In the heap, and nobody waits for it any more. */
const LOST = 6;
type State =
  | typeof NEW
  | typeof WAITING
  | typeof WORKING
  | typeof HANGING
  | typeof FAILING
  | typeof ANSWERING
  | typeof LOST;

/** What becomes of it instead of a status. */
export const RESET = 0;

/** Used again for one attempt after the other. */
export class SimulatedCall implements UpstreamStream, Due {
  atMs = 0;
  order = 0;
  readonly connected = true;
  /** In the list of those that its pod works on. */
  place = -1;
  head: SimulatedHead | null = null;
  readonly #scene: Scene;
  #exchange: ClientExchange | null = null;
  #pool: SimulatedPool | null = null;
  #pod: SimulatedPod | null = null;
  #state: State = NEW;
  /** Its connection is one of an earlier request. */
  #reuses = false;
  /** Status, or RESET. */
  #outcome = RESET;
  #detail = '';

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  begin(pool: SimulatedPool, pod: SimulatedPod, exchange: ClientExchange, reuses: boolean): void {
    this.#reuses = reuses;
    this.#pool = pool;
    this.#pod = pod;
    this.#exchange = exchange;
    this.#state = NEW;
  }

  /** Somebody waits for its answer. */
  get wanted(): boolean {
    return this.#exchange !== null;
  }

  /** Its connection was there before it came. */
  get reusesConnection(): boolean {
    return this.#reuses;
  }

  get connectTimeoutMs(): number {
    return (this.#pool as SimulatedPool).connectTimeoutMs;
  }

  sendHead(head: RequestHead, _extra: string, _changed: string): void {
    // alloc-ok: says that the simulator itself is wrong
    if (!(head instanceof SimulatedHead)) throw new Error('a request reached a simulated pod that nobody simulates');
    this.head = head;
  }

  sendUpgrade(head: RequestHead, extra: string, changed: string, _protocol: string): void {
    this.sendHead(head, extra, changed);
  }

  openTunnel(): OpenTunnel {
    throw new Error('simulated pods agree to no upgrade'); // alloc-ok: as above
  }

  sendData(): boolean {
    return true;
  }

  endRequest(_trailers: string): void {
    const head = this.head as SimulatedHead;
    head.attempts += 1;
    this.#scene.onAttempt(head);
    (this.#pod as SimulatedPod).receive(this);
    const connects = !this.#reuses && this.#state !== FAILING;
    if (connects && (this.#pool as SimulatedPool).limited) this.#exchange?.onUpstreamWritable();
  }

  flush(): boolean {
    return true;
  }

  pauseReading(): void {}

  resumeReading(): void {}

  /** Whoever sent it hears no more of it. The pod does not notice before it is done. */
  destroy(): void {
    if (this.#exchange !== null) this.#closeConnection();
    this.#exchange = null;
    if (this.#state === NEW) this.#free();
    else if (this.#state === HANGING) {
      (this.#pod as SimulatedPod).leave(this);
      this.#free();
    }
  }

  // ── what its pod does ──

  wait(): void {
    this.#state = WAITING;
  }

  work(outcome: number, tookMs: number): void {
    this.#state = WORKING;
    this.#outcome = outcome;
    this.#scene.clock.add(this, this.#scene.clock.now() + tookMs);
  }

  hang(): void {
    this.#state = HANGING;
  }

  /** Nothing of it reaches the pod; its sender knows after `afterMs`. */
  refuse(detail: string, afterMs: number): void {
    this.#state = FAILING;
    this.#detail = detail;
    this.#scene.clock.add(this, this.#scene.clock.now() + afterMs);
  }

  /** Its turn has come, and nobody waits any more. */
  drop(): void {
    this.#free();
  }

  /** The pod has ended in the middle of it. */
  lose(): void {
    const exchange = this.#exchange;
    if (exchange !== null) this.#closeConnection();
    this.#exchange = null;
    // What is in the heap cannot be used again before it has come out.
    if (this.#state === WORKING) this.#state = LOST;
    else this.#free();
    exchange?.onUpstreamFailure('upstream_connection_termination', 'it closed the connection', false);
  }

  onDue(): void {
    if (this.#state === WORKING) this.#finish();
    else if (this.#state === FAILING) this.#fail('upstream_connection_failure', this.#detail, true);
    else this.#free();
  }

  #finish(): void {
    const pod = this.#pod as SimulatedPod;
    if (pod.silent) {
      this.#state = HANGING;
      if (this.#exchange === null) this.destroy();
      return;
    }
    pod.leave(this);
    if (this.#outcome === RESET) this.#fail('upstream_connection_termination', 'it reset the connection', false);
    else this.#answer(pod);
  }

  #answer(pod: SimulatedPod): void {
    const exchange = this.#exchange;
    if (exchange !== null) {
      this.#state = ANSWERING;
      (this.head as SimulatedHead).answeredBy = pod;
      exchange.onResponseHead(this.#scene.responseHead(this.#outcome));
    }
    const wanted = this.#exchange;
    if (wanted !== null) (this.#pool as SimulatedPool).keepConnection();
    this.#free();
    wanted?.onResponseEnd('');
  }

  #fail(
    code: 'upstream_connection_failure' | 'upstream_connection_termination',
    detail: string,
    unsent: boolean,
  ): void {
    const exchange = this.#exchange;
    if (exchange !== null) this.#closeConnection();
    this.#free();
    exchange?.onUpstreamFailure(code, detail, unsent);
  }

  #closeConnection(): void {
    (this.#pool as SimulatedPool).closeConnection();
  }

  #free(): void {
    this.#exchange = null;
    this.#pool = null;
    this.#pod = null;
    this.head = null;
    this.#scene.giveCall(this);
  }
}
