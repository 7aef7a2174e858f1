// Every message that configures an HTTP filter, in a listener or a route.
import type { DescMessage } from '@bufbuild/protobuf';
import { FilterConfigSchema } from '../../src/xds/gen/envoy/config/route/v3/route_components_pb.ts';
import { FaultDelaySchema } from '../../src/xds/gen/envoy/extensions/filters/common/fault/v3/fault_pb.ts';
import {
  FaultAbortSchema,
  HTTPFaultSchema,
} from '../../src/xds/gen/envoy/extensions/filters/http/fault/v3/fault_pb.ts';
import {
  StatefulSessionPerRouteSchema,
  StatefulSessionSchema,
} from '../../src/xds/gen/envoy/extensions/filters/http/stateful_session/v3/stateful_session_pb.ts';
import { CookieBasedSessionStateSchema } from '../../src/xds/gen/envoy/extensions/http/stateful_session/cookie/v3/cookie_pb.ts';
import { HeaderBasedSessionStateSchema } from '../../src/xds/gen/envoy/extensions/http/stateful_session/header/v3/header_pb.ts';
import { CookieAttributeSchema, CookieSchema } from '../../src/xds/gen/envoy/type/http/v3/cookie_pb.ts';
import { FractionalPercentSchema } from '../../src/xds/gen/envoy/type/v3/percent_pb.ts';

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
  FractionalPercentSchema,
];
