// How a cluster balances: loadBalancer and balancing of ClusterSpec ↔ lb_policy, its configuration, and load_balancing_policy.
import type { ClusterSpec } from '../../model/cluster-spec.ts';
import { type Cluster, Cluster_LbPolicy } from '../gen/envoy/config/cluster/v3/cluster_pb.ts';
import {
  type Balancing,
  decodeHashing,
  decodeLeastRequest,
  decodeMaglev,
  decodeRingHash,
  isMurmurHash,
} from './balancing-options.ts';
import { decodePolicies, encodePolicies } from './balancing-policies.ts';
import type { DecodeContext } from './decode-context.ts';

const ROUND_ROBIN: Balancing = { loadBalancer: 'round-robin' };

/** Round robin is what a client does that reads none of it. */
export function encodeBalancing(spec: ClusterSpec) {
  const policies = encodePolicies(spec);
  return policies.length === 0 ? {} : { loadBalancingPolicy: { policies } };
}

/** A balancer that this build lacks costs evenness or affinity, never correctness: said, not refused. */
export function decodeBalancing(message: Cluster, context: DecodeContext): Balancing {
  const policies = message.loadBalancingPolicy?.policies;
  if (policies === undefined) return decodeLegacy(message, context);
  return decodePolicies(policies, context, 'load_balancing_policy.policies') ?? ROUND_ROBIN;
}

function decodeLegacy(message: Cluster, context: DecodeContext): Balancing {
  const { case: kind, value } = message.lbConfig;
  const common = message.commonLbConfig?.consistentHashingLbConfig;
  const hashing = () => decodeHashing(common, context, 'common_lb_config.consistent_hashing_lb_config');
  switch (message.lbPolicy) {
    case Cluster_LbPolicy.ROUND_ROBIN:
      return ROUND_ROBIN;
    case Cluster_LbPolicy.RANDOM:
      return { loadBalancer: 'random' };
    case Cluster_LbPolicy.LEAST_REQUEST: {
      const own = kind === 'leastRequestLbConfig' ? value : undefined;
      return decodeLeastRequest(own, false, context, 'least_request_lb_config');
    }
    case Cluster_LbPolicy.RING_HASH: {
      const own = kind === 'ringHashLbConfig' ? value : undefined;
      const ring = {
        minRingSize: own?.minimumRingSize,
        maxRingSize: own?.maximumRingSize,
        murmur: isMurmurHash(own?.hashFunction),
      };
      return decodeRingHash(ring, hashing(), context, 'ring_hash_lb_config');
    }
    case Cluster_LbPolicy.MAGLEV: {
      const own = kind === 'maglevLbConfig' ? value : undefined;
      return decodeMaglev(own?.tableSize, hashing(), context, 'maglev_lb_config');
    }
    default:
      context.ignore('lb_policy');
      return ROUND_ROBIN;
  }
}
