// Socket addresses as people write them.
import type { SocketAddressSpec } from './listener-spec.ts';

/** `127.0.0.1:15001`, `[::1]:15001`. */
export function renderSocketAddress(address: SocketAddressSpec): string {
  return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
}
