// OutlierDetectionSpec ↔ envoy.config.cluster.v3.OutlierDetection. What is as by default is not written.
import type { JsonValue, MessageInitShape } from '@bufbuild/protobuf';
import {
  DEFAULT_OUTLIER_DETECTION,
  type EjectionReason,
  type OutlierDetectionSpec,
} from '../../model/outlier-detection-spec.ts';
import type { OutlierDetection, OutlierDetectionSchema } from '../gen/envoy/config/cluster/v3/outlier_detection_pb.ts';
import type { DecodeContext } from './decode-context.ts';
import { decodeDuration, encodeDuration } from './duration.ts';
import { decodeOutlierExtras } from './outlier-extras.ts';

type Init = MessageInitShape<typeof OutlierDetectionSchema>;
type DurationField = 'interval' | 'baseEjectionTime' | 'maxEjectionTime' | 'maxEjectionTimeJitter';

/** Fields that are odds of a hundred, by what they are odds of. */
const ENFORCING = {
  'consecutive-5xx': 'enforcingConsecutive5xx',
  'consecutive-gateway-failure': 'enforcingConsecutiveGatewayFailure',
  'consecutive-local-origin-failure': 'enforcingConsecutiveLocalOriginFailure',
  'success-rate': 'enforcingSuccessRate',
  'local-origin-success-rate': 'enforcingLocalOriginSuccessRate',
  'failure-percentage': 'enforcingFailurePercentage',
  'local-origin-failure-percentage': 'enforcingFailurePercentageLocalOrigin',
} as const satisfies Partial<Record<EjectionReason, keyof OutlierDetection>>;

type PublicReason = keyof typeof ENFORCING;
const REASONS = Object.keys(ENFORCING) as readonly PublicReason[];
/** The field is in thousandths. */
const STDEV_UNIT = 1_000;

/** `own`: what stands in our metadata of the cluster, and where. */
export function decodeOutlierDetection(
  message: OutlierDetection,
  own: { readonly json: JsonValue | undefined; readonly path: string },
  context: DecodeContext,
  path: string,
): OutlierDetectionSpec {
  const usual = DEFAULT_OUTLIER_DETECTION;
  const reader = new Reader(message, context, path);
  const baseEjectionMs = reader.positive('baseEjectionTime', 'base_ejection_time', usual.baseEjectionMs);
  const { extras, enforcing } = decodeOutlierExtras(own.json, context, own.path);
  return {
    ...extras,
    consecutive5xx: message.consecutive5xx ?? usual.consecutive5xx,
    consecutiveGatewayFailure: message.consecutiveGatewayFailure ?? usual.consecutiveGatewayFailure,
    consecutiveLocalOriginFailure: message.consecutiveLocalOriginFailure ?? usual.consecutiveLocalOriginFailure,
    splitLocalOrigin: message.splitExternalLocalOriginErrors,
    intervalMs: reader.positive('interval', 'interval', usual.intervalMs),
    baseEjectionMs,
    maxEjectionMs: reader.longest(baseEjectionMs),
    maxEjectionJitterMs: reader.duration('maxEjectionTimeJitter', 'max_ejection_time_jitter', 0),
    maxEjectionPercent: reader.percent('max_ejection_percent', message.maxEjectionPercent, usual.maxEjectionPercent),
    alwaysEjectOne: message.alwaysEjectOneHost ?? usual.alwaysEjectOne,
    ...(message.successfulActiveHealthCheckUnejectHost === false ? { ignoresChecks: true } : {}),
    successRate: {
      minimumHosts: message.successRateMinimumHosts ?? usual.successRate.minimumHosts,
      requestVolume: message.successRateRequestVolume ?? usual.successRate.requestVolume,
      stdevFactor: (message.successRateStdevFactor ?? usual.successRate.stdevFactor * STDEV_UNIT) / STDEV_UNIT,
    },
    failurePercentage: {
      threshold: reader.percent(
        'failure_percentage_threshold',
        message.failurePercentageThreshold,
        usual.failurePercentage.threshold,
      ),
      minimumHosts: message.failurePercentageMinimumHosts ?? usual.failurePercentage.minimumHosts,
      requestVolume: message.failurePercentageRequestVolume ?? usual.failurePercentage.requestVolume,
    },
    enforcing: { ...reader.enforcing(), ...enforcing },
  };
}

/** Reads what has bounds. */
class Reader {
  readonly #message: OutlierDetection;
  readonly #context: DecodeContext;
  readonly #path: string;

  constructor(message: OutlierDetection, context: DecodeContext, path: string) {
    this.#message = message;
    this.#context = context;
    this.#path = path;
  }

  duration(field: DurationField, name: string, absentMs: number): number {
    return decodeDuration(this.#message[field], absentMs, this.#context, `${this.#path}.${name}`);
  }

  positive(field: DurationField, name: string, absentMs: number): number {
    const ms = this.duration(field, name, absentMs);
    if (ms === 0) this.#context.refuse(`${this.#path}.${name}`, 'is 0', 'give more than 0 s');
    return ms;
  }

  /** Where it is not said: the usual one, or the base where that is longer. */
  longest(baseMs: number): number {
    const longestMs = this.duration(
      'maxEjectionTime',
      'max_ejection_time',
      Math.max(baseMs, DEFAULT_OUTLIER_DETECTION.maxEjectionMs),
    );
    if (longestMs < baseMs) {
      const remedy = 'give at least base_ejection_time';
      this.#context.refuse(`${this.#path}.max_ejection_time`, `is shorter than ${baseMs} ms`, remedy);
    }
    return longestMs;
  }

  percent(name: string, value: number | undefined, usual: number): number {
    if (value !== undefined && value > 100)
      this.#context.refuse(`${this.#path}.${name}`, `is ${value}`, 'give 0 to 100');
    return value ?? usual;
  }

  enforcing(): Readonly<Record<PublicReason, number>> {
    const usual = DEFAULT_OUTLIER_DETECTION.enforcing;
    const odds = (reason: PublicReason): number => {
      const name = ENFORCING[reason].replaceAll(/[A-Z5]/g, (letter) => `_${letter.toLowerCase()}`);
      return this.percent(name, this.#message[ENFORCING[reason]], usual[reason]);
    };
    return Object.fromEntries(REASONS.map((reason) => [reason, odds(reason)])) as Record<PublicReason, number>;
  }
}

export function encodeOutlierDetection(spec: OutlierDetectionSpec): Init {
  const usual = DEFAULT_OUTLIER_DETECTION;
  const number = <Field extends keyof Init>(field: Field, value: number, unless: number): Init =>
    value === unless ? {} : { [field]: value };
  const duration = (field: DurationField, ms: number, unless: number): Init =>
    ms === unless ? {} : { [field]: encodeDuration(ms) };
  const { successRate, failurePercentage } = spec;
  return {
    ...number('consecutive5xx', spec.consecutive5xx, usual.consecutive5xx),
    ...number('consecutiveGatewayFailure', spec.consecutiveGatewayFailure, usual.consecutiveGatewayFailure),
    ...number('consecutiveLocalOriginFailure', spec.consecutiveLocalOriginFailure, usual.consecutiveLocalOriginFailure),
    ...(spec.splitLocalOrigin ? { splitExternalLocalOriginErrors: true } : {}),
    ...duration('interval', spec.intervalMs, usual.intervalMs),
    ...duration('baseEjectionTime', spec.baseEjectionMs, usual.baseEjectionMs),
    ...duration('maxEjectionTime', spec.maxEjectionMs, Math.max(spec.baseEjectionMs, usual.maxEjectionMs)),
    ...duration('maxEjectionTimeJitter', spec.maxEjectionJitterMs, 0),
    ...number('maxEjectionPercent', spec.maxEjectionPercent, usual.maxEjectionPercent),
    ...(spec.alwaysEjectOne ? { alwaysEjectOneHost: true } : {}),
    ...(spec.ignoresChecks === true ? { successfulActiveHealthCheckUnejectHost: false } : {}),
    ...number('successRateMinimumHosts', successRate.minimumHosts, usual.successRate.minimumHosts),
    ...number('successRateRequestVolume', successRate.requestVolume, usual.successRate.requestVolume),
    ...number(
      'successRateStdevFactor',
      Math.round(successRate.stdevFactor * STDEV_UNIT),
      usual.successRate.stdevFactor * STDEV_UNIT,
    ),
    ...number('failurePercentageThreshold', failurePercentage.threshold, usual.failurePercentage.threshold),
    ...number('failurePercentageMinimumHosts', failurePercentage.minimumHosts, usual.failurePercentage.minimumHosts),
    ...number('failurePercentageRequestVolume', failurePercentage.requestVolume, usual.failurePercentage.requestVolume),
    ...Object.assign({}, ...REASONS.map((one) => number(ENFORCING[one], spec.enforcing[one], usual.enforcing[one]))),
  };
}
