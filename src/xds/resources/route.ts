// RDS: RouteConfigSpec ↔ envoy.config.route.v3.RouteConfiguration.
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import type { MirrorSpec } from '../../model/mirror-spec.ts';
import type { RouteConfigSpec, RouteSpec, VirtualHostSpec } from '../../model/route-spec.ts';
import type { VirtualHost } from '../gen/envoy/config/route/v3/route_components_pb.ts';
import { type RouteConfiguration, RouteConfigurationSchema } from '../gen/envoy/config/route/v3/route_pb.ts';
import { type DecodeContext, joinPath } from './decode-context.ts';
import { decodeResource } from './decode-resource.ts';
import { decodeFilterOverrides, encodeFilterOverrides } from './filter-overrides.ts';
import { decodeHeaderChanges, encodeHeaderChanges } from './header-changes.ts';
import { withHostRetries } from './host-retries.ts';
import { decodeMirrors } from './mirror-policy.ts';
import { type ResourceType, TYPE_URL_PREFIX } from './resource-type.ts';
import { decodeRoute, encodeRoute } from './route-entry.ts';

/** What max_direct_response_body_size_bytes means when it is absent. */
const DEFAULT_MAX_BODY_BYTES = 4_096;
const MIRRORS = 'request_mirror_policies';

export const ROUTE_TYPE: ResourceType<RouteConfigSpec> = {
  typeUrl: `${TYPE_URL_PREFIX}${RouteConfigurationSchema.typeName}`,
  shortName: 'RDS',
  noun: 'route configuration',
  wildcard: false,
  refersTo: null,
  warms: false,
  specs: (snapshot) => snapshot.routes,
  toChanges: (changes) => ({ routes: changes }),
  name: (spec) => spec.name,
  references: () => [],
  encode: (spec) => toBinary(RouteConfigurationSchema, create(RouteConfigurationSchema, encodeRouteConfig(spec))),
  decode: (bytes) =>
    decodeResource(
      {
        schema: RouteConfigurationSchema,
        noun: 'route configuration',
        nameOf: (message) => message.name,
        build: (message, context) => decodeRouteConfig(message, context, ''),
      },
      bytes,
    ),
};

export function encodeRouteConfig(spec: RouteConfigSpec): MessageInitShape<typeof RouteConfigurationSchema> {
  return {
    name: spec.name,
    virtualHosts: spec.virtualHosts.map((host) => ({
      name: host.name,
      domains: [...host.domains],
      routes: host.routes.map(encodeRoute),
      includeRequestAttemptCount: host.attemptCount?.request === true,
      includeAttemptCountInResponse: host.attemptCount?.response === true,
      ...encodeHeaderChanges(host.headers),
      ...encodeFilterOverrides(host.filters),
    })),
    ignorePortInHostMatching: spec.ignorePortInHostMatching === true,
    mostSpecificHeaderMutationsWins: spec.mostSpecificHeaderChangesWin === true,
    ...encodeMaxBody(spec),
    ...encodeHeaderChanges(spec.headers),
    ...encodeFilterOverrides(spec.filters),
  };
}

/** Said only where a body would be refused without it. */
function encodeMaxBody(spec: RouteConfigSpec): { readonly maxDirectResponseBodySizeBytes?: number } {
  let max = DEFAULT_MAX_BODY_BYTES;
  for (const host of spec.virtualHosts) {
    for (const { action } of host.routes) {
      if (action.kind === 'direct-response') max = Math.max(max, Buffer.byteLength(action.body));
    }
  }
  return max === DEFAULT_MAX_BODY_BYTES ? {} : { maxDirectResponseBodySizeBytes: max };
}

/** `path` is where the message stands in its resource: '' for a resource of its own. */
export function decodeRouteConfig(message: RouteConfiguration, context: DecodeContext, path: string): RouteConfigSpec {
  const owners = new Map<string, string>();
  const maxBodyBytes = message.maxDirectResponseBodySizeBytes ?? DEFAULT_MAX_BODY_BYTES;
  const { mirrors = [] } = decodeMirrors(message.requestMirrorPolicies, context, joinPath(path, MIRRORS));
  const virtualHosts = message.virtualHosts.map((host, i) => {
    const at = joinPath(path, `virtual_hosts[${i}]`);
    const spec = withHostMirrors(decodeVirtualHost(host, maxBodyBytes, context, at), host, mirrors, context, at);
    claimDomains(spec, owners, context, at);
    return spec;
  });
  return {
    name: message.name,
    virtualHosts,
    ...(message.ignorePortInHostMatching ? { ignorePortInHostMatching: true } : {}),
    ...(message.mostSpecificHeaderMutationsWins ? { mostSpecificHeaderChangesWin: true } : {}),
    ...decodeHeaderChanges(message, context, path),
    ...decodeFilterOverrides(message, context, path),
  };
}

function decodeVirtualHost(
  message: VirtualHost,
  maxBodyBytes: number,
  context: DecodeContext,
  path: string,
): VirtualHostSpec {
  if (message.name === '') context.refuse(`${path}.name`, 'is empty', 'give the virtual host a name');
  if (message.domains.length === 0) context.refuse(`${path}.domains`, 'is empty', 'name at least one domain, or "*"');
  const routes = message.routes.map((route, i) => decodeRoute(route, maxBodyBytes, context, `${path}.routes[${i}]`));
  return {
    name: message.name,
    domains: message.domains.map((domain, i) => decodeDomain(domain, context, `${path}.domains[${i}]`)),
    routes: withHostRetries(routes, message, context, path),
    ...decodeAttemptCount(message),
    ...decodeHeaderChanges(message, context, path),
    ...decodeFilterOverrides(message, context, path),
  };
}

/** The innermost place that says anything of mirrors has its way. `outer`: of the route configuration. */
function withHostMirrors(
  spec: VirtualHostSpec,
  message: VirtualHost,
  outer: readonly MirrorSpec[],
  context: DecodeContext,
  path: string,
): VirtualHostSpec {
  const { mirrors = outer } = decodeMirrors(message.requestMirrorPolicies, context, `${path}.${MIRRORS}`);
  return mirrors.length === 0 ? spec : { ...spec, routes: spec.routes.map((route) => withMirrors(route, mirrors)) };
}

function withMirrors(route: RouteSpec, mirrors: readonly MirrorSpec[]): RouteSpec {
  const { action, match } = route;
  if (action.kind === 'redirect' || action.kind === 'direct-response') return route;
  return match.connect === true || action.mirrors !== undefined ? route : { ...route, action: { ...action, mirrors } };
}

function decodeAttemptCount(message: VirtualHost): Pick<VirtualHostSpec, 'attemptCount'> {
  const { includeRequestAttemptCount: request, includeAttemptCountInResponse: response } = message;
  if (!request && !response) return {};
  return { attemptCount: { ...(request ? { request: true } : {}), ...(response ? { response: true } : {}) } };
}

function decodeDomain(domain: string, context: DecodeContext, path: string): string {
  const inner = domain.replace('*', '');
  const starAtEdge = domain.startsWith('*') || domain.endsWith('*');
  if (domain === '' || inner.includes('*') || (inner !== domain && !starAtEdge)) {
    context.refuse(path, `"${domain}" is not a domain`, 'use "host", "*.suffix", "prefix.*" or "*"');
  }
  return domain.toLowerCase();
}

function claimDomains(host: VirtualHostSpec, owners: Map<string, string>, context: DecodeContext, path: string): void {
  for (const [i, domain] of host.domains.entries()) {
    const owner = owners.get(domain);
    if (owner === undefined) owners.set(domain, host.name);
    else
      context.refuse(
        `${path}.domains[${i}]`,
        `"${domain}" already belongs to virtual host "${owner}"`,
        'keep it in one',
      );
  }
}
