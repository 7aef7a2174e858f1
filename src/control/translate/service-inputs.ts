// What the translation of one Service is made from.
import type { EndpointSlice, Endpoints } from '../../kube/endpoint-objects.ts';
import type { Located } from '../../kube/meta.ts';
import type { Pod } from '../../kube/pod.ts';
import type { Service } from '../../kube/service.ts';
import type { TrafficPolicy } from '../../kube/traffic-policy/traffic-policy.ts';
import type { Workload } from '../../kube/workload.ts';
import type { PolicyReferences } from '../policy/mirrors.ts';
import type { TranslatedRoute } from './gateway/translate-route.ts';

export interface ServiceInputs {
  readonly service: Located<Service>;
  /** Its EndpointSlices; where there are any, nothing else counts. */
  readonly slices: readonly Located<EndpointSlice>[];
  /** The older form; null where there are slices, or none. */
  readonly endpoints: Located<Endpoints> | null;
  /** Whether its selector chooses Pods here. */
  readonly selects: boolean;
  /** The Pods that the selector chooses. */
  readonly pods: readonly Located<Pod>[];
  /** The workloads whose Pods the selector will choose. */
  readonly workloads: readonly Located<Workload>[];
  /** What the selector probably meant, where it chooses nothing. */
  readonly nearMiss: string | null;
  /** The TrafficPolicies of its namespace that name it, in no order. */
  readonly policies: readonly Located<TrafficPolicy>[];
  /** What those refer to beside it. */
  readonly references: PolicyReferences;
  /** The ClusterIPs that are its own, in canonical form. */
  readonly vips: readonly string[];
  /** Routes of Gateway API that have it as a parent. */
  readonly routes: readonly TranslatedRoute[];
  /** Those of its clusters that rules of such routes, of any parent, keep sessions with. */
  readonly sessions: readonly string[];
}

/** Item by item identical. */
export function sameItems(left: readonly unknown[], right: readonly unknown[]): boolean {
  if (left === right) return true;
  if (left.length !== right.length) return false;
  for (let i = 0; i < left.length; i++) if (left[i] !== right[i]) return false;
  return true;
}
