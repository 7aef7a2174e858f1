// RetryPolicySpec ↔ envoy.config.route.v3.RetryPolicy.
import type { MessageInitShape } from '@bufbuild/protobuf';
import { RETRY_CONDITIONS, type RetryCondition, type RetryPolicySpec } from '../../model/route-spec.ts';
import type {
  RetryPolicy,
  RetryPolicy_RetryHostPredicate,
  RetryPolicySchema,
} from '../gen/envoy/config/route/v3/route_components_pb.ts';
import { PreviousHostsPredicateSchema } from '../gen/envoy/extensions/retry/host/previous_hosts/v3/previous_hosts_pb.ts';
import type { DecodeContext } from './decode-context.ts';
import { decodeDuration, encodeDuration } from './duration.ts';
import { extensionType, packExtension } from './extension.ts';

/** What num_retries means when it is absent. */
const DEFAULT_NUM_RETRIES = 1;
/** What an absent max_interval means, as a multiple of the base. */
const MAX_INTERVAL_FACTOR = 10;
/** They look at gRPC statuses, which no answer over HTTP/1.1 carries: without them nothing changes. */
const GRPC_CONDITIONS: ReadonlySet<string> = new Set([
  'cancelled',
  'deadline-exceeded',
  'internal',
  'resource-exhausted',
  'unavailable',
  'http3-post-connect-failure',
]);

export function encodeRetryPolicy(spec: RetryPolicySpec): MessageInitShape<typeof RetryPolicySchema> {
  const { backOff } = spec;
  return {
    retryOn: spec.on.join(','),
    numRetries: spec.numRetries,
    retriableStatusCodes: [...spec.statusCodes],
    // Ours goes to another endpoint first by itself; Envoy does so only when it is told to.
    retryHostPredicate: [
      {
        name: 'envoy.retry_host_predicates.previous_hosts',
        configType: { case: 'typedConfig', value: packExtension(PreviousHostsPredicateSchema, {}) },
      },
    ],
    ...(backOff === undefined ? {} : { retryBackOff: encodeBackOff(backOff) }),
  };
}

function encodeBackOff({ baseMs, maxMs }: { readonly baseMs: number; readonly maxMs: number }) {
  return { baseInterval: encodeDuration(baseMs), maxInterval: encodeDuration(maxMs) };
}

export function decodeRetryPolicy(message: RetryPolicy, context: DecodeContext, path: string): RetryPolicySpec {
  for (const [i, predicate] of message.retryHostPredicate.entries()) {
    checkPredicate(predicate, context, `${path}.retry_host_predicate[${i}]`);
  }
  return {
    on: decodeConditions(message.retryOn, context, `${path}.retry_on`),
    numRetries: message.numRetries ?? DEFAULT_NUM_RETRIES,
    statusCodes: message.retriableStatusCodes.filter((status, i) => {
      const isStatus = status >= 100 && status <= 599;
      if (!isStatus) context.refuse(`${path}.retriable_status_codes[${i}]`, `is ${status}`, 'use 100 to 599');
      return isStatus;
    }),
    ...decodeBackOff(message, context, `${path}.retry_back_off`),
  };
}

function decodeConditions(text: string, context: DecodeContext, path: string): RetryCondition[] {
  const conditions: RetryCondition[] = [];
  for (const name of text.split(',').map((part) => part.trim())) {
    const known = RETRY_CONDITIONS.find((condition) => condition === name);
    if (known !== undefined) conditions.push(known);
    else if (GRPC_CONDITIONS.has(name)) context.ignore(`${path}.${name}`);
    else if (name !== '') {
      context.refuse(path, `"${name.slice(0, 100)}" is not supported`, `use ${RETRY_CONDITIONS.join(', ')}`);
    }
  }
  return conditions;
}

/** previous_hosts is what the balancers do anyway; others would keep requests away from hosts that ours would choose. */
function checkPredicate(predicate: RetryPolicy_RetryHostPredicate, context: DecodeContext, path: string): void {
  const type = extensionType(predicate.configType.value);
  if (type === PreviousHostsPredicateSchema.typeName) return;
  const what = `"${predicate.name}" (${type || 'no type'}) is not supported`;
  context.refuse(path, what, `use ${PreviousHostsPredicateSchema.typeName}`);
}

function decodeBackOff(message: RetryPolicy, context: DecodeContext, path: string) {
  const backOff = message.retryBackOff;
  if (backOff === undefined) return {};
  const baseMs = decodeDuration(backOff.baseInterval, 0, context, `${path}.base_interval`);
  const maxMs = decodeDuration(backOff.maxInterval, baseMs * MAX_INTERVAL_FACTOR, context, `${path}.max_interval`);
  if (baseMs <= 0) context.refuse(`${path}.base_interval`, 'is absent or 0', 'give more than 0 s');
  if (maxMs < baseMs) context.refuse(`${path}.max_interval`, 'is less than base_interval', 'give at least that');
  return { backOff: { baseMs, maxMs } };
}
