// @hot
// The value of `grpc-timeout`, which is how long a gRPC call may still take. Source: gRPC over HTTP/2, Timeout.

/** At most so many, and their unit. */
const MAX_DIGITS = 8;
const END_OF_DIGITS = 100_000_000;

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const SECOND_MS = 1_000;
const MICROSECOND_MS = 0.001;

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

/** In the finest unit that has room for it, never more than `ms` (> 0); at least a microsecond, as there is no value for less. */
export function renderGrpcTimeout(ms: number): string {
  if (ms < END_OF_DIGITS * MICROSECOND_MS) return `${Math.max(1, Math.floor(ms / MICROSECOND_MS))}u`;
  if (ms < END_OF_DIGITS) return `${Math.floor(ms)}m`;
  if (ms < END_OF_DIGITS * SECOND_MS) return `${Math.floor(ms / SECOND_MS)}S`;
  if (ms < END_OF_DIGITS * MINUTE_MS) return `${Math.floor(ms / MINUTE_MS)}M`;
  return `${Math.min(Math.floor(ms / HOUR_MS), END_OF_DIGITS - 1)}H`;
}

function msOfUnit(unit: number): number {
  switch (unit) {
    case 0x48: // H
      return HOUR_MS;
    case 0x4d: // M
      return MINUTE_MS;
    case 0x53: // S
      return SECOND_MS;
    case 0x6d: // m
      return 1;
    case 0x75: // u
      return MICROSECOND_MS;
    case 0x6e: // n
      return 0.000_001;
    default:
      return -1;
  }
}
