// Promises of reading a sidecar's clusters page, whoever made it.
import { readClusters } from '../../../src/cli/read-clusters.ts';

function page(name: string, ...hosts: readonly unknown[]): unknown {
  return { cluster_statuses: [{ name, host_statuses: hosts }] };
}

describe('readClusters', () => {
  it.each([
    ['outbound|80|my-api-service.default.svc.cluster.local', 'my-api-service.default', 80],
    ['outbound|5432|db-0.db.data.svc.cluster.local', 'db-0.db.data', 5432],
    ['outbound|80|svc.svc.svc.cluster.local', 'svc.svc', 80],
    ['outbound|80|v1|reviews.default.svc.cluster.local', 'reviews.default', 80],
    ['passthrough', 'passthrough', null],
    ['outbound|80|example.com', 'outbound|80|example.com', null],
  ])('reads the cluster %s as Service %s, port %s', (name, service, port) => {
    expect(readClusters(page(name))).toMatchObject([{ service, port, cluster: name, endpoints: [] }]);
  });

  it('reads what the sidecar tells of an endpoint', () => {
    const host = {
      address: { socket_address: { address: '127.1.0.3', port_value: 8080 } },
      stats: [
        { name: 'rq_active', type: 'GAUGE', value: '2' },
        { name: 'rq_total', type: 'COUNTER', value: '12345678901' },
      ],
      health_status: { eds_health_status: 'DRAINING' },
      pod: { namespace: 'default', name: 'my-api-x7f2k', uid: 'u' },
      last_error: 'ECONNRESET',
    };
    expect(readClusters(page('c', host))[0]?.endpoints).toEqual([
      {
        address: '127.1.0.3:8080',
        pod: 'default/my-api-x7f2k',
        health: 'draining',
        active: 2,
        requests: 12_345_678_901,
        errors: 0,
        lastError: 'ECONNRESET',
        failedCheckBecause: null,
        ejectedBecause: null,
        wouldBeEjectedBecause: null,
        ejectionLeftMs: null,
        ejections: 0,
        warmingMs: null,
      },
    ]);
  });

  it("reads Envoy's page, which leaves zeros and healthy flags out", () => {
    const host = {
      address: { socket_address: { address: '::1', port_value: 80 } },
      stats: [{ name: 'rq_total', value: '7' }, { name: 'rq_active' }],
      health_status: {},
    };
    expect(readClusters(page('c', host))[0]?.endpoints).toEqual([
      {
        address: '[::1]:80',
        pod: null,
        health: 'healthy',
        active: 0,
        requests: 7,
        errors: 0,
        lastError: null,
        failedCheckBecause: null,
        ejectedBecause: null,
        wouldBeEjectedBecause: null,
        ejectionLeftMs: null,
        ejections: 0,
        warmingMs: null,
      },
    ]);
  });

  it('calls what the sidecar took out itself ejected', () => {
    const host = { health_status: { eds_health_status: 'HEALTHY', failed_outlier_check: true } };
    expect(readClusters(page('c', host))[0]?.endpoints[0]?.health).toBe('ejected');
  });

  it('calls what fails its health checks failing, and says why', () => {
    const status = { eds_health_status: 'HEALTHY', failed_active_health_check: true };
    const host = { health_status: status, failed_check_because: 'HTTP status 503' };
    const [row] = readClusters(page('c', host))[0]?.endpoints ?? [];
    expect([row?.health, row?.failedCheckBecause]).toEqual(['failing', 'HTTP status 503']);
  });

  it('sorts by Service and port', () => {
    const names = ['outbound|80|b.x.svc.d', 'outbound|81|a.x.svc.d', 'outbound|80|a.x.svc.d'];
    const read = readClusters({ cluster_statuses: names.map((name) => ({ name })) });
    expect(read.map(({ service, port }) => `${service}:${port}`)).toEqual(['a.x:80', 'a.x:81', 'b.x:80']);
  });

  it.each([null, 7, 'text', [], {}, { cluster_statuses: 'no' }])('reads %j as no cluster', (value) => {
    expect(readClusters(value)).toEqual([]);
  });
});
