// One route, compiled: what it asks of a request, and everything that the request needs then.
import type { Random } from '../../base/random.ts';
import type { RoutingPriority } from '../../model/circuit-breakers-spec.ts';
import type { HeaderChangesSpec } from '../../model/header-changes-spec.ts';
import type { RouteSpec, VirtualHostSpec } from '../../model/route-spec.ts';
import type { UpgradesSpec } from '../../model/upgrades-spec.ts';
import { compileSessions, type SessionPolicy } from '../session/session-policy.ts';
import type { ClusterSlot } from '../upstream/cluster.ts';
import { type CallDuration, compileCallDuration } from './call-duration.ts';
import { type ConfiguredAnswer, compileAnswer } from './configured-answer.ts';
import {
  type ChangeLevels,
  compileDestinations,
  type Destination,
  type FilterScope,
  WeightedDestinations,
} from './destination.ts';
import { FilterOverrides } from './filter-overrides.ts';
import { HashPolicies } from './hash-policies.ts';
import { compileMirrors, type Mirror } from './mirrors.ts';
import { compilePathMatcher } from './path-matcher.ts';
import { compileRouteCondition, type RequestCondition } from './request-condition.ts';
import { compileRetryPolicy, type RetryPolicy } from './retry-policy.ts';
import type { TextMatcher } from './text-matcher.ts';

export interface RouteEntry {
  readonly name: string;
  /** Null: `weighted` or `answer` says what happens. */
  readonly destination: Destination | null;
  readonly weighted: WeightedDestinations | null;
  readonly answer: ConfiguredAnswer | null;
  /** 0 = none. */
  readonly timeoutMs: number;
  /** Without a byte in either direction, ms; 0 = for ever, −1 = as the listener says. */
  readonly idleTimeoutMs: number;
  /** Of a call as a whole; null = nothing is said of it. */
  readonly duration: CallDuration | null;
  readonly retry: RetryPolicy;
  /** Whose limits of the cluster count. */
  readonly priority: RoutingPriority;
  /** Null = nobody gets copies. */
  readonly mirrors: readonly Mirror[] | null;
  /** x-envoy-attempt-count is told to endpoints, and to callers. */
  readonly countsForEndpoints: boolean;
  readonly countsForCallers: boolean;
  /** Go before those of the listener; null = it says nothing of upgrades. */
  readonly upgrades: UpgradesSpec | null;
  /** What is said of the filters of listeners, where the route answers by itself; else destinations have it. Null = nothing. */
  readonly filters: FilterOverrides | null;
  /** For clusters whose load balancer asks for a hash; null = requests have none. */
  readonly hashing: HashPolicies | null;
  /** Null = as the filters of the listener say. */
  readonly sessions: SessionPolicy | null;
  /** Compared where there is no `pathMatcher`. */
  readonly path: string;
  readonly exact: boolean;
  /** For all but an exact path and a plain prefix. */
  readonly pathMatcher: TextMatcher | null;
  /** What is asked beyond the path; null = nothing. */
  readonly condition: RequestCondition | null;
  readonly connect: boolean;
}

/** What the route stands in says: header changes, of filters, and which of both sides is told of attempts. */
export interface RouteSurroundings extends Pick<VirtualHostSpec, 'attemptCount'> {
  readonly levels: ChangeLevels;
  readonly routeFirst: boolean;
  readonly filters: FilterScope;
  /** For routes that take a share of what they match. */
  readonly random: Random;
}

/** What the caller says of attempts is about its own. */
const WITHOUT_COUNT: HeaderChangesSpec = { request: { add: [], remove: ['x-envoy-attempt-count'] } };

/** Throws for a pattern that is not RE2's. */
export function compileRoute(
  route: RouteSpec,
  outer: RouteSurroundings,
  slotOf: (cluster: string) => ClusterSlot,
): RouteEntry {
  const { match } = route;
  const levels = outer.routeFirst ? [route.headers, ...outer.levels] : [...outer.levels, route.headers];
  const counts = outer.attemptCount?.request === true;
  const target = compileTarget(route, counts ? [WITHOUT_COUNT, ...levels] : levels, outer.filters, slotOf);
  return {
    name: route.name,
    ...target,
    countsForEndpoints: counts,
    countsForCallers: outer.attemptCount?.response === true,
    path: match.path.kind === 'regex' ? '' : match.path.value,
    exact: match.path.kind === 'exact',
    pathMatcher: compilePathMatcher(match),
    condition: compileRouteCondition(match, outer.random),
    connect: match.connect === true,
  };
}

type MatchPart = Pick<RouteEntry, 'path' | 'exact' | 'pathMatcher' | 'condition' | 'connect'>;

function compileTarget(
  route: RouteSpec,
  levels: ChangeLevels,
  { outer, known, host }: FilterScope,
  slotOf: (cluster: string) => ClusterSlot,
): Omit<RouteEntry, keyof MatchPart | 'name' | 'countsForEndpoints' | 'countsForCallers'> {
  const { action } = route;
  const place = [host, route.name, route.match];
  const own = known === null ? [] : [known.keep(place, route.filters), ...outer];
  if (action.kind === 'redirect' || action.kind === 'direct-response') {
    const answer = compileAnswer({ ...route, action }, levels);
    const retry = compileRetryPolicy();
    const none = { destination: null, weighted: null, duration: null, upgrades: null, hashing: null, sessions: null };
    const usual = { timeoutMs: 0, idleTimeoutMs: -1, priority: 'default', mirrors: null } as const;
    return { ...none, ...usual, answer, filters: FilterOverrides.compile(own), retry };
  }
  const scope = { outer: own, known, host };
  const found = compileDestinations({ ...route, action }, levels, scope, slotOf);
  const isWeighted = found instanceof WeightedDestinations;
  return {
    destination: isWeighted ? null : found,
    weighted: isWeighted ? found : null,
    answer: null,
    timeoutMs: action.timeoutMs,
    idleTimeoutMs: action.idleTimeoutMs ?? -1,
    duration: compileCallDuration(action),
    retry: compileRetryPolicy(action.retry),
    priority: action.priority ?? 'default',
    mirrors: compileMirrors(action.mirrors, slotOf),
    upgrades: action.upgrades ?? null,
    filters: null,
    hashing: HashPolicies.compile(action.hashPolicies),
    sessions: compileSessions(action.session),
  };
}
