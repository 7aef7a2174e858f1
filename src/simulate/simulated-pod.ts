// @hot
// A pod that answers by what was drawn for each request, as fast as it can, and that things happen to.
import type { Random } from '../base/random.ts';
import { DRAW_FATE, DRAW_LATENCY, draw } from './draws.ts';
import { latencyMs } from './latency.ts';
import { GRPC_CODES, grpcOutcome, outcomeOf, RESET } from './outcomes.ts';
import type { Failure, PodsSpec } from './scenario-spec.ts';

/** There and back between two pods of a cluster, ms: when a caller knows that nobody listens, or that there is no room. */
const ROUND_TRIP_MS = 0.5;
const NO_ROOM_STATUS = 503;
const NO_ROOM_CODE = grpcOutcome(GRPC_CODES.indexOf('UNAVAILABLE'), false);
const GOOD_STATUS = 200;

/** What a pod needs to know of the simulation, and tells it. */
export interface PodScene {
  /** A 32-bit integer. */
  readonly seed: number;
  readonly clock: { now(): number };
  /** The pod of that number has been asked. */
  onReceived(pod: number): void;
}

/** A request, as its pod sees it. */
export interface PodCall {
  /** Counted from 0 over all callers. */
  readonly request: number;
  /** From 1. */
  readonly attempt: number;
  readonly isGrpc: boolean;
  /** Its connection was there before it came. */
  readonly reusesConnection: boolean;
  readonly connectTimeoutMs: number;
  /** Somebody waits for its answer. */
  readonly wanted: boolean;
  /** Among those that its pod works on; the pod's to set. */
  place: number;
  /** It waits for the pod to have room. */
  wait(): void;
  /** `outcome`: as of outcomes.ts; it is there after `tookMs`. */
  work(outcome: number, tookMs: number): void;
  /** Nothing will come. */
  hang(): void;
  /** Nothing of it reaches the pod; its sender knows after `afterMs`. */
  refuse(detail: string, afterMs: number): void;
  /** Its turn has come, and nobody waits any more. */
  drop(): void;
  /** The pod has ended in the middle of it. */
  lose(): void;
}

export interface PodPlace {
  /** From 0, in the order in which they came. */
  readonly number: number;
  readonly name: string;
  readonly uid: string;
  readonly host: string;
  /** '' = not known. */
  readonly zone: string;
  /** Of its workload. */
  readonly revision: string;
  /** RFC 3339. */
  readonly createdAt: string;
}

/** What somebody hears who asks it now, beside the requests of its callers. */
export interface PodReply {
  /** It takes connections. */
  readonly reached: boolean;
  /** As of outcomes.ts. */
  readonly outcome: number;
  readonly afterMs: number;
}

export class SimulatedPod {
  readonly place: PodPlace;
  /** What it is asked for, however often, and how much of it went wrong. */
  requests = 0;
  failures = 0;
  /** Share of the requests that go wrong, 0–1. */
  failShare = 0;
  failure: Failure = 'reset';
  slowFactor = 1;
  /** When it is warm, ms. */
  #warmAtMs = Number.NEGATIVE_INFINITY;
  /** Grows with each end of its process: connections of before are gone. */
  incarnation = 0;
  readonly #scene: PodScene;
  readonly #spec: PodsSpec;
  #alive = true;
  #silent = false;
  #working: PodCall[] = [];
  #waiting: PodCall[] = [];
  /** Of `#waiting`, who is next. */
  #next = 0;

  constructor(place: PodPlace, spec: PodsSpec, scene: PodScene) {
    this.place = place;
    this.#spec = spec;
    this.#scene = scene;
  }

  /** Connections to it come to be, and it would answer. */
  get serving(): boolean {
    return this.#alive && !this.#silent;
  }

  /** Nothing comes back from it. */
  get silent(): boolean {
    return this.#silent;
  }

  receive(call: PodCall): void {
    this.requests += 1;
    this.#scene.onReceived(this.place.number);
    const connected = call.reusesConnection;
    if (!this.#alive) this.#refuse(call, 'connection refused', ROUND_TRIP_MS);
    else if (this.#silent && connected) this.#take(call);
    else if (this.#silent) this.#refuse(call, 'no connection came to be in time', call.connectTimeoutMs);
    else if (this.#spec.concurrency === 0 || this.#working.length < this.#spec.concurrency) this.#work(call);
    else this.#queue(call);
  }

  /** Null: nothing. It counts as no request and takes no room. */
  replyTo(random: Random): PodReply | null {
    if (this.#silent) return null;
    if (!this.#alive) return { reached: false, outcome: RESET, afterMs: ROUND_TRIP_MS }; // alloc-ok: a health check
    const fails = random.next() < this.failShare;
    if (fails && this.failure === 'hang') return null;
    const afterMs = latencyMs(this.#spec.latency, random.next()) * this.#slowness;
    return { reached: true, outcome: fails ? outcomeOf(this.failure) : GOOD_STATUS, afterMs }; // alloc-ok: as above
  }

  /** The request is done, or nobody waits for it any more. */
  leave(call: PodCall): void {
    const last = this.#working.pop() as PodCall;
    if (last !== call) {
      this.#working[call.place] = last;
      last.place = call.place;
    }
    this.#startNext();
  }

  /** Its process ends: connections are reset, new ones refused. */
  kill(): void {
    this.#alive = false;
    this.incarnation += 1;
    const lost = [...this.#working, ...this.#waiting.slice(this.#next)]; // alloc-ok: an event of the scenario
    this.#working = []; // alloc-ok: as above
    this.#waiting = []; // alloc-ok: as above
    this.#next = 0;
    for (const call of lost) call.lose();
  }

  /** Its node is gone, or is there again. */
  setSilent(silent: boolean): void {
    this.#silent = silent;
  }

  revive(): void {
    if (!this.#alive) this.start();
    this.#alive = true;
  }

  /** Its process begins now; without it, it has been there for long. */
  start(): void {
    this.#warmAtMs = this.#scene.clock.now() + (this.#spec.warmUp?.forMs ?? 0);
  }

  /** How many times as long as usual a request takes now. */
  get #slowness(): number {
    const { warmUp } = this.#spec;
    const leftMs = warmUp === undefined ? 0 : this.#warmAtMs - this.#scene.clock.now();
    if (warmUp === undefined || leftMs <= 0) return this.slowFactor;
    return this.slowFactor * (1 + ((warmUp.factor - 1) * leftMs) / warmUp.forMs);
  }

  #refuse(call: PodCall, detail: string, afterMs: number): void {
    this.failures += 1;
    call.refuse(detail, afterMs);
  }

  #queue(call: PodCall): void {
    if (this.#waiting.length - this.#next >= this.#spec.queue) {
      this.failures += 1;
      this.#enter(call);
      call.work(call.isGrpc ? NO_ROOM_CODE : NO_ROOM_STATUS, ROUND_TRIP_MS);
      return;
    }
    this.#waiting.push(call);
    call.wait();
  }

  #startNext(): void {
    const { concurrency } = this.#spec;
    while (this.#next < this.#waiting.length && this.#working.length < concurrency) {
      const call = this.#waiting[this.#next] as PodCall;
      this.#next += 1;
      if (call.wanted) this.#work(call);
      else call.drop();
    }
    if (this.#next < this.#waiting.length) return;
    this.#waiting.length = 0;
    this.#next = 0;
  }

  #work(call: PodCall): void {
    const { seed } = this.#scene;
    const { request, attempt } = call;
    const fails = this.failShare > 0 && draw(seed, request, attempt, DRAW_FATE) < this.failShare;
    if (fails) this.failures += 1;
    if (fails && this.failure === 'hang') {
      this.#take(call);
      return;
    }
    this.#enter(call);
    const tookMs = latencyMs(this.#spec.latency, draw(seed, request, attempt, DRAW_LATENCY)) * this.#slowness;
    call.work(fails ? outcomeOf(this.failure) : GOOD_STATUS, tookMs);
  }

  /** It comes and is never answered. */
  #take(call: PodCall): void {
    this.#enter(call);
    call.hang();
  }

  #enter(call: PodCall): void {
    call.place = this.#working.length;
    this.#working.push(call);
  }
}
