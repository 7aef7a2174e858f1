// @hot
// Ends a call that takes too long: its body, its answer, or all of it. One timer an exchange, set for whichever comes first.
import { type TimerOwner, WheelTimer } from '../../base/timer-wheel.ts';
import type { ErrorCode } from '../../model/errors.ts';
import type { RequestHead } from '../codec/head.ts';
import { type CallDuration, callDurationMs, NO_DEADLINE, replacesTimeout } from '../route/call-duration.ts';
import { CallDeadline, findGrpcTimeout, grpcTimeoutMs } from './call-deadline.ts';
import type { ExchangeContext } from './exchange-context.ts';

export interface CallTimerOwner {
  /** `ofRoute`: it is the route's timeout that was too short, or what stands in its place. */
  onCallTimeout(code: ErrorCode, detail: string, ofRoute: boolean): void;
}

export class CallTimer implements TimerOwner {
  readonly #owner: CallTimerOwner;
  readonly #context: ExchangeContext;
  readonly #timer: WheelTimer;
  /** Kept for the next call that has one. */
  #deadline: CallDeadline | null = null;
  #hasDeadline = false;
  /** From the head of the call on. */
  #deadlineMs = 0;
  /** The deadline has taken the place of the route's timeout. */
  #isGrpcTimeout = false;
  /** What the timer is set for. */
  #code: ErrorCode = 'upstream_timeout';
  #aim = '';
  /** It is set for the deadline of the call. */
  #ofCall = false;
  #limitMs = 0;

  constructor(owner: CallTimerOwner, context: ExchangeContext) {
    this.#owner = owner;
    this.#context = context;
    this.#timer = new WheelTimer(this);
  }

  /** Which endpoints are told of; null = the call has none. */
  get deadline(): CallDeadline | null {
    return this.#hasDeadline ? this.#deadline : null;
  }

  /** A request has begun whose body is still to come. */
  awaitBody(): void {
    const limitMs = this.#context.requestBodyTimeoutMs;
    if (limitMs > 0) this.#set('request_body_timeout', 'no complete body within', limitMs, limitMs);
  }

  /** `duration`: what its route says of it, null = nothing. False: its time is over already, and the owner has been told. */
  limit(head: RequestHead, duration: CallDuration | null, startedAtMs: number): boolean {
    const { maxStreamDurationMs, requestBodyTimeoutMs, clock } = this.#context;
    const field = findGrpcTimeout(head, duration !== null);
    if (field < 0 && duration === null && maxStreamDurationMs === 0) return true;
    const saidMs = grpcTimeoutMs(head, field);
    this.#deadlineMs = callDurationMs(duration, head, saidMs, maxStreamDurationMs);
    if (this.#deadlineMs === NO_DEADLINE) return true;
    this.#deadline ??= new CallDeadline(clock); // alloc-ok: once an exchange that has one
    this.#isGrpcTimeout = replacesTimeout(duration, head);
    this.#deadline.begin(head, field, saidMs >= 0 || this.#isGrpcTimeout, startedAtMs + this.#deadlineMs);
    this.#hasDeadline = true;
    const { leftMs } = this.#deadline;
    if (!this.#timer.isSet || leftMs <= requestBodyTimeoutMs) this.#awaitDeadline(leftMs);
    if (leftMs > 0) return true;
    this.onTimer();
    return false;
  }

  /** The request is complete. `timeoutMs`: of its route, 0 = for ever. */
  awaitAnswer(timeoutMs: number): void {
    const leftMs = this.#hasDeadline ? (this.#deadline as CallDeadline).leftMs : NO_DEADLINE;
    const bound = timeoutMs > 0 && !this.#isGrpcTimeout && timeoutMs < leftMs;
    if (bound) this.#set('upstream_timeout', 'no complete answer within', timeoutMs, timeoutMs);
    else if (this.#hasDeadline) this.#awaitDeadline(leftMs);
    else this.#context.wheel.cancel(this.#timer);
  }

  /** The call is over. */
  rest(): void {
    this.#hasDeadline = false;
    this.#isGrpcTimeout = false;
    this.#context.wheel.cancel(this.#timer);
  }

  onTimer(): void {
    const { stats } = this.#context;
    const isBody = this.#code === 'request_body_timeout';
    const isDuration = this.#ofCall && !this.#isGrpcTimeout;
    if (isBody) stats.bodyTimeouts += 1;
    else if (isDuration) stats.durationTimeouts += 1;
    this.#owner.onCallTimeout(this.#code, `${this.#aim} ${this.#limitMs} ms`, !isBody && !isDuration);
  }

  #awaitDeadline(leftMs: number): void {
    this.#set('upstream_timeout', 'not complete by its deadline of', this.#deadlineMs, Math.max(leftMs, 1));
    this.#ofCall = true;
  }

  #set(code: ErrorCode, aim: string, limitMs: number, delayMs: number): void {
    this.#code = code;
    this.#ofCall = false;
    this.#aim = aim;
    this.#limitMs = limitMs;
    this.#context.wheel.set(this.#timer, delayMs);
  }
}
