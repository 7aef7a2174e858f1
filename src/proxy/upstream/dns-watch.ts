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

/** An answer that does not come within this time counts as a failure. Source: c-ares, its default. */
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
  /** Of the look-up in work: an answer to an older one is of no interest. */
  #round = 0;

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
    this.#round += 1;
    const round = this.#round;
    this.#cancel = this.#options.clock.after(LOOK_UP_TIMEOUT_MS, () =>
      this.#fail(round, `no answer within ${LOOK_UP_TIMEOUT_MS} ms`),
    );
    lookUp(this.#options.resolver, this.name, this.#spec).then(
      (answer) => this.#succeed(round, answer),
      (error: unknown) => this.#fail(round, codeOf(error) || messageOf(error)),
    );
  }

  stop(): void {
    this.#round += 1;
    this.#cancel();
  }

  #succeed(round: number, answer: DnsAnswer): void {
    if (round !== this.#round) return;
    this.#backOff?.reset();
    this.#addresses = answer.addresses;
    this.#problem = '';
    const lifeMs = this.#spec.respectTtl ? (answer.ttlMs ?? 0) : 0;
    this.#end(lifeMs > 0 ? lifeMs : this.#spec.refreshMs);
  }

  #fail(round: number, reason: string): void {
    if (round !== this.#round) return;
    this.#problem = `${this.name} cannot be looked up: ${reason}`;
    this.#end(this.#backOff?.nextDelayMs() ?? this.#spec.refreshMs);
  }

  #end(delayMs: number): void {
    this.#round += 1;
    this.#cancel();
    this.#answered = true;
    const { clock, random } = this.#options;
    this.#cancel = clock.after(delayMs + random.next() * this.#spec.jitterMs, () => this.start());
    this.#onResult();
  }
}

async function lookUp(resolver: DnsResolver, name: string, spec: DnsDiscoverySpec): Promise<DnsAnswer> {
  const answers: DnsAnswer[] = [];
  let failure: unknown;
  for (const family of FAMILIES[spec.family]) {
    try {
      answers.push(await resolver.resolve(name, family, spec.respectTtl));
    } catch (error) {
      failure = error;
    }
    if (answers.length > 0 && spec.family !== 'all') break;
  }
  if (answers.length === 0) throw failure;
  const lives = answers.flatMap((answer) => (answer.ttlMs === null ? [] : [answer.ttlMs]));
  return {
    addresses: answers.flatMap((answer) => answer.addresses),
    ttlMs: lives.length === 0 ? null : Math.min(...lives),
  };
}
