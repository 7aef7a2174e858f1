// What a Service says of its traffic beyond names and ports: its load balancer, and which endpoints are preferred.
import { nearest } from '../../base/nearest.ts';
import { errorIssue, type Issue } from '../../base/result.ts';
import { type Located, placeOf } from '../../kube/meta.ts';
import type { Service } from '../../kube/service.ts';
import type { LoadBalancerSection } from '../../kube/traffic-policy/load-balancer-section.ts';
import type { OutlierDetectionSection } from '../../kube/traffic-policy/outlier-detection-section.ts';
import { LOAD_BALANCER_NAMES, type LoadBalancerName } from '../../model/balancing-spec.ts';
import type { ClusterSpec } from '../../model/cluster-spec.ts';
import type { MirrorSpec } from '../../model/mirror-spec.ts';
import type { RetryPolicySpec } from '../../model/retry-policy-spec.ts';
import { NOTHING_SAID, type SaidSections } from '../policy/attachments.ts';
import { connectionsOf } from '../policy/connections.ts';
import { filtersOf } from '../policy/filters.ts';
import { healthCheckOf } from '../policy/health-check.ts';
import { balancingOf, localityOf } from '../policy/load-balancer.ts';
import { outlierDetectionOf } from '../policy/outlier-detection.ts';
import { retriesOf, retryLimitOf } from '../policy/retries.ts';
import { affinityTraffic } from '../policy/session-affinity.ts';
import { type TimeoutsSpec, timeoutsOf } from '../policy/timeouts.ts';
import { type AffinityTraffic, withAffinity } from './affinity.ts';
import type { Backend } from './backend.ts';
import { serviceAffinity } from './service-affinity.ts';
import type { ServiceFilters } from './service-filters.ts';
import { areHinted, BY_HINTS, checkDistribution, serviceLocality } from './service-locality.ts';
import { SERVICE_OUTLIER_DETECTION, serviceOutliers } from './service-outliers.ts';
import { serviceRetries, serviceTimeout } from './service-retries.ts';

/** The part of each of its clusters that is the same for all of its ports, and of their routes. */
export interface ServiceTraffic
  extends AffinityTraffic,
    Pick<ClusterSpec, 'balancing' | 'outlierDetection' | 'healthCheck' | 'circuitBreakers' | 'connections'>,
    TimeoutsSpec {
  /** Absent = what is safe by itself is sent again. */
  readonly retry?: RetryPolicySpec;
  /** Absent = nobody gets copies. */
  readonly mirrors?: readonly MirrorSpec[];
  /** Absent = HTTP filters do nothing on the way to it. */
  readonly filters?: ServiceFilters;
  /** Topology hints don't count. */
  readonly ignoresHints?: true;
}

/** Of one pod, which there is no other to choose instead of. */
export const DEFAULT_TRAFFIC: ServiceTraffic = { loadBalancer: 'round-robin' };

/** What there is to say only where there are several pods to choose from. */
const OF_CHOICE: ReadonlySet<string> = new Set<keyof ServiceTraffic>([
  'loadBalancer',
  'balancing',
  'outlierDetection',
  'healthCheck',
  'hashPolicies',
  'session',
  'clientAffinity',
  'ignoresHints',
]);

/** What is said of a Service's traffic, as far as it is said of each of its pods. */
export function podTraffic(traffic: ServiceTraffic): ServiceTraffic {
  const rest = Object.entries(traffic).filter(([name]) => !OF_CHOICE.has(name));
  return rest.length === 0 ? DEFAULT_TRAFFIC : { ...DEFAULT_TRAFFIC, ...Object.fromEntries(rest) };
}

const LOAD_BALANCER = 'switchboard.dev/load-balancer';
/** `pick-first` is for other control planes: behind a Service it would leave all pods but one without work. */
const CHOICES = LOAD_BALANCER_NAMES.filter((name) => name !== 'pick-first');

/**
 * `said` by TrafficPolicies goes, section by section, before what annotations and the Service's own fields say. What is written wrongly in those
 * counts as not written, and is told.
 */
export function serviceTraffic(
  service: Located<Service>,
  said: SaidSections = NOTHING_SAID,
): { readonly traffic: ServiceTraffic; readonly issues: readonly Issue[] } {
  const section = said.loadBalancer?.value;
  const balancer = section === undefined ? annotatedBalancer(service) : { chosen: section.type, issues: [] };
  const affinity = saidAffinity(service, said, balancer.chosen);
  const { outlierDetection, issues: outlierIssues } = saidOutliers(service, said.outlierDetection?.value);
  const { repetition, issues: repetitionIssues } = saidRepetition(service, said);
  const locality = saidLocality(service, section);
  const balancing = section === undefined ? undefined : balancingOf(section);
  const connections = said.connections === undefined ? undefined : connectionsOf(said.connections.value);
  const { namespace, name } = service.object.metadata;
  const filters = filtersOf(said, `${namespace}.${name}`);
  const traffic = {
    ...affinity.traffic,
    ...(balancing === undefined ? {} : { balancing }),
    ...(outlierDetection === null ? {} : { outlierDetection }),
    ...(said.healthCheck === undefined ? {} : { healthCheck: healthCheckOf(said.healthCheck.value) }),
    ...saidBreakers(said),
    ...(connections === undefined ? {} : { connections }),
    ...(filters === undefined ? {} : { filters }),
    ...(section?.locality === undefined ? {} : { ignoresHints: true as const }),
    ...repetition,
  };
  const issues = [...balancer.issues, ...affinity.issues, ...outlierIssues, ...repetitionIssues, ...locality.issues];
  return { traffic: withLocality(traffic, locality.locality), issues };
}

/** Null = it asks for none. */
function annotatedBalancer(service: Located<Service>): {
  readonly chosen: LoadBalancerName | null;
  readonly issues: readonly Issue[];
} {
  const written = service.object.metadata.annotations[LOAD_BALANCER];
  if (written === undefined) return { chosen: null, issues: [] };
  const chosen = CHOICES.find((choice) => choice === written.trim());
  return chosen === undefined
    ? { chosen: 'round-robin', issues: [unknownIssue(service, written)] }
    : { chosen, issues: [] };
}

interface SaidAffinity {
  readonly traffic: AffinityTraffic;
  readonly issues: readonly Issue[];
}

function saidAffinity(service: Located<Service>, said: SaidSections, chosen: LoadBalancerName | null): SaidAffinity {
  const section = said.sessionAffinity?.value;
  if (section !== undefined) return { traffic: affinityTraffic(section, chosen), issues: [] };
  const { affinity, issues } = serviceAffinity(service, chosen);
  return {
    traffic: affinity === null ? { loadBalancer: chosen ?? 'round-robin' } : withAffinity(affinity, chosen),
    issues,
  };
}

function saidLocality(
  service: Located<Service>,
  { locality, zoneAware }: Partial<LoadBalancerSection> = {},
): { readonly locality: ReturnType<typeof localityOf>; readonly issues: readonly Issue[] } {
  if (locality !== undefined) return { locality: localityOf(locality, zoneAware), issues: [] };
  return { locality: serviceLocality(service.object), issues: checkDistribution(service) };
}

function saidOutliers(
  service: Located<Service>,
  section: OutlierDetectionSection | undefined,
): ReturnType<typeof serviceOutliers> {
  if (section === undefined) return serviceOutliers(service);
  return { outlierDetection: outlierDetectionOf(section, SERVICE_OUTLIER_DETECTION), issues: [] };
}

function saidBreakers({ circuitBreakers, retries }: SaidSections): Pick<ServiceTraffic, 'circuitBreakers'> {
  const limit = retries === undefined ? undefined : retryLimitOf(retries.value);
  if (circuitBreakers === undefined && limit === undefined) return {};
  return {
    circuitBreakers: { default: { ...circuitBreakers?.value, ...(limit === undefined ? {} : { retries: limit }) } },
  };
}

interface Repetition {
  readonly repetition: Pick<ServiceTraffic, 'retry' | keyof TimeoutsSpec>;
  readonly issues: readonly Issue[];
}

/** How often, and how long. */
function saidRepetition(service: Located<Service>, { retries, timeouts }: SaidSections): Repetition {
  const { retry, issues } =
    retries === undefined ? serviceRetries(service) : { retry: retriesOf(retries.value), issues: [] };
  const timed = timeouts === undefined ? annotatedTimeouts(service) : { spec: timeoutsOf(timeouts.value), issues: [] };
  return {
    repetition: { ...(retry === undefined ? {} : { retry }), ...timed.spec },
    issues: [...issues, ...timed.issues],
  };
}

function annotatedTimeouts(service: Located<Service>): {
  readonly spec: TimeoutsSpec;
  readonly issues: readonly Issue[];
} {
  const { timeoutMs, issues } = serviceTimeout(service);
  return { spec: timeoutMs === 0 ? {} : { timeoutMs }, issues };
}

/** What topology hints add for a Service that says nothing itself. */
export function withHints(traffic: ServiceTraffic, backends: readonly Backend[]): ServiceTraffic {
  if (traffic.ignoresHints === true || traffic.balancing?.locality !== undefined) return traffic;
  if (!areHinted(backends)) return traffic;
  return withLocality(traffic, BY_HINTS);
}

function withLocality(traffic: ServiceTraffic, locality: ReturnType<typeof localityOf>): ServiceTraffic {
  return locality === null ? traffic : { ...traffic, balancing: { ...traffic.balancing, locality } };
}

function unknownIssue(service: Located<Service>, written: string): Issue {
  const meant = nearest(written.trim(), CHOICES);
  const message = `"${written}" is no load balancer; round-robin is used`;
  const remedy = meant === null ? `write one of ${CHOICES.join(', ')}` : `did you mean ${meant}?`;
  return errorIssue(message, { ...placeOf(service, `metadata.annotations['${LOAD_BALANCER}']`), remedy });
}
