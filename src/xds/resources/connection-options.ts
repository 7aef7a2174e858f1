// ConnectionsSpec ↔ what HTTP options and upstream_connection_options say of connections.
import type { MessageInitShape } from '@bufbuild/protobuf';
import {
  type ConnectionsSpec,
  DEFAULT_TCP_KEEPALIVE,
  MAX_KEEPALIVE_PROBES,
  MAX_KEEPALIVE_S,
  type TcpKeepaliveSpec,
} from '../../model/connections-spec.ts';
import type { Cluster, UpstreamConnectionOptionsSchema } from '../gen/envoy/config/cluster/v3/cluster_pb.ts';
import type { TcpKeepalive } from '../gen/envoy/config/core/v3/address_pb.ts';
import type { HttpProtocolOptions, HttpProtocolOptionsSchema } from '../gen/envoy/config/core/v3/protocol_pb.ts';
import type { DecodeContext } from './decode-context.ts';
import { decodeDuration, encodeDuration } from './duration.ts';

type HttpPart = Omit<ConnectionsSpec, 'tcpKeepalive'>;

/** Nothing where nothing is said. */
export function encodeConnectionLimits(spec: ConnectionsSpec = {}): MessageInitShape<typeof HttpProtocolOptionsSchema> {
  const { idleTimeoutMs, maxRequests, maxAgeMs } = spec;
  return {
    ...(idleTimeoutMs === undefined ? {} : { idleTimeout: encodeDuration(idleTimeoutMs) }),
    ...(maxRequests === undefined ? {} : { maxRequestsPerConnection: maxRequests }),
    ...(maxAgeMs === undefined ? {} : { maxConnectionDuration: encodeDuration(maxAgeMs) }),
  };
}

/** 0 requests, as 0 s of age, are without limit, as Envoy has it. */
export function decodeConnectionLimits(common: HttpProtocolOptions, context: DecodeContext, path: string): HttpPart {
  const { idleTimeout, maxRequestsPerConnection: maxRequests = 0, maxConnectionDuration } = common;
  const maxAgeMs = decodeDuration(maxConnectionDuration, 0, context, `${path}.max_connection_duration`);
  return {
    ...(idleTimeout === undefined
      ? {}
      : { idleTimeoutMs: decodeDuration(idleTimeout, 0, context, `${path}.idle_timeout`) }),
    ...(maxRequests === 0 ? {} : { maxRequests }),
    ...(maxAgeMs === 0 ? {} : { maxAgeMs }),
  };
}

export function encodeConnectionOptions(
  spec: TcpKeepaliveSpec,
): MessageInitShape<typeof UpstreamConnectionOptionsSchema> {
  const { timeS, intervalS, probes } = spec;
  return { tcpKeepalive: { keepaliveTime: timeS, keepaliveInterval: intervalS, keepaliveProbes: probes } };
}

export function decodeKeepalive(message: Cluster, context: DecodeContext): Pick<ConnectionsSpec, 'tcpKeepalive'> {
  const keepalive = message.upstreamConnectionOptions?.tcpKeepalive;
  if (keepalive === undefined) return {};
  return { tcpKeepalive: decodeTcpKeepalive(keepalive, context, 'upstream_connection_options.tcp_keepalive') };
}

function decodeTcpKeepalive(message: TcpKeepalive, context: DecodeContext, path: string): TcpKeepaliveSpec {
  const take = (value: number | undefined, usual: number, most: number, name: string): number => {
    if (value !== undefined && (value < 1 || value > most)) {
      context.refuse(`${path}.${name}`, `is ${value}`, `use 1 to ${most}`);
    }
    return value ?? usual;
  };
  const { timeS, intervalS, probes } = DEFAULT_TCP_KEEPALIVE;
  return {
    timeS: take(message.keepaliveTime, timeS, MAX_KEEPALIVE_S, 'keepalive_time'),
    intervalS: take(message.keepaliveInterval, intervalS, MAX_KEEPALIVE_S, 'keepalive_interval'),
    probes: take(message.keepaliveProbes, probes, MAX_KEEPALIVE_PROBES, 'keepalive_probes'),
  };
}
