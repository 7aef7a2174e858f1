// Socket addresses of the model ↔ envoy.config.core.v3.Address.
import { isIP } from 'node:net';
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { SocketAddressSpec } from '../../model/listener-spec.ts';
import { type Address, type AddressSchema, SocketAddress_Protocol } from '../gen/envoy/config/core/v3/address_pb.ts';
import { type DecodeContext, joinPath } from './decode-context.ts';

export function encodeAddress(address: SocketAddressSpec): MessageInitShape<typeof AddressSchema> {
  const portSpecifier = { case: 'portValue' as const, value: address.port };
  return { address: { case: 'socketAddress', value: { address: address.host, portSpecifier } } };
}

/** Only TCP, IP literals and numeric ports from `minPort` (0 = "any free one" is legal for listeners) are taken. */
export function decodeAddress(
  address: Address | undefined,
  minPort: 0 | 1,
  context: DecodeContext,
  path: string,
): SocketAddressSpec {
  const socket = address?.address.case === 'socketAddress' ? address.address.value : undefined;
  if (socket === undefined) {
    const kind = address?.address.case === 'pipe' ? 'is a Unix domain socket' : 'has no address';
    context.refuse(path, kind, 'give it a socket_address');
    return { host: '', port: 0 };
  }
  const at = joinPath(path, 'socket_address');
  if (socket.protocol !== SocketAddress_Protocol.TCP) context.refuse(`${at}.protocol`, 'is UDP', 'use TCP');
  if (isIP(socket.address) === 0) {
    context.refuse(`${at}.address`, `"${socket.address}" is not an IP address`, 'give an IPv4 or IPv6 literal');
  }
  return { host: socket.address, port: decodePort(socket.portSpecifier, minPort, context, at) };
}

function decodePort(
  specifier: { readonly case: string | undefined; readonly value?: number | string | undefined },
  minPort: 0 | 1,
  context: DecodeContext,
  path: string,
): number {
  const port = specifier.case === 'portValue' ? Number(specifier.value) : specifier.case === undefined ? 0 : Number.NaN;
  if (port >= minPort && port <= 65_535) return port;
  const value = specifier.value === undefined ? 'absent' : `"${specifier.value}"`;
  context.refuse(`${path}.port_value`, `is ${value}`, `give a number from ${minPort} to 65535`);
  return 0;
}
