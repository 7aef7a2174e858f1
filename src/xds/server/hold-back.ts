// What has to wait on one stream: make before break.
import type { Cancel, Clock } from '../../base/clock.ts';

/** How long listeners and routes wait for a client that does not ask for the endpoints of new clusters. */
export const MAX_HOLD_MS = 1_000;

export class HoldBack {
  readonly #clock: Clock;
  readonly #onTimeout: () => void;
  /** What the client has only just been told to need, by type: nothing that may lead there is sent before. */
  readonly #awaited = new Map<string, Set<string>>();
  #routesUnknown = false;
  #stopWaiting: Cancel | null = null;

  /** `onTimeout`: nothing is held back any more, since a client that never asks (gRPC takes only what it uses) must not wait for ever. */
  constructor(clock: Clock, onTimeout: () => void) {
    this.#clock = clock;
    this.#onTimeout = onTimeout;
  }

  /** The client comes back, and has not said yet which routes it holds: they may lead to what is gone. */
  get routesUnknown(): boolean {
    return this.#routesUnknown;
  }

  awaited(typeUrl: string): Iterable<string> {
    return this.#awaited.get(typeUrl) ?? [];
  }

  /** These have to be sent before what leads to them; none: what is waited for stays as it was. */
  await(typeUrl: string, names: Iterable<string>): void {
    const awaited = this.#awaited.get(typeUrl) ?? new Set();
    for (const name of names) awaited.add(name);
    if (awaited.size === 0) return;
    this.#awaited.set(typeUrl, awaited);
    this.#limit();
  }

  noteSent(typeUrl: string, names: Iterable<string>): void {
    const awaited = this.#awaited.get(typeUrl);
    for (const name of names) awaited?.delete(name);
  }

  /** Nobody waits for anything: what would lead there was refused. */
  release(): void {
    this.#awaited.clear();
  }

  waitForRoutes(): void {
    this.#routesUnknown = true;
    this.#limit();
  }

  noteRoutes(): void {
    this.#routesUnknown = false;
  }

  /** Something is waited for that exists. */
  isHolding(exists: (typeUrl: string, name: string) => boolean): boolean {
    for (const [typeUrl, names] of this.#awaited) {
      for (const name of names) if (exists(typeUrl, name)) return true;
    }
    return false;
  }

  close(): void {
    this.#stopWaiting?.();
    this.#stopWaiting = null;
  }

  #limit(): void {
    this.#stopWaiting ??= this.#clock.after(MAX_HOLD_MS, () => {
      this.#stopWaiting = null;
      this.#awaited.clear();
      this.#routesUnknown = false;
      this.#onTimeout();
    });
  }
}
