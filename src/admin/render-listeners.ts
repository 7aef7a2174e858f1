// `GET /listeners`: what is bound, in Envoy's text form and as envoy.admin.v3.Listeners in JSON.
import type { SocketAddressSpec } from '../model/listener-spec.ts';
import { renderSocketAddress } from '../model/socket-address.ts';
import type { ListenerStatus } from './sidecar-status.ts';

/** A line `name::address` for each address. */
export function renderListenersText(listeners: readonly ListenerStatus[]): string {
  return listeners
    .flatMap(({ name, addresses }) => addresses.map((address) => `${name}::${renderSocketAddress(address)}\n`))
    .join('');
}

export function renderListenersJson(listeners: readonly ListenerStatus[]): string {
  return `${JSON.stringify({ listener_statuses: listeners.map(listenerStatus) })}\n`;
}

function listenerStatus(listener: ListenerStatus): object {
  const [main, ...additional] = listener.addresses.map(addressJson);
  return {
    name: listener.name,
    ...(main === undefined ? {} : { local_address: main }),
    ...(additional.length === 0 ? {} : { additional_local_addresses: additional }),
  };
}

function addressJson(address: SocketAddressSpec): object {
  return { socket_address: { address: address.host, port_value: address.port } };
}
