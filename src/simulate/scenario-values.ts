// The values of scenario files: durations, numbers and what pods take, each with a report where it is none.
import { parseDuration, parseSize } from '../config/parse-quantity.ts';
import type { Fields, IntegerRange } from '../kube/fields.ts';
import type { LatencySpec, WarmUpSpec } from './scenario-spec.ts';

/** The bounds are in ms. */
export function durationMs(fields: Fields, key: string, { min, max }: IntegerRange): number | undefined {
  const text = fields.text(key);
  if (text === undefined) return undefined;
  const parsed = parseDuration(text);
  if (!parsed.ok) {
    for (const { message, remedy } of parsed.issues) fields.report(key, message, remedy ?? 'write 10s');
    return undefined;
  }
  if (parsed.value >= min && parsed.value <= max) return parsed.value;
  const remedy = parsed.value < min ? `write ${min}ms or more` : `write ${max / 3_600_000}h or less`;
  fields.report(key, `${JSON.stringify(text)} is out of range`, remedy);
  return undefined;
}

/** `64KiB`. */
export function bytesOf(fields: Fields, key: string, { min, max }: IntegerRange): number | undefined {
  const text = fields.text(key);
  if (text === undefined) return undefined;
  const parsed = parseSize(text);
  if (!parsed.ok) {
    for (const { message, remedy } of parsed.issues) fields.report(key, message, remedy ?? 'write 64KiB');
    return undefined;
  }
  if (parsed.value >= min && parsed.value <= max) return parsed.value;
  fields.report(key, `${JSON.stringify(text)} is out of range`, `write ${min}B to ${max / 1_048_576}MiB`);
  return undefined;
}

export function integerOf(fields: Fields, key: string, min: number, max: number): number | undefined {
  return fields.integer(key, { min, max });
}

export function countOf(fields: Fields, max: number): number | undefined {
  return integerOf(fields, 'count', 1, max);
}

export function zonesOf(fields: Fields): readonly string[] {
  return fields.texts('zones') ?? [];
}

/** `latency: 5ms`, or `latency: {median: 5ms, p99: 50ms}`. */
export function latencyOf(fields: Fields): LatencySpec | undefined {
  if (!fields.has('latency')) return undefined;
  const range = { min: 1, max: 3_600_000 };
  if (fields.isText('latency')) {
    const ms = durationMs(fields, 'latency', { ...range, min: 0 });
    return ms === undefined ? undefined : { kind: 'fixed', ms };
  }
  const spread = fields.map('latency');
  spread?.onlyKnown(['median', 'p99']);
  const medianMs = spread && durationMs(spread, 'median', range);
  const p99Ms = spread && durationMs(spread, 'p99', range);
  if (medianMs !== undefined && p99Ms !== undefined && p99Ms > medianMs) return { kind: 'log-normal', medianMs, p99Ms };
  if (spread !== undefined)
    spread.report('', 'needs a median and a p99 above it', 'write {median: 5ms, p99: 50ms}, or one duration');
  return undefined;
}

/** `warmup: {for: 10s, factor: 20}`. */
export function warmUpOf(fields: Fields | undefined): WarmUpSpec | undefined {
  if (fields === undefined) return undefined;
  fields.onlyKnown(['for', 'factor']);
  for (const key of ['for', 'factor'])
    if (!fields.has(key)) fields.report(key, 'is missing', 'write {for: 10s, factor: 20}');
  const forMs = durationMs(fields, 'for', { min: 1, max: 3_600_000 });
  const factor = integerOf(fields, 'factor', 1, 1_000);
  return forMs === undefined || factor === undefined ? undefined : { forMs, factor };
}

export function isPresent<T>(value: T | undefined): value is T {
  return value !== undefined;
}
