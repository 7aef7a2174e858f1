// What the translation of one route of Gateway API is made from.
import type { GrpcRoute } from '../../../kube/grpc-route.ts';
import type { HttpRoute } from '../../../kube/http-route.ts';
import type { Located } from '../../../kube/meta.ts';
import type { ReferenceGrant } from '../../../kube/reference-grant.ts';
import type { Service } from '../../../kube/service.ts';
import type { TrafficPolicy } from '../../../kube/traffic-policy/traffic-policy.ts';

export type Route = HttpRoute | GrpcRoute;

/** The same object while nothing of it changes. */
export interface RouteInputs {
  readonly route: Located<Route>;
  /** Those that it names as parents or backends, as far as there are such, by `serviceKey`. */
  readonly services: ReadonlyMap<string, Located<Service>>;
  /** By the same, of those that there are not: the name of a Service of that namespace that may have been meant. */
  readonly near: ReadonlyMap<string, string>;
  /** TrafficPolicies of those Services that have any, by the same. */
  readonly policies: ReadonlyMap<string, readonly Located<TrafficPolicy>[]>;
  /** Those of the namespaces of its backends. */
  readonly grants: readonly Located<ReferenceGrant>[];
}

export function serviceKey(namespace: string, name: string): string {
  return `${namespace}/${name}`;
}

/** What to do where there is no such Service; `meant`: one of a like name. */
export function missingRemedy(meant: string | undefined): string {
  return meant === undefined ? 'name a Service that there is' : `did you mean ${meant}?`;
}
