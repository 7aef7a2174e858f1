// Routes that go to a cluster: RouteActionSpec ↔ envoy.config.route.v3.RouteAction.
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { RouteActionSpec } from '../../model/route-spec.ts';
import { RoutingPriority } from '../gen/envoy/config/core/v3/base_pb.ts';
import type { RouteAction, RouteActionSchema } from '../gen/envoy/config/route/v3/route_components_pb.ts';
import type { DecodeContext } from './decode-context.ts';
import { decodeDuration, encodeDuration } from './duration.ts';
import { decodeHashPolicies, encodeHashPolicy } from './hash-policy.ts';
import { isToken, isVisible } from './legal-text.ts';
import { decodeMirrors, encodeMirror } from './mirror-policy.ts';
import { decodePrefixRewrite, decodeRegexRewrite } from './path-rewrite.ts';
import { decodeRetryPolicy, encodeRetryPolicy } from './retry-policy.ts';
import { decodeStreamDuration, encodeStreamDuration } from './stream-duration.ts';
import { encodeSubstitution } from './string-matcher.ts';
import { decodeMatch, encodeMatch } from './subset.ts';
import { CONNECT, decodeUpgrades, encodeUpgrades, isConnect } from './upgrade-configs.ts';
import { decodeWeightedClusters, encodeWeightedClusters } from './weighted-clusters.ts';

/** What RouteAction.timeout means when it is absent. */
const DEFAULT_ROUTE_TIMEOUT_MS = 15_000;

export function encodeAction(spec: RouteActionSpec, connect: boolean): MessageInitShape<typeof RouteActionSchema> {
  return {
    clusterSpecifier:
      typeof spec.cluster === 'string'
        ? { case: 'cluster', value: spec.cluster }
        : { case: 'weightedClusters', value: encodeWeightedClusters(spec.cluster) },
    timeout: encodeDuration(spec.timeoutMs),
    ...(spec.idleTimeoutMs === undefined ? {} : { idleTimeout: encodeDuration(spec.idleTimeoutMs) }),
    ...encodeStreamDuration(spec),
    ...(spec.retry === undefined ? {} : { retryPolicy: encodeRetryPolicy(spec.retry) }),
    ...(spec.retry?.hedgeOnPerTryTimeout === true ? { hedgePolicy: { hedgeOnPerTryTimeout: true } } : {}),
    hostRewriteSpecifier: encodeHostRewrite(spec.hostRewrite),
    ...encodePathRewrite(spec.pathRewrite),
    ...encodeMatch(spec.subset),
    requestMirrorPolicies: (spec.mirrors ?? []).map(encodeMirror),
    ...(spec.priority === undefined ? {} : { priority: RoutingPriority.HIGH }),
    ...(spec.hashPolicies === undefined ? {} : { hashPolicy: spec.hashPolicies.map(encodeHashPolicy) }),
    // Envoy ends a CONNECT here, as we do, only when it is told to.
    upgradeConfigs: [
      ...(connect ? [{ upgradeType: CONNECT, connectConfig: {} }] : []),
      ...encodeUpgrades(spec.upgrades),
    ],
  };
}

function encodeHostRewrite(rewrite: RouteActionSpec['hostRewrite']) {
  if (rewrite === undefined) return { case: undefined };
  if (rewrite.kind === 'literal') return { case: 'hostRewriteLiteral', value: rewrite.value } as const;
  return { case: 'hostRewriteHeader', value: rewrite.name } as const;
}

function encodePathRewrite(rewrite: RouteActionSpec['pathRewrite']) {
  if (rewrite === undefined) return {};
  if (rewrite.kind === 'prefix') return { prefixRewrite: rewrite.value };
  return { regexRewrite: encodeSubstitution(rewrite.pattern, rewrite.substitution) };
}

export function decodeAction(
  message: RouteAction,
  connect: boolean,
  context: DecodeContext,
  path: string,
): RouteActionSpec {
  checkConnect(message, connect, context, path);
  const upgrades = decodeUpgrades(message.upgradeConfigs, context, `${path}.upgrade_configs`);
  return {
    cluster: decodeCluster(message, context, path),
    timeoutMs: decodeDuration(message.timeout, DEFAULT_ROUTE_TIMEOUT_MS, context, `${path}.timeout`),
    ...(message.idleTimeout === undefined
      ? {}
      : { idleTimeoutMs: decodeDuration(message.idleTimeout, 0, context, `${path}.idle_timeout`) }),
    ...decodeStreamDuration(message, context, path),
    ...(message.retryPolicy === undefined
      ? {}
      : { retry: decodeRetryPolicy(message.retryPolicy, context, `${path}.retry_policy`) }),
    ...decodeHostRewrite(message, context, path),
    ...decodePathRewrite(message, context, path),
    ...(upgrades === undefined ? {} : { upgrades }),
    ...decodeSubset(message, connect, context, path),
    ...decodeOwnMirrors(message, connect, context, `${path}.request_mirror_policies`),
    ...(message.priority === RoutingPriority.HIGH ? { priority: 'high' } : {}),
    ...decodeHashPolicies(message.hashPolicy, context, `${path}.hash_policy`),
  };
}

function decodeCluster(message: RouteAction, context: DecodeContext, path: string): RouteActionSpec['cluster'] {
  const specifier = message.clusterSpecifier;
  if (specifier.case === 'weightedClusters') {
    return decodeWeightedClusters(specifier.value, context, `${path}.weighted_clusters`);
  }
  const cluster = specifier.case === 'cluster' ? specifier.value : '';
  if (cluster === '' && (specifier.case === 'cluster' || specifier.case === undefined)) {
    context.refuse(`${path}.cluster`, 'is empty', 'name a cluster');
  }
  return cluster;
}

function decodeOwnMirrors(
  { requestMirrorPolicies }: RouteAction,
  connect: boolean,
  context: DecodeContext,
  path: string,
): Pick<RouteActionSpec, 'mirrors'> {
  if (connect && requestMirrorPolicies.length > 0) context.refuse(path, 'is not supported for CONNECT', 'remove it');
  return decodeMirrors(requestMirrorPolicies, context, path);
}

function decodeSubset(message: RouteAction, connect: boolean, context: DecodeContext, path: string) {
  const match = decodeMatch(message.metadataMatch);
  if (connect && match.subset !== undefined) {
    context.refuse(`${path}.metadata_match`, 'is not supported for CONNECT', 'remove it');
  }
  return match;
}

function decodeHostRewrite(
  message: RouteAction,
  context: DecodeContext,
  path: string,
): { readonly hostRewrite?: NonNullable<RouteActionSpec['hostRewrite']> } {
  const { case: kind, value } = message.hostRewriteSpecifier;
  if (kind === 'hostRewriteLiteral' && value !== '') {
    if (!isVisible(value))
      context.refuse(`${path}.host_rewrite_literal`, `"${value}" is not a host`, 'use host[:port]');
    return { hostRewrite: { kind: 'literal', value } };
  }
  if (kind === 'hostRewriteHeader' && value !== '') {
    if (!isToken(value)) context.refuse(`${path}.host_rewrite_header`, `"${value}" is not a name`, 'name a header');
    return { hostRewrite: { kind: 'header', name: value.toLowerCase() } };
  }
  return {};
}

function decodePathRewrite(
  message: RouteAction,
  context: DecodeContext,
  path: string,
): { readonly pathRewrite?: NonNullable<RouteActionSpec['pathRewrite']> } {
  const { prefixRewrite, regexRewrite } = message;
  if (prefixRewrite !== '' && regexRewrite !== undefined) {
    context.refuse(path, 'has prefix_rewrite and regex_rewrite', 'keep one');
  }
  if (prefixRewrite !== '') {
    return { pathRewrite: decodePrefixRewrite(prefixRewrite, context, `${path}.prefix_rewrite`) };
  }
  if (regexRewrite === undefined) return {};
  return { pathRewrite: decodeRegexRewrite(regexRewrite, context, `${path}.regex_rewrite`) };
}

/** A CONNECT that is not ended here would be sent on as a request, which is another thing. */
function checkConnect(message: RouteAction, connect: boolean, context: DecodeContext, path: string): void {
  let ended = false;
  for (const [i, upgrade] of message.upgradeConfigs.entries()) {
    if (!isConnect(upgrade)) continue;
    if (upgrade.connectConfig !== undefined && upgrade.enabled !== false) ended = true;
    else context.ignore(`${path}.upgrade_configs[${i}]`);
  }
  if (!connect || ended) return;
  context.refuse(
    `${path}.upgrade_configs`,
    'does not end CONNECT here',
    'add upgrade_type CONNECT with a connect_config',
  );
}
