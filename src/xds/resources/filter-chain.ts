// FilterChainSpec ↔ envoy.config.listener.v3.FilterChain: which connections, and the one network filter that takes them.
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { FilterChainSpec, ListenerSpec, NetworkFilterSpec } from '../../model/listener-spec.ts';
import type { Filter, FilterChain, FilterChainSchema } from '../gen/envoy/config/listener/v3/listener_components_pb.ts';
import type { Listener } from '../gen/envoy/config/listener/v3/listener_pb.ts';
import { HttpConnectionManagerSchema } from '../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.ts';
import { TcpProxySchema } from '../gen/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy_pb.ts';
import { DownstreamTlsContextSchema } from '../gen/envoy/extensions/transport_sockets/tls/v3/tls_pb.ts';
import type { DecodeContext } from './decode-context.ts';
import { extensionType } from './extension.ts';
import { decodeFilterChainMatch, encodeFilterChainMatch } from './filter-chain-match.ts';
import { decodeHttpConnectionManager, encodeHttpConnectionManager } from './http-connection-manager.ts';
import { decodeTcpProxy, encodeTcpProxy } from './tcp-proxy.ts';
import { decodeDownstreamTls, encodeDownstreamTls } from './tls-context.ts';
import { decodeTlsSocket, encodeTlsSocket } from './transport-socket.ts';

export function encodeFilterChain(spec: FilterChainSpec): MessageInitShape<typeof FilterChainSchema> {
  const { name, match, filter, tls } = spec;
  return {
    name,
    filters: [encodeFilter(filter)],
    ...(Object.keys(match).length === 0 ? {} : { filterChainMatch: encodeFilterChainMatch(match) }),
    ...(tls === undefined ? {} : { transportSocket: encodeTlsSocket(encodeDownstreamTls(tls)) }),
  };
}

function encodeFilter(filter: NetworkFilterSpec) {
  const kind = filter.kind === 'http' ? 'http_connection_manager' : 'tcp_proxy';
  const value = filter.kind === 'http' ? encodeHttpConnectionManager(filter.http) : encodeTcpProxy(filter.tcp);
  return { name: `envoy.filters.network.${kind}`, configType: { case: 'typedConfig' as const, value } };
}

type Chains = Pick<ListenerSpec, 'filterChains' | 'defaultFilterChain'>;

export function decodeFilterChains(message: Listener, context: DecodeContext): Chains {
  const filterChains = message.filterChains.map((chain, i) => decodeChain(chain, context, `filter_chains[${i}]`));
  const fallback = message.defaultFilterChain;
  if (filterChains.length === 0 && fallback === undefined) {
    context.refuse('filter_chains', 'there is none', 'add one');
  }
  checkMatches(filterChains, context);
  if (fallback === undefined) return { filterChains };
  return { filterChains, defaultFilterChain: decodeChain(fallback, context, 'default_filter_chain') };
}

function decodeChain(chain: FilterChain, context: DecodeContext, path: string): FilterChainSpec {
  const at = `${path}.transport_socket`;
  const tls = decodeTlsSocket(DownstreamTlsContextSchema, chain.transportSocket, context, at);
  return {
    ...(tls === null ? {} : { tls: decodeDownstreamTls(tls, context, `${at}.typed_config`) }),
    name: chain.name,
    match: decodeFilterChainMatch(chain.filterChainMatch, context, `${path}.filter_chain_match`),
    filter: decodeFilters(chain.filters, context, `${path}.filters`),
  };
}

/** One network filter, which ends its chain: a connection manager or a TCP proxy. */
function decodeFilters(filters: readonly Filter[], context: DecodeContext, path: string): NetworkFilterSpec {
  const [filter, ...others] = filters;
  if (others.length > 0) context.refuse(path, 'has more than one filter', 'keep one');
  const any = filter?.configType.value;
  const at = `${path}[0].typed_config`;
  const type = extensionType(any);
  if (any !== undefined && type === HttpConnectionManagerSchema.typeName) {
    return { kind: 'http', http: decodeHttpConnectionManager(any, context, at) };
  }
  if (any !== undefined && type === TcpProxySchema.typeName) {
    return { kind: 'tcp', tcp: decodeTcpProxy(any, context, at) };
  }
  const what = filter === undefined ? 'there is none' : `"${filter.name}" (${type || 'no type'}) is not supported`;
  context.refuse(at, what, 'use the HttpConnectionManager or the TcpProxy');
  return { kind: 'tcp', tcp: { statPrefix: '', cluster: '', idleTimeoutMs: 0, maxConnectAttempts: 1 } };
}

/** Of two chains that match alike nobody could say which one is meant. */
function checkMatches(chains: readonly FilterChainSpec[], context: DecodeContext): void {
  const seen = new Map<string, number>();
  for (const [i, { match }] of chains.entries()) {
    for (const key of matchKeys(match)) {
      const first = seen.get(key);
      if (first === undefined) seen.set(key, i);
      else if (first !== i) {
        context.refuse(`filter_chains[${i}].filter_chain_match`, `matches as filter_chains[${first}]`, 'change one');
        break;
      }
    }
  }
}

/** One for each combination of what the lists offer: two chains may not share any. */
function matchKeys(match: FilterChainSpec['match']): string[] {
  const ranges = match.prefixRanges?.map(({ address, prefixLength }) => `${address}/${prefixLength}`) ?? [''];
  const keys: string[] = [];
  for (const range of ranges) {
    for (const name of match.serverNames ?? ['']) {
      for (const protocol of match.applicationProtocols ?? ['']) {
        keys.push(JSON.stringify([match.destinationPort, range, name, match.transportProtocol, protocol]));
      }
    }
  }
  return keys;
}
