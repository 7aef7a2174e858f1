// One route: RouteSpec ↔ envoy.config.route.v3.Route.
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { RouteSpec } from '../../model/route-spec.ts';
import type { Route, RouteSchema } from '../gen/envoy/config/route/v3/route_components_pb.ts';
import type { DecodeContext } from './decode-context.ts';
import { decodeFilterOverrides, encodeFilterOverrides } from './filter-overrides.ts';
import { decodeHeaderChanges, encodeHeaderChanges } from './header-changes.ts';
import { decodeAction, encodeAction } from './route-action.ts';
import { decodeDirectResponse, decodeRedirect, encodeDirectResponse, encodeRedirect } from './route-answers.ts';
import { decodeMatch, encodeMatch } from './route-match.ts';
import { decodeRouteSession, encodeRouteSession, withoutSessionFilter, withSessionFilter } from './route-session.ts';

export function encodeRoute(spec: RouteSpec): MessageInitShape<typeof RouteSchema> {
  return {
    name: spec.name,
    match: encodeMatch(spec.match),
    action: encodeRouteAction(spec),
    ...encodeRouteSession(spec),
    ...encodeHeaderChanges(spec.headers),
    ...encodeFilterOverrides(withSessionFilter(spec)),
  };
}

function encodeRouteAction({ action, match }: RouteSpec) {
  if (action.kind === 'redirect') return { case: 'redirect', value: encodeRedirect(action) } as const;
  if (action.kind === 'direct-response')
    return { case: 'directResponse', value: encodeDirectResponse(action) } as const;
  return { case: 'route', value: encodeAction(action, match.connect === true) } as const;
}

/** `maxBodyBytes`: of a direct response. */
export function decodeRoute(message: Route, maxBodyBytes: number, context: DecodeContext, path: string): RouteSpec {
  const match = decodeMatch(message.match, context, `${path}.match`);
  return withoutSessionFilter({
    name: message.name,
    match,
    action: decodeRouteAction(message, match.connect === true, maxBodyBytes, context, path),
    ...decodeHeaderChanges(message, context, path),
    ...decodeFilterOverrides(message, context, path),
  });
}

function decodeRouteAction(
  message: Route,
  connect: boolean,
  maxBodyBytes: number,
  context: DecodeContext,
  path: string,
): RouteSpec['action'] {
  const { action } = message;
  switch (action.case) {
    case 'route':
      return {
        ...decodeAction(action.value, connect, context, `${path}.route`),
        ...decodeRouteSession(message, context, path),
      };
    case 'redirect':
      return decodeRedirect(action.value, context, `${path}.redirect`);
    case 'directResponse':
      return decodeDirectResponse(action.value, maxBodyBytes, context, `${path}.direct_response`);
    case undefined:
      context.refuse(path, 'has no action', 'give it a route, a redirect or a direct_response');
  }
  return { cluster: '', timeoutMs: 0 };
}
