// Copies of requests that filters of a rule ask for.
import type { BackendObject } from '../../../kube/backend-object.ts';
import type { RequestMirror, RouteFilter } from '../../../kube/route-filters.ts';
import { MIRROR_STEPS_PER_PERCENT, type MirrorSpec } from '../../../model/mirror-spec.ts';
import type { Problem } from './problem.ts';
import type { RouteInputs } from './route-inputs.ts';
import { findService, type Referrer, routeReferrer } from './service-references.ts';

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
    const { requestMirror } = filter;
    const mirror = mirrorOf(
      routeReferrer(inputs),
      requestMirror.backendRef,
      percentOf(requestMirror),
      at,
      clusterDomain,
    );
    if ('cluster' in mirror) mirrors.push(mirror);
    else omissions.push(mirror);
  }
  return { mirrors, omissions };
}

/** `percent`: 0 … 100. The copy is for a pod of another Service, and asks for what was asked for. */
export function mirrorOf(
  referrer: Referrer,
  ref: BackendObject,
  percent: number,
  path: string,
  clusterDomain: string,
): MirrorSpec | Problem {
  const found = findService(referrer, ref, path, clusterDomain);
  return 'cluster' in found ? { cluster: found.cluster, percent: inSteps(percent), keepsHost: true } : found;
}

function inSteps(percent: number): number {
  return Math.round(percent * MIRROR_STEPS_PER_PERCENT) / MIRROR_STEPS_PER_PERCENT;
}

function percentOf({ percent, fraction }: RequestMirror): number {
  if (fraction === undefined) return percent ?? 100;
  return (100 * fraction.numerator) / fraction.denominator;
}
