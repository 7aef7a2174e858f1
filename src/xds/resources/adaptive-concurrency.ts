// Adaptive concurrency: AdaptiveConcurrencySpec ↔ envoy.extensions.filters.http.adaptive_concurrency.v3.AdaptiveConcurrency.
import type { MessageInitShape } from '@bufbuild/protobuf';
import {
  type AdaptiveConcurrencySpec,
  DEFAULT_ADAPTIVE_CONCURRENCY,
  type MinRttSpec,
} from '../../model/adaptive-concurrency-spec.ts';
import type {
  AdaptiveConcurrency,
  AdaptiveConcurrencySchema,
  GradientControllerConfig,
  GradientControllerConfig_MinimumRTTCalculationParams as MinRttParams,
} from '../gen/envoy/extensions/filters/http/adaptive_concurrency/v3/adaptive_concurrency_pb.ts';
import type { StatusCode } from '../gen/envoy/type/v3/http_status_pb.ts';
import type { Percent } from '../gen/envoy/type/v3/percent_pb.ts';
import type { DecodeContext } from './decode-context.ts';
import { decodeDuration, encodeDuration } from './duration.ts';
import { decodeRefusalStatus } from './local-rate-limit.ts';

type Init = MessageInitShape<typeof AdaptiveConcurrencySchema>;

const USUAL = DEFAULT_ADAPTIVE_CONCURRENCY;
const USUAL_REQUESTS = 50;
const USUAL_JITTER = 15;
const USUAL_MIN_CONCURRENCY = 3;

/** `spec`: null = it is off. */
export function encodeAdaptiveConcurrency(spec: AdaptiveConcurrencySpec | null): Init {
  const { status, ...rest } = spec ?? USUAL;
  return {
    concurrencyControllerConfig: { case: 'gradientControllerConfig', value: encodeController({ ...rest, status }) },
    enabled: { defaultValue: spec !== null },
    // An enum in name only: every status is its own number.
    concurrencyLimitExceededStatus: { code: status as StatusCode },
  };
}

function encodeController(spec: AdaptiveConcurrencySpec) {
  return {
    sampleAggregatePercentile: { value: spec.percentile },
    concurrencyLimitParams: {
      maxConcurrencyLimit: spec.maxLimit,
      minConcurrencyLimit: spec.minLimit,
      concurrencyUpdateInterval: encodeDuration(spec.updateIntervalMs),
    },
    minRttCalcParams: { ...encodeMinRtt(spec.minRtt), buffer: { value: spec.bufferPercent } },
  };
}

function encodeMinRtt(spec: MinRttSpec) {
  if (spec.kind === 'fixed') return { fixedValue: encodeDuration(spec.ms) };
  return {
    interval: encodeDuration(spec.intervalMs),
    requestCount: spec.requestCount,
    jitter: { value: spec.jitterPercent },
    minConcurrency: spec.minConcurrency,
  };
}

/** Null: it is off. */
export function decodeAdaptiveConcurrency(
  message: AdaptiveConcurrency,
  context: DecodeContext,
  path: string,
): AdaptiveConcurrencySpec | null {
  const { value: config } = message.concurrencyControllerConfig;
  const at = `${path}.gradient_controller_config`;
  const statusPath = `${path}.concurrency_limit_exceeded_status.code`;
  const status = decodeRefusalStatus(message.concurrencyLimitExceededStatus?.code, USUAL.status, context, statusPath);
  if (config === undefined) context.refuse(at, 'is absent', 'give it one');
  const spec = config === undefined ? USUAL : { ...decodeController(config, context, at), status };
  return message.enabled?.defaultValue === false ? null : spec;
}

function decodeController(
  message: GradientControllerConfig,
  context: DecodeContext,
  path: string,
): Omit<AdaptiveConcurrencySpec, 'status'> {
  const { concurrencyLimitParams: limits, minRttCalcParams: params } = message;
  const minRtt = decodeMinRtt(params, context, `${path}.min_rtt_calc_params`);
  const atLimits = `${path}.concurrency_limit_params`;
  const updateIntervalMs = decodeDuration(limits?.concurrencyUpdateInterval, 0, context, atLimits);
  if (updateIntervalMs <= 0) {
    context.refuse(`${atLimits}.concurrency_update_interval`, 'is absent or 0', 'give a duration');
  }
  const maxLimit = limits?.maxConcurrencyLimit ?? USUAL.maxLimit;
  if (maxLimit === 0) context.refuse(`${atLimits}.max_concurrency_limit`, 'is 0', 'give at least 1');
  const minLimit = limits?.minConcurrencyLimit ?? params?.minConcurrency ?? USUAL_MIN_CONCURRENCY;
  if (limits?.minConcurrencyLimit === 0) context.refuse(`${atLimits}.min_concurrency_limit`, 'is 0', 'give at least 1');
  const percentile = percentOf(message.sampleAggregatePercentile, USUAL.percentile);
  if (!(percentile >= 0 && percentile <= 100)) {
    context.refuse(`${path}.sample_aggregate_percentile`, `is ${percentile}`, 'use 0 to 100');
  }
  const bufferPercent = decodePositivePercent(
    params?.buffer,
    USUAL.bufferPercent,
    context,
    `${path}.min_rtt_calc_params.buffer`,
  );
  return { percentile, maxLimit, minLimit, updateIntervalMs, minRtt, bufferPercent };
}

function decodeMinRtt(message: MinRttParams | undefined, context: DecodeContext, path: string): MinRttSpec {
  const intervalMs = decodeDuration(message?.interval, 0, context, `${path}.interval`);
  const fixedMs = decodeDuration(message?.fixedValue, 0, context, `${path}.fixed_value`);
  if (intervalMs === 0 && fixedMs > 0) return { kind: 'fixed', ms: fixedMs };
  if (intervalMs < 1) context.refuse(`${path}.interval`, `is ${intervalMs} ms`, 'give at least 1 ms, or fixed_value');
  const { requestCount = USUAL_REQUESTS, minConcurrency = USUAL_MIN_CONCURRENCY } = message ?? {};
  if (requestCount === 0) context.refuse(`${path}.request_count`, 'is 0', 'give at least 1');
  if (minConcurrency === 0) context.refuse(`${path}.min_concurrency`, 'is 0', 'give at least 1');
  const jitterPercent = decodePositivePercent(message?.jitter, USUAL_JITTER, context, `${path}.jitter`);
  return { kind: 'measured', intervalMs, jitterPercent, requestCount, minConcurrency };
}

function decodePositivePercent(
  message: Percent | undefined,
  absent: number,
  context: DecodeContext,
  path: string,
): number {
  const percent = percentOf(message, absent);
  if (!(percent >= 0 && percent <= 100)) context.refuse(path, `is ${percent}`, 'use 0 to 100');
  return percent;
}

function percentOf(message: Percent | undefined, absent: number): number {
  return message === undefined ? absent : message.value;
}
