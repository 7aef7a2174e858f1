// @hot
// What callers dial, by the authorities that they write: one look-up a request.
import type { ServicePortName } from '../model/service-name-spec.ts';
import type { RouteSlot } from './exchange/exchange-context.ts';

/** A Service port that has been asked for. */
export class DialledPort {
  readonly port: ServicePortName;
  /** Its routes; the table is null until they are in force. */
  readonly slot: RouteSlot;
  /** When a request for it began last, ms of the clock. */
  usedAtMs: number;
  /** It was asked for because siblings hold it, and nobody here has dialled it since. */
  unused = false;

  constructor(port: ServicePortName, slot: RouteSlot, nowMs: number) {
    this.port = port;
    this.slot = slot;
    this.usedAtMs = nowMs;
  }
}

/** One port has many spellings; callers that write ever new ones only make everybody look them up again. */
const MAX_AUTHORITIES = 4_096;

export class DialledAuthorities {
  readonly #ports = new Map<string, DialledPort>();

  get(authority: string): DialledPort | undefined {
    return this.#ports.get(authority);
  }

  set(authority: string, port: DialledPort): void {
    if (this.#ports.size >= MAX_AUTHORITIES) this.#ports.clear();
    this.#ports.set(authority, port);
  }

  /** Names mean something else now. */
  clear(): void {
    this.#ports.clear();
  }
}
