// How localities share, wherever it stands in a balancing policy: BalancingSpec.locality ↔ LocalityLbConfig.
import type { BalancingSpec } from '../../model/balancing-spec.ts';

/** Of both forms, that of common_lb_config and that of a policy. */
interface LocalityOptions {
  readonly localityConfigSpecifier: { readonly case: string | undefined };
}

export function decodeLocality(options: LocalityOptions | undefined): Pick<BalancingSpec, 'locality'> {
  const isWeighted = options?.localityConfigSpecifier.case === 'localityWeightedLbConfig';
  return isWeighted ? { locality: { kind: 'weighted' } } : {};
}

export function encodeLocality({ locality }: BalancingSpec) {
  if (locality?.kind !== 'weighted') return {};
  const localityConfigSpecifier = { case: 'localityWeightedLbConfig', value: {} } as const;
  return { localityLbConfig: { localityConfigSpecifier } };
}
