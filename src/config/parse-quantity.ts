// Text to durations (ms) and sizes (bytes): whole numbers with a unit, `250ms`, `64KiB`.
import { errorIssue, fail, ok, type Result } from '../base/result.ts';
import { quote } from './quote.ts';

type Units = Readonly<Record<string, number>>;

const DURATION_UNITS: Units = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };
const SIZE_UNITS: Units = { B: 1, KiB: 1_024, MiB: 1_048_576, GiB: 1_073_741_824 };

/** Timers of Node.js hold at most this many ms (about 24.8 days); more would fire at once. */
export const LONGEST_DURATION_MS = 2_147_483_647;

/** Milliseconds, 0 … LONGEST_DURATION_MS. */
export function parseDuration(text: string): Result<number> {
  const value = parseQuantity(text, DURATION_UNITS);
  if (value === null) {
    return refuse(text, 'is not a duration', 'write a whole number and a unit, such as 250ms, 10s, 5m or 1h');
  }
  if (value > LONGEST_DURATION_MS) return refuse(text, 'is longer than 596h', 'write a shorter duration');
  return ok(value);
}

/** Bytes, 0 … 2^53 − 1. */
export function parseSize(text: string): Result<number> {
  const value = parseQuantity(text, SIZE_UNITS);
  if (value === null) {
    return refuse(text, 'is not a size', 'write a whole number and a unit, such as 512B, 64KiB, 1MiB or 2GiB');
  }
  return Number.isSafeInteger(value) ? ok(value) : refuse(text, 'is too large', 'write a smaller size');
}

function parseQuantity(text: string, units: Units): number | null {
  const match = /^(\d{1,15})([a-zA-Z]{1,3})$/.exec(text);
  const unit = match?.[2];
  if (unit === undefined || !Object.hasOwn(units, unit)) return null;
  return Number(match?.[1]) * (units[unit] ?? Number.NaN);
}

function refuse(text: string, problem: string, remedy: string): Result<never> {
  return fail([errorIssue(`${quote(text)} ${problem}`, { remedy })]);
}
