// @hot
// What all pods and callers of one simulation share: time, chance, attempts that are used again, and the answers that pods give.
import type { Figures } from './figures.ts';
import { PodAnswers } from './pod-answers.ts';
import { type CallScene, SimulatedCall } from './simulated-call.ts';
import type { PodScene } from './simulated-pod.ts';
import type { VirtualClock } from './virtual-clock.ts';

export class Scene implements CallScene, PodScene {
  readonly clock: VirtualClock;
  /** A 32-bit integer. */
  readonly seed: number;
  readonly answers = new PodAnswers();
  readonly #figures: Figures;
  readonly #calls: SimulatedCall[] = [];

  constructor(clock: VirtualClock, seed: number, figures: Figures) {
    this.clock = clock;
    this.seed = seed;
    this.#figures = figures;
  }

  takeCall(): SimulatedCall {
    return this.#calls.pop() ?? new SimulatedCall(this); // alloc-ok: as many as run at a time
  }

  giveCall(call: SimulatedCall): void {
    this.#calls.push(call);
  }

  onAttempt(attempt: number): void {
    this.#figures.noteAttempt(attempt > 1, this.clock.now());
  }

  onReceived(pod: number): void {
    this.#figures.noteReceived(pod, this.clock.now());
  }
}
