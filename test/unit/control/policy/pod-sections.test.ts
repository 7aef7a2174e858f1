// What the sections of a TrafficPolicy that speak of pods make of their fields.
import { connectionsOf } from '../../../../src/control/policy/connections.ts';
import { healthCheckOf } from '../../../../src/control/policy/health-check.ts';
import { balancingOf, LOCALITY_SPECS } from '../../../../src/control/policy/load-balancer.ts';
import { outlierDetectionOf } from '../../../../src/control/policy/outlier-detection.ts';
import { affinityTraffic } from '../../../../src/control/policy/session-affinity.ts';
import { SERVICE_OUTLIER_DETECTION } from '../../../../src/control/translate/service-outliers.ts';

describe('loadBalancer', () => {
  it('that names an algorithm alone says nothing more', () => {
    expect(balancingOf({ type: 'maglev' })).toBeUndefined();
  });

  it('fills in the defaults of the options that it names, and of no others', () => {
    const leastRequest = { choiceCount: 4 };
    expect(
      balancingOf({ type: 'least-request', leastRequest, slowStart: { window: '1m30s' }, panicThreshold: 0 }),
    ).toEqual({
      leastRequest: { choiceCount: 4, activeRequestBias: 1, fullScan: false },
      slowStart: { windowMs: 90_000, aggression: 1, minWeightPercent: 10 },
      panicThreshold: 0,
    });
    expect(balancingOf({ type: 'maglev', maglev: { tableSize: 1_021 }, hashBalanceFactor: 125 })).toEqual({
      maglev: { tableSize: 1_021 },
      hashing: { byHostname: false, balanceFactor: 125 },
    });
  });

  it('with a ring smaller than the default for the smallest lowers that', () => {
    expect(balancingOf({ type: 'ring-hash', ringHash: { maximumRingSize: 100 } })).toEqual({
      ringHash: { minRingSize: 100, maxRingSize: 100, hashFunction: 'xx-hash' },
    });
  });

  it('knows the words of Kubernetes for places', () => {
    expect(LOCALITY_SPECS).toEqual({
      any: null,
      'prefer-same-zone': { kind: 'nearest', tiers: ['zone'] },
      'prefer-same-node': { kind: 'nearest', tiers: ['node', 'zone'] },
      'only-same-node': { kind: 'nearest', tiers: ['node'], onlyNode: true },
    });
  });
});

describe('outlierDetection', () => {
  const outliers = (section: Parameters<typeof outlierDetectionOf>[0]) =>
    outlierDetectionOf(section, SERVICE_OUTLIER_DETECTION);

  it('that says nothing is what every Service has', () => {
    expect(outliers({})).toEqual(SERVICE_OUTLIER_DETECTION);
    expect(outliers({ mode: 'enforce' })).toEqual(SERVICE_OUTLIER_DETECTION);
  });

  it('that is disabled ejects nobody', () => {
    expect(outliers({ mode: 'disabled' })).toBeNull();
  });

  it('makes what it names count, and leaves the rest as it was', () => {
    const spec = outliers({ consecutive5xx: 3, failurePercentage: { threshold: 40 } });
    expect(spec).toEqual({
      ...SERVICE_OUTLIER_DETECTION,
      consecutive5xx: 3,
      failurePercentage: { threshold: 40, minimumHosts: 5, requestVolume: 50 },
      enforcing: { ...SERVICE_OUTLIER_DETECTION.enforcing, 'consecutive-5xx': 100, 'failure-percentage': 100 },
    });
  });

  it('makes failures of the connection count apart where it says so', () => {
    const spec = outliers({
      splitExternalLocalOriginErrors: true,
      consecutiveLocalOriginFailure: 2,
      failurePercentage: {},
    });
    expect(spec).toMatchObject({
      splitLocalOrigin: true,
      consecutiveLocalOriginFailure: 2,
      enforcing: { 'consecutive-local-origin-failure': 100, 'local-origin-failure-percentage': 100 },
    });
  });

  it('takes times and shares', () => {
    const spec = outliers({
      interval: '500ms',
      baseEjectionTime: '5s',
      maxEjectionTime: '1m',
      maxEjectionTimeJitter: '0s',
      maxEjectionPercent: 20,
      alwaysEjectOneHost: true,
      consecutiveGatewayFailure: 0,
      successRate: { stdevFactor: 1.5 },
    });
    expect(spec).toMatchObject({
      intervalMs: 500,
      baseEjectionMs: 5_000,
      maxEjectionMs: 60_000,
      maxEjectionJitterMs: 0,
      maxEjectionPercent: 20,
      alwaysEjectOne: true,
      consecutiveGatewayFailure: 0,
      successRate: { minimumHosts: 5, requestVolume: 100, stdevFactor: 1.5 },
    });
  });

  it('takes what Envoy has not, and makes it count', () => {
    const spec = outliers({
      mode: 'shadow',
      minHealthyHosts: 2,
      returnWindow: '30s',
      worseThanPeers: { gapPercent: 20 },
      slowerThanPeers: { factor: 3, excess: '50ms' },
      callers: { header: 'X-User' },
    });
    expect(spec).toMatchObject({
      shadow: true,
      minHealthyHosts: 2,
      returnWindowMs: 30_000,
      worseThanPeers: { gapPercent: 20 },
      slowerThanPeers: { factor: 3, excessMs: 50, minimumHosts: 3, requestVolume: 30 },
      callers: { header: 'x-user', minimum: 2 },
      enforcing: { 'worse-than-peers': 100, 'slower-than-peers': 100 },
    });
  });

  it('compares pods as by default, otherwise, or not at all', () => {
    expect(outliers({ worseThanPeers: {} })?.worseThanPeers).toEqual({ gapPercent: 30 });
    expect(outliers({ worseThanPeers: { gapPercent: 0 } })?.worseThanPeers).toEqual({ gapPercent: 0 });
    expect(outliers({})?.returnWindowMs).toBe(10_000);
  });

  it('never has a first ejection that is longer than the longest, whichever of them it leaves out', () => {
    expect(outliers({ baseEjectionTime: '10m' })).toMatchObject({ baseEjectionMs: 600_000, maxEjectionMs: 600_000 });
    expect(outliers({ maxEjectionTime: '10s' })).toMatchObject({ baseEjectionMs: 10_000, maxEjectionMs: 10_000 });
  });
});

describe('sessionAffinity', () => {
  const cookie = { kind: 'cookie', name: 'switchboard-affinity', ttlMs: 0, path: '/' };

  it('by session is a cookie until the client closes, and leaves the load balancer as it is', () => {
    expect(affinityTraffic({ type: 'session' }, null)).toEqual({
      loadBalancer: 'round-robin',
      session: { carrier: cookie, format: 'token', onLoss: 'rehome', lifetimeMs: 0 },
    });
    expect(affinityTraffic({ type: 'session' }, 'random').loadBalancer).toBe('random');
  });

  it('by session takes names, times and what becomes of it', () => {
    const session = {
      cookie: { name: 'sid', ttl: '1h', path: '/shop' },
      lifetime: '8h',
      idleTimeout: '30m',
      onLoss: 'fail',
    } as const;
    expect(affinityTraffic({ type: 'session', session }, null).session).toEqual({
      carrier: { kind: 'cookie', name: 'sid', ttlMs: 3_600_000, path: '/shop' },
      format: 'token',
      onLoss: 'fail',
      lifetimeMs: 28_800_000,
      idleTimeoutMs: 1_800_000,
    });
    const header = { header: { name: 'X-Session' } };
    expect(affinityTraffic({ type: 'session', session: header }, null).session?.carrier).toEqual({
      kind: 'header',
      name: 'x-session',
    });
  });

  it('by session that hashes when its pod is gone is both', () => {
    const session = { onLoss: 'hash' } as const;
    const traffic = affinityTraffic({ type: 'session', session, hash: [{ type: 'source-ip' }] }, null);
    expect(traffic).toMatchObject({
      loadBalancer: 'maglev',
      hashPolicies: [{ kind: 'source-ip' }],
      session: { onLoss: 'hash' },
    });
  });

  it('by hash needs a load balancer that hashes, and chooses maglev where none is', () => {
    const hash = [
      { type: 'header', name: 'X-User', terminal: true },
      { type: 'cookie', name: 'c' },
      { type: 'query-parameter', name: 'Q' },
    ] as const;
    expect(affinityTraffic({ type: 'hash', hash }, 'random')).toEqual({
      loadBalancer: 'maglev',
      hashPolicies: [
        { kind: 'header', name: 'x-user', terminal: true },
        { kind: 'cookie', name: 'c', ttlMs: 0, path: '/' },
        { kind: 'query-parameter', name: 'Q' },
      ],
    });
    expect(affinityTraffic({ type: 'hash', hash }, 'ring-hash').loadBalancer).toBe('ring-hash');
  });

  it('that is none is none', () => {
    expect(affinityTraffic({ type: 'none' }, 'ring-hash')).toEqual({ loadBalancer: 'ring-hash' });
  });
});

describe('healthCheck', () => {
  it('asks every ten seconds, waits for one, and believes three failures or two successes', () => {
    expect(healthCheckOf({ http: { path: '/healthz' } })).toEqual({
      intervalMs: 10_000,
      timeoutMs: 1_000,
      unhealthyThreshold: 3,
      healthyThreshold: 2,
      check: { kind: 'http', path: '/healthz', method: 'GET', expectedStatuses: [{ start: 200, end: 201 }] },
    });
  });

  it('takes times, thresholds, another port and the last status that counts', () => {
    const http = { path: '/', host: 'web', expectedStatuses: [{ start: 200, end: 299 }, { start: 301 }] };
    const times = { interval: '1s', timeout: '200ms', unhealthyInterval: '5s', noTrafficInterval: '30s' };
    expect(healthCheckOf({ http, ...times, port: 8081, unhealthyThreshold: 1, healthyThreshold: 1 })).toEqual({
      intervalMs: 1_000,
      timeoutMs: 200,
      unhealthyIntervalMs: 5_000,
      noTrafficIntervalMs: 30_000,
      unhealthyThreshold: 1,
      healthyThreshold: 1,
      altPort: 8_081,
      check: {
        kind: 'http',
        path: '/',
        host: 'web',
        method: 'GET',
        expectedStatuses: [
          { start: 200, end: 300 },
          { start: 301, end: 302 },
        ],
      },
    });
  });

  it('asks by gRPC and by a connection, too', () => {
    expect(healthCheckOf({ grpc: {} }).check).toEqual({ kind: 'grpc', service: '' });
    expect(healthCheckOf({ grpc: { service: 'shop.Cart' } }).check).toEqual({ kind: 'grpc', service: 'shop.Cart' });
    expect(healthCheckOf({ tcp: {} }).check).toEqual({ kind: 'tcp' });
  });
});

describe('connections', () => {
  it('are as they would be anyway where nothing is named', () => {
    expect(connectionsOf({})).toBeUndefined();
  });

  it('are milliseconds and requests, and only those that are named', () => {
    expect(connectionsOf({ idleTimeout: '0s' })).toEqual({ idleTimeoutMs: 0 });
    expect(connectionsOf({ idleTimeout: '1m30s', maxRequests: 100, maxAge: '1h' })).toEqual({
      idleTimeoutMs: 90_000,
      maxRequests: 100,
      maxAgeMs: 3_600_000,
    });
  });

  it('are asked by the operating system as Linux does it, but for what is named', () => {
    expect(connectionsOf({ tcpKeepalive: {} })).toEqual({ tcpKeepalive: { timeS: 7_200, intervalS: 75, probes: 9 } });
    expect(connectionsOf({ tcpKeepalive: { time: '1m', probes: 3 } })).toEqual({
      tcpKeepalive: { timeS: 60, intervalS: 75, probes: 3 },
    });
  });
});
