// Promises of a simulation: it repeats itself, counts everything once, and what befalls pods is what their callers see.
import { createSimulatedPlane } from '../../../src/app/simulated-plane.ts';
import type { ThresholdsSpec } from '../../../src/model/circuit-breakers-spec.ts';
import type { ClusterSpec } from '../../../src/model/cluster-spec.ts';
import type { HealthCheckSpec } from '../../../src/model/health-check-spec.ts';
import type { RouteConfigSpec, RouteSpec } from '../../../src/model/route-spec.ts';
import type { EventSpec, ScenarioSpec } from '../../../src/simulate/scenario-spec.ts';
import type { CreatePlane } from '../../../src/simulate/simulation.ts';
import { QUIET, simulated, simulatedSummary } from '../../support/simulated-run.ts';

/** Of a machine that does much else. */
const TIMEOUT_MS = 240_000;
const HASHED = { 'switchboard.dev/load-balancer': 'maglev', 'switchboard.dev/affinity': 'header:x-user' };
const FIRST = { kind: 'numbers', numbers: [0] } as const;
const ALL = { kind: 'all' } as const;

function failing(share: number, more: object = {}): EventSpec {
  return { atMs: 0, do: 'fail', pods: FIRST, share, failure: { status: 503 }, ...more };
}

/** Clusters say so much more than the control plane tells. */
function planeWith(more: Partial<ClusterSpec>): CreatePlane {
  return (options) => {
    const plane = createSimulatedPlane(options);
    return {
      apply: ({ clusters, ...changes }) => {
        const upserted = (clusters?.upserted ?? []).map((spec): ClusterSpec => ({ ...spec, ...more }));
        return plane.apply({ ...changes, clusters: { upserted, removed: [] } });
      },
      get listeners() {
        return plane.listeners;
      },
      close: () => plane.close(),
    };
  };
}

/** Every request is copied to the cluster that it goes to. */
function withMirror(config: RouteConfigSpec): RouteConfigSpec {
  const mirrored = (route: RouteSpec): RouteSpec => {
    const { action } = route;
    if (action.kind === 'redirect' || action.kind === 'direct-response' || typeof action.cluster !== 'string')
      return route;
    return { ...route, action: { ...action, mirrors: [{ cluster: action.cluster, percent: 100 }] } };
  };
  return {
    ...config,
    virtualHosts: config.virtualHosts.map((host) => ({ ...host, routes: host.routes.map(mirrored) })),
  };
}

describe('a simulation', () => {
  it('is the same again from the same seed, and another from another', async () => {
    const scenario: Partial<ScenarioSpec> = { events: [failing(0.3)], callers: { count: 3, zones: [] } };
    const first = await simulatedSummary(scenario);
    expect(await simulatedSummary(scenario)).toEqual(first);
    expect(await simulatedSummary(scenario, { seed: 2 })).not.toEqual(first);
  });

  it('brings the same requests to another policy', async () => {
    const one = await simulatedSummary({});
    const other = await simulatedSummary({}, { annotations: { 'switchboard.dev/load-balancer': 'random' } });
    expect(other.moments.map(({ requests }) => requests)).toEqual(one.moments.map(({ requests }) => requests));
    expect(other.pods).not.toEqual(one.pods);
  });

  it('counts each request once, as a whole, by method, by moment, and each attempt at one pod', async () => {
    const methods = [
      { method: 'GET', share: 0.5 },
      { method: 'POST', share: 0.5 },
    ];
    const run = await simulatedSummary({ load: { ratePerSecond: 200, methods }, events: [failing(0.5)] });
    const sum = (values: readonly number[]): number => values.reduce((all, one) => all + one, 0);
    expect(run.requests).toBeGreaterThan(1_800);
    expect(sum(run.methods.map(({ requests }) => requests))).toBe(run.requests);
    expect(sum(run.methods.map(({ errors }) => errors))).toBe(run.errors);
    expect(sum(run.moments.map(({ requests }) => requests))).toBe(run.requests);
    expect(sum(run.moments.map(({ errors }) => errors))).toBe(run.errors);
    expect(sum(run.reasons.map(({ requests }) => requests))).toBe(run.errors);
    expect(sum(run.pods.map(({ requests }) => requests))).toBe(run.attempts);
    expect(sum(run.pods.flatMap(({ received }) => received))).toBe(run.attempts);
    expect(run.attempts - run.retries).toBe(run.requests);
  });

  it('has as many requests as the rate says, within 4 standard deviations of Poisson, and more while it says more', async () => {
    const events: readonly EventSpec[] = [{ atMs: 5_000, do: 'load', ratePerSecond: 1_000, forMs: 2_000 }];
    const { requests, moments } = await simulatedSummary({ events });
    // 8 s of 100 and 2 s of 1,000.
    expect(Math.abs(requests - 2_800)).toBeLessThan(4 * Math.sqrt(2_800));
    const during = moments.filter(({ atMs }) => atMs >= 5_000 && atMs < 7_000);
    expect(Math.abs(during.reduce((sum, one) => sum + one.requests, 0) - 2_000)).toBeLessThan(4 * Math.sqrt(2_000));
  });

  it('answers after what the pod takes, and makes requests wait for a pod that has no room', async () => {
    expect((await simulatedSummary({})).latencyMs).toMatchObject({ p50: 5, max: 5 });
    // One pod with room for one request of 5 ms, of which 150 come each second: it is busy three quarters of the time.
    const pods = { count: 1, zones: [], latency: { kind: 'fixed', ms: 5 }, concurrency: 1, queue: 1_000 } as const;
    const load = { ...QUIET.load, ratePerSecond: 150 };
    const { latencyMs, errors } = await simulatedSummary({ pods, load, durationMs: 60_000 });
    expect(errors).toBe(0);
    // M/D/1: half of 0.75 ÷ (1 − 0.75) of a service time is waited on average, so that half wait less than 7.5 ms and few long.
    expect(latencyMs.p50).toBeGreaterThan(5);
    expect(latencyMs.p50).toBeLessThan(15);
    expect(latencyMs.max).toBeGreaterThan(25);
  });

  it('answers 503 where a pod has neither room nor a place in its queue', async () => {
    const pods = { count: 1, zones: [], latency: { kind: 'fixed', ms: 100 }, concurrency: 1, queue: 0 } as const;
    const off = { 'switchboard.dev/outlier-detection': 'off' };
    const { errorPercent } = await simulatedSummary({ pods, durationMs: 60_000 }, { annotations: off });
    // Erlang B of one server with 10 of load: 10 / 11 are refused.
    expect(errorPercent).toBeGreaterThan(85);
    expect(errorPercent).toBeLessThan(95);
  });

  it('refuses what circuit breakers refuse, and makes wait what they make wait', async () => {
    const pods = { count: 1, zones: [], latency: { kind: 'fixed', ms: 100 }, concurrency: 0, queue: 0 } as const;
    const limited = (limits: ThresholdsSpec): CreatePlane => planeWith({ circuitBreakers: { default: limits } });
    // 10 requests are in work on average. Erlang B of 5 servers with 10 of load: 56.4 % are refused.
    const refusing = { createPlane: limited({ maxRequests: 5 }) };
    const refused = await simulatedSummary({ pods, durationMs: 60_000 }, refusing);
    expect(Math.abs(refused.errorPercent - 56.4)).toBeLessThan(3);
    expect(refused.reasons.map(({ reason }) => reason)).toEqual(['UO upstream_overflow']);
    expect(refused.latencyMs.max).toBeLessThanOrEqual(100);
    // With 12 connections nobody is refused and some wait for one.
    const waiting = await simulatedSummary(
      { pods, durationMs: 60_000 },
      { createPlane: limited({ maxConnections: 12 }) },
    );
    expect(waiting.errors).toBe(0);
    expect(waiting.latencyMs.p50).toBeGreaterThan(100);
    expect(waiting.pods[0]?.requests).toBe(waiting.requests);
  });

  it.each<[string, EventSpec]>([
    ['is killed', { atMs: 5_000, do: 'kill', pods: FIRST, noticedMs: 60_000, forMs: 10_000 }],
    ['is silent', { atMs: 5_000, do: 'cut-off', pods: FIRST, noticedMs: 60_000, forMs: 10_000 }],
    ['answers 503', { atMs: 5_000, do: 'fail', pods: FIRST, share: 1, failure: { status: 503 }, forMs: 10_000 }],
  ])('takes a pod out that %s, by health checks, before Kubernetes notices, and back in', async (_what, event) => {
    const check = { kind: 'http', path: '/', method: 'GET', expectedStatuses: [{ start: 200, end: 201 }] } as const;
    const healthCheck: HealthCheckSpec = {
      ...{ timeoutMs: 500, intervalMs: 1_000, noTrafficIntervalMs: 1_000, unhealthyThreshold: 2, healthyThreshold: 1 },
      check,
    };
    const off = { 'switchboard.dev/outlier-detection': 'off' };
    const createPlane = planeWith({ healthCheck });
    const { pods, moments } = await simulatedSummary(
      { events: [event], durationMs: 30_000 },
      { createPlane, annotations: off },
    );
    const sent = (fromMs: number, toMs: number): number =>
      (pods[0]?.received ?? []).reduce((sum, count, at) => {
        const { atMs = 0 } = moments[at] ?? {};
        return atMs >= fromMs && atMs < toMs ? sum + count : sum;
      }, 0);
    expect(sent(0, 5_000)).toBeGreaterThan(100);
    expect(sent(9_000, 15_000)).toBe(0);
    expect(sent(18_000, 30_000)).toBeGreaterThan(300);
  });

  it('slows a pod down for as long as it says, and not longer', async () => {
    const events: readonly EventSpec[] = [{ atMs: 2_000, do: 'slow', pods: ALL, factor: 10, forMs: 3_000 }];
    const { moments } = await simulatedSummary({ events });
    const during = moments.filter(({ atMs, requests }) => requests > 0 && atMs >= 2_000 && atMs < 4_800);
    const outside = moments.filter(({ atMs, requests }) => requests > 0 && (atMs < 1_800 || atMs >= 5_000));
    expect(during.every(({ p50Ms }) => p50Ms === 50)).toBe(true);
    expect(outside.every(({ p50Ms }) => p50Ms === 5)).toBe(true);
  });

  it('warms new processes up: four times as slow at first, less and less, while those that were there are warm', async () => {
    const warmUp = { forMs: 4_000, factor: 4 };
    const pods = { count: 1, zones: [], latency: { kind: 'fixed', ms: 5 }, concurrency: 0, queue: 0, warmUp } as const;
    const events: readonly EventSpec[] = [{ atMs: 3_000, do: 'kill', pods: FIRST, noticedMs: 0, forMs: 1 }];
    const { moments } = await simulatedSummary({ pods, events });
    const during = (fromMs: number, toMs: number): readonly number[] =>
      moments.filter(({ atMs, requests }) => requests > 0 && atMs >= fromMs && atMs < toMs).map(({ p50Ms }) => p50Ms);
    expect(new Set(during(0, 2_900))).toEqual(new Set([5]));
    const warming = during(3_400, 6_900);
    expect(warming[0]).toBeGreaterThan(15);
    expect(warming[0]).toBeLessThan(20);
    expect(warming).toEqual(warming.toSorted((left, right) => right - left));
    expect(warming.at(-1)).toBeLessThan(7);
    expect(new Set(during(7_200, 10_000))).toEqual(new Set([5]));
  });

  it('passes a killed pod over at once, and sends it nothing once Kubernetes has noticed', async () => {
    const events: readonly EventSpec[] = [{ atMs: 5_000, do: 'kill', pods: FIRST, noticedMs: 1_000 }];
    const { errors, pods, moments } = await simulatedSummary({ events });
    // A connection that is refused has delivered nothing; the one request that the pod was working on may have failed.
    expect(errors).toBeLessThanOrEqual(1);
    const noticed = moments.findIndex(({ atMs }) => atMs > 6_200);
    expect(pods[0]?.received.slice(noticed).every((count) => count === 0)).toBe(true);
    expect(pods[0]?.received.slice(0, 30).every((count) => count > 0)).toBe(true);
  });

  it('lets a pod of a silent node hang what it was sent, and brings it back when the node is back', async () => {
    const timeout = { 'switchboard.dev/outlier-detection': 'off' };
    const events: readonly EventSpec[] = [{ atMs: 2_000, do: 'cut-off', pods: FIRST, noticedMs: 0, forMs: 4_000 }];
    const { pods, moments } = await simulatedSummary({ events }, { annotations: timeout });
    const received = pods[0]?.received ?? [];
    const between = (fromMs: number, toMs: number): number =>
      received.reduce(
        (sum, count, at) => sum + ((moments[at]?.atMs ?? 0) >= fromMs && (moments[at]?.atMs ?? 0) < toMs ? count : 0),
        0,
      );
    expect(between(0, 2_000)).toBeGreaterThan(40);
    expect(between(2_400, 6_000)).toBe(0);
    expect(between(6_400, 10_000)).toBeGreaterThan(80);
  });

  it('drains a pod without an error: it serves on while its callers learn of it', async () => {
    const events: readonly EventSpec[] = [{ atMs: 5_000, do: 'drain', pods: FIRST, graceMs: 1_000 }];
    const { errors, pods } = await simulatedSummary({ events });
    expect(errors).toBe(0);
    expect(pods[0]?.received.slice(-20).every((count) => count === 0)).toBe(true);
  });

  it('replaces all pods one after the other, and new ones get their share', async () => {
    const events: readonly EventSpec[] = [{ atMs: 1_000, do: 'roll', everyMs: 2_000, graceMs: 1_000 }];
    const { errors, pods } = await simulatedSummary({ events });
    expect(errors).toBe(0);
    expect(pods.map(({ name }) => name)).toEqual(['shop-0', 'shop-1', 'shop-2', 'shop-3', 'shop-4', 'shop-5']);
    const last = pods.map(({ received }) => received.slice(-12).some((count) => count > 0));
    expect(last).toEqual([false, false, false, true, true, true]);
  });

  it(
    'keeps users at their pods, and moves only those whose pod has left: at most 2.5 % of 3,000 when one of 100 goes',
    async () => {
      const scenario: Partial<ScenarioSpec> = {
        load: { ...QUIET.load, ratePerSecond: 3_000 },
        sessions: 3_000,
        pods: { count: 100, zones: [], latency: { kind: 'fixed', ms: 5 }, concurrency: 0, queue: 0 },
        events: [{ atMs: 5_000, do: 'drain', pods: { kind: 'numbers', numbers: [50] }, graceMs: 1_000 }],
      };
      for (const loadBalancer of ['maglev', 'ring-hash']) {
        const annotations = { ...HASHED, 'switchboard.dev/load-balancer': loadBalancer };
        const { sessions, errors } = await simulatedSummary(scenario, { annotations });
        expect(errors).toBe(0);
        expect(sessions?.moved).toBeGreaterThan(5);
        expect(sessions?.movedPercent).toBeLessThan(2.5);
        expect(sessions?.movedAgain).toBe(0);
      }
    },
    TIMEOUT_MS,
  );

  it('knows where callers and pods are: a Service that prefers the zone of its caller gets all of its requests there', async () => {
    const scenario: Partial<ScenarioSpec> = {
      callers: { count: 1, zones: ['b'] },
      pods: { count: 6, zones: ['a', 'b', 'c'], latency: { kind: 'fixed', ms: 5 }, concurrency: 0, queue: 0 },
    };
    const { pods } = await simulatedSummary(scenario, { spec: { trafficDistribution: 'PreferSameZone' } });
    expect(pods.map(({ zone }) => zone)).toEqual(['a', 'b', 'c', 'a', 'b', 'c']);
    for (const { zone, requests } of pods) expect(requests > 0).toBe(zone === 'b');
  });

  it('sends requests where the routes of a Service lead: a tenth of them to the pods of another one, within 4 standard deviations', async () => {
    const route = {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'HTTPRoute',
      metadata: { name: 'canary' },
      spec: {
        parentRefs: [{ group: '', kind: 'Service', name: 'shop', port: 80 }],
        rules: [
          {
            backendRefs: [
              { name: 'shop', port: 80, weight: 90 },
              { name: 'shop-next', port: 80, weight: 10 },
            ],
          },
        ],
      },
    };
    const next = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'shop-next' },
      spec: { ports: [{ port: 80 }] },
    };
    const { pods, requests, errors } = await simulatedSummary({}, { others: [next, route] });
    expect(errors).toBe(0);
    expect(pods.map(({ name }) => name)).toEqual([
      'shop-0',
      'shop-1',
      'shop-2',
      'shop-next-0',
      'shop-next-1',
      'shop-next-2',
    ]);
    const led = pods.slice(3).reduce((sum, pod) => sum + pod.requests, 0);
    expect(Math.abs(led - requests / 10)).toBeLessThan(4 * Math.sqrt(requests * 0.09));
    for (const pod of pods) expect(pod.requests).toBeGreaterThan(0);
  });

  it('mirrors to nobody: what is copied makes no difference to callers, and no connection is made', async () => {
    const createPlane: CreatePlane = (options) => {
      const plane = createSimulatedPlane(options);
      return {
        apply: ({ routes, ...changes }) => {
          const upserted = (routes?.upserted ?? []).map(withMirror);
          return plane.apply({ ...changes, routes: { upserted, removed: [] } });
        },
        get listeners() {
          return plane.listeners;
        },
        close: () => plane.close(),
      };
    };
    const mirrored = await simulatedSummary({ durationMs: 2_000 }, { createPlane });
    expect(mirrored.errors).toBe(0);
    expect(mirrored.attempts).toBe(mirrored.requests);
    expect(mirrored.latencyMs.max).toBe(5);
  });

  it('says nothing about pods of Services that nobody calls', async () => {
    const other = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'other' }, spec: { ports: [{ port: 80 }] } };
    const { issues, fleet } = await simulated({ durationMs: 100 }, { others: [other] });
    expect(issues).toEqual([]);
    expect(fleet.pods.map(({ place }) => place.name)).toEqual(['shop-0', 'shop-1', 'shop-2']);
  });

  it('tells what the control plane finds wrong with the manifests', async () => {
    const { issues } = await simulated({}, { annotations: { 'switchboard.dev/load-balancer': 'best' } });
    expect(issues.map(({ message }) => message).join()).toContain('best');
  });
});
