// One route: RouteSpec ↔ envoy.config.route.v3.Route.
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { RouteActionSpec, RouteMatchSpec, RouteSpec } from '../../model/route-spec.ts';
import type { Route, RouteAction, RouteMatch, RouteSchema } from '../gen/envoy/config/route/v3/route_components_pb.ts';
import type { DecodeContext } from './decode-context.ts';
import { decodeDuration, encodeDuration } from './duration.ts';
import { decodeRetryPolicy, encodeRetryPolicy } from './retry-policy.ts';

/** What RouteAction.timeout means when it is absent. */
const DEFAULT_ROUTE_TIMEOUT_MS = 15_000;

const CONNECT = 'CONNECT';

export function encodeRoute(spec: RouteSpec): MessageInitShape<typeof RouteSchema> {
  const connect = spec.match.connect === true;
  return {
    name: spec.name,
    match: { pathSpecifier: encodePath(spec.match, connect) },
    action: {
      case: 'route',
      value: {
        clusterSpecifier: { case: 'cluster', value: spec.action.cluster },
        timeout: encodeDuration(spec.action.timeoutMs),
        ...(spec.action.retry === undefined ? {} : { retryPolicy: encodeRetryPolicy(spec.action.retry) }),
        // Envoy ends a CONNECT here, as we do, only when it is told to.
        upgradeConfigs: connect ? [{ upgradeType: CONNECT, connectConfig: {} }] : [],
      },
    },
  };
}

function encodePath(match: RouteMatchSpec, connect: boolean) {
  if (connect) return { case: 'connectMatcher', value: {} } as const;
  if (match.path.kind === 'exact') return { case: 'path', value: match.path.value } as const;
  return { case: 'prefix', value: match.path.value } as const;
}

export function decodeRoute(message: Route, context: DecodeContext, path: string): RouteSpec {
  const match = decodeMatch(message.match, context, `${path}.match`);
  const action = message.action.case === 'route' ? message.action.value : undefined;
  if (message.action.case === undefined) context.refuse(path, 'has no action', 'give it a route action');
  return { name: message.name, match, action: decodeAction(action, match.connect === true, context, `${path}.route`) };
}

function decodeMatch(message: RouteMatch | undefined, context: DecodeContext, path: string): RouteMatchSpec {
  if (message?.caseSensitive === false) {
    context.refuse(`${path}.case_sensitive`, 'false is not supported', 'leave it out');
  }
  const specifier = message?.pathSpecifier;
  if (specifier?.case === 'prefix') return { path: { kind: 'prefix', value: specifier.value } };
  if (specifier?.case === 'path') return { path: { kind: 'exact', value: specifier.value } };
  if (specifier?.case === 'connectMatcher') return { path: { kind: 'prefix', value: '/' }, connect: true };
  if (specifier?.case === undefined) context.refuse(path, 'has no path', 'give it prefix, path or connect_matcher');
  return { path: { kind: 'prefix', value: '/' } };
}

function decodeAction(
  message: RouteAction | undefined,
  connect: boolean,
  context: DecodeContext,
  path: string,
): RouteActionSpec {
  if (message === undefined) return { cluster: '', timeoutMs: 0 };
  const specifier = message.clusterSpecifier;
  const cluster = specifier.case === 'cluster' ? specifier.value : '';
  if (cluster === '' && (specifier.case === 'cluster' || specifier.case === undefined)) {
    context.refuse(`${path}.cluster`, 'is empty', 'name a cluster');
  }
  checkUpgrades(message, connect, context, path);
  const retry = message.retryPolicy;
  return {
    cluster,
    timeoutMs: decodeDuration(message.timeout, DEFAULT_ROUTE_TIMEOUT_MS, context, `${path}.timeout`),
    ...(retry === undefined ? {} : { retry: decodeRetryPolicy(retry, context, `${path}.retry_policy`) }),
  };
}

/** A CONNECT that is not ended here would be sent on as a request, which is another thing. */
function checkUpgrades(message: RouteAction, connect: boolean, context: DecodeContext, path: string): void {
  let ended = false;
  for (const [i, upgrade] of message.upgradeConfigs.entries()) {
    const isConnect = upgrade.upgradeType.toUpperCase() === CONNECT;
    if (isConnect && upgrade.connectConfig !== undefined && upgrade.enabled !== false) ended = true;
    else context.ignore(`${path}.upgrade_configs[${i}]`);
  }
  if (!connect || ended) return;
  context.refuse(
    `${path}.upgrade_configs`,
    'does not end CONNECT here',
    'add upgrade_type CONNECT with a connect_config',
  );
}
