// Envoy's way to say where a session is: its bytes, its older form, its times, and what is none of them.
import fc from 'fast-check';
import {
  parseAddressCookie,
  parseAddressHeader,
  renderAddressCookie,
  renderAddressHeader,
} from '../../../../src/proxy/session/address-token.ts';

describe('an address in a cookie', () => {
  it('is the message that Envoy writes: field 1 the address, field 2 when it ends', () => {
    const bytes = Buffer.from(renderAddressCookie({ address: '1.2.3.4:80', endsAtS: 0 }), 'base64');
    expect(bytes).toEqual(Buffer.from([0x0a, 10, ...Buffer.from('1.2.3.4:80')]));
    const ending = Buffer.from(renderAddressCookie({ address: '1.2.3.4:80', endsAtS: 300 }), 'base64');
    expect(ending.subarray(12)).toEqual(Buffer.from([0x10, 0xac, 0x02]));
  });

  it('comes back as it went, in IPv6 too', () => {
    for (const token of [
      { address: '[2001:db8::1]:8080', endsAtS: 1_790_000_123 },
      { address: '10.1.2.3:1', endsAtS: 0 },
    ]) {
      expect(parseAddressCookie(renderAddressCookie(token))).toEqual(token);
    }
  });

  it('is read in the older form, an address and nothing else', () => {
    const value = Buffer.from('1.2.3.4:80').toString('base64');
    expect(parseAddressCookie(value)).toEqual({ address: '1.2.3.4:80', endsAtS: 0 });
  });

  it('has no end where an Envoy counted from the start of its machine', () => {
    const value = renderAddressCookie({ address: '1.2.3.4:80', endsAtS: 86_400 });
    expect(parseAddressCookie(value)).toEqual({ address: '1.2.3.4:80', endsAtS: 0 });
  });

  it.each([
    ['nothing', ''],
    ['a message without an address', Buffer.from([0x10, 1]).toString('base64')],
    ['a kilobyte', 'A'.repeat(1_024)],
  ])('is not %s', (_what, value) => {
    expect(parseAddressCookie(value)).toBeNull();
  });

  it('is read from any bytes without an error, and never longer than they are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        const token = parseAddressCookie(Buffer.from(bytes).toString('base64'));
        return token === null || token.address.length <= bytes.length;
      }),
    );
  });
});

describe('an address in a header', () => {
  it('is base64 and nothing else', () => {
    expect(renderAddressHeader('1.2.3.4:80')).toBe('MS4yLjMuNDo4MA==');
    expect(parseAddressHeader('MS4yLjMuNDo4MA==')).toEqual({ address: '1.2.3.4:80', endsAtS: 0 });
    expect(parseAddressHeader('')).toBeNull();
  });
});
