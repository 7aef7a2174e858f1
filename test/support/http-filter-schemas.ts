// Every message that configures an HTTP filter, in a listener or a route.
import type { DescMessage } from '@bufbuild/protobuf';
import {
  RuntimeFeatureFlagSchema,
  RuntimeFractionalPercentSchema,
} from '../../src/xds/gen/envoy/config/core/v3/base_pb.ts';
import {
  FilterConfigSchema,
  RateLimit_Action_GenericKeySchema,
  RateLimit_Action_HeaderValueMatchSchema,
  RateLimit_Action_RequestHeadersSchema,
  RateLimit_ActionSchema,
  RateLimitSchema,
} from '../../src/xds/gen/envoy/config/route/v3/route_components_pb.ts';
import {
  LocalRateLimitDescriptorSchema,
  RateLimitDescriptor_EntrySchema,
} from '../../src/xds/gen/envoy/extensions/common/ratelimit/v3/ratelimit_pb.ts';
import {
  FaultDelaySchema,
  FaultRateLimitSchema,
} from '../../src/xds/gen/envoy/extensions/filters/common/fault/v3/fault_pb.ts';
import {
  AdaptiveConcurrencySchema,
  GradientControllerConfig_ConcurrencyLimitCalculationParamsSchema,
  GradientControllerConfig_MinimumRTTCalculationParamsSchema,
  GradientControllerConfigSchema,
} from '../../src/xds/gen/envoy/extensions/filters/http/adaptive_concurrency/v3/adaptive_concurrency_pb.ts';
import { CorsPolicySchema, CorsSchema } from '../../src/xds/gen/envoy/extensions/filters/http/cors/v3/cors_pb.ts';
import {
  FaultAbortSchema,
  HTTPFaultSchema,
} from '../../src/xds/gen/envoy/extensions/filters/http/fault/v3/fault_pb.ts';
import { LocalRateLimitSchema } from '../../src/xds/gen/envoy/extensions/filters/http/local_ratelimit/v3/local_rate_limit_pb.ts';
import {
  StatefulSessionPerRouteSchema,
  StatefulSessionSchema,
} from '../../src/xds/gen/envoy/extensions/filters/http/stateful_session/v3/stateful_session_pb.ts';
import { CookieBasedSessionStateSchema } from '../../src/xds/gen/envoy/extensions/http/stateful_session/cookie/v3/cookie_pb.ts';
import { HeaderBasedSessionStateSchema } from '../../src/xds/gen/envoy/extensions/http/stateful_session/header/v3/header_pb.ts';
import { CookieAttributeSchema, CookieSchema } from '../../src/xds/gen/envoy/type/http/v3/cookie_pb.ts';
import { HttpStatusSchema } from '../../src/xds/gen/envoy/type/v3/http_status_pb.ts';
import { FractionalPercentSchema } from '../../src/xds/gen/envoy/type/v3/percent_pb.ts';
import { TokenBucketSchema } from '../../src/xds/gen/envoy/type/v3/token_bucket_pb.ts';

export const HTTP_FILTER_SCHEMAS: readonly DescMessage[] = [
  FilterConfigSchema,
  StatefulSessionSchema,
  StatefulSessionPerRouteSchema,
  CookieBasedSessionStateSchema,
  HeaderBasedSessionStateSchema,
  CookieSchema,
  CookieAttributeSchema,
  HTTPFaultSchema,
  FaultAbortSchema,
  FaultDelaySchema,
  LocalRateLimitDescriptorSchema,
  RateLimitDescriptor_EntrySchema,
  RateLimitSchema,
  RateLimit_ActionSchema,
  RateLimit_Action_RequestHeadersSchema,
  RateLimit_Action_GenericKeySchema,
  RateLimit_Action_HeaderValueMatchSchema,
  FaultRateLimitSchema,
  LocalRateLimitSchema,
  AdaptiveConcurrencySchema,
  GradientControllerConfigSchema,
  GradientControllerConfig_ConcurrencyLimitCalculationParamsSchema,
  GradientControllerConfig_MinimumRTTCalculationParamsSchema,
  RuntimeFeatureFlagSchema,
  TokenBucketSchema,
  HttpStatusSchema,
  CorsSchema,
  CorsPolicySchema,
  RuntimeFractionalPercentSchema,
  FractionalPercentSchema,
];
