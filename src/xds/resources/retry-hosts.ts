// Where retries rather go: RetryPolicySpec ↔ retry_host_predicate and retry_priority of envoy.config.route.v3.RetryPolicy.
import type { DescMessage, MessageInitShape } from '@bufbuild/protobuf';
import type { RetryPolicySpec } from '../../model/retry-policy-spec.ts';
import type { SubsetLabels } from '../../model/subset-spec.ts';
import type {
  RetryPolicy,
  RetryPolicy_RetryHostPredicate,
  RetryPolicy_RetryHostPredicateSchema,
  RetryPolicy_RetryPriority,
  RetryPolicy_RetryPrioritySchema,
} from '../gen/envoy/config/route/v3/route_components_pb.ts';
import { OmitCanaryHostsPredicateSchema } from '../gen/envoy/extensions/retry/host/omit_canary_hosts/v3/omit_canary_hosts_pb.ts';
import { OmitHostMetadataConfigSchema } from '../gen/envoy/extensions/retry/host/omit_host_metadata/v3/omit_host_metadata_config_pb.ts';
import { PreviousHostsPredicateSchema } from '../gen/envoy/extensions/retry/host/previous_hosts/v3/previous_hosts_pb.ts';
import { PreviousPrioritiesConfigSchema } from '../gen/envoy/extensions/retry/priority/previous_priorities/v3/previous_priorities_config_pb.ts';
import type { DecodeContext } from './decode-context.ts';
import { extensionType, packExtension, unpackExtension } from './extension.ts';
import { BALANCING_KEY, decodeLabels, encodeLabels } from './subset.ts';

type PredicateInit = MessageInitShape<typeof RetryPolicy_RetryHostPredicateSchema>;
type PriorityInit = MessageInitShape<typeof RetryPolicy_RetryPrioritySchema>;

/** The label that makes a canary, for Envoy. */
const CANARY: SubsetLabels = { canary: 'true' };

function extension<Desc extends DescMessage>(name: string, schema: Desc, init: MessageInitShape<Desc>) {
  return { name, configType: { case: 'typedConfig', value: packExtension(schema, init) } } as const;
}

/** Ours goes to another endpoint first by itself; Envoy does so only when it is told to. */
export function encodeRetryHosts({ avoids = [] }: RetryPolicySpec): PredicateInit[] {
  return [
    extension('envoy.retry_host_predicates.previous_hosts', PreviousHostsPredicateSchema, {}),
    ...avoids.map(encodeAvoided),
  ];
}

function encodeAvoided(labels: SubsetLabels): PredicateInit {
  if (isCanary(labels))
    return extension('envoy.retry_host_predicates.omit_canary_hosts', OmitCanaryHostsPredicateSchema, {});
  return extension('envoy.retry_host_predicates.omit_host_metadata', OmitHostMetadataConfigSchema, {
    metadataMatch: { filterMetadata: { [BALANCING_KEY]: encodeLabels(labels) } },
  });
}

function isCanary(labels: SubsetLabels): boolean {
  return Object.keys(labels).length === 1 && labels['canary'] === CANARY['canary'];
}

export function encodeRetryPriority({ attemptsPerPriority }: RetryPolicySpec): {
  readonly retryPriority?: PriorityInit;
} {
  if (attemptsPerPriority === undefined) return {};
  const config = { updateFrequency: attemptsPerPriority };
  const name = 'envoy.retry_priorities.previous_priorities';
  return { retryPriority: extension(name, PreviousPrioritiesConfigSchema, config) };
}

export function decodeRetryHosts(
  message: RetryPolicy,
  context: DecodeContext,
  path: string,
): Pick<RetryPolicySpec, 'avoids' | 'attemptsPerPriority'> {
  const avoids = message.retryHostPredicate.flatMap((predicate, i) =>
    decodeAvoided(predicate, context, `${path}.retry_host_predicate[${i}]`),
  );
  return {
    ...(avoids.length === 0 ? {} : { avoids }),
    ...decodePriority(message.retryPriority, context, `${path}.retry_priority`),
  };
}

/** None, or one: previous_hosts is what the balancers do anyway. */
function decodeAvoided(
  { name, configType }: RetryPolicy_RetryHostPredicate,
  context: DecodeContext,
  path: string,
): SubsetLabels[] {
  const any = configType.value;
  const type = extensionType(any);
  if (type === PreviousHostsPredicateSchema.typeName) return [];
  if (type === OmitCanaryHostsPredicateSchema.typeName) return [CANARY];
  if (any === undefined || type !== OmitHostMetadataConfigSchema.typeName) {
    const known = [PreviousHostsPredicateSchema, OmitCanaryHostsPredicateSchema, OmitHostMetadataConfigSchema];
    const what = `"${name}" (${type || 'no type'}) is not supported`;
    context.refuse(path, what, `use ${known.map(({ typeName }) => typeName).join(', ')}`);
    return [];
  }
  const at = `${path}.typed_config`;
  const metadata = unpackExtension(OmitHostMetadataConfigSchema, any, context, at)?.metadataMatch?.filterMetadata ?? {};
  for (const key of Object.keys(metadata)) {
    if (key === BALANCING_KEY) continue;
    context.refuse(
      `${at}.metadata_match.filter_metadata`,
      `asks for "${key}"`,
      `use ${BALANCING_KEY}, whose labels endpoints have`,
    );
  }
  const labels = decodeLabels(metadata[BALANCING_KEY] ?? {});
  // Without any it leaves nobody out.
  return Object.keys(labels).length === 0 ? [] : [labels];
}

function decodePriority(
  message: RetryPolicy_RetryPriority | undefined,
  context: DecodeContext,
  path: string,
): Pick<RetryPolicySpec, 'attemptsPerPriority'> {
  if (message === undefined) return {};
  const any = message.configType.value;
  if (any === undefined || extensionType(any) !== PreviousPrioritiesConfigSchema.typeName) {
    const what = `"${message.name}" (${extensionType(any) || 'no type'}) is not supported`;
    context.refuse(path, what, `use ${PreviousPrioritiesConfigSchema.typeName}`);
    return {};
  }
  const at = `${path}.typed_config`;
  const { updateFrequency = 0 } = unpackExtension(PreviousPrioritiesConfigSchema, any, context, at) ?? {};
  if (updateFrequency >= 1) return { attemptsPerPriority: updateFrequency };
  context.refuse(`${at}.update_frequency`, `is ${updateFrequency}`, 'give 1 or more attempts');
  return {};
}
