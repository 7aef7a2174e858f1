// Who a caller is: its address without the port, and its own pod where it calls over the loopback.
import { callerAddress } from '../../../../src/proxy/codec/caller-address.ts';

describe('the address of a caller', () => {
  it.each<readonly [string, string, string, string | null]>([
    ['of IPv4', '10.0.0.7:4711', '', '10.0.0.7'],
    ['of IPv4 on a listener of IPv6', '::ffff:10.0.0.7:80', '', '10.0.0.7'],
    ['of IPv6', '2001:db8::1:80', '10.1.0.5', '2001:db8::1'],
    ['over the loopback: that of the pod', '127.0.0.1:50000', '10.1.0.5', '10.1.0.5'],
    ['over that of IPv6', '::1:50000', '10.1.0.5', '10.1.0.5'],
    ['over a mapped one', '::ffff:127.0.0.6:50000', '10.1.0.5', '10.1.0.5'],
    ['over the loopback of a pod that nobody knows', '127.0.0.1:50000', '', '127.0.0.1'],
    ['that has none', ':', '10.1.0.5', null],
  ])('%s', (_what, remote, own, address) => {
    expect(callerAddress(remote, own)).toBe(address);
  });
});
