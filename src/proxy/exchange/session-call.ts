// The session of one request: where it goes because of it, and what its answer says of it.
import type { Endpoint } from '../endpoint/endpoint.ts';
import type { PickContext } from '../lb/load-balancer.ts';
import type { WeightedDestinations } from '../route/destination.ts';
import type { FieldChanges, FieldEdit } from '../route/field-changes.ts';
import type { SessionPolicy } from '../session/session-policy.ts';
import type { Cluster } from '../upstream/cluster.ts';

/** One a request, where its route has sessions; nobody holds it longer. */
export interface SessionCall {
  readonly policy: SessionPolicy;
  /** Why `pick` answers `null` though the cluster has endpoints, for people; '' = it has none. */
  readonly refusal: string;
  /** What changes in the answer: what the route changes, and what is said of the session; null = nothing. */
  answerChanges(route: FieldChanges | null): FieldEdit | null;
  /** Of several destinations that whose cluster has the session's pod, or where it moves to; null = anywhere. */
  destinationIn(weighted: WeightedDestinations): ReturnType<WeightedDestinations['choose']> | null;
  /** Called for each attempt, as Cluster.pick. `context`: the request's own. */
  pick(cluster: Cluster, context: PickContext): Endpoint | null;
  /** No attempt may go to `endpoint`. */
  excludes(endpoint: Endpoint): boolean;
  /** The answer of an attempt's endpoint has begun, and it is the one that the caller gets. `status`: as of `answerStatusOf`. */
  onAnswer(endpoint: Endpoint, status: number): void;
}
