// Subsets of endpoints: SubsetsSpec ↔ LbSubsetConfig, and the labels that endpoints have and routes ask for ↔ metadata under "envoy.lb".
import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import type { SubsetFallback, SubsetLabels, SubsetSelectorSpec, SubsetsSpec } from '../../model/subset-spec.ts';
import type { Metadata } from '../gen/envoy/config/core/v3/base_pb.ts';
import {
  Subset_LbSubsetFallbackPolicy as Fallback,
  Subset_LbSubsetSelector_LbSubsetSelectorFallbackPolicy as SelectorFallback,
} from '../gen/envoy/extensions/load_balancing_policies/subset/v3/subset_pb.ts';
import type { DecodeContext } from './decode-context.ts';

/** Where Envoy's load balancers look: metadata.filter_metadata. */
export const BALANCING_KEY = 'envoy.lb';

/** Of both forms, the field of a cluster and the policy: the same names and numbers. */
interface SubsetOptions {
  readonly fallbackPolicy: number;
  readonly defaultSubset?: JsonObject | undefined;
  readonly subsetSelectors: readonly SelectorOptions[];
}

interface SelectorOptions {
  readonly keys: readonly string[];
  readonly fallbackPolicy: number;
}

const FALLBACK_TO_WIRE: Readonly<Record<SubsetFallback, Fallback>> = {
  none: Fallback.NO_FALLBACK,
  any: Fallback.ANY_ENDPOINT,
  default: Fallback.DEFAULT_SUBSET,
};
const SELECTOR_TO_WIRE: Readonly<Record<SubsetFallback, SelectorFallback>> = {
  none: SelectorFallback.NO_FALLBACK,
  any: SelectorFallback.ANY_ENDPOINT,
  default: SelectorFallback.DEFAULT_SUBSET,
};
const FALLBACKS = Object.keys(FALLBACK_TO_WIRE) as SubsetFallback[];

export function encodeLabels(labels: SubsetLabels): JsonObject {
  return Object.fromEntries(Object.entries(labels).map(([key, value]) => [key, JSON.parse(value) as JsonValue]));
}

export function decodeLabels(metadata: JsonObject): SubsetLabels {
  return Object.fromEntries(Object.entries(metadata).map(([key, value]) => [key, JSON.stringify(value)]));
}

/** What a route asks for; other metadata are no business of load balancers. */
export function decodeMatch(metadata: Metadata | undefined): { readonly subset?: SubsetLabels } {
  const subset = decodeLabels(metadata?.filterMetadata[BALANCING_KEY] ?? {});
  return Object.keys(subset).length === 0 ? {} : { subset };
}

export function encodeMatch(subset: SubsetLabels | undefined) {
  return subset === undefined ? {} : { metadataMatch: { filterMetadata: { [BALANCING_KEY]: encodeLabels(subset) } } };
}

export function encodeSubsets(spec: SubsetsSpec) {
  return {
    fallbackPolicy: FALLBACK_TO_WIRE[spec.fallback],
    defaultSubset: encodeLabels(spec.defaultSubset),
    subsetSelectors: spec.selectors.map(({ keys, fallback }) => ({
      keys: [...keys],
      fallbackPolicy: fallback === undefined ? SelectorFallback.NOT_DEFINED : SELECTOR_TO_WIRE[fallback],
    })),
  };
}

export function decodeSubsets(message: SubsetOptions, context: DecodeContext, path: string): SubsetsSpec {
  const fallback = FALLBACKS.find((name) => FALLBACK_TO_WIRE[name] === message.fallbackPolicy);
  if (fallback === undefined) context.refuse(`${path}.fallback_policy`, 'is not known', 'use ANY_ENDPOINT');
  return {
    fallback: fallback ?? 'any',
    defaultSubset: decodeLabels(message.defaultSubset ?? {}),
    selectors: message.subsetSelectors.map((selector, i) =>
      decodeSelector(selector, context, `${path}.subset_selectors[${i}]`),
    ),
  };
}

function decodeSelector(
  { keys, fallbackPolicy }: SelectorOptions,
  context: DecodeContext,
  path: string,
): SubsetSelectorSpec {
  if (keys.length === 0) context.refuse(`${path}.keys`, 'is empty', 'name the labels that make subsets');
  const sorted = [...new Set(keys)].sort();
  if (fallbackPolicy === SelectorFallback.NOT_DEFINED) return { keys: sorted };
  const fallback = FALLBACKS.find((name) => SELECTOR_TO_WIRE[name] === fallbackPolicy);
  if (fallback !== undefined) return { keys: sorted, fallback };
  context.refuse(`${path}.fallback_policy`, 'is not supported', 'use NO_FALLBACK, ANY_ENDPOINT or DEFAULT_SUBSET');
  return { keys: sorted };
}
