// HTTPRoute of Gateway API: which requests go where, and changed in what.
import { type Fields, withoutUndefined } from './fields.ts';
import { NAMESPACED, type ObjectMeta, readMeta } from './meta.ts';
import { type RouteFilter, readRouteFilters } from './route-filters.ts';
import {
  type RouteRetry,
  type RouteTimeouts,
  readRetry,
  readSessionPersistence,
  readTimeouts,
  type SessionPersistence,
} from './route-policy.ts';
import { type BackendReference, type ParentReference, readBackends, readParents } from './route-refs.ts';
import { checkRules } from './route-rules.ts';

/** Source: gateway.networking.k8s.io/v1.HTTPRoute. */
export interface HttpRoute {
  readonly apiVersion: 'gateway.networking.k8s.io/v1';
  readonly kind: 'HTTPRoute';
  readonly metadata: ObjectMeta;
  readonly spec: {
    readonly parentRefs: readonly ParentReference[];
    /** Where the parent is a Service they mean nothing. */
    readonly hostnames: readonly string[];
    readonly rules: readonly HttpRouteRule[];
  };
}

/** Source: gateway.networking.k8s.io/v1.HTTPRouteRule. */
export interface HttpRouteRule {
  readonly name?: string;
  /** One of them is enough; at least one. */
  readonly matches: readonly HttpRouteMatch[];
  readonly filters: readonly RouteFilter[];
  readonly backendRefs: readonly BackendReference[];
  readonly timeouts?: RouteTimeouts;
  readonly retry?: RouteRetry;
  readonly sessionPersistence?: SessionPersistence;
}

export const PATH_MATCH_TYPES = ['Exact', 'PathPrefix', 'RegularExpression'] as const;
export type PathMatchType = (typeof PATH_MATCH_TYPES)[number];

export const VALUE_MATCH_TYPES = ['Exact', 'RegularExpression'] as const;

/** Of a header field, or of a query parameter. */
export interface ValueMatch {
  readonly type: (typeof VALUE_MATCH_TYPES)[number];
  readonly name: string;
  readonly value: string;
}

export const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH'] as const;

/** All that is given must match. Source: gateway.networking.k8s.io/v1.HTTPRouteMatch. */
export interface HttpRouteMatch {
  readonly path: { readonly type: PathMatchType; readonly value: string };
  readonly headers: readonly ValueMatch[];
  readonly queryParams: readonly ValueMatch[];
  readonly method?: (typeof METHODS)[number];
}

const ANY: HttpRouteMatch = { path: { type: 'PathPrefix', value: '/' }, headers: [], queryParams: [] };
/** What stands there where nothing does. */
const ANY_RULE: HttpRouteRule = { matches: [ANY], filters: [], backendRefs: [] };

/** Source of the form of paths: the schema of gateway.networking.k8s.io/v1. */
const PATH = /^\/(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|%[0-9A-Fa-f]{2})*$/;
const UNCLEAR_PATH = /\/\/|\/\.\.?(?:\/|$)|%2f/i;

export function readHttpRoute(fields: Fields): HttpRoute {
  const spec = fields.requiredMap('spec');
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: readMeta(fields.requiredMap('metadata'), NAMESPACED),
    spec: {
      parentRefs: readParents(spec),
      hostnames: spec?.texts('hostnames') ?? [],
      rules: spec?.has('rules') === true ? readRules(spec) : [ANY_RULE],
    },
  };
}

function readRules(spec: Fields): readonly HttpRouteRule[] {
  const rules = spec.list('rules', (fields) => {
    const rule = readRule(fields);
    checkFilters(rule, fields);
    return rule;
  });
  checkRules(spec, rules);
  return rules;
}

function readRule(fields: Fields): HttpRouteRule {
  const matches = fields.list('matches', readMatch);
  return withoutUndefined({
    name: fields.text('name'),
    matches: matches.length === 0 ? [ANY] : matches,
    filters: readRouteFilters(fields),
    backendRefs: readBackends(fields),
    timeouts: readTimeouts(fields.map('timeouts')),
    retry: readRetry(fields.map('retry')),
    sessionPersistence: readSessionPersistence(fields.map('sessionPersistence')),
  });
}

function readMatch(fields: Fields): HttpRouteMatch {
  return withoutUndefined({
    path: readPathMatch(fields.map('path')),
    headers: readValueMatches(fields, 'headers'),
    queryParams: readValueMatches(fields, 'queryParams'),
    method: fields.oneOf('method', METHODS),
  });
}

function readPathMatch(fields: Fields | undefined): HttpRouteMatch['path'] {
  if (fields === undefined) return ANY.path;
  const type = fields.oneOf('type', PATH_MATCH_TYPES) ?? 'PathPrefix';
  const value = fields.textOr('value', '/');
  if (type !== 'RegularExpression' && (!PATH.test(value) || UNCLEAR_PATH.test(value))) {
    fields.report('value', `"${value}" is no path`, 'begin it with "/", without "//", "/../" or "?"');
  }
  return { type, value };
}

export function readValueMatches(fields: Fields, key: string): readonly ValueMatch[] {
  return fields.list(key, (item) => ({
    type: item.oneOf('type', VALUE_MATCH_TYPES) ?? 'Exact',
    name: item.requiredText('name'),
    value: item.requiredText('value'),
  }));
}

/** Source: the rules of validation of gateway.networking.k8s.io/v1. */
function checkFilters({ filters, backendRefs, matches }: HttpRouteRule, fields: Fields): void {
  const redirect = filters.find((filter) => filter.type === 'RequestRedirect');
  const rewrite = filters.find((filter) => filter.type === 'URLRewrite');
  if (redirect !== undefined && rewrite !== undefined) {
    fields.report('filters', 'has RequestRedirect and URLRewrite', 'keep one of them');
  }
  if (redirect !== undefined && backendRefs.length > 0) {
    fields.report('backendRefs', 'stand beside a RequestRedirect, which sends nothing to them', 'keep one of the two');
  }
  const path = redirect?.requestRedirect.path ?? rewrite?.urlRewrite.path;
  const [match] = matches;
  if (path?.type !== 'ReplacePrefixMatch' || (matches.length === 1 && match?.path.type === 'PathPrefix')) return;
  fields.report('filters', 'has ReplacePrefixMatch', 'have exactly one match, whose path is a PathPrefix');
}
