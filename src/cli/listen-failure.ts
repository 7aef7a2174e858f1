// A port that could not be opened, told so that the reader can act.
import { codeOf, messageOf } from '../base/coded-error.ts';
import type { SocketAddressSpec } from '../model/listener-spec.ts';
import { renderSocketAddress } from '../model/socket-address.ts';
import { failure } from './cli-error.ts';

export interface WantedPort {
  /** What would have been served, e.g. `the admin pages`. */
  readonly what: string;
  readonly address: SocketAddressSpec;
  /** The flag or variable that names another address. */
  readonly change: string;
}

/** What `start` threw, as an error for the reader; anything but a failed listen comes back as it is. */
export function explainListenFailure(error: unknown, wanted: WantedPort): unknown {
  const address = renderSocketAddress(wanted.address);
  switch (codeOf(error)) {
    case 'EADDRINUSE':
      return failure(
        `the port for ${wanted.what} is taken: ${address}`,
        `\`ss -ltnp 'sport = :${wanted.address.port}'\` shows by whom; stop that, or choose another with ${wanted.change}`,
      );
    case 'EACCES':
      return failure(
        `the port for ${wanted.what} is not allowed: ${address}`,
        `choose one from 1024 with ${wanted.change}`,
      );
    case 'EADDRNOTAVAIL':
      return failure(
        `the address for ${wanted.what} is not one of this machine: ${address}`,
        `choose another with ${wanted.change}`,
      );
    default:
      return codeOf(error).startsWith('E')
        ? failure(`cannot listen on ${address} for ${wanted.what}: ${messageOf(error)}`)
        : error;
  }
}
