// How localities share, wherever it stands in a balancing policy: BalancingSpec.locality ↔ LocalityLbConfig.
import { type BalancingSpec, DEFAULT_ZONE_AWARE, type ZoneAwareSpec } from '../../model/balancing-spec.ts';
import type { Cluster_CommonLbConfig_ZoneAwareLbConfig } from '../gen/envoy/config/cluster/v3/cluster_pb.ts';
import {
  LocalityLbConfig_ZoneAwareLbConfig_LocalityBasis as LocalityBasis,
  type LocalityLbConfig_ZoneAwareLbConfig,
} from '../gen/envoy/extensions/load_balancing_policies/common/v3/common_pb.ts';
import { type DecodeContext, joinPath } from './decode-context.ts';

type ZoneAware = Cluster_CommonLbConfig_ZoneAwareLbConfig | LocalityLbConfig_ZoneAwareLbConfig;

/** Of both forms, that of common_lb_config and that of a policy. */
interface LocalityOptions {
  readonly localityConfigSpecifier:
    | { readonly case: 'zoneAwareLbConfig'; readonly value: ZoneAware }
    | { readonly case: 'localityWeightedLbConfig' }
    | { readonly case: undefined };
}

/** `path`: of `options`. */
export function decodeLocality(
  options: LocalityOptions | undefined,
  context: DecodeContext,
  path: string,
): Pick<BalancingSpec, 'locality'> {
  const chosen = options?.localityConfigSpecifier;
  if (chosen?.case === 'localityWeightedLbConfig') return { locality: { kind: 'weighted' } };
  if (chosen?.case !== 'zoneAwareLbConfig') return {};
  return { locality: decodeZoneAware(chosen.value, context, joinPath(path, 'zone_aware_lb_config')) };
}

function decodeZoneAware(message: ZoneAware, context: DecodeContext, path: string): ZoneAwareSpec {
  const { routingEnabled, minClusterSize, failTrafficOnPanic } = message;
  const { value = DEFAULT_ZONE_AWARE.percent } = routingEnabled ?? {};
  if (!(value >= 0 && value <= 100)) context.refuse(`${path}.routing_enabled`, `is ${value}`, 'give 0 … 100');
  return {
    kind: 'zone-aware',
    // Envoy rounds it to whole percents.
    percent: Math.round(value),
    minEndpoints: minClusterSize === undefined ? DEFAULT_ZONE_AWARE.minEndpoints : Number(minClusterSize),
    ...(failTrafficOnPanic ? { failInPanic: true } : {}),
    ...('localityBasis' in message ? decodeForce(message) : {}),
  };
}

/** What the older form has not. */
function decodeForce({
  localityBasis,
  forceLocalZone,
  forceLocalityDirectRouting,
}: LocalityLbConfig_ZoneAwareLbConfig): Pick<ZoneAwareSpec, 'byWeight' | 'forceLocalFrom'> {
  const byWeight = localityBasis === LocalityBasis.HEALTHY_HOSTS_WEIGHT ? { byWeight: true as const } : {};
  if (forceLocalZone === undefined)
    return { ...byWeight, ...(forceLocalityDirectRouting ? { forceLocalFrom: 1 } : {}) };
  return { ...byWeight, forceLocalFrom: Math.max(1, forceLocalZone.minSize ?? 1) };
}

export function encodeLocality({ locality }: BalancingSpec) {
  if (locality?.kind === 'zone-aware') return { localityLbConfig: encodeZoneAware(locality) };
  if (locality?.kind !== 'weighted') return {};
  const localityConfigSpecifier = { case: 'localityWeightedLbConfig', value: {} } as const;
  return { localityLbConfig: { localityConfigSpecifier } };
}

function encodeZoneAware({ percent, minEndpoints, failInPanic, byWeight, forceLocalFrom }: ZoneAwareSpec) {
  const { HEALTHY_HOSTS_NUM, HEALTHY_HOSTS_WEIGHT } = LocalityBasis;
  const value = {
    routingEnabled: { value: percent },
    minClusterSize: BigInt(minEndpoints),
    failTrafficOnPanic: failInPanic === true,
    localityBasis: byWeight === true ? HEALTHY_HOSTS_WEIGHT : HEALTHY_HOSTS_NUM,
    ...(forceLocalFrom === undefined ? {} : { forceLocalZone: { minSize: forceLocalFrom } }),
  };
  return { localityConfigSpecifier: { case: 'zoneAwareLbConfig', value } as const };
}
