// Balancing policies as extensions: envoy.config.cluster.v3.LoadBalancingPolicy, of which a client takes the first that it knows.
import type { DescMessage, MessageInitShape, MessageShape } from '@bufbuild/protobuf';
import type { Any } from '@bufbuild/protobuf/wkt';
import type { BalancingSpec } from '../../model/balancing-spec.ts';
import type { ClusterSpec } from '../../model/cluster-spec.ts';
import type {
  LoadBalancingPolicy_Policy,
  LoadBalancingPolicy_PolicySchema,
} from '../gen/envoy/config/cluster/v3/cluster_pb.ts';
import {
  LeastRequest_SelectionMethod,
  LeastRequestSchema,
} from '../gen/envoy/extensions/load_balancing_policies/least_request/v3/least_request_pb.ts';
import { MaglevSchema } from '../gen/envoy/extensions/load_balancing_policies/maglev/v3/maglev_pb.ts';
import { PickFirstSchema } from '../gen/envoy/extensions/load_balancing_policies/pick_first/v3/pick_first_pb.ts';
import { RandomSchema } from '../gen/envoy/extensions/load_balancing_policies/random/v3/random_pb.ts';
import {
  RingHash_HashFunction,
  RingHashSchema,
} from '../gen/envoy/extensions/load_balancing_policies/ring_hash/v3/ring_hash_pb.ts';
import { RoundRobinSchema } from '../gen/envoy/extensions/load_balancing_policies/round_robin/v3/round_robin_pb.ts';
import { SubsetSchema } from '../gen/envoy/extensions/load_balancing_policies/subset/v3/subset_pb.ts';
import { WrrLocalitySchema } from '../gen/envoy/extensions/load_balancing_policies/wrr_locality/v3/wrr_locality_pb.ts';
import { PeakEwmaSchema } from '../gen/switchboard/balancing/v1/peak_ewma_pb.ts';
import {
  type Balancing,
  balancingOf,
  decodeHashing,
  decodeLeastRequest,
  decodeMaglev,
  decodeRingHash,
} from './balancing-options.ts';
import type { DecodeContext } from './decode-context.ts';
import { extensionType, packExtension, unpackExtension } from './extension.ts';
import { decodeLocality, encodeLocality } from './locality-balancing.ts';
import { decodeSlowStart, encodeSlowStart } from './slow-start.ts';
import { decodeSubsets, encodeSubsets } from './subset.ts';

interface Policy {
  readonly typeName: string;
  /** Null where the bytes cannot be read, which is reported. */
  read(any: Any, context: DecodeContext, path: string): Balancing | null;
}

function policy<Desc extends DescMessage>(
  schema: Desc,
  decode: (message: MessageShape<Desc>, context: DecodeContext, path: string) => Balancing,
): Policy {
  const read = (any: Any, context: DecodeContext, path: string) => {
    const message = unpackExtension(schema, any, context, path);
    return message === null ? null : decode(message, context, path);
  };
  return { typeName: schema.typeName, read };
}

const POLICIES: readonly Policy[] = [
  policy(RoundRobinSchema, (message, context, path) =>
    balancingOf('round-robin', decodeShares(message, context, path)),
  ),
  policy(LeastRequestSchema, (message, context, path) => {
    const fullScan =
      message.enableFullScan === true || message.selectionMethod === LeastRequest_SelectionMethod.FULL_SCAN;
    const options = decodeLeastRequest(message, fullScan, context, path);
    return balancingOf('least-request', { ...options, ...decodeShares(message, context, path) });
  }),
  policy(PeakEwmaSchema, (message, context, path) => balancingOf('peak-ewma', decodeShares(message, context, path))),
  policy(RandomSchema, ({ localityLbConfig }, context, path) =>
    balancingOf('random', decodeLocality(localityLbConfig, context, `${path}.locality_lb_config`)),
  ),
  policy(RingHashSchema, (message, context, path) => {
    const { minimumRingSize: minRingSize, maximumRingSize: maxRingSize, consistentHashingLbConfig } = message;
    const murmur = message.hashFunction === RingHash_HashFunction.MURMUR_HASH_2;
    // The older form says the same in fields of its own.
    const hashing = decodeHashing(consistentHashingLbConfig ?? message, context, path);
    const ring = decodeRingHash({ minRingSize, maxRingSize, murmur }, context, path);
    return balancingOf('ring-hash', { ...ring, ...hashing, ...weightedBy(message) });
  }),
  policy(MaglevSchema, (message, context, path) => {
    const hashing = decodeHashing(message.consistentHashingLbConfig, context, `${path}.consistent_hashing_lb_config`);
    const table = decodeMaglev(message.tableSize, context, path);
    return balancingOf('maglev', { ...table, ...hashing, ...weightedBy(message) });
  }),
  policy(PickFirstSchema, ({ shuffleAddressList: shuffle }) =>
    balancingOf('pick-first', shuffle ? { pickFirst: { shuffle } } : {}),
  ),
];

/** Localities by weight, with one of the others within each. */
const WRR_LOCALITY = policy(WrrLocalitySchema, ({ endpointPickingPolicy }, context, path) => {
  const at = `${path}.endpoint_picking_policy.policies`;
  const within = decodePolicies(endpointPickingPolicy?.policies ?? [], context, at, POLICIES);
  const { loadBalancer = 'round-robin', balancing = {} } = within ?? {};
  return balancingOf(loadBalancer, { ...balancing, locality: { kind: 'weighted' } });
});

/** Subsets of the endpoints, with one of the others within each. */
const SUBSET = policy(SubsetSchema, (message, context, path) => {
  const at = `${path}.subset_lb_policy.policies`;
  const within = decodePolicies(message.subsetLbPolicy?.policies ?? [], context, at, [...POLICIES, WRR_LOCALITY]);
  const { loadBalancer = 'round-robin', balancing = {} } = within ?? {};
  return balancingOf(loadBalancer, { ...balancing, subsets: decodeSubsets(message, context, path) });
});

/** The first that is known; null = none is, which is noted. */
export function decodePolicies(
  policies: readonly LoadBalancingPolicy_Policy[],
  context: DecodeContext,
  path: string,
  all: readonly Policy[] = [...POLICIES, WRR_LOCALITY, SUBSET],
): Balancing | null {
  for (const [index, { typedExtensionConfig }] of policies.entries()) {
    const any = typedExtensionConfig?.typedConfig;
    const known = all.find(({ typeName }) => typeName === extensionType(any));
    if (known === undefined || any === undefined) continue;
    return known.read(any, context, `${path}[${index}].typed_extension_config.typed_config`);
  }
  context.ignore(path);
  return null;
}

type PolicyInit = MessageInitShape<typeof LoadBalancingPolicy_PolicySchema>;

/** For clients that do not know the policy itself: what comes nearest to it. gRPC's know one of both hashing ones. */
const FALLBACKS: Partial<Record<ClusterSpec['loadBalancer'], () => readonly Any[]>> = {
  'peak-ewma': () => [packExtension(LeastRequestSchema, {})],
  maglev: () => [packExtension(RingHashSchema, encodeRing({}))],
};

/** Empty = round robin with every default. */
export function encodePolicies({ loadBalancer, balancing = {} }: ClusterSpec): PolicyInit[] {
  const any = encodePolicy(loadBalancer, balancing);
  const { subsets } = balancing;
  if (any === null && subsets === undefined) return [];
  const fallbacks = FALLBACKS[loadBalancer]?.() ?? [];
  // gRPC's clients refuse a cluster none of whose policies they know; not all know least request.
  const last = packExtension(RoundRobinSchema, {});
  const policies = [...(any === null ? [] : [any]), ...fallbacks, last].map(policyOf);
  if (subsets === undefined) return policies;
  const subset = packExtension(SubsetSchema, { ...encodeSubsets(subsets), subsetLbPolicy: { policies } });
  return [subset, last].map(policyOf);
}

function policyOf(any: Any): PolicyInit {
  return { typedExtensionConfig: { name: extensionType(any), typedConfig: any } };
}

function encodePolicy(loadBalancer: ClusterSpec['loadBalancer'], balancing: BalancingSpec): Any | null {
  switch (loadBalancer) {
    case 'round-robin':
      return encodeRoundRobin(balancing);
    case 'least-request':
      return packExtension(LeastRequestSchema, { ...encodeLeastRequest(balancing), ...encodeShares(balancing) });
    case 'peak-ewma':
      return packExtension(PeakEwmaSchema, encodeShares(balancing));
    case 'random':
      return packExtension(RandomSchema, encodeLocality(balancing));
    case 'ring-hash':
      return packExtension(RingHashSchema, { ...encodeRing(balancing), ...encodeHashing(balancing) });
    case 'maglev':
      return packExtension(MaglevSchema, { ...encodeMaglev(balancing), ...encodeHashing(balancing) });
    case 'pick-first':
      return packExtension(PickFirstSchema, { shuffleAddressList: balancing.pickFirst?.shuffle === true });
  }
}

function encodeRoundRobin(balancing: BalancingSpec): Any | null {
  const shares = encodeShares(balancing);
  return Object.keys(shares).length === 0 ? null : packExtension(RoundRobinSchema, shares);
}

type SharingMessage = Pick<MessageShape<typeof RoundRobinSchema>, 'localityLbConfig' | 'slowStartConfig'>;

function decodeShares(message: SharingMessage, context: DecodeContext, path: string): BalancingSpec {
  const slowStart = decodeSlowStart(message.slowStartConfig, context, `${path}.slow_start_config`);
  const locality = decodeLocality(message.localityLbConfig, context, `${path}.locality_lb_config`);
  return { ...locality, ...slowStart };
}

function encodeShares(balancing: BalancingSpec) {
  return { ...encodeLocality(balancing), ...encodeSlowStart(balancing) };
}

function encodeLeastRequest({ leastRequest }: BalancingSpec) {
  if (leastRequest === undefined) return {};
  const { choiceCount, activeRequestBias, fullScan } = leastRequest;
  const { FULL_SCAN, N_CHOICES } = LeastRequest_SelectionMethod;
  return {
    choiceCount,
    activeRequestBias: { defaultValue: activeRequestBias, runtimeKey: 'switchboard.active_request_bias' },
    selectionMethod: fullScan ? FULL_SCAN : N_CHOICES,
  };
}

function encodeRing({ ringHash }: BalancingSpec) {
  const { XX_HASH, MURMUR_HASH_2 } = RingHash_HashFunction;
  // gRPC's clients refuse a ring that leaves it to them.
  if (ringHash === undefined) return { hashFunction: XX_HASH };
  return {
    minimumRingSize: BigInt(ringHash.minRingSize),
    maximumRingSize: BigInt(ringHash.maxRingSize),
    hashFunction: ringHash.hashFunction === 'xx-hash' ? XX_HASH : MURMUR_HASH_2,
  };
}

function encodeMaglev({ maglev }: BalancingSpec) {
  return maglev === undefined ? {} : { tableSize: BigInt(maglev.tableSize) };
}

function encodeHashing({ hashing, locality }: BalancingSpec) {
  const weighted = locality?.kind === 'weighted' ? { localityWeightedLbConfig: {} } : {};
  if (hashing === undefined) return weighted;
  const { byHostname: useHostnameForHashing, balanceFactor } = hashing;
  const bound = balanceFactor === 0 ? {} : { hashBalanceFactor: balanceFactor };
  return { ...weighted, consistentHashingLbConfig: { useHostnameForHashing, ...bound } };
}

function weightedBy(message: { readonly localityWeightedLbConfig?: object | undefined }): BalancingSpec {
  return message.localityWeightedLbConfig === undefined ? {} : { locality: { kind: 'weighted' } };
}
