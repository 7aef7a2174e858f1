// What other control planes may send and a sidecar must not take: each refusal names the resource, the path, the value and the remedy.
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { type Any, AnySchema, anyPack } from '@bufbuild/protobuf/wkt';
import { renderIssue } from '../../../../src/base/result.ts';
import {
  Cluster_DiscoveryType,
  type Cluster_DnsLookupFamily,
  ClusterSchema,
} from '../../../../src/xds/gen/envoy/config/cluster/v3/cluster_pb.ts';
import { HealthStatus } from '../../../../src/xds/gen/envoy/config/core/v3/health_check_pb.ts';
import { ClusterLoadAssignmentSchema } from '../../../../src/xds/gen/envoy/config/endpoint/v3/endpoint_pb.ts';
import { ListenerSchema } from '../../../../src/xds/gen/envoy/config/listener/v3/listener_pb.ts';
import { OnDemandSchema } from '../../../../src/xds/gen/envoy/extensions/filters/http/on_demand/v3/on_demand_pb.ts';
import { RouterSchema } from '../../../../src/xds/gen/envoy/extensions/filters/http/router/v3/router_pb.ts';
import { HttpConnectionManagerSchema } from '../../../../src/xds/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.ts';
import { HttpProtocolOptionsSchema } from '../../../../src/xds/gen/envoy/extensions/upstreams/http/v3/http_protocol_options_pb.ts';
import { ServiceNameSchema } from '../../../../src/xds/gen/switchboard/discovery/v1/service_name_pb.ts';
import { CLUSTER_TYPE } from '../../../../src/xds/resources/cluster.ts';
import { MAX_NOTES } from '../../../../src/xds/resources/decode-context.ts';
import { ENDPOINT_TYPE } from '../../../../src/xds/resources/endpoint.ts';
import { LISTENER_TYPE } from '../../../../src/xds/resources/listener.ts';
import type { DecodedResource } from '../../../../src/xds/resources/resource-type.ts';
import { SERVICE_NAME_TYPE } from '../../../../src/xds/resources/service-name.ts';

type ClusterInit = MessageInitShape<typeof ClusterSchema>;
type AssignmentInit = MessageInitShape<typeof ClusterLoadAssignmentSchema>;
type ListenerInit = MessageInitShape<typeof ListenerSchema>;
type ManagerInit = MessageInitShape<typeof HttpConnectionManagerSchema>;

function lines(decoded: DecodedResource<unknown>): string[] {
  return decoded.result.ok ? [] : decoded.result.issues.map(renderIssue);
}

function cluster(init: ClusterInit): DecodedResource<unknown> {
  return CLUSTER_TYPE.decode(toBinary(ClusterSchema, create(ClusterSchema, init)));
}

function assignment(init: AssignmentInit): DecodedResource<unknown> {
  return ENDPOINT_TYPE.decode(toBinary(ClusterLoadAssignmentSchema, create(ClusterLoadAssignmentSchema, init)));
}

function listener(init: ListenerInit): DecodedResource<unknown> {
  return LISTENER_TYPE.decode(toBinary(ListenerSchema, create(ListenerSchema, init)));
}

const ADDRESS = { address: { case: 'socketAddress', value: socket('127.0.0.1', 15_001) } } as const;

function socket(address: string, port: number) {
  return { address, portSpecifier: { case: 'portValue', value: port } } as const;
}

const ON_DEMAND = anyPack(OnDemandSchema, create(OnDemandSchema));
const ROUTER = filter('router', anyPack(RouterSchema, create(RouterSchema)));

function filter(name: string, value: Any) {
  return { name, configType: { case: 'typedConfig', value } } as const;
}

function unknownAny(typeName: string): Any {
  return create(AnySchema, { typeUrl: `type.googleapis.com/${typeName}`, value: new Uint8Array() });
}

const RDS = { case: 'rds', value: { configSource: ads(), routeConfigName: 'r' } } as const;

function ads() {
  return { configSourceSpecifier: { case: 'ads', value: {} } } as const;
}

/** A listener that is good but for what `init` says of its connection manager. */
function managed(init: ManagerInit): DecodedResource<unknown> {
  const base = { statPrefix: 's', routeSpecifier: RDS, httpFilters: [ROUTER] };
  const message = create(HttpConnectionManagerSchema, { ...base, ...init } as ManagerInit);
  const any = anyPack(HttpConnectionManagerSchema, message);
  return listener({ name: 'l', address: ADDRESS, filterChains: [{ filters: [filter('hcm', any)] }] });
}

const HCM = 'filter_chains[0].filters[0].typed_config';

function dns(type: Cluster_DiscoveryType, hosts: readonly string[]) {
  const lbEndpoints = hosts.map((address) => {
    const value = { address, portSpecifier: { case: 'portValue' as const, value: 80 } };
    const endpoint = { address: { address: { case: 'socketAddress' as const, value } } };
    return { hostIdentifier: { case: 'endpoint' as const, value: endpoint } };
  });
  return {
    name: 'c',
    clusterDiscoveryType: { case: 'type' as const, value: type },
    loadAssignment: { endpoints: [{ lbEndpoints }] },
  };
}

describe('a cluster', () => {
  it('is taken with endpoints from ADS under its own name, and the default connect timeout of 5 s', () => {
    const type = { case: 'type', value: Cluster_DiscoveryType.EDS } as const;
    const decoded = cluster({ name: 'c', clusterDiscoveryType: type, edsClusterConfig: { edsConfig: ads() } });
    expect(decoded.result).toEqual({
      ok: true,
      value: {
        name: 'c',
        discovery: { kind: 'eds', serviceName: 'c' },
        connectTimeoutMs: 5_000,
        loadBalancer: 'round-robin',
      },
    });
  });

  it.each<[string, ClusterInit, string]>([
    ['no name', {}, 'cluster "": has no name; give it one'],
    [
      'a balancer over the addresses that callers dial',
      { name: 'c', clusterDiscoveryType: { case: 'type', value: Cluster_DiscoveryType.ORIGINAL_DST } },
      'cluster "c": lb_policy: is not CLUSTER_PROVIDED; an ORIGINAL_DST cluster takes nothing else',
    ],
    [
      'no name to look up',
      { name: 'c', clusterDiscoveryType: { case: 'type', value: Cluster_DiscoveryType.STRICT_DNS } },
      'cluster "c": load_assignment: names no endpoint to look up; give it one',
    ],
    [
      'two endpoints of a logical name',
      dns(Cluster_DiscoveryType.LOGICAL_DNS, ['a.example', 'b.example']),
      'cluster "c": load_assignment: has 2 endpoints; LOGICAL_DNS takes exactly one; use STRICT_DNS',
    ],
    [
      'what is no name',
      dns(Cluster_DiscoveryType.STRICT_DNS, ['http://a.example/']),
      'lb_endpoints[0].endpoint.address.socket_address.address: "http://a.example/" is no host name; give a DNS name or an IP literal',
    ],
    [
      'a look-up without a pause',
      { ...dns(Cluster_DiscoveryType.STRICT_DNS, ['a.example']), dnsRefreshRate: {} },
      'cluster "c": dns_refresh_rate: is 0 ms; give at least 1 ms',
    ],
    [
      'a jitter before the beginning of time',
      { ...dns(Cluster_DiscoveryType.STRICT_DNS, ['a.example']), dnsJitter: { nanos: -1 } },
      'cluster "c": dns_jitter: is -0.000001 ms; use a duration from 0 to 10 years',
    ],
    [
      'a failure back-off without its base',
      { ...dns(Cluster_DiscoveryType.STRICT_DNS, ['a.example']), dnsFailureRefreshRate: {} },
      'cluster "c": dns_failure_refresh_rate.base_interval: is absent; give at least 1 ms',
    ],
    [
      'a failure back-off whose bound is below its base',
      {
        ...dns(Cluster_DiscoveryType.STRICT_DNS, ['a.example']),
        dnsFailureRefreshRate: { baseInterval: { seconds: 2n }, maxInterval: { seconds: 1n } },
      },
      'cluster "c": dns_failure_refresh_rate.max_interval: is less than base_interval; give at least that',
    ],
    [
      'a family that is not known',
      { ...dns(Cluster_DiscoveryType.STRICT_DNS, ['a.example']), dnsLookupFamily: 77 as Cluster_DnsLookupFamily },
      'cluster "c": dns_lookup_family: 77 is not known; use AUTO',
    ],
    [
      'endpoints from a file',
      {
        name: 'c',
        clusterDiscoveryType: { case: 'type', value: Cluster_DiscoveryType.EDS },
        edsClusterConfig: { edsConfig: { configSourceSpecifier: { case: 'path', value: '/x' } } },
      },
      'cluster "c": eds_cluster_config.eds_config: is path; use ads or self',
    ],
    ['no time to connect', { name: 'c', connectTimeout: {} }, 'cluster "c": connect_timeout: is 0; give more than 0 s'],
    [
      'a negative time',
      { name: 'c', connectTimeout: { seconds: -1n } },
      'cluster "c": connect_timeout: is -1000 ms; use a duration from 0 to 10 years',
    ],
    [
      'a transport that is not known',
      {
        name: 'c',
        transportSocket: {
          name: 'quic',
          configType: {
            case: 'typedConfig',
            value: unknownAny('envoy.extensions.transport_sockets.quic.v3.QuicUpstreamTransport'),
          },
        },
      },
      'cluster "c": transport_socket: "quic" (envoy.extensions.transport_sockets.quic.v3.QuicUpstreamTransport) is not supported',
    ],
    [
      'a protocol without a name',
      {
        name: 'c',
        typedExtensionProtocolOptions: {
          http: anyPack(
            HttpProtocolOptionsSchema,
            create(HttpProtocolOptionsSchema, {
              upstreamProtocolOptions: {
                case: 'explicitHttpConfig',
                value: {},
              },
            }),
          ),
        },
      },
      'cluster "c": typed_extension_protocol_options["http"].explicit_http_config: names no protocol',
    ],
    [
      'a protocol that ALPN shall choose, without TLS',
      {
        name: 'c',
        typedExtensionProtocolOptions: {
          http: anyPack(
            HttpProtocolOptionsSchema,
            create(HttpProtocolOptionsSchema, { upstreamProtocolOptions: { case: 'autoConfig', value: {} } }),
          ),
        },
      },
      'auto_config chooses by ALPN, and there is no TLS',
    ],
  ])('is refused with %s', (_, init, line) => {
    expect(lines(cluster(init))).toEqual([expect.stringContaining(line)]);
  });

  it('is refused with every reason at once', () => {
    const type = { case: 'type', value: Cluster_DiscoveryType.LOGICAL_DNS } as const;
    const decoded = cluster({
      name: 'c',
      clusterDiscoveryType: type,
      connectTimeout: {},
      transportSocketMatches: [{ name: 'm' }],
    });
    expect(lines(decoded)).toHaveLength(3);
  });
});

describe('a load assignment', () => {
  const one = (init: NonNullable<AssignmentInit['endpoints']>[number]): DecodedResource<unknown> =>
    assignment({ clusterName: 'c', endpoints: [init] });
  const host = (address: string, port: number) =>
    ({
      hostIdentifier: {
        case: 'endpoint',
        value: { address: { address: { case: 'socketAddress', value: socket(address, port) } } },
      },
    }) as const;

  it.each([
    [HealthStatus.UNKNOWN, 'healthy'],
    [HealthStatus.HEALTHY, 'healthy'],
    [HealthStatus.DRAINING, 'draining'],
    [HealthStatus.DEGRADED, 'degraded'],
    [HealthStatus.UNHEALTHY, 'unhealthy'],
    [HealthStatus.TIMEOUT, 'unhealthy'],
    [77, 'unhealthy'],
  ])('reads health status %i as %s', (healthStatus, health) => {
    const decoded = one({ lbEndpoints: [{ ...host('127.0.0.1', 1), healthStatus: healthStatus as HealthStatus }] });
    expect(decoded.result).toMatchObject({ ok: true, value: { localities: [{ endpoints: [{ health, weight: 1 }] }] } });
  });

  it.each<[string, DecodedResource<unknown>, string]>([
    [
      'an endpoint without address',
      one({ lbEndpoints: [{}] }),
      'endpoints[0].lb_endpoints[0].endpoint.address: has no address',
    ],
    [
      'a host name',
      one({ lbEndpoints: [host('a.example', 80)] }),
      'lb_endpoints[0].endpoint.address.socket_address.address: "a.example" is not an IP address; give an IPv4 or IPv6 literal',
    ],
    ['port 0', one({ lbEndpoints: [host('127.0.0.1', 0)] }), 'port_value: is "0"; give a number from 1 to 65535'],
    ['port 65536', one({ lbEndpoints: [host('127.0.0.1', 65_536)] }), 'port_value: is "65536"'],
    [
      'weight 0',
      one({ lbEndpoints: [{ ...host('127.0.0.1', 1), loadBalancingWeight: 0 }] }),
      'load_balancing_weight: is 0',
    ],
    [
      'a priority gap',
      one({ priority: 1 }),
      'endpoints: has priority 1 but none of 0; number priorities from 0 without gaps',
    ],
  ])('is refused with %s', (_, decoded, line) => {
    expect(lines(decoded)).toEqual([expect.stringContaining(line)]);
  });

  it(`lists ${MAX_NOTES} problems and counts the others`, () => {
    const decoded = one({ lbEndpoints: new Array(1_000).fill({}) });
    expect(lines(decoded)).toHaveLength(MAX_NOTES + 1);
    expect(lines(decoded).at(-1)).toBe(`load assignment "c": has ${1_000 - MAX_NOTES} more problems`);
  });
});

describe('a listener', () => {
  it('is taken with unknown HTTP filters that say that they are optional, which are recorded', () => {
    const optional = { ...filter('istio.stats', unknownAny('x.Stats')), isOptional: true };
    const decoded = managed({ httpFilters: [optional, ROUTER] });
    expect([lines(decoded), decoded.ignored]).toEqual([[], [`${HCM}.http_filters[0]`]]);
  });

  it.each<[string, DecodedResource<unknown>, string]>([
    [
      'no filter chain',
      listener({ name: 'l', address: ADDRESS }),
      'listener "l": filter_chains: there is none; add one',
    ],
    [
      'an unknown network filter',
      listener({ name: 'l', address: ADDRESS, filterChains: [{ filters: [filter('tcp', unknownAny('x.TcpProxy'))] }] }),
      `${HCM}: "tcp" (x.TcpProxy) is not supported`,
    ],
    [
      'an unknown HTTP filter',
      managed({ httpFilters: [filter('jwt', unknownAny('x.Jwt')), ROUTER] }),
      `${HCM}.http_filters[0]: HTTP filter "jwt" (x.Jwt) is not supported; remove it or set is_optional`,
    ],
    [
      'routes of its own that it shall find on demand',
      managed({ httpFilters: [filter('on-demand', ON_DEMAND), ROUTER] }),
      `${HCM}: has the filter envoy.extensions.filters.http.on_demand.v3.OnDemand over routes of its own; give it route_config without`,
    ],
    ['no router', managed({ httpFilters: [] }), `${HCM}.http_filters: does not end with the router`],
    [
      'no routes',
      managed({ routeSpecifier: { case: undefined } }),
      `${HCM}: has no routes; give it rds or route_config`,
    ],
    [
      'a path that it would have to change',
      managed({ normalizePath: true }),
      `${HCM}.normalize_path: is not supported`,
    ],
    [
      'filters of an upgrade that it does not know',
      managed({
        upgradeConfigs: [{ upgradeType: 'websocket', filters: [filter('jwt', unknownAny('x.Jwt')), ROUTER] }],
      }),
      `${HCM}.upgrade_configs[0].filters[0]: HTTP filter "jwt" (x.Jwt) is not supported`,
    ],
    ['HTTP/3 only', managed({ codecType: 3 }), `${HCM}.codec_type: is not AUTO, HTTP1 or HTTP2`],
  ])('is refused with %s', (_, decoded, line) => {
    expect(lines(decoded)).toEqual([expect.stringContaining(line)]);
  });

  it('is refused without an address, or with a Unix domain socket', () => {
    const pipe = { address: { case: 'pipe', value: { path: '/x' } } } as const;
    const found = [{ address: undefined }, { address: pipe }].map((init) => {
      const { address, ...rest } = init;
      return lines(listener({ name: 'l', ...rest, ...(address === undefined ? {} : { address }) }))[0];
    });
    expect(found).toEqual([
      'listener "l": address: has no address; give it a socket_address',
      'listener "l": address: is a Unix domain socket; give it a socket_address',
    ]);
  });

  it('is refused with a connection manager that is not readable', () => {
    const any = create(AnySchema, {
      typeUrl: `x/${HttpConnectionManagerSchema.typeName}`,
      value: new Uint8Array([0xff]),
    });
    const decoded = listener({ name: 'l', address: ADDRESS, filterChains: [{ filters: [filter('hcm', any)] }] });
    expect(lines(decoded)[0]).toContain(`${HCM}: cannot be read as ${HttpConnectionManagerSchema.typeName}`);
  });
});

describe('a name of the mesh', () => {
  type NameInit = MessageInitShape<typeof ServiceNameSchema>;
  const host = 'web.default.svc.cluster.local';
  const decode = (init: NameInit) =>
    lines(SERVICE_NAME_TYPE.decode(toBinary(ServiceNameSchema, create(ServiceNameSchema, init))));

  it.each<[string, NameInit, string]>([
    ['no host', {}, 'has no name; give it one'],
    ['capitals', { host: 'Web' }, 'host: has capitals; write it in lower case'],
    ['port 0', { host, ports: [{}] }, 'ports[0].number: is 0; give 1 to 65535'],
    [
      'a port that leads nowhere',
      { host, ports: [{ number: 1, servicePort: 70_000 }] },
      'ports[0].service_port: is 70000',
    ],
    ['an address that is a name', { host, addresses: ['web'] }, 'addresses[0]: "web" is no address; write 10.0.0.1'],
    ['an IPv6 address without brackets', { host, addresses: ['::1'] }, 'addresses[0]: "::1" is no address'],
    ['an IPv4 address in brackets', { host, addresses: ['[10.0.0.1]'] }, '"[10.0.0.1]" is no address'],
    [
      'a text as the address of a port',
      { host, ports: [{ number: 1, addresses: ['a b'] }] },
      'ports[0].addresses[0]: "a b"',
    ],
  ])('is refused with %s', (_, init, line) => {
    expect(decode(init)).toEqual([expect.stringContaining(line)]);
  });
});
