// CORS of routes: CorsPolicySpec ↔ envoy.extensions.filters.http.cors.v3.CorsPolicy.
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { CorsPolicySpec } from '../../model/cors-spec.ts';
import { ALWAYS, NEVER } from '../../model/fraction-spec.ts';
import type { CorsPolicy, CorsPolicySchema } from '../gen/envoy/extensions/filters/http/cors/v3/cors_pb.ts';
import type { DecodeContext } from './decode-context.ts';
import { decodeRuntimeFraction, encodeRuntimeFraction } from './fraction.ts';
import { isFieldValue } from './legal-text.ts';
import { decodeStringMatcher, encodeStringMatcher } from './string-matcher.ts';

export function encodeCorsPolicy(spec: CorsPolicySpec): MessageInitShape<typeof CorsPolicySchema> {
  return {
    allowOriginStringMatch: spec.origins.map(encodeStringMatcher),
    allowMethods: spec.allowMethods ?? '',
    allowHeaders: spec.allowHeaders ?? '',
    exposeHeaders: spec.exposeHeaders ?? '',
    maxAge: spec.maxAge ?? '',
    ...(spec.allowCredentials === undefined ? {} : { allowCredentials: spec.allowCredentials }),
    ...(spec.allowPrivateNetwork === undefined ? {} : { allowPrivateNetworkAccess: spec.allowPrivateNetwork }),
    ...(spec.forwardUnmatched === undefined ? {} : { forwardNotMatchingPreflights: spec.forwardUnmatched }),
    filterEnabled: encodeRuntimeFraction(spec.enabled),
    shadowEnabled: encodeRuntimeFraction(spec.shadow),
  };
}

export function decodeCorsPolicy(message: CorsPolicy, context: DecodeContext, path: string): CorsPolicySpec {
  const { allowCredentials, allowPrivateNetworkAccess: privately, forwardNotMatchingPreflights: forward } = message;
  const value = <Key extends string>(key: Key, text: string, field: string): { readonly [K in Key]?: string } => {
    if (!isFieldValue(text)) context.refuse(`${path}.${field}`, 'has a control character', 'leave it out');
    return text === '' ? {} : ({ [key]: text } as { readonly [K in Key]?: string });
  };
  return {
    origins: message.allowOriginStringMatch.map((one, i) =>
      decodeStringMatcher(one, context, `${path}.allow_origin_string_match[${i}]`),
    ),
    ...value('allowMethods', message.allowMethods, 'allow_methods'),
    ...value('allowHeaders', message.allowHeaders, 'allow_headers'),
    ...value('exposeHeaders', message.exposeHeaders, 'expose_headers'),
    ...value('maxAge', message.maxAge, 'max_age'),
    ...(allowCredentials === undefined ? {} : { allowCredentials }),
    ...(privately === undefined ? {} : { allowPrivateNetwork: privately }),
    ...(forward === undefined ? {} : { forwardUnmatched: forward }),
    enabled: decodeRuntimeFraction(message.filterEnabled, ALWAYS, context, `${path}.filter_enabled`),
    shadow: decodeRuntimeFraction(message.shadowEnabled, NEVER, context, `${path}.shadow_enabled`),
  };
}
