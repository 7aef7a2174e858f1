// What decides which configuration a client gets.
import type { NodeIdentity } from '../../model/node-identity.ts';
import { renderSocketAddress } from '../../model/socket-address.ts';

/** The part of a NodeIdentity that makes a difference. */
export type View = Pick<NodeIdentity, 'namespace' | 'outboundAddresses' | 'onDemand' | 'interception'>;

/**
 * Clients with the same key get the same. E.g. `default|127.1.0.3:15001|127.0.0.1:15001`, `default|dialled|127.0.0.1:15001` for those who ask
 * for what is dialled.
 */
export function viewKey(view: View): string {
  const mode = view.interception === undefined ? [] : [view.interception];
  const scope = view.onDemand === true ? ['dialled'] : [];
  return [view.namespace, ...scope, ...mode, ...view.outboundAddresses.map(renderSocketAddress)].join('|');
}
