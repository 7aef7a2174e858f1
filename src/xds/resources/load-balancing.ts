// How a cluster balances: loadBalancer and balancing of ClusterSpec ↔ lb_policy, its configuration, common_lb_config and load_balancing_policy.
import type { BalancingSpec } from '../../model/balancing-spec.ts';
import type { ClusterSpec } from '../../model/cluster-spec.ts';
import { type Cluster, Cluster_LbPolicy } from '../gen/envoy/config/cluster/v3/cluster_pb.ts';
import {
  type Balancing,
  balancingOf,
  decodeHashing,
  decodeLeastRequest,
  decodeMaglev,
  decodePanicThreshold,
  decodeRingHash,
  isMurmurHash,
} from './balancing-options.ts';
import { decodePolicies, encodePolicies } from './balancing-policies.ts';
import { decodeNearest } from './cluster-metadata.ts';
import type { DecodeContext } from './decode-context.ts';
import { decodeLocality } from './locality-balancing.ts';
import { encodeSessionHealths } from './session-healths.ts';
import { decodeSlowStart } from './slow-start.ts';
import { decodeSubsets } from './subset.ts';

const COMMON = 'common_lb_config';

/** Round robin is what a client does that reads none of it. */
export function encodeBalancing(spec: ClusterSpec) {
  const policies = encodePolicies(spec);
  return {
    ...(policies.length === 0 ? {} : { loadBalancingPolicy: { policies } }),
    ...encodeCommon(spec),
  };
}

function encodeCommon({ balancing, sessionHealths }: ClusterSpec) {
  const panic = balancing?.panicThreshold;
  if (panic === undefined && sessionHealths === undefined) return {};
  const threshold = panic === undefined ? {} : { healthyPanicThreshold: { value: panic } };
  return { commonLbConfig: { ...threshold, ...encodeSessionHealths(sessionHealths) } };
}

/** A balancer that this build lacks costs evenness or affinity, never correctness: said, not refused. */
export function decodeBalancing(message: Cluster, context: DecodeContext): Balancing {
  const policies = message.loadBalancingPolicy?.policies;
  const { loadBalancer, balancing } =
    policies === undefined
      ? decodeLegacy(message, context)
      : (decodePolicies(policies, context, 'load_balancing_policy.policies') ?? balancingOf('round-robin', {}));
  const path = `${COMMON}.healthy_panic_threshold`;
  const panic = decodePanicThreshold(message.commonLbConfig?.healthyPanicThreshold, context, path);
  const nearest = decodeNearest(message);
  const locality = nearest === null ? {} : { locality: nearest };
  return balancingOf(loadBalancer, { ...balancing, ...panic, ...locality });
}

/** What `load_balancing_policy` is newer than. */
function decodeLegacy(message: Cluster, context: DecodeContext): Balancing {
  const { lbSubsetConfig } = message;
  const within = decodeLegacyPolicy(message, context);
  if (lbSubsetConfig === undefined) return within;
  const subsets = decodeSubsets(lbSubsetConfig, context, 'lb_subset_config');
  return balancingOf(within.loadBalancer, { ...within.balancing, subsets });
}

function decodeLegacyPolicy(message: Cluster, context: DecodeContext): Balancing {
  const locality = decodeLocality(message.commonLbConfig, context, COMMON);
  // Keys of a hash have owners, wherever these are: zones do not count.
  const weighted = locality.locality?.kind === 'weighted' ? locality : {};
  switch (message.lbPolicy) {
    case Cluster_LbPolicy.ROUND_ROBIN:
      return balancingOf('round-robin', { ...locality, ...legacyRoundRobin(message, context) });
    case Cluster_LbPolicy.RANDOM:
      return balancingOf('random', locality);
    case Cluster_LbPolicy.LEAST_REQUEST:
      return balancingOf('least-request', { ...legacyLeastRequest(message, context), ...locality });
    case Cluster_LbPolicy.RING_HASH:
      return balancingOf('ring-hash', { ...legacyRing(message, context), ...weighted });
    case Cluster_LbPolicy.MAGLEV:
      return balancingOf('maglev', { ...legacyMaglev(message, context), ...weighted });
    default:
      context.ignore('lb_policy');
      return balancingOf('round-robin', locality);
  }
}

function legacyLeastRequest({ lbConfig }: Cluster, context: DecodeContext): BalancingSpec {
  const own = lbConfig.case === 'leastRequestLbConfig' ? lbConfig.value : undefined;
  const path = 'least_request_lb_config';
  const slowStart = decodeSlowStart(own?.slowStartConfig, context, `${path}.slow_start_config`);
  return { ...decodeLeastRequest(own, false, context, path), ...slowStart };
}

function legacyRoundRobin({ lbConfig }: Cluster, context: DecodeContext): BalancingSpec {
  const own = lbConfig.case === 'roundRobinLbConfig' ? lbConfig.value : undefined;
  return decodeSlowStart(own?.slowStartConfig, context, 'round_robin_lb_config.slow_start_config');
}

function legacyRing({ lbConfig, commonLbConfig }: Cluster, context: DecodeContext): BalancingSpec {
  const own = lbConfig.case === 'ringHashLbConfig' ? lbConfig.value : undefined;
  const { minimumRingSize: minRingSize, maximumRingSize: maxRingSize } = own ?? {};
  const ring = { minRingSize, maxRingSize, murmur: isMurmurHash(own?.hashFunction) };
  const hashing = legacyHashing(commonLbConfig, context);
  return { ...decodeRingHash(ring, context, 'ring_hash_lb_config'), ...hashing };
}

function legacyMaglev({ lbConfig, commonLbConfig }: Cluster, context: DecodeContext): BalancingSpec {
  const own = lbConfig.case === 'maglevLbConfig' ? lbConfig.value : undefined;
  return { ...decodeMaglev(own?.tableSize, context, 'maglev_lb_config'), ...legacyHashing(commonLbConfig, context) };
}

function legacyHashing(common: Cluster['commonLbConfig'], context: DecodeContext): BalancingSpec {
  return decodeHashing(common?.consistentHashingLbConfig, context, `${COMMON}.consistent_hashing_lb_config`);
}
