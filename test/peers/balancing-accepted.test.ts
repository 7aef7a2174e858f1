// Everything that our control plane can say of load balancing, in the real Envoy: it is taken, and requests go through.
import {
  type BalancingSpec,
  DEFAULT_LEAST_REQUEST,
  DEFAULT_ZONE_AWARE,
  type LoadBalancerName,
} from '../../src/model/balancing-spec.ts';
import type { ClusterSpec } from '../../src/model/cluster-spec.ts';
import { DEFAULT_IDLE_TIMEOUT_MS, httpChain } from '../../src/model/listener-spec.ts';
import type { RouteSpec, VirtualHostSpec } from '../../src/model/route-spec.ts';
import type { Snapshot } from '../../src/model/snapshot.ts';
import { assignment } from '../support/live-plane.ts';
import { describeWithPeers } from '../support/peer-suite.ts';
import { send, startToldBackend, type ToldBackend } from '../support/routed-request.ts';
import { SideBySide } from '../support/side-by-side.ts';

const LISTENER = 'balancing';
const slowStart = { windowMs: 30_000, aggression: 1.5, minWeightPercent: 20 };
const subsets = {
  fallback: 'any' as const,
  defaultSubset: { version: '"v1"' },
  selectors: [{ keys: ['stage', 'version'] }, { keys: ['version'], fallback: 'none' as const }],
};

const CASES: readonly (readonly [LoadBalancerName, BalancingSpec])[] = [
  ['round-robin', { slowStart, panicThreshold: 0 }],
  ['round-robin', { locality: { kind: 'weighted' } }],
  ['round-robin', { locality: { kind: 'nearest', tiers: ['node', 'zone'] } }],
  ['round-robin', { locality: { ...DEFAULT_ZONE_AWARE, percent: 50, failInPanic: true } }],
  ['round-robin', { subsets, slowStart }],
  ['least-request', { leastRequest: { choiceCount: 3, activeRequestBias: 0.5, fullScan: false }, slowStart }],
  ['least-request', { leastRequest: { ...DEFAULT_LEAST_REQUEST, fullScan: true }, panicThreshold: 30 }],
  ['least-request', { subsets, locality: { kind: 'weighted' } }],
  ['peak-ewma', { slowStart }],
  ['random', { locality: { kind: 'nearest', tiers: ['zone'] } }],
  ['random', { locality: { ...DEFAULT_ZONE_AWARE, minEndpoints: 0, byWeight: true, forceLocalFrom: 2 } }],
  ['ring-hash', { locality: { kind: 'weighted' }, hashing: { byHostname: true, balanceFactor: 150 } }],
  ['maglev', { maglev: { tableSize: 4_099 }, hashing: { byHostname: false, balanceFactor: 200 } }],
  ['maglev', { subsets }],
  ['pick-first', { pickFirst: { shuffle: true } }],
  ['pick-first', {}],
];

const nameOf = (index: number): string => `case-${index}`;

function snapshotOf(pods: readonly ToldBackend[]): Snapshot {
  const chain = httpChain({
    statPrefix: LISTENER,
    routes: { kind: 'rds', name: LISTENER },
    idleTimeoutMs: DEFAULT_IDLE_TIMEOUT_MS,
    requestHeadersTimeoutMs: 10_000,
  });
  const clusters = CASES.map(([loadBalancer, balancing], index): ClusterSpec => {
    const discovery = { kind: 'eds' as const, serviceName: nameOf(index) };
    return { name: nameOf(index), discovery, connectTimeoutMs: 1_000, loadBalancer, balancing };
  });
  const virtualHosts = clusters.map(({ name }): VirtualHostSpec => {
    const match = { path: { kind: 'prefix' as const, value: '/' } };
    const route: RouteSpec = { name, match, action: { cluster: name, timeoutMs: 10_000 } };
    return { name, domains: [`${name}.test`], routes: [route] };
  });
  const listener = { name: LISTENER, address: { host: '127.0.0.1', port: 0 }, additionalAddresses: [] };
  const addresses = pods.map(({ address }) => address);
  return {
    clusters: new Map(clusters.map((spec) => [spec.name, spec])),
    endpoints: new Map(clusters.map(({ name }) => [name, assignment(name, addresses)])),
    listeners: new Map([[LISTENER, { ...listener, filterChains: [chain] }]]),
    routes: new Map([[LISTENER, { name: LISTENER, virtualHosts }]]),
    names: new Map(),
  };
}

describeWithPeers('Envoy, told how to balance', ['envoy'], (paths) => {
  let pods: readonly ToldBackend[] = [];
  let both: SideBySide;

  beforeAll(async () => {
    pods = await Promise.all(['a', 'b', 'c'].map(startToldBackend));
    both = await SideBySide.start(paths['envoy'] ?? '', snapshotOf(pods));
  }, 30_000);

  afterAll(async () => {
    await both?.close();
    for (const { server } of pods) server.close().closeAllConnections();
  });

  it('refuses nothing, and neither does the sidecar', () => {
    expect(both.server.connectedClients()).toHaveLength(2);
    expect(both.refusals).toEqual([]);
  });

  it.each(CASES.map(([name, balancing], index) => [name, JSON.stringify(balancing), index] as const))(
    'answers as the sidecar does with %s %s',
    async (_name, _balancing, index) => {
      const { envoy, sidecar } = both.portsOf(LISTENER);
      for (const port of [envoy, sidecar]) {
        for (let i = 0; i < 6; i += 1) {
          expect((await send(port, { host: `${nameOf(index)}.test`, path: '/' })).status).toBe(200);
        }
      }
    },
  );
});
