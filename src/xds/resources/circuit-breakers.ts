// CircuitBreakersSpec ↔ envoy.config.cluster.v3.CircuitBreakers. On the wire no word is a limit of 1,024: whoever has none says so.
import type { MessageInitShape } from '@bufbuild/protobuf';
import {
  type CircuitBreakersSpec,
  ENVOY_MAX_IN_USE,
  ROUTING_PRIORITIES,
  type RoutingPriority,
  type ThresholdsSpec,
} from '../../model/circuit-breakers-spec.ts';
import type {
  CircuitBreakers,
  CircuitBreakers_Thresholds,
  CircuitBreakers_ThresholdsSchema,
  CircuitBreakersSchema,
} from '../gen/envoy/config/cluster/v3/circuit_breaker_pb.ts';
import { RoutingPriority as WirePriority } from '../gen/envoy/config/core/v3/base_pb.ts';
import type { DecodeContext } from './decode-context.ts';
import { decodeRetryLimit, encodeRetryLimit } from './retry-limit.ts';

type ThresholdsInit = MessageInitShape<typeof CircuitBreakers_ThresholdsSchema>;

/** Stands for "as many as there are". */
const UNLIMITED = 2 ** 32 - 1;
const ON_THE_WIRE = { default: WirePriority.DEFAULT, high: WirePriority.HIGH } as const;
/** What an endpoint's own thresholds may not say. */
const NOT_PER_HOST = ['maxPendingRequests', 'maxRequests', 'maxRetries', 'maxConnectionPools', 'retryBudget'] as const;

/** Nothing where nothing is limited. */
export function decodeCircuitBreakers(
  message: CircuitBreakers | undefined,
  context: DecodeContext,
): { readonly circuitBreakers?: CircuitBreakersSpec } {
  if (message === undefined) return {};
  const spec: Partial<Record<RoutingPriority, ThresholdsSpec>> = {};
  for (const [index, one] of message.perHostThresholds.entries()) checkPerHost(one, context, index);
  for (const priority of ROUTING_PRIORITIES) {
    const isMeant = (one: CircuitBreakers_Thresholds): boolean => one.priority === ON_THE_WIRE[priority];
    const index = message.thresholds.findIndex(isMeant);
    const path = `circuit_breakers.thresholds[${index}]`;
    const all = message.thresholds[index];
    const perEndpoint = message.perHostThresholds.find(isMeant)?.maxConnections ?? UNLIMITED;
    const thresholds: ThresholdsSpec = {
      ...(all === undefined ? {} : decodeThresholds(all, context, path)),
      ...(perEndpoint === UNLIMITED ? {} : { maxConnectionsPerEndpoint: perEndpoint }),
    };
    if (Object.keys(thresholds).length > 0) spec[priority] = thresholds;
  }
  return Object.keys(spec).length === 0 ? {} : { circuitBreakers: spec };
}

function decodeThresholds(message: CircuitBreakers_Thresholds, context: DecodeContext, path: string): ThresholdsSpec {
  const limit = (value: number | undefined, name: keyof ThresholdsSpec): ThresholdsSpec => {
    const said = value ?? ENVOY_MAX_IN_USE;
    return said === UNLIMITED ? {} : { [name]: said };
  };
  return {
    ...limit(message.maxConnections, 'maxConnections'),
    ...limit(message.maxPendingRequests, 'maxPendingRequests'),
    ...limit(message.maxRequests, 'maxRequests'),
    // What is not said of them means as many as there are, here alone.
    ...limit(message.maxConnectionPools ?? UNLIMITED, 'maxConnectionPools'),
    ...decodeRetryLimit(message, context, path),
    ...(message.trackRemaining ? { trackRemaining: true } : {}),
  };
}

function checkPerHost(message: CircuitBreakers_Thresholds, context: DecodeContext, index: number): void {
  const wrong = NOT_PER_HOST.find((field) => message[field] !== undefined);
  if (wrong === undefined) return;
  const name = wrong.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  const path = `circuit_breakers.per_host_thresholds[${index}].${name}`;
  context.refuse(path, 'is no limit of an endpoint', 'give max_connections alone');
}

/** Clients of another kind limit what nothing is said of. */
export function encodeCircuitBreakers(
  spec: CircuitBreakersSpec | undefined,
): MessageInitShape<typeof CircuitBreakersSchema> {
  const written = ROUTING_PRIORITIES.filter((priority) => priority === 'default' || spec?.[priority] !== undefined);
  return {
    thresholds: written.map((priority) => encodeThresholds(priority, spec?.[priority] ?? {})),
    perHostThresholds: written.flatMap((priority) => {
      const maxConnections = spec?.[priority]?.maxConnectionsPerEndpoint;
      return maxConnections === undefined ? [] : [{ priority: ON_THE_WIRE[priority], maxConnections }];
    }),
  };
}

function encodeThresholds(priority: RoutingPriority, spec: ThresholdsSpec): ThresholdsInit {
  return {
    priority: ON_THE_WIRE[priority],
    maxConnections: spec.maxConnections ?? UNLIMITED,
    maxPendingRequests: spec.maxPendingRequests ?? UNLIMITED,
    maxRequests: spec.maxRequests ?? UNLIMITED,
    ...(spec.maxConnectionPools === undefined ? {} : { maxConnectionPools: spec.maxConnectionPools }),
    ...encodeRetryLimit(spec.retries),
    ...(spec.trackRemaining === true ? { trackRemaining: true } : {}),
  };
}
