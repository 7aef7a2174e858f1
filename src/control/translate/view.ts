// What decides which configuration a client gets.
import type { SocketAddressSpec } from '../../model/listener-spec.ts';
import type { NodeIdentity } from '../../model/node-identity.ts';

/** The part of a NodeIdentity that makes a difference. */
export type View = Pick<NodeIdentity, 'namespace' | 'outboundAddresses'>;

/** Clients with the same key get the same; `parseViewKey` reads it back. E.g. `default|127.1.0.3:15001|127.0.0.1:15001`. */
export function viewKey(view: View): string {
  return [view.namespace, ...view.outboundAddresses.map(({ host, port }) => `${host}:${port}`)].join('|');
}

/** Only for what `viewKey` wrote. */
export function parseViewKey(key: string): View {
  const [namespace = '', ...addresses] = key.split('|');
  return { namespace, outboundAddresses: addresses.map(parseAddress) };
}

function parseAddress(text: string): SocketAddressSpec {
  const colon = text.lastIndexOf(':');
  return { host: text.slice(0, colon), port: Number(text.slice(colon + 1)) };
}
