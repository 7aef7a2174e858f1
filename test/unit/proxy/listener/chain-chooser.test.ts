// Which filter chain takes a connection: the most exact one, by Envoy's order of criteria, without ever going back.
import type { FilterChainMatchSpec } from '../../../../src/model/filter-chain-match-spec.ts';
import { ChainChooser, type ConnectionFacts } from '../../../../src/proxy/listener/chain-chooser.ts';

const FACTS: ConnectionFacts = {
  destination: { host: '10.0.0.5', port: 443 },
  transportProtocol: 'tls',
  serverName: 'www.a.example',
  applicationProtocols: ['h2', 'http/1.1'],
};

function choose(
  matches: Readonly<Record<string, FilterChainMatchSpec>>,
  facts: Partial<ConnectionFacts> = {},
  fallback: string | null = null,
): string | null {
  const chains = Object.entries(matches).map(([name, match]) => [match, name] as const);
  return new ChainChooser(chains, fallback).choose({ ...FACTS, ...facts });
}

describe('the choice of a filter chain', () => {
  it.each<[string, Readonly<Record<string, FilterChainMatchSpec>>, string | null]>([
    ['the only chain, whatever comes', { all: {} }, 'all'],
    ['a port before every port', { all: {}, port: { destinationPort: 443 } }, 'port'],
    ['every port where the port is another', { all: {}, port: { destinationPort: 80 } }, 'all'],
    [
      'the longest prefix',
      {
        any: { prefixRanges: [{ address: '0.0.0.0', prefixLength: 0 }] },
        net: { prefixRanges: [{ address: '10.0.0.0', prefixLength: 8 }] },
        host: { prefixRanges: [{ address: '10.0.0.5', prefixLength: 32 }] },
      },
      'host',
    ],
    [
      'a prefix of no length before none at all',
      { all: {}, any: { prefixRanges: [{ address: '0.0.0.0', prefixLength: 0 }] } },
      'any',
    ],
    [
      'nothing for an address of the other family',
      { six: { prefixRanges: [{ address: '::', prefixLength: 0 }] }, port: { destinationPort: 80 } },
      null,
    ],
    [
      'the exact server name',
      { wild: { serverNames: ['*.a.example'] }, exact: { serverNames: ['x', 'www.a.example'] }, all: {} },
      'exact',
    ],
    [
      'the longest wildcard',
      { wide: { serverNames: ['*.example'] }, near: { serverNames: ['*.a.example'] }, all: {} },
      'near',
    ],
    ['no wildcard for the bare name', { wild: { serverNames: ['*.www.a.example'] }, all: {} }, 'all'],
    ['TLS', { plain: { transportProtocol: 'raw_buffer' }, tls: { transportProtocol: 'tls' } }, 'tls'],
    [
      'the protocol that the caller wants most',
      { one: { applicationProtocols: ['http/1.1'] }, two: { applicationProtocols: ['h2'] } },
      'two',
    ],
    ['nobody where a protocol is asked for that is not offered', { h3: { applicationProtocols: ['h3'] } }, null],
    [
      'nobody when the chain of the port asks for another name: there is no way back',
      { all: {}, port: { destinationPort: 443, serverNames: ['other'] } },
      null,
    ],
    [
      'by address before server name',
      {
        name: { serverNames: ['www.a.example'] },
        address: { prefixRanges: [{ address: '10.0.0.0', prefixLength: 8 }] },
      },
      'address',
    ],
  ])('takes %s', (_, matches, expected) => {
    expect(choose(matches)).toBe(expected);
  });

  it('falls back on the default chain', () => {
    expect(choose({ port: { destinationPort: 80 } }, {}, 'default')).toBe('default');
    expect(choose({}, {}, 'default')).toBe('default');
  });

  it('finds an IPv6 prefix', () => {
    const net = { prefixRanges: [{ address: 'fd00::', prefixLength: 8 }] };
    expect(choose({ net }, { destination: { host: 'fd00::1', port: 1 } })).toBe('net');
    expect(choose({ net }, { destination: { host: 'fe80::1', port: 1 } })).toBeNull();
  });
});
