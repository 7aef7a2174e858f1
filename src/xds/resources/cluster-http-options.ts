// How a cluster's endpoints are spoken to ↔ envoy.extensions.upstreams.http.v3.HttpProtocolOptions.
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Any } from '@bufbuild/protobuf/wkt';
import type { ClusterSpec } from '../../model/cluster-spec.ts';
import type { Cluster } from '../gen/envoy/config/cluster/v3/cluster_pb.ts';
import type { HttpProtocolOptionsSchema as CommonOptionsSchema } from '../gen/envoy/config/core/v3/protocol_pb.ts';
import {
  type HttpProtocolOptions,
  HttpProtocolOptionsSchema,
} from '../gen/envoy/extensions/upstreams/http/v3/http_protocol_options_pb.ts';
import { decodeConnectionLimits, encodeConnectionLimits } from './connection-options.ts';
import type { DecodeContext } from './decode-context.ts';
import { extensionType, packExtension, unpackExtension } from './extension.ts';
import { decodeFieldCount, decodeHeadBytes, encodeHeadBytes } from './head-limits.ts';

type HttpOptions = Pick<ClusterSpec, 'protocol' | 'maxResponseHeadBytes' | 'maxResponseFields' | 'connections'>;

/** Under the name by which Envoy looks for it; none where everything is as it is by itself. */
export function encodeHttpOptions(spec: HttpOptions): Record<string, Any> {
  const { protocol } = spec;
  const common = encodeCommon(spec);
  if (protocol === undefined && common === undefined) return {};
  const protocolConfig = protocol === 'http2' ? 'http2ProtocolOptions' : 'httpProtocolOptions';
  const options: MessageInitShape<typeof HttpProtocolOptionsSchema> = {
    upstreamProtocolOptions:
      protocol === 'auto'
        ? { case: 'autoConfig', value: { httpProtocolOptions: {}, http2ProtocolOptions: {} } }
        : { case: 'explicitHttpConfig', value: { protocolConfig: { case: protocolConfig, value: {} } } },
    ...(common === undefined ? {} : { commonHttpProtocolOptions: common }),
  };
  return { [HttpProtocolOptionsSchema.typeName]: packExtension(HttpProtocolOptionsSchema, options) };
}

function encodeCommon(spec: HttpOptions): MessageInitShape<typeof CommonOptionsSchema> | undefined {
  const { maxResponseHeadBytes: bytes, maxResponseFields: fields, connections } = spec;
  const common = {
    ...(bytes === undefined ? {} : { maxResponseHeadersKb: encodeHeadBytes(bytes) }),
    ...(fields === undefined ? {} : { maxHeadersCount: fields }),
    ...encodeConnectionLimits(connections),
  };
  return Object.keys(common).length === 0 ? undefined : common;
}

export function decodeHttpOptions({ typedExtensionProtocolOptions }: Cluster, context: DecodeContext): HttpOptions {
  let found: HttpOptions = {};
  for (const [key, any] of Object.entries(typedExtensionProtocolOptions)) {
    const path = `typed_extension_protocol_options["${key}"]`;
    if (extensionType(any) !== HttpProtocolOptionsSchema.typeName) {
      context.ignore(path);
      continue;
    }
    const options = unpackExtension(HttpProtocolOptionsSchema, any, context, path);
    if (options === null) continue;
    found = { ...decodeProtocol(options, context, path), ...decodeCommon(options, context, path) };
  }
  return found;
}

/** Where the caller's version should decide, it is HTTP/1.1. */
function decodeProtocol(
  { upstreamProtocolOptions: choice }: HttpProtocolOptions,
  context: DecodeContext,
  path: string,
): Pick<ClusterSpec, 'protocol'> {
  if (choice.case === 'autoConfig') return { protocol: 'auto' };
  if (choice.case !== 'explicitHttpConfig') return {};
  const { protocolConfig } = choice.value;
  if (protocolConfig.case === 'http2ProtocolOptions') return { protocol: 'http2' };
  if (protocolConfig.case !== 'httpProtocolOptions')
    context.refuse(`${path}.explicit_http_config`, 'names no protocol', 'use http2_protocol_options');
  return {};
}

function decodeCommon(
  { commonHttpProtocolOptions: common }: HttpProtocolOptions,
  context: DecodeContext,
  path: string,
): HttpOptions {
  if (common === undefined) return {};
  const at = `${path}.common_http_protocol_options`;
  // Of listeners alone.
  if (common.maxStreamDuration !== undefined) context.ignore(`${at}.max_stream_duration`);
  const connections = decodeConnectionLimits(common, context, at);
  return {
    ...(Object.keys(connections).length === 0 ? {} : { connections }),
    ...decodeHeadBytes('maxResponseHeadBytes', common.maxResponseHeadersKb, context, `${at}.max_response_headers_kb`),
    ...decodeFieldCount('maxResponseFields', common.maxHeadersCount, context, `${at}.max_headers_count`),
  };
}
