// Routes that are answered here: RedirectSpec and DirectResponseSpec ↔ envoy.config.route.v3.RedirectAction and DirectResponseAction.
import type { MessageInitShape } from '@bufbuild/protobuf';
import { type DirectResponseSpec, REDIRECT_STATUSES, type RedirectSpec } from '../../model/route-spec.ts';
import type { DataSource } from '../gen/envoy/config/core/v3/base_pb.ts';
import {
  type DirectResponseAction,
  type DirectResponseActionSchema,
  type RedirectAction,
  type RedirectActionSchema,
  RedirectAction_RedirectResponseCode as ResponseCode,
} from '../gen/envoy/config/route/v3/route_components_pb.ts';
import type { DecodeContext } from './decode-context.ts';
import { isVisible } from './legal-text.ts';
import { decodePrefixRewrite, decodeRegexRewrite } from './path-rewrite.ts';
import { encodeSubstitution } from './string-matcher.ts';

const RESPONSE_CODES: Readonly<Record<RedirectSpec['status'], ResponseCode>> = {
  301: ResponseCode.MOVED_PERMANENTLY,
  302: ResponseCode.FOUND,
  303: ResponseCode.SEE_OTHER,
  307: ResponseCode.TEMPORARY_REDIRECT,
  308: ResponseCode.PERMANENT_REDIRECT,
};

export function encodeRedirect(spec: RedirectSpec): MessageInitShape<typeof RedirectActionSchema> {
  return {
    schemeRewriteSpecifier:
      spec.scheme === undefined ? { case: undefined } : { case: 'schemeRedirect', value: spec.scheme },
    hostRedirect: spec.host ?? '',
    portRedirect: spec.port ?? 0,
    pathRewriteSpecifier: encodeRedirectPath(spec.path),
    responseCode: RESPONSE_CODES[spec.status],
    stripQuery: spec.stripQuery === true,
  };
}

function encodeRedirectPath(path: RedirectSpec['path']) {
  if (path === undefined) return { case: undefined };
  if (path.kind === 'full') return { case: 'pathRedirect', value: path.value } as const;
  if (path.kind === 'prefix') return { case: 'prefixRewrite', value: path.value } as const;
  return { case: 'regexRewrite', value: encodeSubstitution(path.pattern, path.substitution) } as const;
}

export function decodeRedirect(message: RedirectAction, context: DecodeContext, path: string): RedirectSpec {
  const status = REDIRECT_STATUSES.find((code) => RESPONSE_CODES[code] === message.responseCode);
  if (status === undefined) context.refuse(`${path}.response_code`, `is ${message.responseCode}`, 'use 0 to 4');
  if (message.portRedirect > 65_535)
    context.refuse(`${path}.port_redirect`, `is ${message.portRedirect}`, 'use a port');
  if (!isVisible(message.hostRedirect)) context.refuse(`${path}.host_redirect`, 'is not a host', 'use host[:port]');
  return {
    kind: 'redirect',
    status: status ?? 301,
    ...decodeScheme(message, context, `${path}.scheme_redirect`),
    ...(message.hostRedirect === '' ? {} : { host: message.hostRedirect }),
    ...(message.portRedirect === 0 ? {} : { port: message.portRedirect }),
    ...decodeRedirectPath(message, context, path),
    ...(message.stripQuery ? { stripQuery: true } : {}),
  };
}

function decodeScheme(message: RedirectAction, context: DecodeContext, path: string): { readonly scheme?: string } {
  const specifier = message.schemeRewriteSpecifier;
  if (specifier.case === 'httpsRedirect') return specifier.value ? { scheme: 'https' } : {};
  if (specifier.case === undefined || specifier.value === '') return {};
  const scheme = specifier.value.toLowerCase();
  if (!isVisible(scheme)) context.refuse(path, `"${scheme}" is not a scheme`, 'use http or https');
  return { scheme };
}

function decodeRedirectPath(
  message: RedirectAction,
  context: DecodeContext,
  path: string,
): { readonly path?: NonNullable<RedirectSpec['path']> } {
  const specifier = message.pathRewriteSpecifier;
  if (specifier.case === undefined || specifier.value === '') return {};
  if (specifier.case === 'regexRewrite') {
    return { path: decodeRegexRewrite(specifier.value, context, `${path}.regex_rewrite`) };
  }
  if (specifier.case === 'prefixRewrite') {
    return { path: decodePrefixRewrite(specifier.value, context, `${path}.prefix_rewrite`) };
  }
  if (!specifier.value.startsWith('/') || !isVisible(specifier.value)) {
    context.refuse(`${path}.path_redirect`, `"${specifier.value}" is not a path`, 'begin with "/"');
  }
  return { path: { kind: 'full', value: specifier.value } };
}

export function encodeDirectResponse(spec: DirectResponseSpec): MessageInitShape<typeof DirectResponseActionSchema> {
  if (spec.body === '') return { status: spec.status };
  return { status: spec.status, body: { specifier: { case: 'inlineString', value: spec.body } } };
}

/** `maxBodyBytes`: what the route configuration allows. */
export function decodeDirectResponse(
  message: DirectResponseAction,
  maxBodyBytes: number,
  context: DecodeContext,
  path: string,
): DirectResponseSpec {
  const { status } = message;
  if (status < 200 || status > 599) context.refuse(`${path}.status`, `is ${status}`, 'use 200 to 599');
  const body = decodeBody(message.body, context, `${path}.body`);
  const bytes = Buffer.byteLength(body);
  if (bytes > maxBodyBytes) {
    const remedy = 'shorten it, or raise max_direct_response_body_size_bytes';
    context.refuse(`${path}.body`, `has ${bytes} bytes, and ${maxBodyBytes} are allowed`, remedy);
  }
  return { kind: 'direct-response', status, body };
}

function decodeBody(source: DataSource | undefined, context: DecodeContext, path: string): string {
  const specifier = source?.specifier;
  if (specifier?.case === 'inlineString') return specifier.value;
  if (specifier?.case !== 'inlineBytes') {
    if (specifier?.case !== undefined) context.refuse(path, 'is not inline', 'use inline_string');
    return '';
  }
  const bytes = Buffer.from(specifier.value);
  const text = bytes.toString('utf8');
  if (!Buffer.from(text).equals(bytes)) context.refuse(`${path}.inline_bytes`, 'is not UTF-8', 'use text');
  return text;
}
