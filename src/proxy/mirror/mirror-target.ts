// A cluster that gets copies of requests: sends them to its endpoints and forgets what they answer.
import { type TimerOwner, type TimerWheel, WheelTimer } from '../../base/timer-wheel.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import type { PickContext } from '../lb/load-balancer.ts';
import { CopiedBody, type CopiedBytes } from './copied-body.ts';
import type { CopiedHead } from './copied-head.ts';
import type { CopyClients } from './copy-clients.ts';
import type { MirrorCluster } from './mirror-cluster.ts';
import { MirrorStats } from './mirror-stats.ts';

/** Of one body, that the mirror has not taken yet. */
export const MAX_COPY_BYTES = 262_144;
/** Of all bodies on their way to one cluster. */
export const MAX_TARGET_BYTES = 8_388_608;
/** Copies in work at one cluster. */
export const MAX_COPIES = 512;
/** Where the route has no timeout: nobody waits for the answer, so nobody would notice. */
export const DEFAULT_COPY_TIMEOUT_MS = 15_000;

/** A copy has no history, and no caller. */
const ANYONE: PickContext = { wasTried: () => false };

export class MirrorTarget {
  readonly stats = new MirrorStats();
  readonly bodies: CopiedBytes = { bytes: 0, limitBytes: MAX_TARGET_BYTES };
  readonly #cluster: MirrorCluster;
  readonly #wheel: TimerWheel;
  readonly #copies = new Set<Copy>();
  /** From the first copy on. */
  #clients: Promise<CopyClients> | null = null;
  #loaded: CopyClients | null = null;
  #closed = false;

  constructor(cluster: MirrorCluster, wheel: TimerWheel) {
    this.#cluster = cluster;
    this.#wheel = wheel;
  }

  /** Null = it was dropped, or there is nobody to send it to. `timeoutMs`: 0 = the usual one. */
  begin(head: CopiedHead, hasBody: boolean, timeoutMs: number): Copy | null {
    this.stats.total += 1;
    if (this.#closed || this.#copies.size >= MAX_COPIES) {
      this.stats.dropped += 1;
      return null;
    }
    const endpoint = this.#cluster.pick(ANYONE);
    if (endpoint === null) {
      this.stats.failed += 1;
      return null;
    }
    const copy = new Copy(this, endpoint, head, hasBody, this.#wheel);
    this.#copies.add(copy);
    this.stats.active += 1;
    endpoint.activeRequests += 1;
    endpoint.requestsTotal += 1;
    copy.start(timeoutMs > 0 ? timeoutMs : DEFAULT_COPY_TIMEOUT_MS);
    return copy;
  }

  /** What sends them takes 15 MB: it is loaded for the first one. */
  clients(): Promise<CopyClients> {
    this.#clients ??= import('./copy-clients.ts').then(({ CopyClients }) => {
      const clients = new CopyClients(this.#cluster);
      if (this.#closed) clients.close();
      this.#loaded = clients;
      return clients;
    });
    return this.#clients;
  }

  /** Copies in work end. */
  close(): void {
    this.#closed = true;
    for (const copy of this.#copies) copy.cancel();
    this.#loaded?.close();
  }

  onEnd(copy: Copy, how: 'answered' | 'failed' | 'dropped' | 'cancelled'): void {
    this.#copies.delete(copy);
    this.stats.active -= 1;
    this.stats[how] += 1;
    const { endpoint } = copy;
    endpoint.activeRequests -= 1;
    if (how === 'answered') endpoint.requestsSuccess += 1;
    else if (how === 'failed') endpoint.requestsError += 1;
  }
}

/** One copy of a request, from its head to the end of its answer. */
export class Copy implements TimerOwner {
  readonly endpoint: Endpoint;
  readonly head: CopiedHead;
  /** Null = the request has none. */
  readonly body: CopiedBody | null;
  readonly #target: MirrorTarget;
  readonly #wheel: TimerWheel;
  readonly #timer = new WheelTimer(this);
  readonly #abort = new AbortController();
  #ended = false;
  #complete = false;

  constructor(target: MirrorTarget, endpoint: Endpoint, head: CopiedHead, hasBody: boolean, wheel: TimerWheel) {
    this.#target = target;
    this.endpoint = endpoint;
    this.head = head;
    this.#wheel = wheel;
    this.body = hasBody ? new CopiedBody(MAX_COPY_BYTES, target.bodies, () => this.#end('dropped')) : null;
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  start(timeoutMs: number): void {
    this.#wheel.set(this.#timer, timeoutMs);
    this.#target
      .clients()
      .then((clients) => (this.#ended ? undefined : clients.send(this)))
      .then(
        () => this.#end('answered'),
        () => this.#end('failed'),
      );
  }

  add(bytes: Buffer, start: number, end: number): void {
    this.body?.add(bytes, start, end);
  }

  /** The request has come whole: the copy goes on by itself. */
  complete(): void {
    this.#complete = true;
    this.body?.end();
  }

  /** The request has ended; a copy that is not whole would be another request. */
  release(): void {
    if (!this.#complete) this.cancel();
  }

  cancel(): void {
    this.#end('cancelled');
  }

  onTimer(): void {
    this.#end('failed');
  }

  #end(how: 'answered' | 'failed' | 'dropped' | 'cancelled'): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#wheel.cancel(this.#timer);
    this.body?.cancel();
    if (how !== 'answered') this.#abort.abort();
    this.#target.onEnd(this, how);
  }
}
