// What a Service says of its traffic beyond names and ports: the load balancer that its annotation chooses.
import { nearest } from '../../base/nearest.ts';
import { errorIssue, type Issue } from '../../base/result.ts';
import { type Located, placeOf } from '../../kube/meta.ts';
import type { Service } from '../../kube/service.ts';
import { LOAD_BALANCER_NAMES, type LoadBalancerName } from '../../model/balancing-spec.ts';
import type { ClusterSpec } from '../../model/cluster-spec.ts';

/** The part of each of its clusters that is the same for all of its ports. */
export type ServiceTraffic = Pick<ClusterSpec, 'loadBalancer' | 'balancing'>;

export const DEFAULT_TRAFFIC: ServiceTraffic = { loadBalancer: 'round-robin' };

const LOAD_BALANCER = 'switchboard.dev/load-balancer';
/** `pick-first` is for other control planes: behind a Service it would leave all pods but one without work. */
const CHOICES = LOAD_BALANCER_NAMES.filter((name) => name !== 'pick-first');

/** What is written wrongly counts as not written, and is told. */
export function serviceTraffic(service: Located<Service>): {
  readonly traffic: ServiceTraffic;
  readonly issues: readonly Issue[];
} {
  const written = service.object.metadata.annotations[LOAD_BALANCER];
  if (written === undefined) return { traffic: DEFAULT_TRAFFIC, issues: [] };
  const name = CHOICES.find((choice) => choice === written.trim());
  if (name === undefined) return { traffic: DEFAULT_TRAFFIC, issues: [unknownIssue(service, written)] };
  return { traffic: trafficOf(name), issues: [] };
}

function trafficOf(loadBalancer: LoadBalancerName): ServiceTraffic {
  return { loadBalancer };
}

function unknownIssue(service: Located<Service>, written: string): Issue {
  const meant = nearest(written.trim(), CHOICES);
  const message = `"${written}" is no load balancer; round-robin is used`;
  const remedy = meant === null ? `write one of ${CHOICES.join(', ')}` : `did you mean ${meant}?`;
  return errorIssue(message, { ...placeOf(service, `metadata.annotations['${LOAD_BALANCER}']`), remedy });
}
