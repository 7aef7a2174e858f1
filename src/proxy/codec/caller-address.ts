// Who a caller is, by the address that its connection comes from.

const MAPPED_IPV4 = '::ffff:';

/**
 * The address in `host:port`: the same for one caller, whichever of its addresses the listener has. Over the loopback it is the sidecar's own pod
 * that calls, and `own` is its address: every pod has a loopback, and they would all be one caller. Null = nobody knows.
 */
export function callerAddress(remote: string, own: string): string | null {
  const host = remote.slice(0, Math.max(0, remote.lastIndexOf(':')));
  if (host === '') return null;
  const address = host.startsWith(MAPPED_IPV4) ? host.slice(MAPPED_IPV4.length) : host;
  return own !== '' && isLoopback(address) ? own : address;
}

function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1';
}
