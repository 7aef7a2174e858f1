// What a Service says of its traffic beyond names and ports: its load balancer, and which endpoints are preferred.
import { nearest } from '../../base/nearest.ts';
import { errorIssue, type Issue } from '../../base/result.ts';
import { type Located, placeOf } from '../../kube/meta.ts';
import type { Service } from '../../kube/service.ts';
import { LOAD_BALANCER_NAMES, type NearestSpec } from '../../model/balancing-spec.ts';
import type { ClusterSpec } from '../../model/cluster-spec.ts';
import type { HashPolicySpec } from '../../model/hash-policy-spec.ts';
import type { RetryPolicySpec } from '../../model/retry-policy-spec.ts';
import type { SessionSpec } from '../../model/session-spec.ts';
import { withAffinity } from './affinity.ts';
import type { Backend } from './backend.ts';
import { serviceAffinity } from './service-affinity.ts';
import { areHinted, BY_HINTS, checkDistribution, serviceLocality } from './service-locality.ts';
import { serviceOutliers } from './service-outliers.ts';
import { serviceRetries, serviceTimeout } from './service-retries.ts';

/** The part of each of its clusters that is the same for all of its ports, and of their routes. */
export interface ServiceTraffic extends Pick<ClusterSpec, 'loadBalancer' | 'balancing' | 'outlierDetection'> {
  /** Absent = requests are not hashed. */
  readonly hashPolicies?: readonly HashPolicySpec[];
  /** Absent = what is safe by itself is sent again. */
  readonly retry?: RetryPolicySpec;
  /** Absent = none. */
  readonly timeoutMs?: number;
  /** Absent = requests belong to no session. */
  readonly session?: SessionSpec;
}

/** Of one pod, which there is no other to choose instead of. */
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
  const name = written === undefined ? 'round-robin' : CHOICES.find((choice) => choice === written.trim());
  const unknown = name === undefined ? [unknownIssue(service, written ?? '')] : [];
  const chosen = written === undefined ? null : (name ?? 'round-robin');
  const { affinity, issues } = serviceAffinity(service, chosen);
  const balanced = affinity === null ? { loadBalancer: chosen ?? 'round-robin' } : withAffinity(affinity, chosen);
  const { outlierDetection, issues: outlierIssues } = serviceOutliers(service);
  const guarded = outlierDetection === null ? balanced : { ...balanced, outlierDetection };
  const repeated = serviceRepetition(service);
  const traffic = withLocality({ ...guarded, ...repeated.traffic }, serviceLocality(service.object));
  const own = [...unknown, ...issues, ...outlierIssues, ...repeated.issues];
  return { traffic, issues: [...own, ...checkDistribution(service)] };
}

function serviceRepetition(service: Located<Service>): {
  readonly traffic: Pick<ServiceTraffic, 'retry' | 'timeoutMs'>;
  readonly issues: readonly Issue[];
} {
  const { retry, issues } = serviceRetries(service);
  const { timeoutMs, issues: timeoutIssues } = serviceTimeout(service);
  const traffic = { ...(retry === undefined ? {} : { retry }), ...(timeoutMs === 0 ? {} : { timeoutMs }) };
  return { traffic, issues: [...issues, ...timeoutIssues] };
}

/** What topology hints add for a Service that says nothing itself. */
export function withHints(traffic: ServiceTraffic, backends: readonly Backend[]): ServiceTraffic {
  if (traffic.balancing?.locality !== undefined || !areHinted(backends)) return traffic;
  return withLocality(traffic, BY_HINTS);
}

function withLocality(traffic: ServiceTraffic, locality: NearestSpec | null): ServiceTraffic {
  return locality === null ? traffic : { ...traffic, balancing: { ...traffic.balancing, locality } };
}

function unknownIssue(service: Located<Service>, written: string): Issue {
  const meant = nearest(written.trim(), CHOICES);
  const message = `"${written}" is no load balancer; round-robin is used`;
  const remedy = meant === null ? `write one of ${CHOICES.join(', ')}` : `did you mean ${meant}?`;
  return errorIssue(message, { ...placeOf(service, `metadata.annotations['${LOAD_BALANCER}']`), remedy });
}
