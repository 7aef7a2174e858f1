// Milliseconds of the model ↔ google.protobuf.Duration.
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Duration, DurationSchema } from '@bufbuild/protobuf/wkt';
import type { DecodeContext } from './decode-context.ts';

/** Ten years: a longer one is a mistake, and would not fit a timer. */
const MAX_DURATION_MS = 315_360_000_000;

export function encodeDuration(ms: number): MessageInitShape<typeof DurationSchema> {
  const seconds = Math.floor(ms / 1000);
  return { seconds: BigInt(seconds), nanos: Math.round((ms - seconds * 1000) * 1e6) };
}

/** Milliseconds (≥ 0, fractions kept), or `absentMs`; a negative or senseless one is reported. */
export function decodeDuration(
  duration: Duration | undefined,
  absentMs: number,
  context: DecodeContext,
  path: string,
): number {
  if (duration === undefined) return absentMs;
  const ms = Number(duration.seconds) * 1000 + duration.nanos / 1e6;
  if (ms >= 0 && ms <= MAX_DURATION_MS) return ms;
  context.refuse(path, `is ${ms} ms`, 'use a duration from 0 to 10 years');
  return absentMs;
}
