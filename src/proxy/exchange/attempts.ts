// @hot
// The attempts of one request: nearly always one at a time; more where the next one begins before the last has been given up (hedging).
import { Attempt, type AttemptOwner } from './attempt.ts';
import type { ExchangeContext } from './exchange-context.ts';

/** One object an exchange, for all of its requests. */
export class Attempts {
  readonly #owner: AttemptOwner;
  readonly #context: ExchangeContext;
  #current: Attempt;
  /** Those before it that may still answer; null = no request was ever hedged. */
  #earlier: Attempt[] | null = null;

  constructor(owner: AttemptOwner, context: ExchangeContext) {
    this.#owner = owner;
    this.#context = context;
    this.#current = new Attempt(owner, context.clock);
  }

  /** The newest, or the one whose answer the caller gets. */
  get current(): Attempt {
    return this.#current;
  }

  /** One of them may still answer. */
  get running(): boolean {
    return this.#current.upstream !== null || (this.#earlier !== null && this.#earlier.length > 0);
  }

  /** One of them other than `attempt` may still answer. */
  runningBeside(attempt: Attempt): boolean {
    const earlier = this.#earlier === null ? 0 : this.#earlier.length;
    if (attempt === this.#current) return earlier > 0;
    return earlier > 1 || this.#current.upstream !== null;
  }

  /** The current one goes on beside the next, which has not begun. */
  hedge(): void {
    this.#earlier ??= []; // alloc-ok: once an exchange that hedges
    this.#earlier.push(this.#current);
    this.#current = new Attempt(this.#owner, this.#context.clock); // alloc-ok: a hedge
  }

  /** It was hedged: another one has been begun in its place. */
  isEarlier(attempt: Attempt): boolean {
    return attempt !== this.#current;
  }

  /** `attempt` has come to its end. */
  forget(attempt: Attempt): void {
    const at = this.#earlier === null ? -1 : this.#earlier.indexOf(attempt);
    if (at >= 0) this.#earlier?.splice(at, 1);
  }

  /** The caller gets the answer of `attempt`: those of the others belong to nobody. */
  keepOnly(attempt: Attempt): void {
    if (this.#earlier === null || this.#earlier.length === 0) return;
    this.forget(attempt);
    if (attempt !== this.#current) this.#current.abandon();
    this.#abandonEarlier();
    this.#current = attempt;
  }

  abandon(): void {
    this.#current.abandon();
    if (this.#earlier !== null) this.#abandonEarlier();
  }

  /** All that are running took too long. */
  recordTimeout(): void {
    this.#current.recordTimeout();
    if (this.#earlier === null) return;
    for (let index = 0; index < this.#earlier.length; index += 1) this.#earlier[index]?.recordTimeout();
  }

  #abandonEarlier(): void {
    const earlier = this.#earlier as Attempt[];
    for (let index = 0; index < earlier.length; index += 1) earlier[index]?.abandon();
    earlier.length = 0;
  }
}
