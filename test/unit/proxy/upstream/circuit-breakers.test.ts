// Promises of limits as numbers: what is left of each, and what one of several workers may have.
import { Endpoint } from '../../../../src/proxy/endpoint/endpoint.ts';
import { CircuitBreakers, ResourceLimits } from '../../../../src/proxy/upstream/circuit-breakers.ts';
import { listStats } from '../../../../src/telemetry/prometheus.ts';

const endpoint = new Endpoint(
  { host: '10.0.0.1', port: 80, health: 'healthy', weight: 1 },
  { locality: { region: '', zone: '', subZone: '' }, priority: 0, weight: 1, endpoints: [] },
);

/** How many it takes before it refuses. */
function requestsOf(maxRequests: number | undefined, workers: number): number {
  const limits = new ResourceLimits('default');
  limits.set(maxRequests === undefined ? undefined : { maxRequests }, workers);
  while (limits.takesRequest && limits.requests < 1_000) limits.requests += 1;
  return limits.requests;
}

describe('limits', () => {
  it.each([
    [10, 1, 10],
    [10, 4, 3],
    [3, 4, 1],
    [0, 4, 0],
    [undefined, 4, 1_000],
  ])('of %p requests are, for one of %d workers, %d', (maxRequests, workers, wanted) => {
    expect(requestsOf(maxRequests, workers)).toBe(wanted);
  });

  it('of a connection of TCP say what was reached, and count it', () => {
    const limits = new ResourceLimits('default');
    limits.set({ maxConnections: 1, maxRequests: 5, maxPendingRequests: 5 }, 1);
    expect(limits.refuseTunnel(endpoint)).toBe('');
    limits.connections = 1;
    expect(limits.refuseTunnel(endpoint)).toBe('1 connections are open, as many as max_connections allows');
    limits.set({ maxRequests: 0 }, 1);
    expect(limits.refuseTunnel(endpoint)).toBe('0 requests are in work, as many as max_requests allows');
    limits.set({ maxPendingRequests: 0 }, 1);
    expect(limits.refuseTunnel(endpoint)).toContain('as many as max_pending_requests allows');
    expect([limits.connectionOverflows, limits.requestOverflows, limits.pendingOverflows]).toEqual([1, 1, 1]);
  });

  it('of both priorities stand for themselves, and are told by name', () => {
    const breakers = new CircuitBreakers();
    breakers.set({ high: { maxRequests: 0 } }, 1);
    const stats = listStats([{ collect: (sink) => breakers.collect('a', sink) }]);
    expect(stats.get('cluster.a.circuit_breakers.default.rq_open')).toBe(0);
    expect(stats.get('cluster.a.circuit_breakers.high.rq_open')).toBe(1);
    expect(breakers.at('high')).toBe(breakers.high);
  });
});
