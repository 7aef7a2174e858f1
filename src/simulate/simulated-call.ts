// @hot
// One attempt at one pod: the way to it as the sidecar sees it, without a connection.
import type { OpenTunnel } from '../proxy/codec/downstream.ts';
import type { RequestHead } from '../proxy/codec/head.ts';
import type { ClientExchange, UpstreamStream } from '../proxy/codec/upstream.ts';
import type { Due } from './event-heap.ts';
import { RESET } from './outcomes.ts';
import type { PodAnswers } from './pod-answers.ts';
import { SimulatedHead } from './simulated-head.ts';
import type { PodCall, SimulatedPod } from './simulated-pod.ts';
import type { VirtualClock } from './virtual-clock.ts';

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

/** What a call needs of the simulation, and tells it. */
export interface CallScene {
  readonly clock: VirtualClock;
  readonly answers: PodAnswers;
  /** A request reaches for a pod, for the n-th time. */
  onAttempt(attempt: number): void;
  /** It may be used again. */
  giveCall(call: SimulatedCall): void;
}

/** The request was given up in the middle, or its connection is no more, or never came to be. */
export type ConnectionEnd = 'given-up' | 'lost' | 'never-came';

/** The connections that a call has one of. */
export interface CallConnections {
  readonly connectTimeoutMs: number;
  /** Somebody waits to hear that a connection has come to be. */
  readonly limited: boolean;
  /** An answer was complete: its connection is free. */
  keepConnection(): void;
  closeConnection(end: ConnectionEnd): void;
}

/** Used again for one attempt after the other. */
export class SimulatedCall implements UpstreamStream, PodCall, Due {
  atMs = 0;
  order = 0;
  place = -1;
  head: SimulatedHead | null = null;
  readonly #scene: CallScene;
  #exchange: ClientExchange | null = null;
  #connections: CallConnections | null = null;
  #pod: SimulatedPod | null = null;
  #state: State = NEW;
  /** Its connection is one of an earlier request. */
  #reuses = false;
  /** Nobody was there when it came, and nobody will answer the connection that it makes. */
  #isUnreached = false;
  /** As of outcomes.ts. */
  #outcome = RESET;
  #detail = '';

  constructor(scene: CallScene) {
    this.#scene = scene;
  }

  begin(connections: CallConnections, pod: SimulatedPod, exchange: ClientExchange, reuses: boolean): void {
    this.#reuses = reuses;
    this.#isUnreached = !reuses && !pod.serving;
    this.#connections = connections;
    this.#pod = pod;
    this.#exchange = exchange;
    this.#state = NEW;
  }

  get request(): number {
    return (this.head as SimulatedHead).request;
  }

  get attempt(): number {
    return (this.head as SimulatedHead).attempts;
  }

  get isGrpc(): boolean {
    return (this.head as SimulatedHead).versionMajor === 2;
  }

  /** Whoever cannot be reached is never connected, and the rest of a body is not sent to nobody. */
  get connected(): boolean {
    return this.#state !== FAILING;
  }

  get wanted(): boolean {
    return this.#exchange !== null;
  }

  get reusesConnection(): boolean {
    return this.#reuses;
  }

  get connectTimeoutMs(): number {
    return (this.#connections as CallConnections).connectTimeoutMs;
  }

  sendHead(head: RequestHead, _extra: string, _changed: string): void {
    // alloc-ok: says that the simulator itself is wrong
    if (!(head instanceof SimulatedHead)) throw new Error('a request reached a simulated pod that nobody simulates');
    this.head = head;
    if (this.#isUnreached) this.#reach(head);
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
    if (this.#state !== NEW) return;
    this.#reach(this.head as SimulatedHead);
    const connects = !this.#reuses && this.connected;
    if (connects && (this.#connections as CallConnections).limited) this.#exchange?.onUpstreamWritable();
  }

  flush(): boolean {
    return true;
  }

  pauseReading(): void {}

  resumeReading(): void {}

  /** Whoever sent it hears no more of it. The pod does not notice before it is done. */
  destroy(): void {
    if (this.#exchange !== null) this.#closeConnection('given-up');
    this.#exchange = null;
    if (this.#state === NEW) this.#free();
    else if (this.#state === HANGING) {
      (this.#pod as SimulatedPod).leave(this);
      this.#free();
    }
  }

  #reach(head: SimulatedHead): void {
    head.attempts += 1;
    this.#scene.onAttempt(head.attempts);
    (this.#pod as SimulatedPod).receive(this);
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

  refuse(detail: string, afterMs: number): void {
    this.#state = FAILING;
    this.#detail = detail;
    this.#scene.clock.add(this, this.#scene.clock.now() + afterMs);
  }

  drop(): void {
    this.#free();
  }

  lose(): void {
    const exchange = this.#exchange;
    if (exchange !== null) this.#closeConnection('lost');
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
    const { answers } = this.#scene;
    const { isGrpc } = this;
    const outcome = this.#outcome;
    if (exchange !== null) {
      this.#state = ANSWERING;
      (this.head as SimulatedHead).answeredBy = pod;
      exchange.onResponseHead(answers.headOf(outcome, isGrpc));
    }
    const wanted = this.#exchange;
    if (wanted !== null) (this.#connections as CallConnections).keepConnection();
    this.#free();
    wanted?.onResponseEnd(answers.trailersOf(outcome, isGrpc));
  }

  #fail(
    code: 'upstream_connection_failure' | 'upstream_connection_termination',
    detail: string,
    unsent: boolean,
  ): void {
    const exchange = this.#exchange;
    if (exchange !== null) this.#closeConnection(unsent ? 'lost' : 'given-up');
    this.#free();
    exchange?.onUpstreamFailure(code, detail, unsent);
  }

  #closeConnection(end: ConnectionEnd): void {
    (this.#connections as CallConnections).closeConnection(this.#isUnreached ? 'never-came' : end);
  }

  #free(): void {
    this.#exchange = null;
    this.#connections = null;
    this.#pod = null;
    this.head = null;
    this.#scene.giveCall(this);
  }
}
