// EndpointCheckSpec ↔ envoy.config.endpoint.v3.Endpoint.HealthCheckConfig.
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { EndpointCheckSpec } from '../../model/health-check-spec.ts';
import type {
  Endpoint_HealthCheckConfig,
  Endpoint_HealthCheckConfigSchema,
} from '../gen/envoy/config/endpoint/v3/endpoint_components_pb.ts';
import type { DecodeContext } from './decode-context.ts';

const MAX_PORT = 65_535;

export function decodeEndpointCheck(
  message: Endpoint_HealthCheckConfig | undefined,
  context: DecodeContext,
  path: string,
): { readonly check?: EndpointCheckSpec } {
  if (message === undefined) return {};
  const { portValue, hostname, disableActiveHealthCheck } = message;
  if (portValue > MAX_PORT) context.refuse(`${path}.port_value`, `is ${portValue}`, `give 1 to ${MAX_PORT}`);
  const check: EndpointCheckSpec = {
    ...(portValue === 0 ? {} : { port: portValue }),
    ...(hostname === '' ? {} : { hostname }),
    ...(disableActiveHealthCheck ? { disabled: true } : {}),
  };
  return Object.keys(check).length === 0 ? {} : { check };
}

export function encodeEndpointCheck(check: EndpointCheckSpec | undefined): {
  readonly healthCheckConfig?: MessageInitShape<typeof Endpoint_HealthCheckConfigSchema>;
} {
  if (check === undefined) return {};
  const { port = 0, hostname = '', disabled = false } = check;
  return { healthCheckConfig: { portValue: port, hostname, disableActiveHealthCheck: disabled } };
}
