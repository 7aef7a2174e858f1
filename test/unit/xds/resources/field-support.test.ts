// The table of supported fields, row by row: it names real fields, and each verdict is carried out.
import {
  create,
  createRegistry,
  type DescField,
  type DescMessage,
  fromJson,
  type Message,
  type Registry,
} from '@bufbuild/protobuf';
import { reflect } from '@bufbuild/protobuf/reflect';
import { AccessLogSchema } from '../../../../src/xds/gen/envoy/config/accesslog/v3/accesslog_pb.ts';
import {
  AdminSchema,
  Bootstrap_DynamicResourcesSchema,
  Bootstrap_StaticResourcesSchema,
  BootstrapSchema,
  ClusterManagerSchema,
} from '../../../../src/xds/gen/envoy/config/bootstrap/v3/bootstrap_pb.ts';
import {
  CircuitBreakers_Thresholds_RetryBudgetSchema,
  CircuitBreakers_ThresholdsSchema,
  CircuitBreakersSchema,
} from '../../../../src/xds/gen/envoy/config/cluster/v3/circuit_breaker_pb.ts';
import {
  Cluster_CommonLbConfig_ConsistentHashingLbConfigSchema,
  Cluster_CommonLbConfig_ZoneAwareLbConfigSchema,
  Cluster_CommonLbConfigSchema,
  Cluster_LbSubsetConfig_LbSubsetSelectorSchema,
  Cluster_LbSubsetConfigSchema,
  Cluster_LeastRequestLbConfigSchema,
  Cluster_MaglevLbConfigSchema,
  Cluster_RefreshRateSchema,
  Cluster_RingHashLbConfigSchema,
  Cluster_RoundRobinLbConfigSchema,
  Cluster_SlowStartConfigSchema,
  ClusterSchema,
  LoadBalancingPolicy_PolicySchema,
  LoadBalancingPolicySchema,
  UpstreamConnectionOptionsSchema,
} from '../../../../src/xds/gen/envoy/config/cluster/v3/cluster_pb.ts';
import { OutlierDetectionSchema } from '../../../../src/xds/gen/envoy/config/cluster/v3/outlier_detection_pb.ts';
import { CidrRangeSchema, TcpKeepaliveSchema } from '../../../../src/xds/gen/envoy/config/core/v3/address_pb.ts';
import {
  DataSourceSchema,
  HeaderValueOptionSchema,
  HeaderValueSchema,
  NodeSchema,
  RuntimeDoubleSchema,
  RuntimeFractionalPercentSchema,
} from '../../../../src/xds/gen/envoy/config/core/v3/base_pb.ts';
import { ApiConfigSourceSchema } from '../../../../src/xds/gen/envoy/config/core/v3/config_source_pb.ts';
import {
  GrpcService_EnvoyGrpcSchema,
  GrpcServiceSchema,
} from '../../../../src/xds/gen/envoy/config/core/v3/grpc_service_pb.ts';
import {
  HealthCheck_GrpcHealthCheckSchema,
  HealthCheck_HttpHealthCheckSchema,
  HealthCheck_TcpHealthCheckSchema,
  HealthCheckSchema,
  HealthStatusSetSchema,
} from '../../../../src/xds/gen/envoy/config/core/v3/health_check_pb.ts';
import {
  HttpProtocolOptionsSchema as CoreHttpProtocolOptionsSchema,
  Http2ProtocolOptionsSchema,
} from '../../../../src/xds/gen/envoy/config/core/v3/protocol_pb.ts';
import {
  Endpoint_HealthCheckConfigSchema,
  EndpointSchema,
  LbEndpointSchema,
  LocalityLbEndpointsSchema,
} from '../../../../src/xds/gen/envoy/config/endpoint/v3/endpoint_components_pb.ts';
import {
  ClusterLoadAssignment_PolicySchema,
  ClusterLoadAssignmentSchema,
} from '../../../../src/xds/gen/envoy/config/endpoint/v3/endpoint_pb.ts';
import {
  FilterChainMatchSchema,
  FilterChainSchema,
  FilterSchema,
  ListenerFilterSchema,
} from '../../../../src/xds/gen/envoy/config/listener/v3/listener_components_pb.ts';
import { ListenerSchema } from '../../../../src/xds/gen/envoy/config/listener/v3/listener_pb.ts';
import {
  DirectResponseActionSchema,
  HeaderMatcherSchema,
  HedgePolicySchema,
  QueryParameterMatcherSchema,
  RedirectActionSchema,
  RetryPolicy_RateLimitedRetryBackOffSchema,
  RetryPolicy_ResetHeaderSchema,
  RetryPolicy_RetryBackOffSchema,
  RetryPolicy_RetryHostPredicateSchema,
  RetryPolicy_RetryPrioritySchema,
  RetryPolicySchema,
  RouteAction_HashPolicy_ConnectionPropertiesSchema,
  RouteAction_HashPolicy_CookieAttributeSchema,
  RouteAction_HashPolicy_CookieSchema,
  RouteAction_HashPolicy_HeaderSchema,
  RouteAction_HashPolicy_QueryParameterSchema,
  RouteAction_HashPolicySchema,
  RouteAction_MaxStreamDurationSchema,
  RouteAction_RequestMirrorPolicySchema,
  RouteAction_UpgradeConfigSchema,
  RouteActionSchema,
  RouteMatchSchema,
  RouteSchema,
  VirtualHostSchema,
  WeightedCluster_ClusterWeightSchema,
  WeightedClusterSchema,
} from '../../../../src/xds/gen/envoy/config/route/v3/route_components_pb.ts';
import { RouteConfigurationSchema } from '../../../../src/xds/gen/envoy/config/route/v3/route_pb.ts';
import { FileAccessLogSchema } from '../../../../src/xds/gen/envoy/extensions/access_loggers/file/v3/file_pb.ts';
import { OnDemandSchema } from '../../../../src/xds/gen/envoy/extensions/filters/http/on_demand/v3/on_demand_pb.ts';
import { RouterSchema } from '../../../../src/xds/gen/envoy/extensions/filters/http/router/v3/router_pb.ts';
import { HttpInspectorSchema } from '../../../../src/xds/gen/envoy/extensions/filters/listener/http_inspector/v3/http_inspector_pb.ts';
import { OriginalDstSchema } from '../../../../src/xds/gen/envoy/extensions/filters/listener/original_dst/v3/original_dst_pb.ts';
import { TlsInspectorSchema } from '../../../../src/xds/gen/envoy/extensions/filters/listener/tls_inspector/v3/tls_inspector_pb.ts';
import {
  HttpConnectionManager_InternalAddressConfigSchema,
  HttpConnectionManager_UpgradeConfigSchema,
  HttpConnectionManagerSchema,
  HttpFilterSchema,
} from '../../../../src/xds/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.ts';
import {
  TcpProxy_WeightedCluster_ClusterWeightSchema,
  TcpProxy_WeightedClusterSchema,
  TcpProxySchema,
} from '../../../../src/xds/gen/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy_pb.ts';
import {
  ConsistentHashingLbConfigSchema,
  LocalityLbConfig_ZoneAwareLbConfig_ForceLocalZoneSchema,
  LocalityLbConfig_ZoneAwareLbConfigSchema,
  LocalityLbConfigSchema,
  SlowStartConfigSchema,
} from '../../../../src/xds/gen/envoy/extensions/load_balancing_policies/common/v3/common_pb.ts';
import { LeastRequestSchema } from '../../../../src/xds/gen/envoy/extensions/load_balancing_policies/least_request/v3/least_request_pb.ts';
import { MaglevSchema } from '../../../../src/xds/gen/envoy/extensions/load_balancing_policies/maglev/v3/maglev_pb.ts';
import { PickFirstSchema } from '../../../../src/xds/gen/envoy/extensions/load_balancing_policies/pick_first/v3/pick_first_pb.ts';
import { RandomSchema } from '../../../../src/xds/gen/envoy/extensions/load_balancing_policies/random/v3/random_pb.ts';
import { RingHashSchema } from '../../../../src/xds/gen/envoy/extensions/load_balancing_policies/ring_hash/v3/ring_hash_pb.ts';
import { RoundRobinSchema } from '../../../../src/xds/gen/envoy/extensions/load_balancing_policies/round_robin/v3/round_robin_pb.ts';
import {
  Subset_LbSubsetSelectorSchema,
  SubsetSchema,
} from '../../../../src/xds/gen/envoy/extensions/load_balancing_policies/subset/v3/subset_pb.ts';
import { WrrLocalitySchema } from '../../../../src/xds/gen/envoy/extensions/load_balancing_policies/wrr_locality/v3/wrr_locality_pb.ts';
import {
  CertificateValidationContextSchema,
  SubjectAltNameMatcherSchema,
  TlsCertificateSchema,
  TlsParametersSchema,
} from '../../../../src/xds/gen/envoy/extensions/transport_sockets/tls/v3/common_pb.ts';
import {
  CommonTlsContextSchema,
  DownstreamTlsContextSchema,
  UpstreamTlsContextSchema,
} from '../../../../src/xds/gen/envoy/extensions/transport_sockets/tls/v3/tls_pb.ts';
import { HttpProtocolOptionsSchema } from '../../../../src/xds/gen/envoy/extensions/upstreams/http/v3/http_protocol_options_pb.ts';
import {
  RegexMatchAndSubstituteSchema,
  RegexMatcherSchema,
} from '../../../../src/xds/gen/envoy/type/matcher/v3/regex_pb.ts';
import { StringMatcherSchema } from '../../../../src/xds/gen/envoy/type/matcher/v3/string_pb.ts';
import { HashPolicy_SourceIpSchema, HashPolicySchema } from '../../../../src/xds/gen/envoy/type/v3/hash_policy_pb.ts';
import { FractionalPercentSchema } from '../../../../src/xds/gen/envoy/type/v3/percent_pb.ts';
import { PeakEwmaSchema } from '../../../../src/xds/gen/switchboard/balancing/v1/peak_ewma_pb.ts';
import { auditFields } from '../../../../src/xds/resources/audit-fields.ts';
import { DecodeContext } from '../../../../src/xds/resources/decode-context.ts';
import { EXTENSION_SCHEMAS } from '../../../../src/xds/resources/extension-schemas.ts';
import { FIELD_SUPPORT } from '../../../../src/xds/resources/field-support.ts';
import { HTTP_FILTER_SCHEMAS } from '../../../support/http-filter-schemas.ts';

const REGISTRY: Registry = createRegistry(
  ...EXTENSION_SCHEMAS,
  ClusterSchema,
  OutlierDetectionSchema,
  CircuitBreakersSchema,
  CircuitBreakers_Thresholds_RetryBudgetSchema,
  CircuitBreakers_ThresholdsSchema,
  HealthCheckSchema,
  HealthCheck_HttpHealthCheckSchema,
  HealthCheck_TcpHealthCheckSchema,
  HealthCheck_GrpcHealthCheckSchema,
  Endpoint_HealthCheckConfigSchema,
  Cluster_RefreshRateSchema,
  Cluster_LbSubsetConfigSchema,
  Cluster_LbSubsetConfig_LbSubsetSelectorSchema,
  Cluster_CommonLbConfigSchema,
  HealthStatusSetSchema,
  Cluster_CommonLbConfig_ConsistentHashingLbConfigSchema,
  Cluster_LeastRequestLbConfigSchema,
  Cluster_MaglevLbConfigSchema,
  Cluster_RingHashLbConfigSchema,
  LoadBalancingPolicySchema,
  LoadBalancingPolicy_PolicySchema,
  RuntimeDoubleSchema,
  RuntimeFractionalPercentSchema,
  FractionalPercentSchema,
  ConsistentHashingLbConfigSchema,
  LocalityLbConfigSchema,
  LocalityLbConfig_ZoneAwareLbConfigSchema,
  LocalityLbConfig_ZoneAwareLbConfig_ForceLocalZoneSchema,
  Cluster_CommonLbConfig_ZoneAwareLbConfigSchema,
  SlowStartConfigSchema,
  Cluster_RoundRobinLbConfigSchema,
  Cluster_SlowStartConfigSchema,
  WrrLocalitySchema,
  SubsetSchema,
  Subset_LbSubsetSelectorSchema,
  RoundRobinSchema,
  LeastRequestSchema,
  RandomSchema,
  RingHashSchema,
  MaglevSchema,
  PickFirstSchema,
  PeakEwmaSchema,
  ClusterLoadAssignmentSchema,
  ClusterLoadAssignment_PolicySchema,
  LocalityLbEndpointsSchema,
  LbEndpointSchema,
  EndpointSchema,
  ListenerSchema,
  FilterChainSchema,
  FilterChainMatchSchema,
  FilterSchema,
  ListenerFilterSchema,
  CidrRangeSchema,
  OriginalDstSchema,
  TlsInspectorSchema,
  HttpInspectorSchema,
  UpstreamTlsContextSchema,
  DownstreamTlsContextSchema,
  CommonTlsContextSchema,
  TlsParametersSchema,
  TlsCertificateSchema,
  CertificateValidationContextSchema,
  SubjectAltNameMatcherSchema,
  HashPolicySchema,
  HashPolicy_SourceIpSchema,
  TcpProxySchema,
  TcpProxy_WeightedClusterSchema,
  TcpProxy_WeightedCluster_ClusterWeightSchema,
  HttpConnectionManagerSchema,
  HttpConnectionManager_InternalAddressConfigSchema,
  HttpConnectionManager_UpgradeConfigSchema,
  HttpFilterSchema,
  OnDemandSchema,
  RouterSchema,
  CoreHttpProtocolOptionsSchema,
  UpstreamConnectionOptionsSchema,
  TcpKeepaliveSchema,
  Http2ProtocolOptionsSchema,
  HttpProtocolOptionsSchema,
  RouteConfigurationSchema,
  VirtualHostSchema,
  RouteSchema,
  RouteMatchSchema,
  RouteAction_HashPolicySchema,
  RouteAction_HashPolicy_HeaderSchema,
  RouteAction_HashPolicy_CookieSchema,
  RouteAction_HashPolicy_CookieAttributeSchema,
  RouteAction_HashPolicy_ConnectionPropertiesSchema,
  RouteAction_HashPolicy_QueryParameterSchema,
  RouteAction_MaxStreamDurationSchema,
  RouteAction_RequestMirrorPolicySchema,
  RouteActionSchema,
  RouteAction_UpgradeConfigSchema,
  BootstrapSchema,
  Bootstrap_StaticResourcesSchema,
  Bootstrap_DynamicResourcesSchema,
  AdminSchema,
  ClusterManagerSchema,
  ApiConfigSourceSchema,
  GrpcServiceSchema,
  GrpcService_EnvoyGrpcSchema,
  NodeSchema,
  AccessLogSchema,
  FileAccessLogSchema,
  RetryPolicySchema,
  RetryPolicy_RetryHostPredicateSchema,
  RetryPolicy_RetryPrioritySchema,
  HedgePolicySchema,
  RetryPolicy_RateLimitedRetryBackOffSchema,
  RetryPolicy_ResetHeaderSchema,
  RetryPolicy_RetryBackOffSchema,
  DirectResponseActionSchema,
  HeaderMatcherSchema,
  QueryParameterMatcherSchema,
  RedirectActionSchema,
  WeightedCluster_ClusterWeightSchema,
  WeightedClusterSchema,
  StringMatcherSchema,
  RegexMatcherSchema,
  RegexMatchAndSubstituteSchema,
  HeaderValueOptionSchema,
  HeaderValueSchema,
  DataSourceSchema,
  ...HTTP_FILTER_SCHEMAS,
);

/** A message in which only `field` is set, to something that is not its default. */
function withField(schema: DescMessage, field: DescField): Message {
  const message = reflect(schema, create(schema));
  if (field.fieldKind === 'list') {
    message
      .get(field)
      .add(field.listKind === 'message' ? reflect(field.message, create(field.message)) : sample(field));
  } else if (field.fieldKind === 'map') {
    message
      .get(field)
      .set('key', field.mapKind === 'message' ? reflect(field.message, create(field.message)) : 'value');
  } else if (field.fieldKind === 'message') {
    message.set(field, filled(field.message));
  } else {
    message.set(field, sample(field));
  }
  return message.message;
}

/** Wrappers and structs carry a value that is not "no". */
function filled(schema: DescMessage) {
  if (schema.typeName === 'google.protobuf.Struct') return reflect(schema, fromJson(schema, { key: 'value' }));
  const message = reflect(schema, create(schema));
  const value = schema.field['value'];
  if (schema.typeName.endsWith('Value') && value !== undefined) message.set(value, sample(value));
  return message;
}

function sample(field: DescField): unknown {
  if (field.enum !== undefined) return 1;
  // ScalarType: 8 bool, 9 string, 12 bytes, 3 int64, 4 uint64.
  if (field.scalar === 8) return true;
  if (field.scalar === 9) return 'x';
  if (field.scalar === 12) return new Uint8Array([1]);
  return field.scalar === 3 || field.scalar === 4 ? 1n : 1;
}

function audit(schema: DescMessage, message: Message): DecodeContext {
  const context = new DecodeContext('sample');
  auditFields(schema, message, context, '');
  return context;
}

describe.each(Object.entries(FIELD_SUPPORT))('field support of %s', (typeName, support) => {
  const schema = REGISTRY.getMessage(typeName);
  if (schema === undefined) throw new Error(`the test does not know ${typeName}: add its schema to REGISTRY`);
  const refused = support.refused === 'every-other' ? [] : support.refused;

  it('names fields that exist, each once, and only undescribed ones by number', () => {
    const names = [...support.supported, ...refused];
    expect(new Set(names).size).toBe(names.length);
    const described = new Set(schema.fields.flatMap((field) => [field.name, `#${field.number}`]));
    for (const name of names)
      expect({ name, described: described.has(name) }).toEqual({ name, described: !name.startsWith('#') });
  });

  it('accepts what it supports, refuses what it says, and records the rest by path', () => {
    for (const field of schema.fields) {
      const context = audit(schema, withField(schema, field));
      const isSupported = support.supported.includes(field.name);
      const isRefused = !isSupported && (support.refused === 'every-other' || refused.includes(field.name));
      const verdict = { refused: context.issues.map((issue) => issue.path), ignored: context.ignored };
      expect(verdict).toEqual({
        refused: isRefused ? [field.name] : [],
        ignored: isSupported || isRefused ? [] : [field.name],
      });
    }
  });

  it('treats fields that are not described by their number', () => {
    for (const no of [1999, ...refused.filter((name) => name.startsWith('#')).map((name) => Number(name.slice(1)))]) {
      const message = create(schema);
      message.$unknown = [{ no, wireType: 0, data: new Uint8Array([1]) }];
      const context = audit(schema, message);
      const isRefused = support.refused === 'every-other' || refused.includes(`#${no}`);
      expect({ no, refused: context.issues.length, ignored: context.ignored.length }).toEqual({
        no,
        refused: isRefused ? 1 : 0,
        ignored: isRefused ? 0 : 1,
      });
    }
  });
});

describe('the field audit', () => {
  it('takes values that stand for "no" as absent', () => {
    const message = create(ListenerSchema, { useOriginalDst: false, enableReusePort: false, drainType: 0 });
    expect(audit(ListenerSchema, message).issues).toEqual([]);
  });

  it('tells the path through lists', () => {
    const message = create(RouteConfigurationSchema, {
      virtualHosts: [{}, { routes: [{ action: { case: 'route', value: { appendXForwardedHost: true } } }] }],
    });
    const [issue] = audit(RouteConfigurationSchema, message).issues;
    expect(issue?.path).toBe('virtual_hosts[1].routes[0].route.append_x_forwarded_host');
  });
});
