// Where an intercepted connection was going before the rules of the network namespace sent it here.
import type { Socket } from 'node:net';
import type { SocketAddressSpec } from '../../model/listener-spec.ts';

/** Asked once per connection, when it is accepted. */
export interface OriginalDestination {
  /** `null`: the connection was not redirected, the caller dialled this listener itself. Must not throw. */
  of(socket: Socket): SocketAddressSpec | null;
}

/** For listeners that nothing is redirected to: callers use them as an ordinary HTTP proxy. */
export const noOriginalDestination: OriginalDestination = { of: () => null };
