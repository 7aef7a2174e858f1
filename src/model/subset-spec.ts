// Subsets of the endpoints of a cluster by their labels, as configuration: a route may ask for one of them.

/** By name; each value as JSON, so that `1` and `"1"` are different ones. Source: metadata under the key "envoy.lb". */
export type SubsetLabels = Readonly<Record<string, string>>;

/** Source: envoy.config.cluster.v3.Cluster.LbSubsetConfig. */
export interface SubsetsSpec {
  /** For requests that ask for none, or for one that nobody is in. */
  readonly fallback: SubsetFallback;
  /** Of the fallback `default`; empty = all endpoints. */
  readonly defaultSubset: SubsetLabels;
  /** Which labels together make subsets. */
  readonly selectors: readonly SubsetSelectorSpec[];
}

export interface SubsetSelectorSpec {
  /** Sorted; at least one. */
  readonly keys: readonly string[];
  /** Absent = that of the cluster. */
  readonly fallback?: SubsetFallback;
}

/** `none`: no endpoint; `any`: all; `default`: the default subset. */
export const SUBSET_FALLBACKS = ['none', 'any', 'default'] as const;
export type SubsetFallback = (typeof SUBSET_FALLBACKS)[number];

/** One text for equal labels, in whatever order they are written; '' = none are asked for. */
export function subsetIdOf(labels: SubsetLabels): string {
  const sorted = Object.entries(labels).sort(([left], [right]) => (left < right ? -1 : 1));
  return sorted.length === 0 ? '' : JSON.stringify(sorted);
}

/** The labels that a text of `subsetIdOf` stands for. */
export function labelsOf(subsetId: string): SubsetLabels {
  return subsetId === '' ? {} : Object.fromEntries(JSON.parse(subsetId) as [string, string][]);
}
