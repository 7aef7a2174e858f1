// Local rate limits: LocalRateLimitSpec ↔ envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit.
import type { MessageInitShape } from '@bufbuild/protobuf';
import { NEVER } from '../../model/fraction-spec.ts';
import {
  type LocalRateLimitSpec,
  MIN_FILL_INTERVAL_MS,
  RATE_LIMITED_STATUS,
  type TokenBucketSpec,
} from '../../model/local-rate-limit-spec.ts';
import { XRateLimitHeadersRFCVersion as LimitHeaders } from '../gen/envoy/extensions/common/ratelimit/v3/ratelimit_pb.ts';
import type {
  LocalRateLimit,
  LocalRateLimitSchema,
} from '../gen/envoy/extensions/filters/http/local_ratelimit/v3/local_rate_limit_pb.ts';
import type { StatusCode } from '../gen/envoy/type/v3/http_status_pb.ts';
import type { TokenBucket, TokenBucketSchema } from '../gen/envoy/type/v3/token_bucket_pb.ts';
import type { DecodeContext } from './decode-context.ts';
import { decodeDuration, encodeDuration } from './duration.ts';
import { decodeRuntimeFraction, encodeRuntimeFraction } from './fraction.ts';
import { decodeHeader, encodeHeader } from './header-changes.ts';
import { decodeDescriptors, encodeDescriptors } from './rate-limit-descriptors.ts';

/** Less than this in HttpStatus means the status that is usual for refusals. */
const LEAST_STATUS = 400;

export function encodeLocalRateLimit(spec: LocalRateLimitSpec): MessageInitShape<typeof LocalRateLimitSchema> {
  return {
    statPrefix: spec.statPrefix,
    // An enum in name only: every status is its own number.
    status: { code: spec.status as StatusCode },
    ...(spec.bucket === undefined ? {} : { tokenBucket: encodeBucket(spec.bucket) }),
    ...encodeDescriptors(spec.descriptors, encodeBucket),
    filterEnabled: encodeRuntimeFraction(spec.enabled),
    filterEnforced: encodeRuntimeFraction(spec.enforced),
    responseHeadersToAdd: (spec.refusalHeaders ?? []).map(encodeHeader),
    requestHeadersToAddWhenNotEnforced: (spec.unenforcedHeaders ?? []).map(encodeHeader),
    rateLimitedAsResourceExhausted: spec.asResourceExhausted === true,
    enableXRatelimitHeaders: spec.tellLimits === true ? LimitHeaders.DRAFT_VERSION_03 : LimitHeaders.OFF,
    // Our refusals carry it asked or not.
    enableRetryAfterHeader: true,
  };
}

function encodeBucket(spec: TokenBucketSpec): MessageInitShape<typeof TokenBucketSchema> {
  return {
    maxTokens: spec.maxTokens,
    tokensPerFill: spec.tokensPerFill,
    fillInterval: encodeDuration(spec.fillIntervalMs),
  };
}

/** `needsBucket`: of a route, which would mean nothing without. */
export function decodeLocalRateLimit(
  message: LocalRateLimit,
  needsBucket: boolean,
  context: DecodeContext,
  path: string,
): LocalRateLimitSpec {
  const { tokenBucket, status, responseHeadersToAdd: answers, requestHeadersToAddWhenNotEnforced: requests } = message;
  if (message.statPrefix === '') context.refuse(`${path}.stat_prefix`, 'is empty', 'name the statistics');
  if (tokenBucket === undefined && needsBucket) context.refuse(`${path}.token_bucket`, 'is absent', 'give it one');
  const refusalHeaders = answers.map((one, i) => decodeHeader(one, context, `${path}.response_headers_to_add[${i}]`));
  const at = `${path}.request_headers_to_add_when_not_enforced`;
  const unenforcedHeaders = requests.map((one, i) => decodeHeader(one, context, `${at}[${i}]`));
  return {
    statPrefix: message.statPrefix,
    ...(tokenBucket === undefined ? {} : { bucket: decodeBucket(tokenBucket, context, `${path}.token_bucket`) }),
    ...decodeDescriptors(message, (bucket, place) => decodeBucket(bucket, context, place), context, path),
    enabled: decodeRuntimeFraction(message.filterEnabled, NEVER, context, `${path}.filter_enabled`),
    enforced: decodeRuntimeFraction(message.filterEnforced, NEVER, context, `${path}.filter_enforced`),
    status: decodeRefusalStatus(status?.code, RATE_LIMITED_STATUS, context, `${path}.status.code`),
    ...(message.rateLimitedAsResourceExhausted ? { asResourceExhausted: true } : {}),
    ...(refusalHeaders.length === 0 ? {} : { refusalHeaders }),
    ...(unenforcedHeaders.length === 0 ? {} : { unenforcedHeaders }),
    ...(message.enableXRatelimitHeaders === LimitHeaders.OFF ? {} : { tellLimits: true }),
  };
}

/** Envoy takes what is no refusal for the usual one. */
export function decodeRefusalStatus(
  code: number | undefined,
  usual: number,
  context: DecodeContext,
  path: string,
): number {
  if (code === undefined || code < LEAST_STATUS) return usual;
  if (code > 599) context.refuse(path, `is ${code}`, `use ${LEAST_STATUS} to 599`);
  return code;
}

function decodeBucket(message: TokenBucket, context: DecodeContext, path: string): TokenBucketSpec {
  const { maxTokens, tokensPerFill = 1, fillInterval } = message;
  const fillIntervalMs = decodeDuration(fillInterval, 0, context, `${path}.fill_interval`);
  if (maxTokens === 0) context.refuse(`${path}.max_tokens`, 'is absent or 0', 'give at least 1');
  if (tokensPerFill === 0) context.refuse(`${path}.tokens_per_fill`, 'is 0', 'give at least 1');
  if (fillIntervalMs < MIN_FILL_INTERVAL_MS) {
    context.refuse(`${path}.fill_interval`, `is ${fillIntervalMs} ms`, `give at least ${MIN_FILL_INTERVAL_MS} ms`);
  }
  return { maxTokens, tokensPerFill, fillIntervalMs };
}
