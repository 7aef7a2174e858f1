// Who is in which subset of a cluster, and who is picked from instead where nobody is.
import { labelsOf, type SubsetFallback, type SubsetLabels, type SubsetsSpec } from '../../model/subset-spec.ts';
import type { LocalityEndpoints } from '../endpoint/endpoint-set.ts';

/** The endpoints that a request for `subset` (a text of `subsetIdOf`) may go to; null = none, by the fallback. */
export function chooseSubset(
  localities: readonly LocalityEndpoints[],
  subsets: SubsetsSpec,
  subset: string,
): readonly LocalityEndpoints[] | null {
  const labels = labelsOf(subset);
  const keys = Object.keys(labels).sort().join('\n');
  const selector = subsets.selectors.find((one) => one.keys.join('\n') === keys);
  if (selector !== undefined) {
    const found = withLabels(localities, labels);
    if (found.some(({ endpoints }) => endpoints.length > 0)) return found;
  }
  return fallBack(localities, subsets, selector?.fallback ?? subsets.fallback);
}

function fallBack(
  localities: readonly LocalityEndpoints[],
  { defaultSubset }: SubsetsSpec,
  fallback: SubsetFallback,
): readonly LocalityEndpoints[] | null {
  if (fallback === 'none') return null;
  return fallback === 'any' ? localities : withLabels(localities, defaultSubset);
}

function withLabels(localities: readonly LocalityEndpoints[], labels: SubsetLabels): readonly LocalityEndpoints[] {
  const wanted = Object.entries(labels);
  return localities.map(({ group, endpoints }) => ({
    group,
    endpoints: endpoints.filter(({ spec }) => wanted.every(([key, value]) => spec.labels?.[key] === value)),
  }));
}
