// When a session is over, and when its token says anew that it is in use.
import type { SessionSpec } from '../../model/session-spec.ts';
import type { SessionToken } from './session-token.ts';

/** What a policy says of time. */
export type SessionTimes = Pick<SessionSpec, 'lifetimeMs' | 'idleTimeoutMs'>;

/** A token that each answer renewed would make each answer one that no cache keeps. */
const RENEWALS_PER_IDLE_TIMEOUT = 16;
const MAX_STEP_MS = 60_000;

/** A token that does not say when it was used is of a time when nobody asked for that: it is renewed, and not ended. */
export function isOver({ bornAtS, usedUntilMs }: SessionToken, times: SessionTimes, nowMs: number): boolean {
  const { lifetimeMs, idleTimeoutMs = 0 } = times;
  if (lifetimeMs > 0 && nowMs >= bornAtS * 1_000 + lifetimeMs) return true;
  return idleTimeoutMs > 0 && usedUntilMs > 0 && nowMs >= usedUntilMs + idleTimeoutMs;
}

/**
 * What the token of a session that is used now says of that: the end of the step of time that we are in, the same for everybody. While it lasts
 * nothing is said again, so that a session ends one step too late at most, and never too early. 0 = it says nothing.
 */
export function usedUntil({ idleTimeoutMs = 0 }: SessionTimes, nowMs: number): number {
  if (idleTimeoutMs === 0) return 0;
  const stepMs = Math.max(1, Math.min(MAX_STEP_MS, Math.floor(idleTimeoutMs / RENEWALS_PER_IDLE_TIMEOUT)));
  return (Math.floor(nowMs / stepMs) + 1) * stepMs;
}

/** Whether an answer shall say again that the session is in use. */
export function isDue({ usedUntilMs }: SessionToken, { idleTimeoutMs = 0 }: SessionTimes, nowMs: number): boolean {
  return idleTimeoutMs > 0 && nowMs >= usedUntilMs;
}

/** How long the session may go on, ms; 0 = for ever. */
export function restOf({ bornAtS }: SessionToken, { lifetimeMs }: SessionTimes, nowMs: number): number {
  return lifetimeMs === 0 ? 0 : Math.max(1, bornAtS * 1_000 + lifetimeMs - nowMs);
}
