// Which replica of the control plane may write status: the one that holds a Lease, for as long as it is sure to hold it.

import type { Cancel, Clock } from '../../base/clock.ts';
import { codeOf } from '../../base/coded-error.ts';
import type { Log } from '../../base/log.ts';
import type { Random } from '../../base/random.ts';
import type { ConnectKube, KubeClient, KubeValue } from '../../kube-api/kube-client.ts';
import type { KubeObjectRef } from '../../kube-api/kube-resource.ts';
import { FIELD_MANAGER, failureFields, RequestLimit, retryAfterOf } from './kube-write.ts';
import { LEASES, type LeaseHolding, newLease, nextLease, readLease } from './lease-record.ts';

/** Kubernetes' own, of its controllers. Source: client-go, leaderelection. */
const LEASE_SECONDS = 15;
const RENEW_DEADLINE_MS = 10_000;
const RETRY_MS = 2_000;
/** Those who wait ask up to this share later, by chance, so that they don't ask together. */
const RETRY_JITTER = 0.2;
/** A request is given up in time for another one. */
const REQUEST_MS = RENEW_DEADLINE_MS / 2;
/** Nobody waits long for a replica that ends. */
const RELEASE_MS = 2_000;
/** An API server that is away is asked again after this long at most, and for what it does not allow, or does not have, after the other. */
const MAX_AWAY_MS = 10_000;
const MAX_REFUSED_MS = 60_000;

export interface LeaseElectionOptions {
  readonly connect: ConnectKube;
  /** Made where there is none. */
  readonly lease: KubeObjectRef;
  /** Of this process alone, for as long as it lives. */
  readonly identity: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Called with each change of `leads`. */
  readonly onChange: (leads: boolean) => void;
}

/**
 * Holders are judged by this machine's own clock: a Lease is over when its record has not changed for as long as it says. The holder
 * counts from before it asked, and stops five seconds before anyone may take over.
 */
export class LeaseElection {
  readonly #options: LeaseElectionOptions;
  readonly #limit: RequestLimit;
  /** As it was last seen, and when it was first seen so. */
  #seen: { readonly value: KubeValue; readonly version: string; readonly atMs: number } | null = null;
  /** Before the renewal that came through last was asked for; null: we don't hold it. */
  #renewedAtMs: number | null = null;
  /** What was last seen is not what is there now. */
  #outdated = true;
  #failures = 0;
  /** The code of what went wrong last, so that it is said once. */
  #said = '';
  #closed = false;
  #cancelTick: Cancel = () => {};
  #cancelDeadline: Cancel = () => {};
  #running: Promise<void> = Promise.resolve();

  constructor(options: LeaseElectionOptions) {
    this.#options = options;
    this.#limit = new RequestLimit(options.clock);
  }

  /** False from the moment on that another one might hold it soon, whether or not any timer has run. */
  get leads(): boolean {
    return this.#renewedAtMs !== null && this.#options.clock.now() - this.#renewedAtMs < RENEW_DEADLINE_MS;
  }

  /** Called once. */
  start(): void {
    this.#tick();
  }

  /** Lets the office go, so that the next one need not wait for its end. Safe to call again. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#cancelTick();
    this.#limit.abort();
    await this.#running;
    const held = this.leads ? (this.#seen?.value ?? null) : null;
    this.#lose('this replica ends');
    if (held === null) return;
    await this.#limit
      .run(RELEASE_MS, async (signal) => {
        const client = await this.#options.connect();
        const released = nextLease(held, { ...this.#holding(), holder: '', durationSeconds: 1 });
        await client.replace(LEASES, this.#options.lease, released, { fieldManager: FIELD_MANAGER, signal });
      })
      .catch((error: unknown) => this.#options.log.warn('the lease was not released', failureFields(error)));
  }

  #tick(): void {
    this.#running = this.#ask().then(
      () => this.#succeeded(),
      (error: unknown) => this.#failed(error),
    );
  }

  async #ask(): Promise<void> {
    await this.#limit.run(REQUEST_MS, async (signal) => {
      const client = await this.#options.connect();
      if (this.#renewedAtMs !== null && this.#seen !== null && !this.#outdated) {
        await this.#write(client, this.#seen.value, signal);
      } else await this.#look(client, signal);
    });
  }

  async #look(client: KubeClient, signal: AbortSignal): Promise<void> {
    const { clock, lease, identity } = this.#options;
    const value = await client.read(LEASES, lease, signal);
    if (value === null) {
      await this.#create(client, signal);
      return;
    }
    this.#see(value);
    const { holder, durationMs } = readLease(value);
    const over = clock.now() - (this.#seen?.atMs ?? 0) >= durationMs;
    if (holder === '' || holder === identity || over) await this.#write(client, value, signal);
    else this.#lose(`"${holder}" holds the lease`);
  }

  async #create(client: KubeClient, signal: AbortSignal): Promise<void> {
    const { lease, clock } = this.#options;
    const askedAtMs = clock.now();
    const object = newLease(lease, this.#holding());
    this.#won(await client.create(LEASES, lease.namespace, object, { fieldManager: FIELD_MANAGER, signal }), askedAtMs);
  }

  async #write(client: KubeClient, value: KubeValue, signal: AbortSignal): Promise<void> {
    const { lease, clock } = this.#options;
    const askedAtMs = clock.now();
    const next = nextLease(value, this.#holding());
    this.#won(await client.replace(LEASES, lease, next, { fieldManager: FIELD_MANAGER, signal }), askedAtMs);
  }

  #won(value: KubeValue, askedAtMs: number): void {
    const { clock, onChange, log, identity } = this.#options;
    this.#see(value);
    const led = this.#renewedAtMs !== null;
    this.#renewedAtMs = askedAtMs;
    this.#cancelDeadline();
    this.#cancelDeadline = clock.after(askedAtMs + RENEW_DEADLINE_MS - clock.now(), () => {
      this.#lose('the lease could not be renewed in time');
    });
    if (led || this.#closed) return;
    log.info('this replica writes status now', { identity });
    onChange(true);
  }

  #lose(why: string): void {
    this.#cancelDeadline();
    if (this.#renewedAtMs === null) return;
    this.#renewedAtMs = null;
    this.#options.log.info('this replica writes no status any more', { why });
    this.#options.onChange(false);
  }

  #see(value: KubeValue): void {
    const version = readLease(value).resourceVersion;
    const same = this.#seen !== null && this.#seen.version === version;
    this.#seen = { value, version, atMs: same && this.#seen !== null ? this.#seen.atMs : this.#options.clock.now() };
    this.#outdated = false;
  }

  #succeeded(): void {
    this.#failures = 0;
    this.#said = '';
    const { random } = this.#options;
    this.#next(this.#renewedAtMs === null ? RETRY_MS * (1 + RETRY_JITTER * random.next()) : RETRY_MS);
  }

  #failed(error: unknown): void {
    if (this.#closed) return;
    const code = codeOf(error);
    // Somebody else was faster, or the Lease is gone, or nobody knows whether the request came through.
    this.#outdated = true;
    this.#failures += 1;
    // The Lease of a holder may be deleted by anyone: it is made again.
    const isNews = code !== 'kube_conflict' && (code !== 'kube_not_found' || this.#renewedAtMs === null);
    if (isNews) this.#say(code, error);
    const most = code === 'kube_forbidden' || code === 'kube_not_found' ? MAX_REFUSED_MS : MAX_AWAY_MS;
    const growing = Math.min(most, RETRY_MS * 2 ** (this.#failures - 1));
    const wait = this.#renewedAtMs === null ? Math.max(growing, retryAfterOf(error)) : RETRY_MS;
    this.#next(wait * (1 + RETRY_JITTER * this.#options.random.next()));
  }

  #say(code: string, error: unknown): void {
    if (this.#said === code) return;
    this.#said = code;
    const { namespace } = this.#options.lease;
    const missing = { remedy: `create namespace "${namespace}", or name ours in SWITCHBOARD_NAMESPACE` };
    const fields = { ...failureFields(error), ...(code === 'kube_not_found' ? missing : {}) };
    this.#options.log.warn('who writes status cannot be settled', fields);
  }

  #next(delayMs: number): void {
    if (this.#closed) return;
    this.#cancelTick = this.#options.clock.after(delayMs, () => this.#tick());
  }

  #holding(): LeaseHolding {
    const { identity, clock } = this.#options;
    return { holder: identity, durationSeconds: LEASE_SECONDS, nowMs: clock.wallNow() };
  }
}
