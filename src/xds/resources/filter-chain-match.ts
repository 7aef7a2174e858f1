// FilterChainMatchSpec ↔ envoy.config.listener.v3.FilterChainMatch.
import { isIP } from 'node:net';
import type { MessageInitShape } from '@bufbuild/protobuf';
import {
  type CidrRangeSpec,
  type FilterChainMatchSpec,
  TRANSPORT_PROTOCOLS,
  type TransportProtocol,
} from '../../model/filter-chain-match-spec.ts';
import type { CidrRange } from '../gen/envoy/config/core/v3/address_pb.ts';
import type {
  FilterChainMatch,
  FilterChainMatchSchema,
} from '../gen/envoy/config/listener/v3/listener_components_pb.ts';
import type { DecodeContext } from './decode-context.ts';

export function encodeFilterChainMatch(spec: FilterChainMatchSpec): MessageInitShape<typeof FilterChainMatchSchema> {
  return {
    ...(spec.destinationPort === undefined ? {} : { destinationPort: spec.destinationPort }),
    prefixRanges: (spec.prefixRanges ?? []).map(encodeRange),
    serverNames: [...(spec.serverNames ?? [])],
    transportProtocol: spec.transportProtocol ?? '',
    applicationProtocols: [...(spec.applicationProtocols ?? [])],
  };
}

export function encodeRange({ address, prefixLength }: CidrRangeSpec) {
  return { addressPrefix: address, prefixLen: prefixLength };
}

export function decodeFilterChainMatch(
  message: FilterChainMatch | undefined,
  context: DecodeContext,
  path: string,
): FilterChainMatchSpec {
  if (message === undefined) return {};
  const { destinationPort, prefixRanges, serverNames, applicationProtocols } = message;
  if (destinationPort !== undefined && (destinationPort < 1 || destinationPort > 65_535)) {
    context.refuse(`${path}.destination_port`, `is ${destinationPort}`, 'give a number from 1 to 65535');
  }
  const ranges = prefixRanges.map((range, i) => decodeRange(range, context, `${path}.prefix_ranges[${i}]`));
  const names = serverNames.map((name, i) => decodeServerName(name, context, `${path}.server_names[${i}]`));
  return {
    ...(destinationPort === undefined ? {} : { destinationPort }),
    ...(ranges.length === 0 ? {} : { prefixRanges: ranges }),
    ...(names.length === 0 ? {} : { serverNames: names }),
    ...decodeTransportProtocol(message.transportProtocol, context, `${path}.transport_protocol`),
    ...(applicationProtocols.length === 0 ? {} : { applicationProtocols }),
  };
}

export function decodeRange(range: CidrRange, context: DecodeContext, path: string): CidrRangeSpec {
  const family = isIP(range.addressPrefix);
  const prefixLength = range.prefixLen ?? 0;
  if (family === 0) context.refuse(`${path}.address_prefix`, `"${range.addressPrefix}" is no IP address`, 'give one');
  if (prefixLength > (family === 6 ? 128 : 32)) {
    context.refuse(`${path}.prefix_len`, `is ${prefixLength}`, 'give at most 32, or 128 for IPv6');
  }
  return { address: range.addressPrefix, prefixLength };
}

/** Names are compared without their case; a `*` stands for whole labels at the beginning. */
function decodeServerName(name: string, context: DecodeContext, path: string): string {
  const rest = name.startsWith('*.') ? name.slice(2) : name;
  if (rest === '' || rest.includes('*')) context.refuse(path, `"${name}" is no server name`, 'give a.b or *.a.b');
  return name.toLowerCase();
}

function decodeTransportProtocol(
  name: string,
  context: DecodeContext,
  path: string,
): Pick<FilterChainMatchSpec, 'transportProtocol'> {
  if (name === '') return {};
  const known: TransportProtocol | undefined = TRANSPORT_PROTOCOLS.find((protocol) => protocol === name);
  if (known === undefined) context.refuse(path, `"${name}" is not known`, `use ${TRANSPORT_PROTOCOLS.join(' or ')}`);
  return known === undefined ? {} : { transportProtocol: known };
}
