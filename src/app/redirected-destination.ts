// Asks the system where a connection was going before a REDIRECT rule of iptables or nft sent it here.
import { type Socket, SocketAddress } from 'node:net';
import { CodedError, messageOf } from '../base/coded-error.ts';
import type { SocketAddressSpec } from '../model/listener-spec.ts';
import type { OriginalDestination } from '../proxy/listener/original-destination.ts';

/** linux/in.h, linux/in6.h, linux/netfilter_ipv4.h, linux/netfilter_ipv6/ip6_tables.h. */
const SOL_IP = 0;
const SOL_IPV6 = 41;
const SO_ORIGINAL_DST = 80;
const SOCKADDR_IN_BYTES = 16;
const SOCKADDR_IN6_BYTES = 28;

/** `value` and `length` are filled; 0 = it worked. */
type GetSockOpt = (fd: number, level: number, option: number, value: Buffer, length: Buffer) => number;

/**
 * Node tells the two ends of a connection and nothing else, so this calls the C library, about 40 µs a connection. Throws where that cannot
 * be: not Linux, or koffi is not installed.
 */
export async function openRedirectedDestination(): Promise<OriginalDestination> {
  const getSockOpt = await loadGetSockOpt();
  return { of: (socket) => askFor(socket, getSockOpt) };
}

async function loadGetSockOpt(): Promise<GetSockOpt> {
  try {
    const { default: koffi } = await import('koffi');
    const library = koffi.load(null);
    return library.func('int getsockopt(int fd, int level, int option, _Out_ void *value, _Inout_ void *length)');
  } catch (error) {
    const message = `redirected connections need the package koffi on Linux: ${messageOf(error)}; install koffi, or set SWITCHBOARD_INTERCEPTION=none`;
    throw new CodedError('interception', message);
  }
}

function askFor(socket: Socket, getSockOpt: GetSockOpt): SocketAddressSpec | null {
  const fd = descriptorOf(socket);
  if (fd === null) return null;
  const mapped = socket.localAddress?.startsWith('::ffff:') === true;
  const v6 = socket.remoteFamily === 'IPv6' && !mapped;
  const size = v6 ? SOCKADDR_IN6_BYTES : SOCKADDR_IN_BYTES;
  const value = Buffer.alloc(size);
  const length = Buffer.alloc(4);
  length.writeInt32LE(size);
  // It fails where the connection is not tracked: then nobody has redirected it.
  if (getSockOpt(fd, v6 ? SOL_IPV6 : SOL_IP, SO_ORIGINAL_DST, value, length) !== 0) return null;
  return v6 ? parseV6(value) : parseV4(value);
}

function descriptorOf(socket: Socket): number | null {
  const handle: unknown = Reflect.get(socket, '_handle');
  if (typeof handle !== 'object' || handle === null || !('fd' in handle)) return null;
  return typeof handle.fd === 'number' && handle.fd >= 0 ? handle.fd : null;
}

/** struct sockaddr_in: family, port in network order, address. */
export function parseV4(value: Buffer): SocketAddressSpec {
  return { host: [...value.subarray(4, 8)].join('.'), port: value.readUInt16BE(2) };
}

/** struct sockaddr_in6: family, port in network order, flow, address. */
export function parseV6(value: Buffer): SocketAddressSpec {
  const groups = Array.from({ length: 8 }, (_, index) => value.readUInt16BE(8 + index * 2).toString(16));
  // Written as names are: the shortest form (RFC 5952).
  const { address } = new SocketAddress({ family: 'ipv6', address: groups.join(':') });
  return { host: address, port: value.readUInt16BE(2) };
}
