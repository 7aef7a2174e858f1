// The mistakes that people make in a bootstrap file: each is told once, on the line to mend, with what to do.
import { readFileSync } from 'node:fs';
import { renderIssue } from '../../../../src/base/result.ts';
import { readBootstrap } from '../../../../src/xds/bootstrap/read-bootstrap.ts';

const FILE = readFileSync(new URL('../../../fixtures/bootstrap/three-backends.yaml', import.meta.url), 'utf8');
const MANAGER = 'static_resources.listeners[0].filter_chains[0].filters[0].typed_config';
const ADDRESS = 'address: { socket_address: { address: 127.0.0.1, port_value: 9000 } }';

/** The file with the first `from` in place of `to`. */
function changed(from: string, to: string): string {
  if (!FILE.includes(from)) throw new Error(`the file has no ${from}`);
  return FILE.replace(from, () => to);
}

function linesOf(text: string): string[] {
  const result = readBootstrap(text, 'b.yaml');
  return result.ok ? [] : result.issues.map(renderIssue);
}

const BELONGS_TO_NOTHING =
  'is indented so that it belongs to nothing; line it up with the keys that it belongs to, by spaces';
const SWALLOWS = 'has a value, and the next line is indented as if it belonged to it; line the two up, by spaces';

describe('a bootstrap file', () => {
  it.each([
    [
      'a key that is indented less',
      '      connect_timeout:',
      '    connect_timeout:',
      `38: connect_timeout: ${BELONGS_TO_NOTHING}`,
    ],
    ['a key that is indented more', '      connect_timeout:', '        connect_timeout:', `37: type: ${SWALLOWS}`],
    ['a tab', '      connect_timeout:', '\tconnect_timeout:', '38: connect_timeout: is indented by a tab; use spaces'],
    [
      'a key twice',
      '      type: STATIC\n',
      '      type: STATIC\n      type: EDS\n',
      '38: type: stands twice in one mapping; keep one of the two',
    ],
    ['an open brace', ADDRESS, ADDRESS.slice(0, -1), '6: address: a { is not closed; add the }'],
    ['an open bracket', "domains: ['*']", "domains: ['*'", '18: domains: a [ is not closed; add the ]'],
    ['an open quotation mark', 'prefix: /', 'prefix: "/', '20: match: a " is not closed; add the "'],
    [
      'an alias of nothing',
      'type: STATIC',
      'type: *kind',
      '37: *kind names no anchor that stands before it; mend that',
    ],
    [
      'a key without its colon',
      'type: STATIC',
      'type STATIC',
      '37: is no key with a value; write key: value, with a space after the colon',
    ],
    [
      'a key without its space',
      'type: STATIC',
      'type:STATIC',
      '37: type: is no key with a value; write key: value, with a space after the colon',
    ],
    [
      'a colon in a value',
      'name: backends',
      'name: back: ends',
      '36: name: has a colon inside its value; put the value in quotation marks, or on lines of its own',
    ],
    [
      'a cluster by a near name',
      'cluster: backends\n',
      'cluster: backend\n',
      `22: ${MANAGER}.route_config.virtual_hosts[0].routes[0].route.cluster: "backend" is no cluster of this file; did you mean backends?`,
    ],
    [
      'a share for a cluster that is not there',
      'cluster: backends\n',
      'weighted_clusters: { clusters: [{ name: backends, weight: 1 }, { name: canary, weight: 1 }] }\n',
      `22: ${MANAGER}.route_config.virtual_hosts[0].routes[0].route.weighted_clusters.clusters[1].name: "canary" is no cluster of this file; add it to static_resources.clusters`,
    ],
    [
      'a key one level up',
      '  clusters:\n',
      'clusters:\n',
      '35: clusters: is no field of envoy.config.bootstrap.v3.Bootstrap; indent it more: it is a field of static_resources',
    ],
    [
      'a key one level down',
      '                  name: all\n',
      '                  stat_prefix: downstream\n',
      `15: ${MANAGER}.route_config.stat_prefix: is no field of envoy.config.route.v3.RouteConfiguration; indent it less: it is a field of envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager`,
    ],
    [
      'a misspelt type',
      'http.router.v3.Router',
      'http.router.v3.Ruoter',
      `34: ${MANAGER}.http_filters[0].typed_config.@type: envoy.extensions.filters.http.router.v3.Ruoter is not known; did you mean envoy.extensions.filters.http.router.v3.Router?`,
    ],
    [
      'a type of an older version',
      'http_connection_manager.v3.',
      'http_connection_manager.v2.',
      `11: ${MANAGER}.@type: envoy.extensions.filters.network.http_connection_manager.v2.HttpConnectionManager is not known; did you mean envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager?`,
    ],
    [
      'a name in place of an address',
      'port_value: 9000 } } }\n              - ',
      'port_value: http } } }\n              - ',
      '49: static_resources.clusters[0].load_assignment.endpoints[0].lb_endpoints[0].endpoint.address.socket_address.port_value: is "http"; give a port, from 0 to 65535',
    ],
    [
      'a name in a STATIC cluster',
      'endpoint: { address: { socket_address: { address: 127.0.0.1,',
      'endpoint: { address: { socket_address: { address: my-service,',
      '49: static_resources.clusters[0].load_assignment.endpoints[0].lb_endpoints[0].endpoint.address.socket_address.address: "my-service" is not an IP address; give an IPv4 or IPv6 literal, or make the cluster STRICT_DNS',
    ],
    [
      'a version before this API',
      'lb_policy: ROUND_ROBIN',
      'hosts: []',
      '39: static_resources.clusters[0].hosts: is no field of envoy.config.cluster.v3.Cluster; remove it; there are name, type, cluster_type, eds_cluster_config, connect_timeout, per_connection_buffer_limit_bytes, lb_policy, health_checks, circuit_breakers, http_protocol_options, http2_protocol_options, dns_refresh_rate …',
    ],
  ])('with %s says so once', (_, from, to, line) => {
    expect(linesOf(changed(from, to))).toContain(`b.yaml:${line}`);
  });

  it.each(['', '# nothing but this\n', '---\n', 'null\n'])('that holds nothing is empty: %j', (text) => {
    expect(linesOf(text)).toEqual(['b.yaml:1: is empty; give it static_resources']);
  });

  it('with broken syntax gets one line, as what follows is read wrongly', () => {
    expect(linesOf(changed('      connect_timeout:', '    connect_timeout:').replace("['*']", "['*'"))).toHaveLength(1);
  });

  it('with keys that stand twice gets a line for each', () => {
    expect(linesOf('admin: {}\nnode: {}\nadmin: {}\nnode: {}\n')).toEqual([
      'b.yaml:3: admin: stands twice in one mapping; keep one of the two',
      'b.yaml:4: node: stands twice in one mapping; keep one of the two',
    ]);
  });

  it('may not send traffic to the cluster of its control plane', () => {
    const ads = `dynamic_resources:
  ads_config: { api_type: GRPC, transport_api_version: V3, grpc_services: [{ envoy_grpc: { cluster_name: backends } }] }
node: { id: n }
`;
    expect(linesOf(FILE + ads)).toEqual([
      `b.yaml:22: ${MANAGER}.route_config.virtual_hosts[0].routes[0].route.cluster: "backends" is for the control plane alone; name another`,
    ]);
  });

  it('gets 200 lines at most, and is told how many problems are left', () => {
    const unknown = Array.from({ length: 300 }, (_, i) => `unknown_${i}: 1`).join('\n');
    expect(linesOf(`${unknown}\n`).slice(199)).toEqual([
      expect.stringMatching(/^b\.yaml:200: unknown_199: is no field/),
      'b.yaml: has 100 more problems; mend these first',
    ]);
    expect(linesOf('a: 1\n'.repeat(1_000))).toHaveLength(200);
  });

  it('that is nested too deeply to be read says so', () => {
    expect(linesOf('['.repeat(50_000))).toEqual(['b.yaml:1: is nested too deeply; make it flatter']);
  });

  it('in JSON that ends too early names the brace that is open', () => {
    expect(linesOf('{\n\t"node": {"id": "x"},\n\t"admin": {\n')).toEqual([
      'b.yaml:3: admin: a { is not closed; add the }',
    ]);
  });
});
