// Follows one kind of an API server: a list, then a watch from there, and again whenever that breaks.
import { Backoff, type BackoffSpec } from '../../../base/backoff.ts';
import type { Cancel, Clock } from '../../../base/clock.ts';
import { codeOf, messageOf } from '../../../base/coded-error.ts';
import type { Log } from '../../../base/log.ts';
import type { Random } from '../../../base/random.ts';
import type { Issue } from '../../../base/result.ts';
import type { KubeClient, KubeListPage, KubeWatchEvent } from '../../../kube-api/kube-client.ts';
import { KubeError } from '../../../kube-api/kube-error.ts';
import { type KubeResource, resourceName } from '../../../kube-api/kube-resource.ts';
import { resourceVersionOf } from '../../../kube-api/kube-values.ts';
import type { PresentStatuses } from '../../status/present-statuses.ts';
import type { KindHealth, KindState } from '../registry-health.ts';
import { type HeldChange, HeldObjects } from './held-objects.ts';
import { keyOfValue, type ReadObject, readObject } from './read-object.ts';
import type { WatchedKind } from './watched-kinds.ts';

export interface KindWatchOptions {
  readonly watched: WatchedKind;
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Told what stands in the status of each object, where that is ours to write. */
  readonly statuses: PresentStatuses;
  /** What changed; never empty. */
  readonly changed: (change: HeldChange) => void;
  /** Something of `trouble`, `isListed` or `issues` may be another now. */
  readonly noted: () => void;
  /** The server answers again. */
  readonly recovered: () => void;
}

/** Objects of a page; halved when a page is too large. Source: the default of client-go's pager. */
const PAGE = 500;
/** A page takes no longer, ms. */
const PAGE_MS = 60_000;
const BACKOFF: BackoffSpec = { baseMs: 1_000, maxMs: 30_000 };
/** The server ends a watch after so long, chosen evenly, so that those of many replicas are not renewed in step, s. */
const WATCH_S = { from: 60, to: 120 };
/** A watch that the server has not ended so long after its time has fallen silent, ms. */
const LATE_MS = 10_000;
/** A watch that lived so long was one; those that end at once count as failures, ms. */
const LIVED_MS = 5_000;
/** After so long without an answer everything is listed again: the server may be another one, of an older backup, ms. */
const RELIST_AFTER_MS = 60_000;
/** How often a kind that the server does not have is looked for, and how long it must be gone before what is held goes too, ms. */
const LOOK_AGAIN_MS = 30_000;
const GONE_MS = 30_000;
/** Failures in a row that are no news yet: connections end, and servers are replaced one after the other. */
const QUIET_FAILURES = 1;

export class KindWatch {
  readonly #options: KindWatchOptions;
  readonly #held: HeldObjects;
  readonly #backoff: Backoff;
  readonly #abort = new AbortController();
  #resource: KubeResource;
  #page = PAGE;
  /** Where the watch goes on; null: it must be listed anew. */
  #version: string | null = null;
  #state: KindState = 'starting';
  #trouble: KubeError | null = null;
  #inARow = 0;
  #absentSince: number | null = null;
  #heardAt: number | null = null;
  /** Ends the wait between two turns. */
  #wake: () => void = () => {};
  #lists = 0;
  #watches = 0;
  #failures = 0;

  constructor(options: KindWatchOptions) {
    this.#options = options;
    this.#resource = options.watched.resources[0];
    this.#backoff = new Backoff(BACKOFF, options.random);
    this.#held = new HeldObjects(options.statuses);
  }

  /** It has a whole list, or knows that the server does not have this kind. */
  get isListed(): boolean {
    return this.#state !== 'starting';
  }

  /** Null while all is well, or not known to be otherwise. */
  get trouble(): KubeError | null {
    const isNews = this.#inARow > QUIET_FAILURES || !this.isListed || this.#trouble?.code === 'kube_forbidden';
    return isNews ? this.#trouble : null;
  }

  /** Objects that can't be read. */
  get issues(): readonly Issue[] {
    return this.#held.issues;
  }

  get health(): KindHealth {
    return {
      resource: resourceName(this.#resource),
      state: this.#state,
      objects: this.#held.size,
      lists: this.#lists,
      watchRestarts: Math.max(0, this.#watches - 1),
      failures: this.#failures,
      heardMsAgo: this.#heardAt === null ? null : this.#options.clock.now() - this.#heardAt,
      trouble: this.#trouble?.message ?? '',
    };
  }

  /** Goes on until `close`. Never rejects. */
  async run(): Promise<void> {
    while (!this.#abort.signal.aborted) {
      const waitMs = await this.#turn();
      if (waitMs > 0 && !this.#abort.signal.aborted) await this.#sleep(waitMs);
    }
  }

  /** The server answers others again: it is asked now, where it was away for this one too. */
  hurry(): void {
    if (this.#trouble?.code === 'kube_unreachable') this.#wake();
  }

  close(): void {
    this.#abort.abort();
  }

  /** One list or one watch; answers how long to wait before the next, ms. */
  async #turn(): Promise<number> {
    const startedAt = this.#options.clock.now();
    try {
      if (this.#version === null) {
        await this.#list();
        return 0;
      }
      await this.#watch(this.#version);
      return this.#ended(startedAt);
    } catch (error) {
      if (this.#abort.signal.aborted) return 0;
      return this.#failed(asKubeError(error), startedAt);
    }
  }

  /** Nothing is removed before the last page is in. */
  async #list(): Promise<void> {
    const all: ReadObject[] = [];
    let page: KubeListPage | null = null;
    do {
      page = await this.#listPage(page?.continue ?? '');
      for (const value of page.items) all.push(readObject(this.#options.watched, this.#resource, value));
    } while (page.continue !== '');
    if (this.#abort.signal.aborted) return;
    this.#lists += 1;
    this.#version = page.resourceVersion;
    this.#emit(this.#held.replace(all));
    this.#heard();
  }

  #listPage(next: string): Promise<KubeListPage> {
    const { client } = this.#options;
    return this.#within(PAGE_MS, (signal) =>
      client.list(this.#resource, { limit: this.#page, continue: next, signal }),
    );
  }

  async #watch(resourceVersion: string): Promise<void> {
    const { client, random } = this.#options;
    const timeoutSeconds = Math.round(WATCH_S.from + random.next() * (WATCH_S.to - WATCH_S.from));
    await this.#within(timeoutSeconds * 1_000 + LATE_MS, async (signal) => {
      const onOpen = (): void => {
        this.#watches += 1;
        this.#heard();
      };
      const events = client.watch(this.#resource, { resourceVersion, timeoutSeconds, signal, onOpen });
      for await (const event of events) {
        if (this.#abort.signal.aborted) return;
        this.#take(event);
      }
    });
  }

  #take({ type, object }: KubeWatchEvent): void {
    this.#version = resourceVersionOf(object) || this.#version;
    this.#heard();
    this.#backoff.reset();
    if (type === 'BOOKMARK') return;
    if (type === 'DELETED') {
      const gone = this.#held.remove(keyOfValue(object));
      if (gone !== null) this.#emit({ upserted: [], deleted: [gone] });
      return;
    }
    const put = this.#held.put(readObject(this.#options.watched, this.#resource, object));
    if (put === null) this.#options.noted();
    else this.#emit({ upserted: [put], deleted: [] });
  }

  #emit(change: HeldChange): void {
    if (change.upserted.length + change.deleted.length > 0) this.#options.changed(change);
    this.#options.noted();
  }

  /** The server has answered as it should. */
  #heard(): void {
    this.#heardAt = this.#options.clock.now();
    this.#absentSince = null;
    this.#inARow = 0;
    if (this.#state === 'following' && this.#trouble === null) return;
    const wasAway = this.#trouble?.code === 'kube_unreachable';
    this.#become('following');
    this.#trouble = null;
    this.#options.noted();
    if (wasAway) this.#options.recovered();
  }

  /** The server has ended the watch in order. One that ends them all at once is not asked again at once. */
  #ended(startedAt: number): number {
    this.#heardAt = this.#options.clock.now();
    if (this.#heardAt - startedAt < LIVED_MS) return this.#backoff.nextDelayMs();
    this.#backoff.reset();
    return 0;
  }

  #failed(error: KubeError, startedAt: number): number {
    if (error.code === 'kube_not_found') return this.#missed();
    this.#failures += 1;
    this.#inARow += 1;
    this.#trouble = error;
    if (this.#state === 'following' && this.trouble !== null) this.#become('behind');
    if (error.code === 'kube_too_large') this.#page = Math.max(1, Math.floor(this.#page / 2));
    if (!this.#mayGoOn(error)) this.#version = null;
    this.#options.noted();
    if (this.#options.clock.now() - startedAt >= LIVED_MS) this.#backoff.reset();
    return Math.max(error.retryAfterMs, this.#backoff.nextDelayMs());
  }

  /** That the server is away is an issue of the registry, told once for all kinds; each kind's own part is for those who look closely. */
  #become(state: KindState): void {
    const { log } = this.#options;
    const before = this.#state;
    const resource = resourceName(this.#resource);
    this.#state = state;
    if (state === before) return;
    if (state === 'absent') log.info(`${resource}: no CRD of that name is installed; it is looked for again`);
    else if (before === 'absent') log.info(`${resource}: its CRD is installed now`, { objects: this.#held.size });
    else log.debug(`${resource}: ${state}`, { before, objects: this.#held.size, trouble: this.#trouble?.message });
  }

  /** Whether a watch can begin where this one broke. */
  #mayGoOn({ code }: KubeError): boolean {
    const silentMs = this.#options.clock.now() - (this.#heardAt ?? Number.NEGATIVE_INFINITY);
    const isPassing = code === 'kube_unreachable' || code === 'kube_busy' || code === 'kube_unauthorized';
    return (isPassing || code === 'kube_forbidden') && silentMs < RELIST_AFTER_MS;
  }

  /** The server does not have this kind, or not in this version. What was there goes only when that lasts: servers say so for moments as they start. */
  #missed(): number {
    const { watched, clock } = this.#options;
    this.#version = null;
    const next = watched.resources[watched.resources.indexOf(this.#resource) + 1];
    this.#resource = next ?? watched.resources[0];
    if (next !== undefined) return 0;
    this.#absentSince ??= clock.now();
    if (this.#held.size > 0 && clock.now() - this.#absentSince < GONE_MS) return this.#backoff.nextDelayMs();
    this.#become('absent');
    this.#trouble = null;
    this.#inARow = 0;
    this.#heardAt = clock.now();
    this.#emit(this.#held.replace([]));
    return LOOK_AGAIN_MS * (0.5 + this.#options.random.next() / 2);
  }

  /** Runs `work` with a signal that ends it after `limitMs`, and when this is closed. */
  async #within<T>(limitMs: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const late = new AbortController();
    const cancel: Cancel = this.#options.clock.after(limitMs, () => late.abort());
    try {
      return await work(AbortSignal.any([late.signal, this.#abort.signal]));
    } catch (error) {
      throw late.signal.aborted ? this.#silent(limitMs) : error;
    } finally {
      cancel();
    }
  }

  #silent(limitMs: number): KubeError {
    const what = `${this.#options.client.server} has said nothing of ${resourceName(this.#resource)}`;
    const remedy = 'check the network between here and the API server';
    return new KubeError('kube_unreachable', `${what} for ${Math.round(limitMs / 1_000)} s`, remedy);
  }

  /** Ends with `close` too. */
  #sleep(waitMs: number): Promise<void> {
    const { signal } = this.#abort;
    return new Promise((resolve) => {
      const wake = (): void => {
        cancel();
        signal.removeEventListener('abort', wake);
        resolve();
      };
      this.#wake = wake;
      const cancel = this.#options.clock.after(waitMs, wake);
      signal.addEventListener('abort', wake);
    });
  }
}

/** Whatever else goes wrong is ours, and must not end the watch. */
function asKubeError(error: unknown): KubeError {
  if (error instanceof KubeError) return error;
  return new KubeError('kube_failed', `${messageOf(error)} ${codeOf(error)}`.trim());
}
