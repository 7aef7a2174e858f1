// Filter chains, listener filters and TCP proxies of other control planes: what a sidecar takes, and what it refuses with which words.
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { type Any, AnySchema } from '@bufbuild/protobuf/wkt';
import { renderIssue } from '../../../../src/base/result.ts';
import { ListenerSchema } from '../../../../src/xds/gen/envoy/config/listener/v3/listener_pb.ts';
import { HttpInspectorSchema } from '../../../../src/xds/gen/envoy/extensions/filters/listener/http_inspector/v3/http_inspector_pb.ts';
import { OriginalDstSchema } from '../../../../src/xds/gen/envoy/extensions/filters/listener/original_dst/v3/original_dst_pb.ts';
import { TlsInspectorSchema } from '../../../../src/xds/gen/envoy/extensions/filters/listener/tls_inspector/v3/tls_inspector_pb.ts';
import { TcpProxySchema } from '../../../../src/xds/gen/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy_pb.ts';
import { packExtension } from '../../../../src/xds/resources/extension.ts';
import { LISTENER_TYPE } from '../../../../src/xds/resources/listener.ts';

type ListenerInit = Exclude<MessageInitShape<typeof ListenerSchema>, { $typeName: string }>;
type TcpInit = MessageInitShape<typeof TcpProxySchema>;

const ADDRESS = {
  address: {
    case: 'socketAddress',
    value: { address: '127.0.0.1', portSpecifier: { case: 'portValue', value: 15_001 } },
  },
} as const;

function filter(value: Any) {
  return { name: 'f', configType: { case: 'typedConfig' as const, value } };
}

function tcpFilter(init: TcpInit = {}) {
  const base = { statPrefix: 's', clusterSpecifier: { case: 'cluster', value: 'c' } } as const;
  return filter(packExtension(TcpProxySchema, { ...base, ...init } as TcpInit));
}

const TLS = filter(packExtension(TlsInspectorSchema, {}));
const HTTP = filter(packExtension(HttpInspectorSchema, {}));
const ORIGINAL = filter(packExtension(OriginalDstSchema, {}));

function decode(init: ListenerInit) {
  const message = create(ListenerSchema, {
    name: 'l',
    address: ADDRESS,
    filterChains: [{ filters: [tcpFilter()] }],
    ...init,
  });
  const { result, ignored } = LISTENER_TYPE.decode(toBinary(ListenerSchema, message));
  return { lines: result.ok ? [] : result.issues.map(renderIssue), ignored, spec: result.ok ? result.value : null };
}

const chains = (...matches: readonly object[]) => ({
  filterChains: matches.map((filterChainMatch) => ({ filterChainMatch, filters: [tcpFilter()] })),
});

describe('a TCP proxy', () => {
  it('waits an hour without bytes and tries one endpoint, unless told otherwise', () => {
    const { spec } = decode({});
    expect(spec?.filterChains).toEqual([
      {
        name: '',
        match: {},
        filter: {
          kind: 'tcp',
          tcp: { statPrefix: 's', cluster: 'c', idleTimeoutMs: 3_600_000, maxConnectAttempts: 1 },
        },
      },
    ]);
  });

  it.each<[string, TcpInit, string]>([
    ['no statistics', { statPrefix: '' }, 'stat_prefix: is empty'],
    ['no cluster', { clusterSpecifier: { case: undefined } }, 'names no cluster; give it cluster or weighted_clusters'],
    ['no attempt', { maxConnectAttempts: 0 }, 'max_connect_attempts: is 0; give at least 1'],
    [
      'weights of nothing',
      { clusterSpecifier: { case: 'weightedClusters', value: { clusters: [{ name: 'a' }] } } },
      'weighted_clusters: has weights that add up to 0',
    ],
    ['a subset', { metadataMatch: { filterMetadata: { x: {} } } }, 'metadata_match: is not supported'],
  ])('is refused with %s', (_, init, line) => {
    const { lines } = decode({ filterChains: [{ filters: [tcpFilter(init)] }] });
    expect(lines).toEqual([expect.stringContaining(line)]);
  });
});

describe('filter chains', () => {
  it('are taken with what a sidecar tells connections apart by', () => {
    const match = {
      destinationPort: 443,
      prefixRanges: [{ addressPrefix: '10.0.0.0', prefixLen: 8 }],
      serverNames: ['A.Example', '*.b.example'],
      transportProtocol: 'tls',
      applicationProtocols: ['h2'],
    };
    const { spec, ignored } = decode({ ...chains(match), listenerFilters: [TLS] });
    expect(ignored).toEqual([]);
    expect(spec?.filterChains[0]?.match).toEqual({
      destinationPort: 443,
      prefixRanges: [{ address: '10.0.0.0', prefixLength: 8 }],
      serverNames: ['a.example', '*.b.example'],
      transportProtocol: 'tls',
      applicationProtocols: ['h2'],
    });
  });

  it.each<[string, ListenerInit, string]>([
    ['none', { filterChains: [] }, 'filter_chains: there is none; add one'],
    ['two that match alike', chains({}, {}), 'filter_chains[1].filter_chain_match: matches as filter_chains[0]'],
    [
      'two that share one server name',
      { ...chains({ serverNames: ['a', 'b'] }, { serverNames: ['b', 'c'] }), listenerFilters: [TLS] },
      'filter_chains[1].filter_chain_match: matches as filter_chains[0]',
    ],
    ['a source', chains({ sourcePorts: [1] }), 'source_ports: is not supported'],
    ['a port that is none', chains({ destinationPort: 65_536 }), 'destination_port: is 65536'],
    ['a range of names', chains({ prefixRanges: [{ addressPrefix: 'a' }] }), 'address_prefix: "a" is no IP address'],
    [
      'a range that is too narrow',
      chains({ prefixRanges: [{ addressPrefix: '10.0.0.0', prefixLen: 33 }] }),
      'prefix_len: is 33',
    ],
    ['a part of a label', { ...chains({ serverNames: ['*a'] }), listenerFilters: [TLS] }, '"*a" is no server name'],
    ['another transport', chains({ transportProtocol: 'quic' }), '"quic" is not known; use raw_buffer or tls'],
    ['TLS that nobody looks for', chains({ transportProtocol: 'tls' }), 'asks for TLS, and nothing looks for it'],
    ['a protocol that nobody looks for', chains({ applicationProtocols: ['h2c'] }), 'asks for a protocol'],
    [
      'two filters',
      { filterChains: [{ filters: [tcpFilter(), tcpFilter()] }] },
      'filter_chains[0].filters: has more than one filter; keep one',
    ],
  ])('are refused with %s', (_, init, line) => {
    expect(decode(init).lines).toEqual([expect.stringContaining(line)]);
  });
});

describe('listener filters', () => {
  it('say what is looked at before a chain is chosen, for 15 s unless told otherwise', () => {
    const { spec } = decode({ listenerFilters: [ORIGINAL, TLS, HTTP] });
    expect({ inspection: spec?.inspection, original: spec?.originalDestination }).toEqual({
      inspection: { tls: true, http: true, timeoutMs: 15_000, continueOnTimeout: false },
      original: 'match',
    });
    expect(decode({}).spec).not.toHaveProperty('inspection');
  });

  it('are refused when they are not known: without them the bytes would mean something else', () => {
    const proxy = filter(
      create(AnySchema, { typeUrl: 'x/envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol' }),
    );
    expect(decode({ listenerFilters: [proxy] }).lines).toEqual([
      expect.stringContaining(
        'listener_filters[0]: listener filter "f" (envoy.extensions.filters.listener.proxy_protocol',
      ),
    ]);
  });
});
