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
  /** It is held whether anybody dials it or not. */
  kept = false;

  constructor(port: ServicePortName, slot: RouteSlot, nowMs: number) {
    this.port = port;
    this.slot = slot;
    this.usedAtMs = nowMs;
  }
}

/** One port has many spellings; callers that write ever new ones only make everybody look them up again. */
const MAX_AUTHORITIES = 4_096;

/** A power of two. */
const RECENT = 64;

export class DialledAuthorities {
  readonly #ports = new Map<string, DialledPort>();
  /** Those that were dialled last: a map would hash the text of every request anew, comparing it is quicker (`bench -- micro on-demand`). */
  readonly #recent: string[] = new Array<string>(RECENT).fill('');
  readonly #recentPorts: (DialledPort | undefined)[] = new Array<undefined>(RECENT).fill(undefined);

  get(authority: string): DialledPort | undefined {
    const place = placeOf(authority);
    if (this.#recent[place] === authority) return this.#recentPorts[place];
    const port = this.#ports.get(authority);
    if (port !== undefined) {
      this.#recent[place] = authority;
      this.#recentPorts[place] = port;
    }
    return port;
  }

  set(authority: string, port: DialledPort): void {
    if (this.#ports.size >= MAX_AUTHORITIES) this.clear();
    this.#ports.set(authority, port);
  }

  /** Names mean something else now. */
  clear(): void {
    this.#ports.clear();
    this.#recent.fill('');
    this.#recentPorts.fill(undefined);
  }
}

function placeOf(authority: string): number {
  const { length } = authority;
  if (length === 0) return 0;
  return (length * 31 + authority.charCodeAt(0) * 7 + authority.charCodeAt(length >> 1)) & (RECENT - 1);
}
