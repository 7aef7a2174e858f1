// HttpConnectionManagerSpec ↔ envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { type Any, anyPack } from '@bufbuild/protobuf/wkt';
import { DEFAULT_IDLE_TIMEOUT_MS, type HttpConnectionManagerSpec } from '../../model/listener-spec.ts';
import { OnDemandSchema } from '../gen/envoy/extensions/filters/http/on_demand/v3/on_demand_pb.ts';
import {
  type HttpConnectionManager,
  HttpConnectionManager_CodecType,
  HttpConnectionManager_ServerHeaderTransformation,
  HttpConnectionManagerSchema,
} from '../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.ts';
import { decodeAccessLogs, encodeAccessLog } from './access-log.ts';
import { checkAdsSource, encodeAdsSource } from './config-source.ts';
import type { DecodeContext } from './decode-context.ts';
import { decodeDuration, encodeDuration } from './duration.ts';
import { decodeEnvoyHeaders, encodeEnvoyHeaders } from './envoy-headers.ts';
import { unpackExtension } from './extension.ts';
import { decodeFieldCount, decodeHeadBytes, encodeHeadBytes } from './head-limits.ts';
import { type DecodedFilters, decodeHttpFilters, encodeHttpFilters } from './http-filters.ts';
import { decodeRouteConfig, encodeRouteConfig } from './route.ts';
import { decodeUpgrades, encodeUpgrades } from './upgrade-configs.ts';

export function encodeHttpConnectionManager(spec: HttpConnectionManagerSpec): Any {
  const message: MessageInitShape<typeof HttpConnectionManagerSchema> = {
    codecType: encodeCodec(spec.codec),
    statPrefix: spec.statPrefix,
    routeSpecifier: encodeRoutes(spec),
    httpFilters: encodeHttpFilters(spec),
    accessLog: (spec.accessLogs ?? []).map(encodeAccessLog),
    commonHttpProtocolOptions: {
      idleTimeout: encodeDuration(spec.idleTimeoutMs),
      ...optional('maxConnectionDuration', spec.maxConnectionDurationMs, encodeDuration),
      ...optional('maxStreamDuration', spec.maxStreamDurationMs, encodeDuration),
      ...optional('maxHeadersCount', spec.maxRequestFields, (count) => count),
      ...optional('maxRequestsPerConnection', spec.maxRequestsPerConnection, (count) => count),
    },
    ...optional('maxRequestHeadersKb', spec.maxRequestHeadBytes, encodeHeadBytes),
    requestHeadersTimeout: encodeDuration(spec.requestHeadersTimeoutMs),
    ...optional('streamIdleTimeout', spec.streamIdleTimeoutMs, encodeDuration),
    ...optional('requestTimeout', spec.requestTimeoutMs, encodeDuration),
    upgradeConfigs: encodeUpgrades(spec.upgrades),
    ...encodeEnvoyHeaders(spec.envoyHeaders),
    // So does our sidecar, asked or not: what may upgrade may do so over HTTP/2.
    ...(spec.upgrades === undefined ? {} : { http2ProtocolOptions: { allowConnect: true } }),
    // The pod's own Server header reaches the caller, as it does through our sidecar.
    serverHeaderTransformation: HttpConnectionManager_ServerHeaderTransformation.PASS_THROUGH,
  };
  return anyPack(HttpConnectionManagerSchema, create(HttpConnectionManagerSchema, message));
}

/** The field `name`, where there is something to say. */
function optional<Name extends string, Value>(
  name: Name,
  value: number | undefined,
  encode: (value: number) => Value,
): { [Key in Name]?: Value } {
  return value === undefined ? {} : ({ [name]: encode(value) } as { [Key in Name]?: Value });
}

function encodeCodec(codec: HttpConnectionManagerSpec['codec']): HttpConnectionManager_CodecType {
  const { AUTO, HTTP1, HTTP2 } = HttpConnectionManager_CodecType;
  if (codec === undefined) return AUTO;
  return codec === 'http2' ? HTTP2 : HTTP1;
}

function decodeCodec(type: HttpConnectionManager_CodecType): Pick<HttpConnectionManagerSpec, 'codec'> {
  if (type === HttpConnectionManager_CodecType.HTTP2) return { codec: 'http2' };
  return type === HttpConnectionManager_CodecType.HTTP1 ? { codec: 'http1' } : {};
}

function encodeRoutes(spec: HttpConnectionManagerSpec) {
  // Whoever does not know the filter has no route for anybody.
  if (spec.routes.kind === 'on-demand') {
    return { case: 'routeConfig', value: encodeRouteConfig({ name: 'on-demand', virtualHosts: [] }) } as const;
  }
  if (spec.routes.kind === 'inline') {
    return { case: 'routeConfig', value: encodeRouteConfig(spec.routes.config) } as const;
  }
  return { case: 'rds', value: { configSource: encodeAdsSource(), routeConfigName: spec.routes.name } } as const;
}

export function decodeHttpConnectionManager(any: Any, context: DecodeContext, path: string): HttpConnectionManagerSpec {
  const message =
    unpackExtension(HttpConnectionManagerSchema, any, context, path) ?? create(HttpConnectionManagerSchema);
  if (message.statPrefix === '') context.refuse(`${path}.stat_prefix`, 'is empty', 'name the statistics');
  if (message.codecType > HttpConnectionManager_CodecType.HTTP2) {
    context.refuse(`${path}.codec_type`, 'is not AUTO, HTTP1 or HTTP2', 'use AUTO');
  }
  const chain = decodeHttpFilters(message.httpFilters, context, `${path}.http_filters`);
  const accessLogs = decodeAccessLogs(message.accessLog, context, `${path}.access_log`);
  return {
    statPrefix: message.statPrefix,
    ...decodeCodec(message.codecType),
    routes: chain.onDemand ? decodeOnDemand(message, context, path) : decodeRoutes(message, context, path),
    idleTimeoutMs: decodeDuration(
      message.commonHttpProtocolOptions?.idleTimeout,
      DEFAULT_IDLE_TIMEOUT_MS,
      context,
      `${path}.common_http_protocol_options.idle_timeout`,
    ),
    requestHeadersTimeoutMs: decodeDuration(
      message.requestHeadersTimeout,
      0,
      context,
      `${path}.request_headers_timeout`,
    ),
    ...decodeLimits(message, context, path),
    ...decodeUpgradeConfigs(message, chain, context, `${path}.upgrade_configs`),
    ...(chain.filters.length === 0 ? {} : { filters: chain.filters }),
    ...decodeEnvoyHeaders(message, chain.router, context, path),
    ...(accessLogs.length === 0 ? {} : { accessLogs }),
  };
}

type Limits = Pick<
  HttpConnectionManagerSpec,
  | 'streamIdleTimeoutMs'
  | 'requestTimeoutMs'
  | 'maxRequestsPerConnection'
  | 'maxConnectionDurationMs'
  | 'maxRequestHeadBytes'
  | 'maxRequestFields'
  | 'maxStreamDurationMs'
>;

/** What says nothing of a limit, or sets none with a 0 where that means "without", leaves it to what the program was told. */
function decodeLimits(message: HttpConnectionManager, context: DecodeContext, path: string): Limits {
  const common = message.commonHttpProtocolOptions;
  const { streamIdleTimeout, requestTimeout } = message;
  const agePath = `${path}.common_http_protocol_options.max_connection_duration`;
  const ageMs = decodeDuration(common?.maxConnectionDuration, 0, context, agePath);
  const streamPath = `${path}.common_http_protocol_options.max_stream_duration`;
  const streamMs = decodeDuration(common?.maxStreamDuration, 0, context, streamPath);
  const fieldsPath = `${path}.common_http_protocol_options.max_headers_count`;
  if (common?.maxResponseHeadersKb !== undefined) {
    context.ignore(`${path}.common_http_protocol_options.max_response_headers_kb`);
  }
  const requests = common?.maxRequestsPerConnection ?? 0;
  const idleMs = decodeDuration(streamIdleTimeout, 0, context, `${path}.stream_idle_timeout`);
  const requestMs = decodeDuration(requestTimeout, 0, context, `${path}.request_timeout`);
  return {
    ...(streamIdleTimeout === undefined ? {} : { streamIdleTimeoutMs: idleMs }),
    ...decodeHeadBytes('maxRequestHeadBytes', message.maxRequestHeadersKb, context, `${path}.max_request_headers_kb`),
    ...decodeFieldCount('maxRequestFields', common?.maxHeadersCount, context, fieldsPath),
    ...(requestTimeout === undefined ? {} : { requestTimeoutMs: requestMs }),
    ...(requests > 0 ? { maxRequestsPerConnection: requests } : {}),
    ...(streamMs > 0 ? { maxStreamDurationMs: streamMs } : {}),
    ...(ageMs > 0 ? { maxConnectionDurationMs: ageMs } : {}),
  };
}

/** The filters of an upgrade take the place of the others: that is no difference only where there are none but the router. */
function decodeUpgradeConfigs(
  { upgradeConfigs }: HttpConnectionManager,
  chain: DecodedFilters,
  context: DecodeContext,
  path: string,
): Pick<HttpConnectionManagerSpec, 'upgrades'> {
  for (const [i, { filters }] of upgradeConfigs.entries()) {
    if (filters.length === 0) continue;
    const at = `${path}[${i}].filters`;
    const own = decodeHttpFilters(filters, context, at);
    if (chain.filters.length + own.filters.length === 0) continue;
    context.refuse(at, 'are other filters than http_filters has, which is not supported', 'leave them out');
  }
  const upgrades = decodeUpgrades(upgradeConfigs, context, path);
  return upgrades === undefined ? {} : { upgrades };
}

function decodeRoutes(
  message: HttpConnectionManager,
  context: DecodeContext,
  path: string,
): HttpConnectionManagerSpec['routes'] {
  const specifier = message.routeSpecifier;
  if (specifier.case === 'routeConfig') {
    return { kind: 'inline', config: decodeRouteConfig(specifier.value, context, `${path}.route_config`) };
  }
  if (specifier.case === undefined) {
    context.refuse(path, 'has no routes', 'give it rds or route_config');
    return { kind: 'rds', name: '' };
  }
  const name = specifier.value.routeConfigName;
  checkAdsSource(specifier.value.configSource, context, `${path}.rds.config_source`);
  if (name === '') context.refuse(`${path}.rds.route_config_name`, 'is empty', 'name a route configuration');
  return { kind: 'rds', name };
}

/** What Envoy finds on demand is virtual hosts of a configuration; here it is whole configurations, and there is none to begin with. */
function decodeOnDemand(
  { routeSpecifier }: HttpConnectionManager,
  context: DecodeContext,
  path: string,
): HttpConnectionManagerSpec['routes'] {
  if (routeSpecifier.case !== 'routeConfig' || routeSpecifier.value.virtualHosts.length > 0) {
    const remedy = 'give it route_config without virtual_hosts, or remove the filter';
    context.refuse(path, `has the filter ${OnDemandSchema.typeName} over routes of its own`, remedy);
  }
  return { kind: 'on-demand' };
}
