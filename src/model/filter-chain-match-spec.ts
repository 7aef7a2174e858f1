// Which connections a filter chain takes.

/**
 * All that is given must match. Of several chains the most exact is taken, by port, then address, server name, transport protocol and
 * application protocol; a chain that lost at one of them is not looked at again. Source: envoy.config.listener.v3.FilterChainMatch.
 */
export interface FilterChainMatchSpec {
  /** Where the connection was going: 1–65535. */
  readonly destinationPort?: number;
  /** At least one; the longest prefix wins. */
  readonly prefixRanges?: readonly CidrRangeSpec[];
  /** Of the TLS ClientHello, lower case: exact, or `*.example.com` for everything below that. At least one. */
  readonly serverNames?: readonly string[];
  readonly transportProtocol?: TransportProtocol;
  /** `h2c`, `http/1.1` or `http/1.0` found in the first bytes, or what a ClientHello offers (ALPN). At least one. */
  readonly applicationProtocols?: readonly string[];
}

/** `raw_buffer` is everything but TLS. */
export const TRANSPORT_PROTOCOLS = ['raw_buffer', 'tls'] as const;
export type TransportProtocol = (typeof TRANSPORT_PROTOCOLS)[number];

/** Source: envoy.config.core.v3.CidrRange. */
export interface CidrRangeSpec {
  /** IPv4 or IPv6 literal. */
  readonly address: string;
  /** 0–32 or 0–128. */
  readonly prefixLength: number;
}
