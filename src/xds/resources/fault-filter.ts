// Faults on purpose: FaultSpec ↔ envoy.extensions.filters.http.fault.v3.HTTPFault.
import type { MessageInitShape } from '@bufbuild/protobuf';
import {
  type FaultAbortSpec,
  type FaultDelaySpec,
  type FaultPaceSpec,
  type FaultSpec,
  MAX_FAULT_PACE,
} from '../../model/fault-spec.ts';
import { NEVER } from '../../model/fraction-spec.ts';
import type {
  FaultDelay,
  FaultDelaySchema,
  FaultRateLimit,
  FaultRateLimitSchema,
} from '../gen/envoy/extensions/filters/common/fault/v3/fault_pb.ts';
import type {
  FaultAbort,
  FaultAbortSchema,
  HTTPFault,
  HTTPFaultSchema,
} from '../gen/envoy/extensions/filters/http/fault/v3/fault_pb.ts';
import type { DecodeContext } from './decode-context.ts';
import { decodeDuration, encodeDuration } from './duration.ts';
import { decodeFraction, encodeFraction } from './fraction.ts';
import { decodeHeaderMatcher, encodeHeaderMatcher } from './header-matcher.ts';

/** gRPC's statuses end here. */
const MAX_GRPC_STATUS = 16;

export function encodeFault(spec: FaultSpec): MessageInitShape<typeof HTTPFaultSchema> {
  return {
    ...(spec.delay === undefined ? {} : { delay: encodeDelay(spec.delay) }),
    ...(spec.abort === undefined ? {} : { abort: encodeAbort(spec.abort) }),
    ...(spec.pace === undefined ? {} : { responseRateLimit: encodePace(spec.pace) }),
    upstreamCluster: spec.cluster ?? '',
    headers: (spec.headers ?? []).map(encodeHeaderMatcher),
    ...(spec.maxActive === undefined ? {} : { maxActiveFaults: spec.maxActive }),
  };
}

function encodeDelay({ delay, share }: FaultDelaySpec): MessageInitShape<typeof FaultDelaySchema> {
  return {
    faultDelaySecifier:
      delay.kind === 'fixed'
        ? { case: 'fixedDelay', value: encodeDuration(delay.ms) }
        : { case: 'headerDelay', value: {} },
    percentage: encodeFraction(share),
  };
}

function encodeAbort({ abort, share }: FaultAbortSpec): MessageInitShape<typeof FaultAbortSchema> {
  return { errorType: encodeError(abort), percentage: encodeFraction(share) };
}

function encodePace({ limit, share }: FaultPaceSpec): MessageInitShape<typeof FaultRateLimitSchema> {
  return {
    limitType:
      limit.kind === 'fixed'
        ? { case: 'fixedLimit', value: { limitKbps: BigInt(limit.kibPerSecond) } }
        : { case: 'headerLimit', value: {} },
    percentage: encodeFraction(share),
  };
}

function encodeError(abort: FaultAbortSpec['abort']) {
  if (abort.kind === 'by-header') return { case: 'headerAbort', value: {} } as const;
  return { case: abort.kind === 'http' ? 'httpStatus' : 'grpcStatus', value: abort.status } as const;
}

export function decodeFault(message: HTTPFault, context: DecodeContext, path: string): FaultSpec {
  const headers = message.headers.map((item, i) => decodeHeaderMatcher(item, context, `${path}.headers[${i}]`));
  return {
    ...(message.delay === undefined ? {} : { delay: decodeDelay(message.delay, context, `${path}.delay`) }),
    ...(message.abort === undefined ? {} : { abort: decodeAbort(message.abort, context, `${path}.abort`) }),
    ...(message.responseRateLimit === undefined
      ? {}
      : { pace: decodePace(message.responseRateLimit, context, `${path}.response_rate_limit`) }),
    ...(message.upstreamCluster === '' ? {} : { cluster: message.upstreamCluster }),
    ...(headers.length === 0 ? {} : { headers }),
    ...(message.maxActiveFaults === undefined ? {} : { maxActive: message.maxActiveFaults }),
  };
}

function decodeDelay(message: FaultDelay, context: DecodeContext, path: string): FaultDelaySpec {
  const specifier = message.faultDelaySecifier;
  const share = decodeFraction(message.percentage, NEVER, context, `${path}.percentage`);
  if (specifier.case === 'headerDelay') return { delay: { kind: 'by-header' }, share };
  const at = `${path}.fixed_delay`;
  const ms = decodeDuration(specifier.value, 0, context, at);
  if (ms <= 0) context.refuse(at, 'is absent or 0', 'give a duration, or header_delay');
  return { delay: { kind: 'fixed', ms }, share };
}

function decodePace({ limitType, percentage }: FaultRateLimit, context: DecodeContext, path: string): FaultPaceSpec {
  const share = decodeFraction(percentage, NEVER, context, `${path}.percentage`);
  if (limitType.case === 'headerLimit') return { limit: { kind: 'by-header' }, share };
  const kibPerSecond = Number(limitType.value?.limitKbps ?? 0n);
  if (kibPerSecond < 1 || kibPerSecond > MAX_FAULT_PACE) {
    const remedy = `give 1 to ${MAX_FAULT_PACE} KiB a second, or header_limit`;
    context.refuse(`${path}.fixed_limit.limit_kbps`, `is ${kibPerSecond}`, remedy);
  }
  return { limit: { kind: 'fixed', kibPerSecond }, share };
}

function decodeAbort(message: FaultAbort, context: DecodeContext, path: string): FaultAbortSpec {
  const { errorType, percentage } = message;
  const share = decodeFraction(percentage, NEVER, context, `${path}.percentage`);
  switch (errorType.case) {
    case 'headerAbort':
      return { abort: { kind: 'by-header' }, share };
    case 'grpcStatus':
      if (errorType.value > MAX_GRPC_STATUS) {
        context.refuse(`${path}.grpc_status`, `is ${errorType.value}`, `use 0 to ${MAX_GRPC_STATUS}`);
      }
      return { abort: { kind: 'grpc', status: errorType.value }, share };
    case 'httpStatus':
      if (errorType.value < 200 || errorType.value > 599) {
        context.refuse(`${path}.http_status`, `is ${errorType.value}`, 'use 200 to 599');
      }
      return { abort: { kind: 'http', status: errorType.value }, share };
    case undefined:
      context.refuse(path, 'says nothing', 'give it http_status, grpc_status or header_abort');
      return { abort: { kind: 'by-header' }, share };
  }
}
