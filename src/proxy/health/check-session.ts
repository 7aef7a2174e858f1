// The checks of one endpoint, one after the other.
import { type Random, randomBelow } from '../../base/random.ts';
import { type TimerOwner, type TimerWheel, WheelTimer } from '../../base/timer-wheel.ts';
import type { HealthCheckSpec } from '../../model/health-check-spec.ts';
import { CheckRecord } from '../endpoint/check-record.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import { CheckState, type CheckTransition } from './check-state.ts';
import type { CheckAnswer, CheckTarget, Probe } from './probe.ts';

/** The checker of the cluster, as the sessions of its endpoints see it. */
export interface CheckSessionOwner {
  readonly wheel: TimerWheel;
  readonly random: Random;
  readonly spec: HealthCheckSpec;
  /** The cluster has made a connection for a request. */
  readonly isCalled: boolean;
  /** What the endpoint is called where nobody says otherwise. */
  readonly authority: string;
  onAttempt(): void;
  onAnswer(session: CheckSession, answer: CheckAnswer, transition: CheckTransition, wasDegraded: boolean): void;
}

export class CheckSession implements TimerOwner {
  readonly endpoint: Endpoint;
  readonly record = new CheckRecord();
  readonly state = new CheckState();
  readonly #owner: CheckSessionOwner;
  readonly #probe: Probe;
  /** Until the next check, or for its answer. */
  readonly #timer = new WheelTimer(this);
  #isAsking = false;
  #ended = false;
  readonly #onAnswer = (answer: CheckAnswer): void => {
    if (this.#isAsking) this.#take(answer);
  };

  constructor(owner: CheckSessionOwner, endpoint: Endpoint, probe: Probe) {
    this.#owner = owner;
    this.endpoint = endpoint;
    this.#probe = probe;
  }

  start(): void {
    const { wheel, random, spec } = this.#owner;
    const delayMs = spec.initialJitterMs === undefined ? 0 : randomBelow(random, Math.max(1, spec.initialJitterMs));
    if (delayMs > 0) wheel.set(this.#timer, delayMs);
    else this.#ask();
  }

  stop(): void {
    this.#ended = true;
    this.#isAsking = false;
    this.#owner.wheel.cancel(this.#timer);
    this.#probe.close();
  }

  onTimer(): void {
    if (!this.#isAsking) {
      this.#ask();
      return;
    }
    this.#probe.abandon();
    const { timeoutMs } = this.#owner.spec;
    this.#take({ outcome: 'unreachable', detail: `no answer within ${timeoutMs} ms`, degraded: false });
  }

  #ask(): void {
    const { wheel, spec } = this.#owner;
    this.#isAsking = true;
    this.#owner.onAttempt();
    wheel.set(this.#timer, spec.timeoutMs);
    this.#probe.check(this.#target(), this.#onAnswer);
  }

  #take(answer: CheckAnswer): void {
    const { wheel, spec, random } = this.#owner;
    this.#isAsking = false;
    wheel.cancel(this.#timer);
    const wasDegraded = this.record.degraded;
    const transition = this.state.note(answer.outcome, spec);
    if (answer.outcome === 'passed') this.record.degraded = answer.degraded;
    this.record.failing = !this.state.healthy;
    this.record.detail = this.state.healthy ? '' : answer.detail || this.record.detail;
    this.#owner.onAnswer(this, answer, transition, wasDegraded);
    if (this.#ended) return;
    wheel.set(this.#timer, Math.max(1, this.state.delayMs(transition, this.#owner.isCalled, spec, random)));
  }

  #target(): CheckTarget {
    const { host, port, spec } = this.endpoint;
    const authority = spec.check?.hostname ?? spec.hostname ?? this.#owner.authority;
    return { host, port: spec.check?.port ?? this.#owner.spec.altPort ?? port, authority };
  }
}
