// Copies of requests that filters of a rule ask for.
import type { RequestMirror, RouteFilter } from '../../../kube/route-filters.ts';
import { MIRROR_STEPS_PER_PERCENT, type MirrorSpec } from '../../../model/mirror-spec.ts';
import { findBackend } from './backends.ts';
import type { Problem } from './problem.ts';
import type { RouteInputs } from './route-inputs.ts';

export interface RuleMirrors {
  readonly mirrors: readonly MirrorSpec[];
  /** Of copies that go nowhere: nobody who calls is worse off without them. */
  readonly omissions: readonly Problem[];
}

export function translateMirrors(
  inputs: RouteInputs,
  filters: readonly RouteFilter[],
  path: string,
  clusterDomain: string,
): RuleMirrors {
  const mirrors: MirrorSpec[] = [];
  const omissions: Problem[] = [];
  for (const [index, filter] of filters.entries()) {
    if (filter.type !== 'RequestMirror') continue;
    const at = `${path}[${index}].requestMirror.backendRef`;
    const found = findBackend(inputs, filter.requestMirror.backendRef, at, clusterDomain);
    if (!('cluster' in found)) omissions.push(found);
    // The copy is for a pod of another Service, and asks for what was asked for.
    else mirrors.push({ cluster: found.cluster, percent: percentOf(filter.requestMirror), keepsHost: true });
  }
  return { mirrors, omissions };
}

function percentOf({ percent, fraction }: RequestMirror): number {
  if (fraction === undefined) return percent ?? 100;
  const share = (100 * fraction.numerator) / fraction.denominator;
  return Math.round(share * MIRROR_STEPS_PER_PERCENT) / MIRROR_STEPS_PER_PERCENT;
}
