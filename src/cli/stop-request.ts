// When a long-running command shall stop: a signal, its supervisor's end, or its admin page.
import { type Clock, systemClock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import { watchParent } from './parent-watch.ts';

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/** npm passes a Ctrl-C on that the terminal has sent already: two in the same moment are one. */
const SAME_MOMENT_MS = 500;

export class StopRequest {
  /** Resolves with who asked. */
  readonly asked: Promise<string>;
  /** Resolves when somebody asks again: without patience for what still runs. */
  readonly askedAgain: Promise<string>;
  readonly #log: Log;
  readonly #clock: Clock;
  #resolveAsked: (who: string) => void = () => {};
  #resolveAgain: (who: string) => void = () => {};
  #askedAt: number | null = null;

  constructor(log: Log, clock: Clock = systemClock) {
    this.#log = log;
    this.#clock = clock;
    this.asked = new Promise((resolve) => {
      this.#resolveAsked = resolve;
    });
    this.askedAgain = new Promise((resolve) => {
      this.#resolveAgain = resolve;
    });
  }

  /** `parentFd` as SWITCHBOARD_PARENT_FD says; null = nobody to end with. */
  watch(parentFd: number | null): void {
    for (const signal of SIGNALS) process.on(signal, () => this.ask(signal));
    if (parentFd !== null) watchParent(parentFd, () => this.ask('the supervisor is gone'));
  }

  ask(who: string): void {
    const now = this.#clock.now();
    if (this.#askedAt === null) {
      this.#askedAt = now;
      this.#log.info('stopping', { because: who });
      this.#resolveAsked(who);
    } else if (now - this.#askedAt > SAME_MOMENT_MS) this.#resolveAgain(who);
  }
}
