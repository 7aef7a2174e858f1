// One name that is looked up again and again, with the last good answer.
import { Backoff } from '../../base/backoff.ts';
import type { Cancel, Clock } from '../../base/clock.ts';
import { codeOf, messageOf } from '../../base/coded-error.ts';
import type { Random } from '../../base/random.ts';
import type { DnsDiscoverySpec, DnsFamily } from '../../model/cluster-spec.ts';
import type { DnsAnswer, DnsResolver } from './dns-resolver.ts';

export interface DnsOptions {
  readonly resolver: DnsResolver;
  readonly clock: Clock;
  readonly random: Random;
}

/** An answer of one family that does not come within this time counts as a failure. Source: c-ares, its default. */
const LOOK_UP_TIMEOUT_MS = 5_000;

/** The families to ask, one after the other; `all` joins the answers, the others take the first. */
const FAMILIES: Readonly<Record<DnsFamily, readonly (4 | 6)[]>> = {
  auto: [6, 4],
  'v4-only': [4],
  'v6-only': [6],
  'v4-preferred': [4, 6],
  all: [4, 6],
};

export class DnsWatch {
  readonly name: string;
  readonly #spec: DnsDiscoverySpec;
  readonly #options: DnsOptions;
  readonly #onResult: () => void;
  readonly #backOff: Backoff | null;
  #addresses: readonly string[] = [];
  #answered = false;
  #problem = '';
  #cancel: Cancel = () => {};
  /** Of the families asked in this look-up so far. */
  #answers: DnsAnswer[] = [];
  /** Why the family asked last has no answer. */
  #failure = '';
  /** Of the question in work: an answer to an older one is of no interest. */
  #question = 0;

  /** `onResult` is called after each look-up, whatever came of it. */
  constructor(name: string, spec: DnsDiscoverySpec, options: DnsOptions, onResult: () => void) {
    this.name = name;
    this.#spec = spec;
    this.#options = options;
    this.#onResult = onResult;
    this.#backOff = spec.failureBackOff === undefined ? null : new Backoff(spec.failureBackOff, options.random);
  }

  /** Of the last good answer: a name that cannot be looked up keeps them. */
  get addresses(): readonly string[] {
    return this.#addresses;
  }

  /** The first look-up has ended, one way or the other. */
  get answered(): boolean {
    return this.#answered;
  }

  /** Why the last look-up failed; '' = it did not. */
  get problem(): string {
    return this.#problem;
  }

  start(): void {
    this.#answers = [];
    this.#ask(0);
  }

  stop(): void {
    this.#question += 1;
    this.#cancel();
  }

  /** One family after the other, each with its own time limit: servers are known that answer for one and are silent for the other. */
  #ask(index: number): void {
    const family = FAMILIES[this.#spec.family][index];
    const isEnough = this.#answers.length > 0 && this.#spec.family !== 'all';
    if (family === undefined || isEnough) {
      this.#end();
      return;
    }
    this.#question += 1;
    const question = this.#question;
    const settle = (answer: DnsAnswer | null, failure: string): void => {
      if (question !== this.#question) return;
      this.#cancel();
      if (answer !== null) this.#answers.push(answer);
      this.#failure = failure;
      this.#ask(index + 1);
    };
    const { clock, resolver } = this.#options;
    this.#cancel = clock.after(LOOK_UP_TIMEOUT_MS, () => settle(null, `no answer within ${LOOK_UP_TIMEOUT_MS} ms`));
    resolver.resolve(this.name, family, this.#spec.respectTtl).then(
      (answer) => settle(answer, ''),
      (error: unknown) => settle(null, codeOf(error) || messageOf(error)),
    );
  }

  #end(): void {
    const found = this.#answers.length > 0;
    if (found) this.#addresses = this.#answers.flatMap(({ addresses }) => addresses);
    this.#problem = found ? '' : `${this.name} cannot be looked up: ${this.#failure}`;
    this.#answered = true;
    this.#question += 1;
    const { clock, random } = this.#options;
    const delayMs = found ? this.#delayAfterSuccess() : (this.#backOff?.nextDelayMs() ?? this.#spec.refreshMs);
    this.#cancel = clock.after(delayMs + random.next() * this.#spec.jitterMs, () => this.start());
    this.#onResult();
  }

  #delayAfterSuccess(): number {
    this.#backOff?.reset();
    if (!this.#spec.respectTtl) return this.#spec.refreshMs;
    const lives = this.#answers.flatMap(({ ttlMs }) => (ttlMs === null ? [] : [ttlMs]));
    const lifeMs = lives.length === 0 ? 0 : Math.min(...lives);
    return lifeMs > 0 ? lifeMs : this.#spec.refreshMs;
  }
}
