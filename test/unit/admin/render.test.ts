// Promises of the admin pages' text and JSON forms.
import { type ClustersJson, renderClustersJson, renderClustersText } from '../../../src/admin/render-clusters.ts';
import { renderListenersJson, renderListenersText } from '../../../src/admin/render-listeners.ts';
import { renderStatsJson, renderStatsText, selectStats } from '../../../src/admin/render-stats.ts';
import type { ClusterStatus, EndpointStatus } from '../../../src/admin/sidecar-status.ts';

const ENDPOINT: EndpointStatus = {
  host: '10.0.0.5',
  port: 8080,
  pod: { namespace: 'default', name: 'my-api-x7f2k', uid: 'u-1' },
  health: 'healthy',
  ejected: null,
  wouldBeEjected: null,
  weight: 1,
  priority: 0,
  locality: { region: '', zone: 'zone-a', subZone: '' },
  cxActive: 2,
  cxTotal: 9,
  cxConnectFail: 1,
  rqActive: 3,
  rqTotal: 100,
  rqSuccess: 95,
  rqError: 2,
  rqTimeout: 0,
  lastError: null,
};
const NAME = 'outbound|80|my-api-service.default.svc.cluster.local';

function cluster(...endpoints: readonly EndpointStatus[]): ClusterStatus {
  return { name: NAME, addedViaApi: true, endpoints };
}

function text(...endpoints: readonly EndpointStatus[]): string {
  return [...renderClustersText([cluster(...endpoints)])].join('');
}

function json(...clusters: readonly ClusterStatus[]): ClustersJson {
  return JSON.parse([...renderClustersJson(clusters)].join('')) as ClustersJson;
}

describe('GET /clusters as text', () => {
  it("has a line cluster::address::name::value for each figure, as Envoy's", () => {
    const lines = text(ENDPOINT).split('\n');
    expect(lines).toContain(`${NAME}::added_via_api::true`);
    expect(lines).toContain(`${NAME}::10.0.0.5:8080::rq_active::3`);
    expect(lines).toContain(`${NAME}::10.0.0.5:8080::cx_total::9`);
    expect(lines).toContain(`${NAME}::10.0.0.5:8080::health_flags::healthy`);
    expect(lines).toContain(`${NAME}::10.0.0.5:8080::zone::zone-a`);
    expect(lines).toContain(`${NAME}::10.0.0.5:8080::pod::default/my-api-x7f2k`);
  });

  it('raises every health flag that holds, and writes IPv6 in brackets', () => {
    const out = text({
      ...ENDPOINT,
      host: 'fd00::5',
      health: 'draining',
      ejected: 'consecutive-5xx: 5 answers of 5xx in a row',
    });
    expect(out).toContain('::[fd00::5]:8080::health_flags::/failed_outlier_check/eds_status_draining\n');
  });

  it('says why a health check fails, and who is degraded by its own word', () => {
    const failing = text({ ...ENDPOINT, failedCheck: 'HTTP status 503' });
    expect(failing).toContain('::health_flags::/failed_active_hc\n');
    expect(failing).toContain('::failed_check_because::HTTP status 503\n');
    expect(text({ ...ENDPOINT, degradedByCheck: true })).toContain('::health_flags::/degraded_active_hc\n');
    const { cluster_statuses: statuses } = json(cluster({ ...ENDPOINT, failedCheck: 'HTTP status 503' }));
    expect(statuses[0]?.host_statuses[0]).toMatchObject({
      health_status: { failed_active_health_check: true },
      failed_check_because: 'HTTP status 503',
    });
  });

  it('keeps an error on its line', () => {
    const out = text({ ...ENDPOINT, lastError: 'reset\r\nforged::line::x::1' });
    expect(out).toContain('::last_error::reset  forged::line::x::1\n');
  });
});

describe('GET /clusters as JSON', () => {
  it('is envoy.admin.v3.Clusters, with the pod and the newest error as ours', () => {
    const { cluster_statuses: statuses } = json(cluster({ ...ENDPOINT, lastError: 'ECONNREFUSED' }), cluster());
    expect(statuses).toHaveLength(2);
    expect(statuses[0]?.host_statuses[0]).toMatchObject({
      address: { socket_address: { address: '10.0.0.5', port_value: 8080 } },
      health_status: { eds_health_status: 'HEALTHY' },
      pod: { namespace: 'default', name: 'my-api-x7f2k' },
      last_error: 'ECONNREFUSED',
    });
    expect(statuses[0]?.host_statuses[0]?.stats).toContainEqual({ name: 'rq_total', type: 'COUNTER', value: '100' });
  });

  it('is whole JSON with no cluster at all', () => {
    expect(json()).toEqual({ cluster_statuses: [] });
  });
});

describe('GET /listeners', () => {
  const listener = {
    name: 'outbound',
    addresses: [
      { host: '127.1.0.1', port: 15_001 },
      { host: '127.0.0.1', port: 15_001 },
    ],
  };

  it('has a line for each bound address', () => {
    expect(renderListenersText([listener])).toBe('outbound::127.1.0.1:15001\noutbound::127.0.0.1:15001\n');
  });

  it('is envoy.admin.v3.Listeners in JSON', () => {
    expect(JSON.parse(renderListenersJson([listener]))).toEqual({
      listener_statuses: [
        {
          name: 'outbound',
          local_address: { socket_address: { address: '127.1.0.1', port_value: 15_001 } },
          additional_local_addresses: [{ socket_address: { address: '127.0.0.1', port_value: 15_001 } }],
        },
      ],
    });
  });
});

describe('GET /stats', () => {
  const stats = new Map([
    ['http.outbound.rq_total', 7],
    ['cluster.a.rq_total', 0],
    ['cluster.a.cx_active', 2],
  ]);

  it('is sorted by name, and filtered by plain text and by use', () => {
    expect(renderStatsText(selectStats(stats, '', false))).toBe(
      'cluster.a.cx_active: 2\ncluster.a.rq_total: 0\nhttp.outbound.rq_total: 7\n',
    );
    expect(selectStats(stats, 'rq_', true)).toEqual([['http.outbound.rq_total', 7]]);
    expect(selectStats(stats, '.*', false)).toEqual([]);
  });

  it('is {"stats": [{name, value}]} in JSON', () => {
    expect(JSON.parse(renderStatsJson(selectStats(stats, 'http', false)))).toEqual({
      stats: [{ name: 'http.outbound.rq_total', value: 7 }],
    });
  });
});
