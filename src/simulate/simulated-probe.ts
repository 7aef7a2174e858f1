// A health check of a simulated pod: it is asked like by any other request, and answers as it would then.
import type { Cancel, Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import type { CheckAnswer, CheckTarget, Probe } from '../proxy/health/probe.ts';
import { codeAtOnce, codeBehind, describeCode, RESET } from './outcomes.ts';
import type { SimulatedPod } from './simulated-pod.ts';

export interface SimulatedProbeOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly podAt: (host: string) => SimulatedPod | null;
  /** Whether a connection says enough (TCP), so that answers make no difference. */
  readonly connects: boolean;
}

const FIRST_BAD_STATUS = 500;

export class SimulatedProbe implements Probe {
  readonly #options: SimulatedProbeOptions;
  #cancel: Cancel = () => {};

  constructor(options: SimulatedProbeOptions) {
    this.#options = options;
  }

  check({ host }: CheckTarget, done: (answer: CheckAnswer) => void): void {
    const { clock, random, podAt, connects } = this.#options;
    const reply = podAt(host)?.replyTo(random) ?? null;
    // Its timeout is the checker's.
    if (reply === null) return;
    const answer = connects && reply.reached ? answerTo(reply.reached, 200) : answerTo(reply.reached, reply.outcome);
    this.#cancel = clock.after(reply.afterMs, () => done(answer));
  }

  abandon(): void {
    this.#cancel();
  }

  close(): void {
    this.#cancel();
  }
}

function answerTo(reached: boolean, outcome: number): CheckAnswer {
  if (!reached || outcome === RESET) {
    return { outcome: 'unreachable', detail: reached ? 'connection reset' : 'connection refused', degraded: false };
  }
  const code = Math.max(codeAtOnce(outcome), codeBehind(outcome));
  const detail = code < 0 ? `status ${outcome}` : describeCode(code);
  const failed = code < 0 ? outcome >= FIRST_BAD_STATUS : code > 0;
  return { outcome: failed ? 'failed' : 'passed', detail: failed ? detail : '', degraded: false };
}
