// @hot
// Who fails clearly more often than its peers, as soon as chance can no longer explain it: after some ten answers, however many there are a second.
import type { FailureShift } from '../endpoint/failure-shift.ts';

/*
 * Page's cumulative sum test, answer by answer. Two tales are compared: the endpoint fails as often as its peers together (`usual`), or by the gap more
 * often (`worse`). A failure speaks for the second by log(worse ÷ usual), an answer against it by log((1 − worse) ÷ (1 − usual)); below 0 the sum
 * starts anew, so that what went well before does not hide what goes wrong now. Source: E. S. Page, Continuous Inspection Schemes, 1954.
 */

/** Peers are thought to fail so often at least: what never failed has not shown that it never will. */
const LEAST_USUAL = 0.02;
const MOST_WORSE = 0.98;
/** Of the gap, what must be left of it below MOST_WORSE: where everybody fails nobody is worse. */
const LEAST_GAP = 1 / 3;
/** Sum at which an endpoint is found (docs/adr/0030: how seldom that is a mistake). */
const FOUND_AT = 13;
/** In what an endpoint does just now. */
const NEWEST_WEIGHT = 0.25;
/** Of that, after an interval: one that is called no more is in no trouble for ever. */
const RECENT_KEPT = 0.75;
/** Peers that fail half as often as an endpoint just now are in the same trouble. */
const ALIKE = 0.5;
/** Answers of peers that are needed to say what is usual. */
const LEAST_PEER_ANSWERS = 5;
/** As if peers had answered twice more, once well and once badly (Laplace): few answers say little. */
const PRIOR_ANSWERS = 2;
const PRIOR_FAILED = 1;
/** Fewer answers of all endpoints together are not made less by age. */
const KEPT_ANSWERS = 200;

export class PeerFailures {
  /** Above what is usual, 0–1. */
  #gap: number;
  #total = 0;
  #failed = 0;

  constructor(gapPercent: number) {
    this.#gap = gapPercent / 100;
  }

  setGap(gapPercent: number): void {
    this.#gap = gapPercent / 100;
  }

  /** True: it is worse than its peers. */
  note(shift: FailureShift, failed: boolean): boolean {
    this.#total += 1;
    shift.total += 1;
    shift.recent += ((failed ? 1 : 0) - shift.recent) * NEWEST_WEIGHT;
    if (failed) {
      this.#failed += 1;
      shift.failed += 1;
    } else if (shift.score === 0) {
      return false;
    }
    const usual = this.usualOf(shift);
    const worse = Math.min(MOST_WORSE, usual + this.#gap);
    const step = failed ? Math.log(worse / usual) : Math.log((1 - worse) / (1 - usual));
    const score = worse - usual < this.#gap * LEAST_GAP ? 0 : shift.score + step;
    if (score <= 0) {
      shift.endRun();
      return false;
    }
    shift.score = score;
    shift.runTotal += 1;
    if (failed) shift.runFailed += 1;
    return score >= FOUND_AT && this.#total - shift.total >= LEAST_PEER_ANSWERS;
  }

  /** How often its peers fail, 0–1. */
  usualOf(shift: FailureShift): number {
    const failed = this.#failed - shift.failed + PRIOR_FAILED;
    return Math.max(LEAST_USUAL, failed / (this.#total - shift.total + PRIOR_ANSWERS));
  }

  /**
   * Whether `peers` fail just now about as an endpoint does that failed `share` (0–1) of its latest answers: then what they have in common is the cause, and
   * without some of them the others would only carry more. What is usual is known too late for that.
   */
  failAlike(share: number, peers: readonly FailureShift[]): boolean {
    let sum = 0;
    for (let at = 0; at < peers.length; at += 1) sum += (peers[at] as FailureShift).recent;
    return peers.length > 0 && sum / peers.length >= share * ALIKE;
  }

  /** It is no peer any more, or begins anew. */
  forget(shift: FailureShift): void {
    this.#total -= shift.total;
    this.#failed -= shift.failed;
    shift.total = 0;
    shift.failed = 0;
    shift.recent = 0;
    shift.endRun();
  }

  /** An interval has passed: what is older counts half. */
  age(shifts: readonly FailureShift[]): void {
    for (const shift of shifts) shift.recent *= RECENT_KEPT;
    if (this.#total < KEPT_ANSWERS) return;
    this.#total = 0;
    this.#failed = 0;
    for (const shift of shifts) {
      shift.total /= 2;
      shift.failed /= 2;
      this.#total += shift.total;
      this.#failed += shift.failed;
    }
  }
}
