// What routes say of requests that go to a Service, wherever they come from: by default, and as the Service itself says it.
import type { RouteActionSpec, RouteSpec } from '../../model/route-spec.ts';
import type { ServiceTraffic } from './service-traffic.ts';

/** All that a route may say beside where it leads. */
export type ServiceAction = Omit<RouteActionSpec, 'kind' | 'cluster'>;

/** Without a time-out, where the Service says nothing: who calls knows how long it wants to wait. */
export function serviceAction(traffic: ServiceTraffic): ServiceAction {
  const { hashPolicies, retry, session, timeoutMs = 0, idleTimeoutMs, mirrors } = traffic;
  return {
    timeoutMs,
    ...(idleTimeoutMs === undefined ? {} : { idleTimeoutMs }),
    ...(retry === undefined ? {} : { retry }),
    ...(hashPolicies === undefined ? {} : { hashPolicies }),
    ...(session === undefined ? {} : { session }),
    ...(mirrors === undefined ? {} : { mirrors }),
  };
}

/** Everything goes to `cluster`. CONNECT first: no path matches it, and nobody gets copies of it. */
export function defaultRoutes(cluster: string, own: ServiceAction): readonly RouteSpec[] {
  const { mirrors: _none, ...tunnel } = own;
  const path = { kind: 'prefix', value: '/' } as const;
  return [
    { name: 'connect', match: { path, connect: true }, action: { cluster, ...tunnel } },
    { name: 'default', match: { path }, action: { cluster, ...own } },
  ];
}
