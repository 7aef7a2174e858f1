// Several clusters by weight: WeightedClusterSpec ↔ envoy.config.route.v3.WeightedCluster.
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { WeightedClusterSpec } from '../../model/route-spec.ts';
import type {
  WeightedCluster,
  WeightedCluster_ClusterWeight,
  WeightedClusterSchema,
} from '../gen/envoy/config/route/v3/route_components_pb.ts';
import type { DecodeContext } from './decode-context.ts';
import { decodeFilterOverrides, encodeFilterOverrides } from './filter-overrides.ts';
import { decodeHeaderChanges, encodeHeaderChanges } from './header-changes.ts';
import { isVisible } from './legal-text.ts';
import { decodeMatch, encodeMatch } from './subset.ts';

const MAX_TOTAL_WEIGHT = 4_294_967_295;

export function encodeWeightedClusters(
  clusters: readonly WeightedClusterSpec[],
): MessageInitShape<typeof WeightedClusterSchema> {
  return {
    clusters: clusters.map(({ name, weight, headers, filters, hostRewrite, subset }) => ({
      name,
      weight,
      ...encodeHeaderChanges(headers),
      ...encodeFilterOverrides(filters),
      ...encodeMatch(subset),
      hostRewriteSpecifier:
        hostRewrite === undefined ? { case: undefined } : { case: 'hostRewriteLiteral', value: hostRewrite },
    })),
  };
}

export function decodeWeightedClusters(
  message: WeightedCluster,
  context: DecodeContext,
  path: string,
): WeightedClusterSpec[] {
  const clusters = message.clusters.map((item, i) => decodeClusterWeight(item, context, `${path}.clusters[${i}]`));
  const total = checkTotalWeight(clusters, context, path);
  if (message.totalWeight !== undefined && message.totalWeight !== total) {
    context.refuse(`${path}.total_weight`, `is ${message.totalWeight}, the weights add up to ${total}`, 'leave it out');
  }
  return clusters;
}

/** The sum of the weights; one that cannot be drawn from is reported. */
export function checkTotalWeight(
  clusters: readonly Pick<WeightedClusterSpec, 'weight'>[],
  context: DecodeContext,
  path: string,
): number {
  const total = clusters.reduce((sum, { weight }) => sum + weight, 0);
  if (total < 1 || total > MAX_TOTAL_WEIGHT) {
    context.refuse(path, `has weights that add up to ${total}`, `let them add up to 1 … ${MAX_TOTAL_WEIGHT}`);
  }
  return total;
}

function decodeClusterWeight(
  message: WeightedCluster_ClusterWeight,
  context: DecodeContext,
  path: string,
): WeightedClusterSpec {
  if (message.name === '') context.refuse(`${path}.name`, 'is empty', 'name a cluster');
  if (message.weight === undefined) context.refuse(`${path}.weight`, 'is absent', 'give it a number');
  const host = message.hostRewriteSpecifier.value ?? '';
  if (!isVisible(host)) context.refuse(`${path}.host_rewrite_literal`, `"${host}" is not a host`, 'use host[:port]');
  return {
    name: message.name,
    weight: message.weight ?? 0,
    ...decodeHeaderChanges(message, context, path),
    ...decodeFilterOverrides(message, context, path),
    ...decodeMatch(message.metadataMatch),
    ...(host === '' ? {} : { hostRewrite: host }),
  };
}
