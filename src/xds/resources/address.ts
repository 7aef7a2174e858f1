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

/** What may stand where an address is asked for: names only where somebody looks them up; `static`: nobody does, but a setting would. */
export type HostKind = 'ip' | 'static' | 'name';

/** Only TCP, IP literals (or names) and numeric ports from `minPort` (0 = "any free one" is legal for listeners) are taken. */
export function decodeAddress(
  address: Address | undefined,
  minPort: 0 | 1,
  context: DecodeContext,
  path: string,
  hosts: HostKind = 'ip',
): SocketAddressSpec {
  const socket = address?.address.case === 'socketAddress' ? address.address.value : undefined;
  if (socket === undefined) {
    const kind = address?.address.case === 'pipe' ? 'is a Unix domain socket' : 'has no address';
    context.refuse(path, kind, 'give it a socket_address');
    return { host: '', port: 0 };
  }
  const at = joinPath(path, 'socket_address');
  if (socket.protocol !== SocketAddress_Protocol.TCP) context.refuse(`${at}.protocol`, 'is UDP', 'use TCP');
  checkHost(socket.address, hosts, context, `${at}.address`);
  return { host: socket.address, port: decodePort(socket.portSpecifier, minPort, context, at) };
}

/** RFC 1035: at most 253 characters; labels of letters, digits, "-" and, in practice, "_". */
const NAME = /^[A-Za-z0-9_.-]{1,253}$/;

function checkHost(host: string, hosts: HostKind, context: DecodeContext, path: string): void {
  if (isIP(host) !== 0 || (hosts === 'name' && NAME.test(host))) return;
  const shown = `"${host.slice(0, 260)}"`;
  if (hosts === 'name') {
    context.refuse(path, `${shown} is no host name`, 'give a DNS name or an IP literal');
    return;
  }
  const literal = 'give an IPv4 or IPv6 literal';
  const remedy = hosts === 'static' ? `${literal}, or make the cluster STRICT_DNS` : literal;
  context.refuse(path, `${shown} is not an IP address`, remedy);
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
