// Routes that are asked for when a request needs them, as exchanges see that.
import type { ErrorCode } from '../../model/errors.ts';
import type { RouteTable } from '../route/route-table.ts';

/** Who waits for routes. One of both is called, once, perhaps before `ask` returns; nothing is after `forget`. */
export interface RouteWaiter {
  /** `note`: what the access log shall say of it; '' = nothing. */
  onRoutes(table: RouteTable, note: string): void;
  onNoRoutes(code: ErrorCode, detail: string): void;
}

export interface RouteDemand {
  /** How long a request may wait, ms (> 0). */
  readonly waitMs: number;
  /** The routes of what `authority` means, or null: `ask` for them. Counts as a use of them at `nowMs`, which keeps them. On the hot path. */
  tableOf(authority: string, nowMs: number): RouteTable | null;
  /** Many may ask for the same. */
  ask(authority: string, waiter: RouteWaiter): void;
  forget(waiter: RouteWaiter): void;
  /** Nothing has come for `waiter` in time: forgets it and says why that may be, for people. */
  giveUp(waiter: RouteWaiter): string;
}
