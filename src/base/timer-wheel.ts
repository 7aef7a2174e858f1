// @hot
// One wheel for all coarse timeouts (connect, idle, head, request): setting and cancelling cost a few pointer writes and allocate nothing.
import type { Cancel, Clock } from './clock.ts';

/** Timeouts fire up to one tick late, never early. */
export const WHEEL_TICK_MS = 50;
const SLOTS = 512;

export interface TimerOwner {
  onTimer(timer: WheelTimer): void;
}

/** A timer that its owner keeps and uses again and again. */
export class WheelTimer {
  readonly owner: TimerOwner;
  /** @internal The wheel's own links. */
  next: WheelTimer | null = null;
  /** @internal */
  previous: WheelTimer | null = null;
  /** @internal Tick at which it fires; −1 = not set. */
  dueTick = -1;

  constructor(owner: TimerOwner) {
    this.owner = owner;
  }

  get isSet(): boolean {
    return this.dueTick >= 0;
  }
}

const NOBODY: TimerOwner = { onTimer: () => {} };

export class TimerWheel {
  readonly #clock: Clock;
  /** Heads of circular lists. */
  readonly #slots: WheelTimer[] = [];
  #tick = 0;
  #startedAt = 0;
  #count = 0;
  #stopTicking: Cancel | null = null;
  readonly #onTick = (): void => this.#advance();

  constructor(clock: Clock) {
    this.#clock = clock;
    for (let i = 0; i < SLOTS; i += 1) {
      const head = new WheelTimer(NOBODY);
      head.next = head;
      head.previous = head;
      this.#slots.push(head);
    }
  }

  /** How many timers are set. */
  get size(): number {
    return this.#count;
  }

  /** Sets `timer` to fire after `delayMs` (> 0); a set timer is moved. */
  set(timer: WheelTimer, delayMs: number): void {
    if (timer.dueTick >= 0) this.#unlink(timer);
    else this.#count += 1;
    if (this.#stopTicking === null) this.#begin();
    const elapsed = this.#clock.now() - this.#startedAt;
    timer.dueTick = Math.max(this.#tick + 1, Math.ceil((elapsed + delayMs) / WHEEL_TICK_MS));
    const head = this.#slots[timer.dueTick % SLOTS] as WheelTimer;
    const last = head.previous as WheelTimer;
    last.next = timer;
    timer.previous = last;
    timer.next = head;
    head.previous = timer;
  }

  /** Does nothing to a timer that is not set. */
  cancel(timer: WheelTimer): void {
    if (timer.dueTick < 0) return;
    this.#unlink(timer);
    timer.dueTick = -1;
    this.#count -= 1;
  }

  close(): void {
    this.#stopTicking?.();
    this.#stopTicking = null;
  }

  /** The wheel turns only while something waits on it: an idle process is not woken. */
  #begin(): void {
    this.#startedAt = this.#clock.now();
    this.#tick = 0;
    this.#stopTicking = this.#clock.every(WHEEL_TICK_MS, this.#onTick);
  }

  #advance(): void {
    const target = Math.floor((this.#clock.now() - this.#startedAt) / WHEEL_TICK_MS);
    while (this.#tick < target) {
      this.#tick += 1;
      this.#fire(this.#slots[this.#tick % SLOTS] as WheelTimer);
    }
    if (this.#count > 0 || this.#stopTicking === null) return;
    this.#stopTicking();
    this.#stopTicking = null;
  }

  #fire(head: WheelTimer): void {
    let timer = head.next as WheelTimer;
    while (timer !== head) {
      const next = timer.next as WheelTimer;
      if (timer.dueTick <= this.#tick) {
        this.cancel(timer);
        timer.owner.onTimer(timer);
        // The owner may have set or cancelled neighbours: begin again, what is due later stays.
        timer = head.next as WheelTimer;
      } else {
        timer = next;
      }
    }
  }

  #unlink(timer: WheelTimer): void {
    (timer.previous as WheelTimer).next = timer.next;
    (timer.next as WheelTimer).previous = timer.previous;
    timer.next = null;
    timer.previous = null;
  }
}
