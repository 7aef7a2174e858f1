// Buckets for some requests: DescriptorLimitsSpec ↔ descriptors and rate_limits of envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit.
import type { MessageInitShape } from '@bufbuild/protobuf';
import type {
  DescriptorBucketSpec,
  DescriptorEntry,
  DescriptorLimitsSpec,
  RateLimitActionSpec,
  TokenBucketSpec,
} from '../../model/local-rate-limit-spec.ts';
import type { RateLimit_Action, RateLimitSchema } from '../gen/envoy/config/route/v3/route_components_pb.ts';
import type { LocalRateLimitDescriptor } from '../gen/envoy/extensions/common/ratelimit/v3/ratelimit_pb.ts';
import type {
  LocalRateLimit,
  LocalRateLimitSchema,
} from '../gen/envoy/extensions/filters/http/local_ratelimit/v3/local_rate_limit_pb.ts';
import type { TokenBucket, TokenBucketSchema } from '../gen/envoy/type/v3/token_bucket_pb.ts';
import type { DecodeContext } from './decode-context.ts';
import { decodeHeaderMatcher, encodeHeaderMatcher } from './header-matcher.ts';

type Init = MessageInitShape<typeof LocalRateLimitSchema>;
type ActionInit = NonNullable<
  NonNullable<MessageInitShape<typeof RateLimitSchema>['actions']>[number]['actionSpecifier']
>;

const GENERIC_KEY = 'generic_key';
const HEADER_MATCH = 'header_match';
const NOTHING: RateLimitActionSpec = { kind: 'remote-address' };

export function encodeDescriptors(
  spec: DescriptorLimitsSpec | undefined,
  encodeBucket: (bucket: TokenBucketSpec) => MessageInitShape<typeof TokenBucketSchema>,
): Pick<Init, 'descriptors' | 'rateLimits' | 'alwaysConsumeDefaultTokenBucket'> {
  if (spec === undefined) return {};
  return {
    descriptors: spec.buckets.map(({ entries, bucket }) => ({
      entries: [...entries],
      tokenBucket: encodeBucket(bucket),
    })),
    rateLimits: spec.actions.map((actions) => ({
      actions: actions.map((action) => ({ actionSpecifier: encodeAction(action) })),
    })),
    ...(spec.instead === true ? { alwaysConsumeDefaultTokenBucket: false } : {}),
  };
}

function encodeAction(action: RateLimitActionSpec): ActionInit {
  switch (action.kind) {
    case 'generic-key':
      return { case: 'genericKey', value: { descriptorKey: action.key, descriptorValue: action.value } };
    case 'request-header': {
      const value = { headerName: action.name, descriptorKey: action.key, skipIfAbsent: action.optional === true };
      return { case: 'requestHeaders', value };
    }
    case 'remote-address':
      return { case: 'remoteAddress', value: {} };
    case 'header-match': {
      const { key, value, matches, headers } = action;
      const message = { descriptorKey: key, descriptorValue: value, headers: headers.map(encodeHeaderMatcher) };
      return { case: 'headerValueMatch', value: { ...message, expectMatch: matches } };
    }
  }
}

/** Nothing where all requests are alike. */
export function decodeDescriptors(
  message: LocalRateLimit,
  decodeBucket: (bucket: TokenBucket, path: string) => TokenBucketSpec,
  context: DecodeContext,
  path: string,
): { readonly descriptors?: DescriptorLimitsSpec } {
  const { descriptors, rateLimits, tokenBucket, alwaysConsumeDefaultTokenBucket } = message;
  if (descriptors.length === 0) {
    if (rateLimits.length > 0) context.refuse(`${path}.rate_limits`, 'limit nobody', 'add descriptors, or remove them');
    return {};
  }
  if (tokenBucket === undefined) context.refuse(`${path}.token_bucket`, 'is absent', 'give it one for all requests');
  if (rateLimits.length === 0) {
    context.refuse(
      `${path}.descriptors`,
      'are made by nobody',
      'add rate_limits beside them; those of routes are not asked',
    );
  }
  return {
    descriptors: {
      actions: rateLimits.map(({ actions }, i) => {
        const at = `${path}.rate_limits[${i}].actions`;
        if (actions.length === 0) context.refuse(at, 'is empty', 'add an action');
        return actions.map((action, j) => decodeAction(action, context, `${at}[${j}]`));
      }),
      buckets: decodeBuckets(descriptors, decodeBucket, context, `${path}.descriptors`),
      ...(alwaysConsumeDefaultTokenBucket === false ? { instead: true } : {}),
    },
  };
}

function decodeBuckets(
  messages: readonly LocalRateLimitDescriptor[],
  decodeBucket: (bucket: TokenBucket, path: string) => TokenBucketSpec,
  context: DecodeContext,
  path: string,
): DescriptorBucketSpec[] {
  const seen = new Set<string>();
  return messages.flatMap(({ entries, tokenBucket }, i) => {
    const at = `${path}[${i}]`;
    if (tokenBucket === undefined) {
      context.refuse(`${at}.token_bucket`, 'is absent', 'give it one');
      return [];
    }
    const plain: DescriptorEntry[] = entries.map(({ key, value }) => ({ key, value }));
    const id = JSON.stringify(plain);
    if (seen.has(id)) context.refuse(`${at}.entries`, 'are those of a descriptor before it', 'remove one of them');
    seen.add(id);
    checkEntries(plain, context, `${at}.entries`);
    return [{ entries: plain, bucket: decodeBucket(tokenBucket, `${at}.token_bucket`) }];
  });
}

function checkEntries(entries: readonly DescriptorEntry[], context: DecodeContext, path: string): void {
  if (entries.length === 0) context.refuse(path, 'is empty', 'add an entry');
  for (const [i, { key, value }] of entries.entries()) {
    if (key === '') context.refuse(`${path}[${i}].key`, 'is empty', 'give one');
    // Of each value that callers think of there would be a bucket.
    if (value === '') context.refuse(`${path}[${i}].value`, 'is empty, which is not supported', 'give a value');
  }
}

function decodeAction(
  { actionSpecifier }: RateLimit_Action,
  context: DecodeContext,
  path: string,
): RateLimitActionSpec {
  switch (actionSpecifier.case) {
    case 'genericKey': {
      const { descriptorKey: key, descriptorValue: value } = actionSpecifier.value;
      if (value === '') context.refuse(`${path}.generic_key.descriptor_value`, 'is empty', 'give one');
      return { kind: 'generic-key', key: key === '' ? GENERIC_KEY : key, value };
    }
    case 'requestHeaders': {
      const { headerName, descriptorKey: key, skipIfAbsent } = actionSpecifier.value;
      if (headerName === '') context.refuse(`${path}.request_headers.header_name`, 'is empty', 'name a header');
      if (headerName.startsWith(':'))
        context.refuse(`${path}.request_headers.header_name`, `is ${headerName}`, 'name a field');
      if (key === '') context.refuse(`${path}.request_headers.descriptor_key`, 'is empty', 'give one');
      const name = headerName.toLowerCase();
      return { kind: 'request-header', name, key, ...(skipIfAbsent ? { optional: true } : {}) };
    }
    case 'remoteAddress':
      return { kind: 'remote-address' };
    case 'headerValueMatch': {
      const { descriptorKey: key, descriptorValue: value, expectMatch, headers } = actionSpecifier.value;
      const at = `${path}.header_value_match`;
      if (value === '') context.refuse(`${at}.descriptor_value`, 'is empty', 'give one');
      if (headers.length === 0) context.refuse(`${at}.headers`, 'is empty', 'add one');
      const matchers = headers.map((item, i) => decodeHeaderMatcher(item, context, `${at}.headers[${i}]`));
      const named = key === '' ? HEADER_MATCH : key;
      return { kind: 'header-match', key: named, value, matches: expectMatch !== false, headers: matchers };
    }
    case undefined:
      context.refuse(
        path,
        'is not supported',
        'use generic_key, request_headers, remote_address or header_value_match',
      );
      return NOTHING;
  }
}
