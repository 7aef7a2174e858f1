// RetryPolicySpec ↔ envoy.config.route.v3.RetryPolicy.
import type { MessageInitShape } from '@bufbuild/protobuf';
import { RETRY_CONDITIONS, type RetryCondition, type RetryPolicySpec } from '../../model/retry-policy-spec.ts';
import type { RetryPolicy, RetryPolicySchema } from '../gen/envoy/config/route/v3/route_components_pb.ts';
import type { DecodeContext } from './decode-context.ts';
import { decodeDuration, encodeDuration } from './duration.ts';
import { decodeHeaderMatcher, encodeHeaderMatcher, OF_ANSWERS } from './header-matcher.ts';
import { decodeBackOff, decodeResetBackOff, encodeBackOff, encodeResetBackOff } from './retry-back-off.ts';
import { decodeRetryHosts, encodeRetryHosts, encodeRetryPriority } from './retry-hosts.ts';

/** What num_retries means when it is absent. */
const DEFAULT_NUM_RETRIES = 1;
/** Here there is no HTTP/3: without it nothing changes. */
const HTTP3_CONDITION = 'http3-post-connect-failure';

export function encodeRetryPolicy(spec: RetryPolicySpec): MessageInitShape<typeof RetryPolicySchema> {
  const { backOff, resetBackOff, perTryTimeoutMs, perTryIdleTimeoutMs, answerHeaders = [], requestHeaders = [] } = spec;
  return {
    retryOn: spec.on.join(','),
    // gRPC's clients refuse a 0, and where no condition is given nothing is retried anyway.
    ...(spec.on.length === 0 && spec.numRetries === 0 ? {} : { numRetries: spec.numRetries }),
    retriableStatusCodes: [...spec.statusCodes],
    retriableHeaders: answerHeaders.map(encodeHeaderMatcher),
    retriableRequestHeaders: requestHeaders.map(encodeHeaderMatcher),
    retryHostPredicate: encodeRetryHosts(spec),
    ...encodeRetryPriority(spec),
    ...(backOff === undefined ? {} : { retryBackOff: encodeBackOff(backOff) }),
    ...(resetBackOff === undefined ? {} : { rateLimitedRetryBackOff: encodeResetBackOff(resetBackOff) }),
    ...(perTryTimeoutMs === undefined ? {} : { perTryTimeout: encodeDuration(perTryTimeoutMs) }),
    ...(perTryIdleTimeoutMs === undefined ? {} : { perTryIdleTimeout: encodeDuration(perTryIdleTimeoutMs) }),
  };
}

export function decodeRetryPolicy(message: RetryPolicy, context: DecodeContext, path: string): RetryPolicySpec {
  const answerHeaders = message.retriableHeaders.map((matcher, i) =>
    decodeHeaderMatcher(matcher, context, `${path}.retriable_headers[${i}]`, OF_ANSWERS),
  );
  const requestHeaders = message.retriableRequestHeaders.map((matcher, i) =>
    decodeHeaderMatcher(matcher, context, `${path}.retriable_request_headers[${i}]`),
  );
  const on = decodeConditions(message.retryOn, context, `${path}.retry_on`);
  return {
    on,
    numRetries: message.numRetries ?? (on.length === 0 ? 0 : DEFAULT_NUM_RETRIES),
    statusCodes: decodeStatusCodes(message.retriableStatusCodes, context, `${path}.retriable_status_codes`),
    ...(answerHeaders.length === 0 ? {} : { answerHeaders }),
    ...(requestHeaders.length === 0 ? {} : { requestHeaders }),
    ...decodeRetryHosts(message, context, path),
    ...decodeBackOff(message, context, `${path}.retry_back_off`),
    ...decodeResetBackOff(message, context, `${path}.rate_limited_retry_back_off`),
    ...decodeTryLimits(message, context, path),
  };
}

/** 0 is none. */
function decodeTryLimits(message: RetryPolicy, context: DecodeContext, path: string) {
  const wholeMs = decodeDuration(message.perTryTimeout, 0, context, `${path}.per_try_timeout`);
  const idleMs = decodeDuration(message.perTryIdleTimeout, 0, context, `${path}.per_try_idle_timeout`);
  return {
    ...(wholeMs === 0 ? {} : { perTryTimeoutMs: wholeMs }),
    ...(idleMs === 0 ? {} : { perTryIdleTimeoutMs: idleMs }),
  };
}

function decodeStatusCodes(codes: readonly number[], context: DecodeContext, path: string): number[] {
  return codes.filter((status, i) => {
    const isStatus = status >= 100 && status <= 599;
    if (!isStatus) context.refuse(`${path}[${i}]`, `is ${status}`, 'use 100 to 599');
    return isStatus;
  });
}

function decodeConditions(text: string, context: DecodeContext, path: string): RetryCondition[] {
  const conditions: RetryCondition[] = [];
  for (const name of text.split(',').map((part) => part.trim())) {
    const known = RETRY_CONDITIONS.find((condition) => condition === name);
    if (known !== undefined) conditions.push(known);
    else if (name === HTTP3_CONDITION) context.ignore(`${path}.${name}`);
    else if (name !== '') {
      context.refuse(path, `"${name.slice(0, 100)}" is not supported`, `use ${RETRY_CONDITIONS.join(', ')}`);
    }
  }
  return conditions;
}
