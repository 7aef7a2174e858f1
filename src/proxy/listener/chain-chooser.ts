// Chooses the filter chain that fits a connection most exactly.
import { BlockList, isIPv6 } from 'node:net';
import type { CidrRangeSpec, FilterChainMatchSpec } from '../../model/filter-chain-match-spec.ts';
import type { SocketAddressSpec } from '../../model/listener-spec.ts';
import type { Detected } from '../codec/detection/detect.ts';

/** What is known of a connection when its chain is chosen. */
export interface ConnectionFacts extends Detected {
  /** Where it was going; the listener's own address where it was not redirected. */
  readonly destination: SocketAddressSpec;
}

interface CompiledRange {
  readonly family: 'ipv4' | 'ipv6';
  readonly prefixLength: number;
  readonly addresses: BlockList;
}

interface Candidate<Chain> {
  readonly chain: Chain;
  readonly match: FilterChainMatchSpec;
  readonly ranges: readonly CompiledRange[] | null;
}

/** How exactly a candidate fits, the higher the better; 0 = it asks for nothing; less = it does not fit. */
type Rank = (candidate: Candidate<unknown>, facts: ConnectionFacts) => number;

const NO_FIT = -1;

/** In this order, each among those that the one before has left: Envoy's rule, which never goes back. */
const RANKS: readonly Rank[] = [
  ({ match }, { destination }) =>
    match.destinationPort === undefined ? 0 : match.destinationPort === destination.port ? 1 : NO_FIT,
  rankAddress,
  rankServerName,
  ({ match }, facts) =>
    match.transportProtocol === undefined ? 0 : match.transportProtocol === facts.transportProtocol ? 1 : NO_FIT,
  rankApplicationProtocol,
];

export class ChainChooser<Chain> {
  readonly #candidates: readonly Candidate<Chain>[];
  readonly #fallback: Chain | null;
  /** The one chain that takes everything, where that is all there is. */
  readonly #only: Chain | null;

  /** `fallback` takes what no other takes. */
  constructor(chains: readonly (readonly [FilterChainMatchSpec, Chain])[], fallback: Chain | null) {
    this.#candidates = chains.map(([match, chain]) => ({
      chain,
      match,
      ranges: match.prefixRanges?.map(compileRange) ?? null,
    }));
    this.#fallback = fallback;
    const [first] = this.#candidates;
    const plain = first !== undefined && this.#candidates.length === 1 && Object.keys(first.match).length === 0;
    this.#only = plain ? first.chain : null;
  }

  /** `null` = nobody takes it. */
  choose(facts: ConnectionFacts): Chain | null {
    if (this.#only !== null) return this.#only;
    let left = this.#candidates;
    for (const rank of RANKS) left = best(left, rank, facts);
    return left[0]?.chain ?? this.#fallback;
  }
}

function best<Chain>(
  candidates: readonly Candidate<Chain>[],
  rank: Rank,
  facts: ConnectionFacts,
): readonly Candidate<Chain>[] {
  let highest = 0;
  let left: Candidate<Chain>[] = [];
  for (const candidate of candidates) {
    const value = rank(candidate, facts);
    if (value > highest || (value === highest && left.length === 0)) {
      highest = value;
      left = [candidate];
    } else if (value === highest) left.push(candidate);
  }
  return left;
}

/** The longest prefix; one of length 0 is still more than none. */
function rankAddress({ ranges }: Candidate<unknown>, { destination }: ConnectionFacts): number {
  if (ranges === null) return 0;
  const ownFamily = familyOf(destination.host);
  let longest = NO_FIT;
  for (const { family, prefixLength, addresses } of ranges) {
    // A BlockList takes IPv4 addresses for IPv6 ones of ::ffff:0:0/96.
    if (family === ownFamily && addresses.check(destination.host, family))
      longest = Math.max(longest, prefixLength + 1);
  }
  return longest;
}

/** The exact name before the longest `*.` that it is below of. */
function rankServerName({ match }: Candidate<unknown>, { serverName }: ConnectionFacts): number {
  if (match.serverNames === undefined) return 0;
  let longest = NO_FIT;
  for (const name of match.serverNames) {
    if (name === serverName) return Number.POSITIVE_INFINITY;
    const suffix = name.slice(1);
    if (name.startsWith('*.') && serverName.length > suffix.length && serverName.endsWith(suffix))
      longest = Math.max(longest, suffix.length);
  }
  return longest;
}

/** What the caller wants most. */
function rankApplicationProtocol({ match }: Candidate<unknown>, facts: ConnectionFacts): number {
  if (match.applicationProtocols === undefined) return 0;
  const offered = facts.applicationProtocols;
  for (const [index, protocol] of offered.entries()) {
    if (match.applicationProtocols.includes(protocol)) return offered.length - index;
  }
  return NO_FIT;
}

function compileRange({ address, prefixLength }: CidrRangeSpec): CompiledRange {
  const addresses = new BlockList();
  const family = familyOf(address);
  addresses.addSubnet(address, prefixLength, family);
  return { family, prefixLength, addresses };
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIPv6(address) ? 'ipv6' : 'ipv4';
}
