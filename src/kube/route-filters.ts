// What routes of Gateway API do with requests and answers on their way.

import { type BackendObject, readBackendObject } from './backend-object.ts';
import { COUNT_RANGE, type Fields, type IntegerRange, PORT_RANGE, withoutUndefined } from './fields.ts';

export interface HeaderValue {
  readonly name: string;
  readonly value: string;
}

/** Source: gateway.networking.k8s.io/v1.HTTPHeaderFilter. */
export interface HeaderModifier {
  readonly set: readonly HeaderValue[];
  readonly add: readonly HeaderValue[];
  readonly remove: readonly string[];
}

/** Source: gateway.networking.k8s.io/v1.HTTPPathModifier. */
export type PathModifier =
  | { readonly type: 'ReplaceFullPath'; readonly replaceFullPath: string }
  | { readonly type: 'ReplacePrefixMatch'; readonly replacePrefixMatch: string };

/** Source: gateway.networking.k8s.io/v1.HTTPRequestRedirectFilter. */
export interface RequestRedirect {
  readonly scheme?: 'http' | 'https';
  readonly hostname?: string;
  readonly path?: PathModifier;
  readonly port?: number;
  readonly statusCode: number;
}

/** Source: gateway.networking.k8s.io/v1.HTTPURLRewriteFilter. */
export interface UrlRewrite {
  readonly hostname?: string;
  readonly path?: PathModifier;
}

/** Source: gateway.networking.k8s.io/v1.HTTPRequestMirrorFilter. At most one of `percent` and `fraction`; neither = every request. */
export interface RequestMirror {
  readonly backendRef: BackendObject;
  readonly percent?: number;
  readonly fraction?: { readonly numerator: number; readonly denominator: number };
}

/** Source: gateway.networking.k8s.io/v1.HTTPCORSFilter. */
export interface CorsFilter {
  readonly allowOrigins: readonly string[];
  readonly allowCredentials: boolean;
  readonly allowMethods: readonly string[];
  readonly allowHeaders: readonly string[];
  readonly exposeHeaders: readonly string[];
  /** Seconds, > 0. */
  readonly maxAge: number;
}

/** Source: gateway.networking.k8s.io/v1.HTTPRouteFilter, GRPCRouteFilter. */
export type RouteFilter =
  | { readonly type: 'RequestHeaderModifier'; readonly requestHeaderModifier: HeaderModifier }
  | { readonly type: 'ResponseHeaderModifier'; readonly responseHeaderModifier: HeaderModifier }
  | { readonly type: 'RequestMirror'; readonly requestMirror: RequestMirror }
  | { readonly type: 'RequestRedirect'; readonly requestRedirect: RequestRedirect }
  | { readonly type: 'URLRewrite'; readonly urlRewrite: UrlRewrite }
  | { readonly type: 'CORS'; readonly cors: CorsFilter }
  | { readonly type: 'ExtensionRef'; readonly extensionRef: Omit<BackendObject, 'port' | 'namespace'> };

export type RouteFilterType = RouteFilter['type'];

/** The field beside `type` that says more. */
const FIELDS: Readonly<Record<RouteFilterType, string>> = {
  RequestHeaderModifier: 'requestHeaderModifier',
  ResponseHeaderModifier: 'responseHeaderModifier',
  RequestMirror: 'requestMirror',
  RequestRedirect: 'requestRedirect',
  URLRewrite: 'urlRewrite',
  CORS: 'cors',
  ExtensionRef: 'extensionRef',
};
const TYPES = Object.keys(FIELDS) as readonly RouteFilterType[];

/** These may stand in one list several times. */
const REPEATABLE: readonly RouteFilterType[] = ['RequestMirror', 'ExtensionRef'];

const REDIRECT_CODES = [301, 302, 303, 307, 308];
const PERCENT_RANGE: IntegerRange = { min: 0, max: 100 };
const AGE_RANGE: IntegerRange = { min: 1, max: COUNT_RANGE.max };

export function readRouteFilters(fields: Fields): readonly RouteFilter[] {
  const seen = new Set<RouteFilterType>();
  return fields
    .list('filters', (item) => {
      if (!item.has('type')) item.report('type', 'is missing', `add one of ${TYPES.join(', ')}`);
      const type = item.oneOf('type', TYPES);
      if (type === undefined) return [];
      if (seen.has(type) && !REPEATABLE.includes(type)) {
        item.report('type', `${type} stands in this list already`, 'join the two');
      }
      seen.add(type);
      return [readFilter(type, item.requiredMap(FIELDS[type]))];
    })
    .flat();
}

function readFilter(type: RouteFilterType, fields: Fields | undefined): RouteFilter {
  switch (type) {
    case 'RequestHeaderModifier':
      return { type, requestHeaderModifier: readHeaderModifier(fields) };
    case 'ResponseHeaderModifier':
      return { type, responseHeaderModifier: readHeaderModifier(fields) };
    case 'RequestMirror':
      return { type, requestMirror: readMirror(fields) };
    case 'RequestRedirect':
      return { type, requestRedirect: readRedirect(fields) };
    case 'URLRewrite':
      return {
        type,
        urlRewrite: withoutUndefined({ hostname: fields?.text('hostname'), path: readPathModifier(fields) }),
      };
    case 'CORS':
      return { type, cors: readCors(fields) };
    case 'ExtensionRef': {
      const text = (key: string) => fields?.requiredText(key) ?? '';
      return { type, extensionRef: { group: fields?.text('group') ?? '', kind: text('kind'), name: text('name') } };
    }
  }
}

function readHeaderModifier(fields: Fields | undefined): HeaderModifier {
  const remove = fields?.texts('remove') ?? [];
  return { set: readHeaderValues(fields, 'set'), add: readHeaderValues(fields, 'add'), remove };
}

function readHeaderValues(fields: Fields | undefined, key: string): readonly HeaderValue[] {
  return fields?.list(key, (item) => ({ name: item.requiredText('name'), value: item.textOr('value', '') })) ?? [];
}

function readMirror(fields: Fields | undefined): RequestMirror {
  if (fields?.has('percent') === true && fields.has('fraction')) {
    fields.report('fraction', 'stands beside percent', 'keep one of them');
  }
  return withoutUndefined({
    backendRef: readBackendObject(fields?.requiredMap('backendRef')),
    percent: fields?.integer('percent', PERCENT_RANGE),
    fraction: readFraction(fields?.map('fraction')),
  });
}

function readFraction(fields: Fields | undefined): RequestMirror['fraction'] {
  if (fields === undefined) return undefined;
  const numerator = fields.requiredInteger('numerator', COUNT_RANGE);
  const denominator = fields.integer('denominator', { min: 1, max: COUNT_RANGE.max }) ?? 100;
  if (numerator > denominator) fields.report('numerator', `is more than ${denominator}`, 'make it smaller');
  return { numerator, denominator };
}

function readRedirect(fields: Fields | undefined): RequestRedirect {
  const statusCode = fields?.integer('statusCode', { min: 301, max: 308 }) ?? 302;
  if (!REDIRECT_CODES.includes(statusCode)) {
    fields?.report('statusCode', `is ${statusCode}`, `write one of ${REDIRECT_CODES.join(', ')}`);
  }
  return withoutUndefined({
    scheme: fields?.oneOf('scheme', ['http', 'https']),
    hostname: fields?.text('hostname'),
    path: readPathModifier(fields),
    port: fields?.integer('port', PORT_RANGE),
    statusCode,
  });
}

function readPathModifier(parent: Fields | undefined): PathModifier | undefined {
  const fields = parent?.map('path');
  if (fields === undefined) return undefined;
  if (!fields.has('type')) fields.report('type', 'is missing', 'add ReplaceFullPath or ReplacePrefixMatch');
  const type = fields.oneOf('type', ['ReplaceFullPath', 'ReplacePrefixMatch']);
  if (type === 'ReplaceFullPath') return { type, replaceFullPath: readPath(fields, 'replaceFullPath') };
  if (type === 'ReplacePrefixMatch') return { type, replacePrefixMatch: readPath(fields, 'replacePrefixMatch') };
  return undefined;
}

/** '' is a path here: that of the root. */
function readPath(fields: Fields, key: string): string {
  if (!fields.has(key)) fields.report(key, 'is missing', 'add the path');
  const path = fields.textOr(key, '');
  if (path !== '' && !/^\/[\x21-\x7e]*$/.test(path)) fields.report(key, `"${path}" is no path`, 'begin it with "/"');
  return path;
}

function readCors(fields: Fields | undefined): CorsFilter {
  return {
    allowOrigins: fields?.texts('allowOrigins') ?? [],
    allowCredentials: fields?.flag('allowCredentials') ?? false,
    allowMethods: fields?.texts('allowMethods') ?? [],
    allowHeaders: fields?.texts('allowHeaders') ?? [],
    exposeHeaders: fields?.texts('exposeHeaders') ?? [],
    maxAge: fields?.integer('maxAge', AGE_RANGE) ?? 5,
  };
}
