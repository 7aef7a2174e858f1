// HttpCheckSpec ↔ envoy.config.core.v3.HealthCheck.HttpHealthCheck.
import type { MessageInitShape } from '@bufbuild/protobuf';
import { DEFAULT_RECEIVE_BYTES, type HttpCheckSpec, OK_ONLY, type StatusRange } from '../../model/health-check-spec.ts';
import { RequestMethod } from '../gen/envoy/config/core/v3/base_pb.ts';
import type {
  HealthCheck_HttpHealthCheck,
  HealthCheck_HttpHealthCheckSchema,
} from '../gen/envoy/config/core/v3/health_check_pb.ts';
import { CodecClientType } from '../gen/envoy/type/v3/http_pb.ts';
import type { Int64Range } from '../gen/envoy/type/v3/range_pb.ts';
import { checkPayloads, decodePayload, encodePayload } from './check-payload.ts';
import type { DecodeContext } from './decode-context.ts';
import { decodeHeaderChanges, encodeHeaderChanges } from './header-changes.ts';
import { isVisible } from './legal-text.ts';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE', 'PATCH'] as const;
/** All of a body, as far as anybody wants to look. */
const MAX_RECEIVE_BYTES = 1_048_576;
const [LOWEST, HIGHEST] = [100, 600];

export function decodeHttpCheck(
  message: HealthCheck_HttpHealthCheck,
  context: DecodeContext,
  path: string,
): HttpCheckSpec {
  const expected = decodeRanges(message.expectedStatuses, context, `${path}.expected_statuses`);
  const retriable = decodeRanges(message.retriableStatuses, context, `${path}.retriable_statuses`);
  if (!message.path.startsWith('/') || !isVisible(message.path)) {
    context.refuse(`${path}.path`, `"${message.path}" is no path`, 'begin with /');
  }
  if (message.codecClientType === CodecClientType.HTTP3) {
    context.refuse(`${path}.codec_client_type`, 'HTTP3 is not supported', 'use HTTP1 or HTTP2');
  }
  return {
    kind: 'http',
    path: message.path,
    ...(message.host === '' ? {} : { host: message.host }),
    method: decodeMethod(message, context, path),
    ...(message.codecClientType === CodecClientType.HTTP2 ? { http2: true } : {}),
    ...decodeHeaders(message, context, path),
    ...decodePayload(message.send, context, `${path}.send`),
    ...checkPayloads(message.receive, context, `${path}.receive`),
    ...decodeReceiveBytes(message),
    expectedStatuses: expected.length === 0 ? OK_ONLY : expected,
    ...(retriable.length === 0 ? {} : { retriableStatuses: retriable }),
  };
}

function decodeMethod({ method }: HealthCheck_HttpHealthCheck, context: DecodeContext, path: string): string {
  if (method === RequestMethod.METHOD_UNSPECIFIED) return 'GET';
  const name = METHODS.find((one) => RequestMethod[one] === method);
  if (name === undefined) context.refuse(`${path}.method`, `is ${method}`, `use one of ${METHODS.join(', ')}`);
  return name ?? 'GET';
}

function decodeHeaders(message: HealthCheck_HttpHealthCheck, context: DecodeContext, path: string) {
  const { requestHeadersToAdd, requestHeadersToRemove } = message;
  const none = { responseHeadersToAdd: [], responseHeadersToRemove: [] };
  const { headers } = decodeHeaderChanges({ requestHeadersToAdd, requestHeadersToRemove, ...none }, context, path);
  const { add = [], remove = [] } = headers?.request ?? {};
  return { ...(add.length === 0 ? {} : { add }), ...(remove.length === 0 ? {} : { remove }) };
}

function decodeReceiveBytes({ responseBufferSize }: HealthCheck_HttpHealthCheck): { readonly receiveBytes?: number } {
  if (responseBufferSize === undefined) return {};
  const said = responseBufferSize === 0n ? MAX_RECEIVE_BYTES : Math.min(Number(responseBufferSize), MAX_RECEIVE_BYTES);
  return said === DEFAULT_RECEIVE_BYTES ? {} : { receiveBytes: said };
}

function decodeRanges(ranges: readonly Int64Range[], context: DecodeContext, path: string): readonly StatusRange[] {
  return ranges.map((range, index) => {
    const [start, end] = [Number(range.start), Number(range.end)];
    if (start < LOWEST || end > HIGHEST || start >= end) {
      context.refuse(`${path}[${index}]`, `is ${start} to ${end}`, `give ${LOWEST} ≤ start < end ≤ ${HIGHEST}`);
    }
    return { start, end };
  });
}

export function encodeHttpCheck(spec: HttpCheckSpec): MessageInitShape<typeof HealthCheck_HttpHealthCheckSchema> {
  const { requestHeadersToAdd, requestHeadersToRemove } = encodeHeaderChanges({
    request: { add: spec.add ?? [], remove: spec.remove ?? [] },
  });
  const method = METHODS.find((one) => one === spec.method) ?? 'GET';
  return {
    path: spec.path,
    host: spec.host ?? '',
    method: RequestMethod[method],
    codecClientType: spec.http2 === true ? CodecClientType.HTTP2 : CodecClientType.HTTP1,
    ...{ requestHeadersToAdd, requestHeadersToRemove },
    ...(spec.send === undefined ? {} : { send: encodePayload(spec.send) }),
    receive: (spec.receive ?? []).map(encodePayload),
    ...(spec.receiveBytes === undefined ? {} : { responseBufferSize: BigInt(spec.receiveBytes) }),
    expectedStatuses: spec.expectedStatuses.map(encodeRange),
    retriableStatuses: (spec.retriableStatuses ?? []).map(encodeRange),
  };
}

function encodeRange({ start, end }: StatusRange) {
  return { start: BigInt(start), end: BigInt(end) };
}
