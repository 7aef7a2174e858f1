// GRPCRoute of Gateway API: which calls go where, by service and method.
import { type Fields, withoutUndefined } from './fields.ts';
import { readValueMatches, VALUE_MATCH_TYPES, type ValueMatch } from './http-route.ts';
import { NAMESPACED, type ObjectMeta, readMeta } from './meta.ts';
import { type RouteFilter, type RouteFilterType, readRouteFilters } from './route-filters.ts';
import { readSessionPersistence, type SessionPersistence } from './route-policy.ts';
import { type BackendReference, type ParentReference, readBackends, readParents } from './route-refs.ts';
import { checkRules } from './route-rules.ts';

/** Source: gateway.networking.k8s.io/v1.GRPCRoute. */
export interface GrpcRoute {
  readonly apiVersion: 'gateway.networking.k8s.io/v1';
  readonly kind: 'GRPCRoute';
  readonly metadata: ObjectMeta;
  readonly spec: {
    readonly parentRefs: readonly ParentReference[];
    /** Where the parent is a Service they mean nothing. */
    readonly hostnames: readonly string[];
    readonly rules: readonly GrpcRouteRule[];
  };
}

/** Source: gateway.networking.k8s.io/v1.GRPCRouteRule. */
export interface GrpcRouteRule {
  readonly name?: string;
  /** One of them is enough; at least one. */
  readonly matches: readonly GrpcRouteMatch[];
  readonly filters: readonly RouteFilter[];
  readonly backendRefs: readonly BackendReference[];
  readonly sessionPersistence?: SessionPersistence;
}

/** All that is given must match. Source: gateway.networking.k8s.io/v1.GRPCRouteMatch. */
export interface GrpcRouteMatch {
  readonly method?: GrpcMethodMatch;
  readonly headers: readonly ValueMatch[];
}

/** At least one of both. */
export interface GrpcMethodMatch {
  readonly type: (typeof VALUE_MATCH_TYPES)[number];
  readonly service?: string;
  readonly method?: string;
}

const ANY: GrpcRouteMatch = { headers: [] };

/** What GRPCRouteFilter has of all filters. */
const FILTERS: readonly RouteFilterType[] = [
  'RequestHeaderModifier',
  'ResponseHeaderModifier',
  'RequestMirror',
  'ExtensionRef',
];

const NAMES = {
  service: /^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*$/,
  method: /^[A-Za-z_]\w*$/,
};

export function readGrpcRoute(fields: Fields): GrpcRoute {
  const spec = fields.requiredMap('spec');
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'GRPCRoute',
    metadata: readMeta(fields.requiredMap('metadata'), NAMESPACED),
    spec: {
      parentRefs: readParents(spec),
      hostnames: spec?.texts('hostnames') ?? [],
      rules: spec === undefined ? [] : readRules(spec),
    },
  };
}

function readRules(spec: Fields): readonly GrpcRouteRule[] {
  const rules = spec.list('rules', readRule);
  checkRules(spec, rules);
  return rules;
}

function readRule(fields: Fields): GrpcRouteRule {
  const matches = fields.list('matches', readMatch);
  const filters = readRouteFilters(fields);
  for (const { type } of filters) {
    if (!FILTERS.includes(type)) fields.report('filters', `${type} is none of gRPC`, `use ${FILTERS.join(', ')}`);
  }
  return withoutUndefined({
    name: fields.text('name'),
    matches: matches.length === 0 ? [ANY] : matches,
    filters,
    backendRefs: readBackends(fields),
    sessionPersistence: readSessionPersistence(fields.map('sessionPersistence')),
  });
}

function readMatch(fields: Fields): GrpcRouteMatch {
  return withoutUndefined({
    method: readMethodMatch(fields.map('method')),
    headers: readValueMatches(fields, 'headers'),
  });
}

function readMethodMatch(fields: Fields | undefined): GrpcMethodMatch | undefined {
  if (fields === undefined) return undefined;
  const type = fields.oneOf('type', VALUE_MATCH_TYPES) ?? 'Exact';
  const match = withoutUndefined({ type, service: fields.text('service'), method: fields.text('method') });
  if (match.service === undefined && match.method === undefined) {
    fields.report('', 'has neither service nor method', 'add one of them');
  }
  for (const key of ['service', 'method'] as const) {
    const name = match[key];
    if (type !== 'Exact' || name === undefined || NAMES[key].test(name)) continue;
    fields.report(key, `"${name}" is no name of a ${key}`, 'write it as in the .proto file, with its package');
  }
  return match;
}
