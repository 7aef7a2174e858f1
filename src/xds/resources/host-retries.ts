// What a virtual host says of retries for all of its routes: retry_policy and hedge_policy of envoy.config.route.v3.VirtualHost.
import type { RouteSpec } from '../../model/route-spec.ts';
import type { VirtualHost } from '../gen/envoy/config/route/v3/route_components_pb.ts';
import type { DecodeContext } from './decode-context.ts';
import { decodeRetryPolicy } from './retry-policy.ts';

/** `routes` of `message`, as they have been decoded: a route's own policies go before those of its host, each as a whole. */
export function withHostRetries(
  routes: readonly RouteSpec[],
  message: VirtualHost,
  context: DecodeContext,
  path: string,
): readonly RouteSpec[] {
  const { retryPolicy } = message;
  const ofHost =
    retryPolicy === undefined ? undefined : decodeRetryPolicy(retryPolicy, context, `${path}.retry_policy`);
  return routes.map((route, i) => {
    const said = message.routes[i]?.action;
    if (said?.case !== 'route' || route.action.kind === 'redirect' || route.action.kind === 'direct-response')
      return route;
    const retry = route.action.retry ?? ofHost;
    if (retry === undefined) return route;
    const hedges = (said.value.hedgePolicy ?? message.hedgePolicy)?.hedgeOnPerTryTimeout === true;
    return { ...route, action: { ...route.action, retry: hedges ? { ...retry, hedgeOnPerTryTimeout: true } : retry } };
  });
}
