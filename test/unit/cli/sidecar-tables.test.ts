// What `switchboard clusters`, `routes` and `listeners` say of a sidecar's configuration, ours and Envoy's.
import { clusterRows } from '../../../src/cli/clusters.ts';
import { readListeners } from '../../../src/cli/listeners.ts';
import { readClusters } from '../../../src/cli/read-clusters.ts';
import { routeRows } from '../../../src/cli/routes.ts';

const SHOP = 'outbound|80|shop.default.svc.cluster.local';

function clustersOf(...clusters: readonly object[]): unknown {
  return {
    configs: [{ dynamic_active_clusters: clusters.map((cluster) => ({ cluster: { name: SHOP, ...cluster } })) }],
  };
}

function rowOf(cluster: object): ReturnType<typeof clusterRows>[number] | undefined {
  return clusterRows(clustersOf(cluster), [])[0];
}

function policies(name: string, config: object = {}): object {
  return { load_balancing_policy: { policies: [{ typed_extension_config: { name, typed_config: config } }] } };
}

describe('a row of clusters', () => {
  it.each([
    [{}, 'round-robin'],
    [{ lb_policy: 'LEAST_REQUEST' }, 'least-request'],
    [policies('envoy.extensions.load_balancing_policies.ring_hash.v3.RingHash'), 'ring-hash'],
    [policies('envoy.load_balancing_policies.maglev'), 'maglev'],
    [policies('switchboard.balancing.v1.PeakEwma'), 'peak-ewma'],
    [
      policies('envoy.load_balancing_policies.round_robin', { slow_start_config: { slow_start_window: '30s' } }),
      'round-robin, slow start 30s',
    ],
    [{ round_robin_lb_config: { slow_start_config: { slow_start_window: '5s' } } }, 'round-robin, slow start 5s'],
  ])('of %j says how pods are chosen: %s', (cluster, words) => {
    expect(rowOf(cluster)?.loadBalancer).toBe(words);
  });

  it('says whom it takes out, what it limits and how it asks', () => {
    expect(rowOf({})).toMatchObject({ ejection: 'off', limits: [], healthCheck: 'none' });
    const shadow = { filter_metadata: { 'switchboard.dev': { outlier_detection: { shadow: true } } } };
    const thresholds = [
      { priority: 'HIGH', max_requests: 1 },
      { max_connections: 4_294_967_295, max_pending_requests: 0, max_requests: 50 },
    ];
    expect(
      rowOf({
        outlier_detection: { max_ejection_percent: 34 },
        circuit_breakers: { thresholds, per_host_thresholds: [{ max_connections: 5 }] },
        health_checks: [{ http_health_check: { path: '/healthz' } }],
      }),
    ).toMatchObject({
      ejection: 'on, at most 34 %',
      limits: ['max_pending_requests 0', 'max_requests 50', 'max_connections 5 a pod'],
      healthCheck: 'http /healthz',
    });
    expect(rowOf({ outlier_detection: {} })?.ejection).toBe('on, at most 10 %');
    expect(rowOf({ outlier_detection: {}, metadata: shadow })?.ejection).toBe('shadow');
    expect(rowOf({ health_checks: [{ grpc_health_check: {} }] })?.healthCheck).toBe('grpc');
    expect(rowOf({ health_checks: [{ tcp_health_check: {} }] })?.healthCheck).toBe('tcp');
  });

  it('counts the pods that get requests, and stands where `endpoints` has it', () => {
    const page = clustersOf({ name: 'z' }, { name: 'a' }, { name: 'unborn' });
    const host = (health: object) => ({ health_status: health });
    const live = readClusters({
      cluster_statuses: [
        {
          name: 'z',
          host_statuses: [host({}), host({ failed_outlier_check: true }), host({ eds_health_status: 'DRAINING' })],
        },
        { name: 'a', host_statuses: [] },
      ],
    });
    const rows = clusterRows(page, live);
    expect(rows.map(({ service, healthy, endpoints }) => `${service} ${healthy}/${endpoints}`)).toEqual([
      'a 0/0',
      'z 1/3',
      'unborn 0/0',
    ]);
  });
});

function routesOf(routes: readonly object[], host: object = {}, config: object = {}): ReturnType<typeof routeRows> {
  const hosts = [{ name: 'shop.default.svc.cluster.local:80', routes, ...host }];
  return routeRows({
    configs: [{ dynamic_route_configs: [{ route_config: { name: 'r', virtual_hosts: hosts, ...config } }] }],
  });
}

describe('a row of routes', () => {
  it.each([
    [{ prefix: '/' }, '/*'],
    [{ path: '/a' }, '/a'],
    [{ path_separated_prefix: '/old' }, '/old and below'],
    [{ safe_regex: { regex: '/v[0-9]+' } }, '~ /v[0-9]+'],
    [{ connect_matcher: {} }, 'CONNECT'],
    [
      {
        prefix: '/',
        headers: [
          { name: 'x-canary', string_match: { exact: 'yes' } },
          { name: 'x-a', present_match: true, invert_match: true },
          { name: 'x-b', string_match: { prefix: 'b' } },
        ],
        query_parameters: [{ name: 'q', string_match: { exact: '1' } }],
      },
      '/* x-canary=yes !x-a x-b=… ?q=1',
    ],
    [{ prefix: '/', runtime_fraction: { default_value: { numerator: 5 } } }, '/* a share'],
  ])('of %j says what matches: %s', (match, words) => {
    expect(routesOf([{ match, route: { cluster: SHOP } }])[0]?.match).toBe(words);
  });

  it('says where requests go, how long they may take and what is tried again', () => {
    const shares = [
      { name: SHOP, weight: 90 },
      { name: 'other', weight: 10 },
    ];
    const retry = { retry_on: '5xx,reset', num_retries: 3 };
    const rows = routesOf([
      { match: {}, name: 'a', route: { cluster: SHOP, timeout: '0s' } },
      { match: {}, route: { weighted_clusters: { clusters: shares }, timeout: '2s', retry_policy: retry } },
      { match: {}, route: { cluster_header: 'x-to', retry_policy: { retry_on: '5xx', num_retries: 0 } } },
      { match: {}, redirect: { path_redirect: '/b' } },
      { match: {}, direct_response: { status: 503 } },
    ]);
    expect(rows.map(({ to, timeout, retries }) => [to, timeout, retries])).toEqual([
      ['shop.default:80', 'none', 'default'],
      ['shop.default:80 90, other 10', '2s', '3 on 5xx,reset'],
      ['the cluster that x-to names', '15s', 'none'],
      ['redirect', null, null],
      ['answer 503', null, null],
    ]);
    expect(rows[0]).toMatchObject({ host: 'shop.default:80', route: 'a', also: [] });
    // As a TrafficPolicy without any attempt is told.
    expect(routesOf([{ match: {}, route: { cluster: SHOP, retry_policy: {} } }])[0]?.retries).toBe('none');
    const ofHost = routesOf([{ match: {}, route: { cluster: SHOP } }], { retry_policy: { retry_on: '5xx' } });
    expect(ofHost[0]?.retries).toBe('1 on 5xx');
  });

  it('names what else happens on the way, once, wherever it is said', () => {
    const filters = (...names: readonly string[]) => ({
      typed_per_filter_config: Object.fromEntries(names.map((name) => [`envoy.filters.http.${name}`, {}])),
    });
    const action = { cluster: SHOP, request_mirror_policies: [{}], hash_policy: [{}] };
    const [row] = routesOf(
      [{ match: {}, route: action, ...filters('fault') }],
      filters('fault', 'cors'),
      filters('local_ratelimit'),
    );
    expect(row?.also).toEqual(['fault', 'cors', 'local_ratelimit', 'mirror', 'hash']);
  });

  it('is there once for what stands in a file, inside of a listener', () => {
    const config = {
      name: 'r',
      virtual_hosts: [{ name: 'v', routes: [{ match: { prefix: '/' }, route: { cluster: 'c' } }] }],
    };
    const filters = [{ typed_config: { route_config: config } }];
    const bootstrap = {
      static_resources: { listeners: [{ filter_chains: [{ filters }] }], clusters: [{ name: 'c' }] },
    };
    const file = { configs: [{ bootstrap }] };
    expect(routeRows(file)).toMatchObject([{ host: 'v', to: 'c' }]);
    expect(clusterRows(file, [])).toMatchObject([{ service: 'c', port: null }]);
    const envoy = {
      configs: [
        { bootstrap },
        { static_clusters: [{ cluster: { name: 'c' } }] },
        { static_route_configs: [{ route_config: config }] },
      ],
    };
    expect([routeRows(envoy), clusterRows(envoy, [])]).toMatchObject([[{ host: 'v' }], [{ service: 'c' }]]);
    expect([routeRows(envoy).length, clusterRows(envoy, []).length]).toEqual([1, 1]);
  });
});

describe('a row of listeners', () => {
  it('has every address, the main one first', () => {
    const socket = (address: string, port_value: number) => ({ socket_address: { address, port_value } });
    const status = {
      name: 'outbound',
      local_address: socket('10.0.0.1', 15001),
      additional_local_addresses: [socket('::1', 15001)],
    };
    expect(readListeners({ listener_statuses: [status] })).toEqual([
      { listener: 'outbound', addresses: ['10.0.0.1:15001', '[::1]:15001'] },
    ]);
    expect(readListeners({})).toEqual([]);
  });
});
