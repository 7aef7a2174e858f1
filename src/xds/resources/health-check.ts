// HealthCheckSpec ↔ envoy.config.core.v3.HealthCheck.
import type { MessageInitShape } from '@bufbuild/protobuf';
import {
  DEFAULT_NO_TRAFFIC_INTERVAL_MS,
  type GrpcCheckSpec,
  type HealthCheckSpec,
  type TcpCheckSpec,
} from '../../model/health-check-spec.ts';
import type {
  HealthCheck,
  HealthCheck_GrpcHealthCheck,
  HealthCheck_TcpHealthCheck,
  HealthCheckSchema,
} from '../gen/envoy/config/core/v3/health_check_pb.ts';
import { checkPayloads, decodePayload, encodePayload } from './check-payload.ts';
import type { DecodeContext } from './decode-context.ts';
import { decodeDuration, encodeDuration } from './duration.ts';
import { decodeHeaderChanges, encodeHeaderChanges } from './header-changes.ts';
import { decodeHttpCheck, encodeHttpCheck } from './http-health-check.ts';

type Init = MessageInitShape<typeof HealthCheckSchema>;
type Checker = NonNullable<Init['healthChecker']>;

/** Durations that may be left out: field, its name on the wire, and that of the spec. */
const TIMES = [
  ['noTrafficInterval', 'no_traffic_interval', 'noTrafficIntervalMs'],
  ['noTrafficHealthyInterval', 'no_traffic_healthy_interval', 'noTrafficHealthyIntervalMs'],
  ['unhealthyInterval', 'unhealthy_interval', 'unhealthyIntervalMs'],
  ['unhealthyEdgeInterval', 'unhealthy_edge_interval', 'unhealthyEdgeIntervalMs'],
  ['healthyEdgeInterval', 'healthy_edge_interval', 'healthyEdgeIntervalMs'],
] as const;
const JITTERS = [
  ['intervalJitter', 'interval_jitter', 'intervalJitterMs'],
  ['initialJitter', 'initial_jitter', 'initialJitterMs'],
] as const;
const MAX_PORT = 65_535;

/** Nothing where there is no check. */
export function decodeHealthChecks(
  checks: readonly HealthCheck[],
  context: DecodeContext,
): { readonly healthCheck?: HealthCheckSpec } {
  const [message] = checks;
  if (message === undefined) return {};
  if (checks.length > 1) context.refuse('health_checks', 'has more than one', 'keep one');
  return { healthCheck: decodeHealthCheck(message, context, 'health_checks[0]') };
}

function decodeHealthCheck(message: HealthCheck, context: DecodeContext, path: string): HealthCheckSpec {
  const positive = (field: 'timeout' | 'interval'): number => {
    const ms = decodeDuration(message[field], 0, context, `${path}.${field}`);
    if (ms === 0) context.refuse(`${path}.${field}`, 'is missing or 0', 'give more than 0 s');
    return ms;
  };
  const threshold = (value: number | undefined, name: string): number => {
    if (value === undefined || value === 0) context.refuse(`${path}.${name}`, 'is missing or 0', 'give at least 1');
    return value ?? 1;
  };
  return {
    timeoutMs: positive('timeout'),
    intervalMs: positive('interval'),
    ...decodeTimes(message, context, path),
    ...(message.intervalJitterPercent === 0 ? {} : { intervalJitterPercent: message.intervalJitterPercent }),
    unhealthyThreshold: threshold(message.unhealthyThreshold, 'unhealthy_threshold'),
    healthyThreshold: threshold(message.healthyThreshold, 'healthy_threshold'),
    ...(message.reuseConnection === false ? { closesConnections: true } : {}),
    ...decodePort(message.altPort, context, `${path}.alt_port`),
    ...(message.alwaysLogHealthCheckFailures ? { logsFailures: true } : {}),
    ...(message.alwaysLogHealthCheckSuccess ? { logsSuccesses: true } : {}),
    check: decodeCheck(message, context, path),
  };
}

type Times = Partial<Record<(typeof TIMES)[number][2] | (typeof JITTERS)[number][2], number>>;

function decodeTimes(message: HealthCheck, context: DecodeContext, path: string): Times {
  const times: Times = {};
  for (const [field, name, key] of [...TIMES, ...JITTERS]) {
    if (message[field] === undefined) continue;
    const ms = decodeDuration(message[field], 0, context, `${path}.${name}`);
    if (ms > 0) times[key] = ms;
    else if (!field.endsWith('Jitter')) context.refuse(`${path}.${name}`, 'is 0', 'give more than 0 s');
  }
  // Said or not, it is this.
  if (times.noTrafficIntervalMs === DEFAULT_NO_TRAFFIC_INTERVAL_MS) delete times.noTrafficIntervalMs;
  return times;
}

function decodePort(port: number | undefined, context: DecodeContext, path: string): { readonly altPort?: number } {
  if (port === undefined) return {};
  if (port < 1 || port > MAX_PORT) context.refuse(path, `is ${port}`, `give 1 to ${MAX_PORT}`);
  return { altPort: port };
}

function decodeCheck({ healthChecker }: HealthCheck, context: DecodeContext, path: string): HealthCheckSpec['check'] {
  if (healthChecker.case === 'httpHealthCheck') {
    return decodeHttpCheck(healthChecker.value, context, `${path}.http_health_check`);
  }
  if (healthChecker.case === 'grpcHealthCheck')
    return decodeGrpc(healthChecker.value, context, `${path}.grpc_health_check`);
  if (healthChecker.case === 'tcpHealthCheck')
    return decodeTcp(healthChecker.value, context, `${path}.tcp_health_check`);
  if (healthChecker.case === undefined) {
    context.refuse(path, 'does not say how to check', 'give http_health_check, tcp_health_check or grpc_health_check');
  }
  return { kind: 'tcp' };
}

function decodeTcp(message: HealthCheck_TcpHealthCheck, context: DecodeContext, path: string): TcpCheckSpec {
  return {
    kind: 'tcp',
    ...decodePayload(message.send, context, `${path}.send`),
    ...checkPayloads(message.receive, context, `${path}.receive`),
  };
}

function decodeGrpc(message: HealthCheck_GrpcHealthCheck, context: DecodeContext, path: string): GrpcCheckSpec {
  const changes = { requestHeadersToAdd: message.initialMetadata, requestHeadersToRemove: [] };
  const none = { responseHeadersToAdd: [], responseHeadersToRemove: [] };
  const metadata = decodeHeaderChanges({ ...changes, ...none }, context, path).headers?.request?.add;
  return {
    kind: 'grpc',
    service: message.serviceName,
    ...(message.authority === '' ? {} : { authority: message.authority }),
    ...(metadata === undefined ? {} : { metadata }),
  };
}

export function encodeHealthCheck(spec: HealthCheckSpec): Init {
  const times = [...TIMES, ...JITTERS].flatMap(([field, , key]) => {
    const ms = spec[key];
    return ms === undefined ? [] : [[field, encodeDuration(ms)] as const];
  });
  return {
    timeout: encodeDuration(spec.timeoutMs),
    interval: encodeDuration(spec.intervalMs),
    ...Object.fromEntries(times),
    ...(spec.intervalJitterPercent === undefined ? {} : { intervalJitterPercent: spec.intervalJitterPercent }),
    unhealthyThreshold: spec.unhealthyThreshold,
    healthyThreshold: spec.healthyThreshold,
    ...(spec.closesConnections === true ? { reuseConnection: false } : {}),
    ...(spec.altPort === undefined ? {} : { altPort: spec.altPort }),
    ...(spec.logsFailures === true ? { alwaysLogHealthCheckFailures: true } : {}),
    ...(spec.logsSuccesses === true ? { alwaysLogHealthCheckSuccess: true } : {}),
    healthChecker: encodeCheck(spec.check),
  };
}

function encodeCheck(check: HealthCheckSpec['check']): Checker {
  if (check.kind === 'http') return { case: 'httpHealthCheck', value: encodeHttpCheck(check) };
  if (check.kind === 'tcp') {
    const receive = (check.receive ?? []).map(encodePayload);
    return {
      case: 'tcpHealthCheck',
      value: { ...(check.send === undefined ? {} : { send: encodePayload(check.send) }), receive },
    };
  }
  const { requestHeadersToAdd } = encodeHeaderChanges({ request: { add: check.metadata ?? [], remove: [] } });
  const { service, authority = '' } = check;
  return { case: 'grpcHealthCheck', value: { serviceName: service, authority, initialMetadata: requestHeadersToAdd } };
}
