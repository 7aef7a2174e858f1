// @hot
// How long an answer may take: what the route says, and what a gRPC caller says where that is less.
import type { Clock } from '../../base/clock.ts';
import type { RequestHead } from '../codec/head.ts';

/** At most eight digits, and their unit. Source: gRPC over HTTP/2, Timeout. */
const MAX_DIGITS = 8;

/** `routeMs`: 0 = none. A caller counts from `startedAtMs`, when the request began. Answers whole ms from now on, 0 = for ever. */
export function callTimeoutMs(head: RequestHead | null, routeMs: number, clock: Clock, startedAtMs: number): number {
  if (head === null || head.versionMajor !== 2) return routeMs;
  const value = head.get('grpc-timeout');
  const callerMs = value === null ? -1 : parseGrpcTimeout(value);
  if (callerMs < 0) return routeMs;
  const leftMs = Math.max(1, Math.ceil(callerMs - (clock.now() - startedAtMs)));
  return routeMs > 0 ? Math.min(routeMs, leftMs) : leftMs;
}

/** Milliseconds; −1 for what is no such value: it is the server's to refuse. */
export function parseGrpcTimeout(value: string): number {
  const last = value.length - 1;
  if (last < 1 || last > MAX_DIGITS) return -1;
  let amount = 0;
  for (let at = 0; at < last; at += 1) {
    const digit = value.charCodeAt(at) - 48;
    if (digit < 0 || digit > 9) return -1;
    amount = amount * 10 + digit;
  }
  const unitMs = msOfUnit(value.charCodeAt(last));
  return unitMs < 0 ? -1 : amount * unitMs;
}

function msOfUnit(unit: number): number {
  switch (unit) {
    case 0x48: // H
      return 3_600_000;
    case 0x4d: // M
      return 60_000;
    case 0x53: // S
      return 1_000;
    case 0x6d: // m
      return 1;
    case 0x75: // u
      return 0.001;
    case 0x6e: // n
      return 0.000_001;
    default:
      return -1;
  }
}
