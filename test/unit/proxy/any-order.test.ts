// The data plane under a control plane that knows no order: whatever comes and goes when, no route in force leads to a cluster that does not serve.
import fc from 'fast-check';
import type { ClusterSpec } from '../../../src/model/cluster-spec.ts';
import type { Changes } from '../../../src/model/config-sink.ts';
import type { LoadAssignmentSpec } from '../../../src/model/endpoint-spec.ts';
import type { RouteConfigSpec } from '../../../src/model/route-spec.ts';
import { CheckedSink } from '../../support/checked-sink.ts';

const NAMES = ['a', 'b', 'c'];
const ROUTES = ['r', 's'];
/** Load assignments that clusters follow: their own or another, so that a change of it is among what happens. */
const SERVICES = [...NAMES, 'shared'];

function cluster(name: string, serviceName: string): ClusterSpec {
  return {
    name,
    discovery: { kind: 'eds', serviceName },
    connectTimeoutMs: 1_000,
    loadBalancer: 'round-robin',
  };
}

function assignment(name: string, port: number): LoadAssignmentSpec {
  const locality = { region: '', zone: '', subZone: '' };
  const endpoints = [{ host: '127.1.0.1', port, health: 'healthy' as const, weight: 1 }];
  return { name, localities: [{ locality, priority: 0, weight: 1, endpoints }] };
}

function routes(name: string, clusters: readonly string[]): RouteConfigSpec {
  const path = { kind: 'prefix' as const, value: '/' };
  const virtualHosts = clusters.map((to) => ({
    name: to,
    domains: [to],
    routes: [{ name: to, match: { path }, action: { cluster: to, timeoutMs: 0 } }],
  }));
  return { name, virtualHosts };
}

const upsertCluster = fc
  .tuple(fc.constantFrom(...NAMES), fc.boolean())
  .map(
    ([name, shared]): Changes => ({ clusters: { upserted: [cluster(name, shared ? 'shared' : name)], removed: [] } }),
  );
const upsertEndpoints = fc
  .tuple(fc.constantFrom(...SERVICES), fc.integer({ min: 1, max: 3 }))
  .map(([name, port]): Changes => ({ endpoints: { upserted: [assignment(name, port)], removed: [] } }));
const upsertRoutes = fc
  .tuple(fc.constantFrom(...ROUTES), fc.subarray(NAMES))
  .map(([name, to]): Changes => ({ routes: { upserted: [routes(name, to)], removed: [] } }));
const removal = fc
  .tuple(
    fc.constantFrom('clusters' as const, 'endpoints' as const, 'routes' as const),
    fc.constantFrom(...SERVICES, ...ROUTES),
  )
  .map(([kind, name]): Changes => ({ [kind]: { upserted: [], removed: [name] } }));

const change = fc.oneof(upsertCluster, upsertEndpoints, upsertRoutes, removal);

/** What there is in the end, a change for each resource, in any order. */
const ending = fc
  .subarray(NAMES)
  .chain((names) =>
    fc.tuple(
      fc.constant(names),
      fc.shuffledSubarray(
        [
          ...names.map((name): Changes => ({ clusters: { upserted: [cluster(name, name)], removed: [] } })),
          ...names.map((name): Changes => ({ endpoints: { upserted: [assignment(name, 9)], removed: [] } })),
          ...ROUTES.map((name): Changes => ({ routes: { upserted: [routes(name, names)], removed: [] } })),
          ...NAMES.filter((name) => !names.includes(name)).map(
            (name): Changes => ({ clusters: { upserted: [], removed: [name] } }),
          ),
        ],
        { minLength: NAMES.length + names.length + ROUTES.length },
      ),
    ),
  );

describe('the data plane, whatever the order of changes', () => {
  it('never has a route in force that leads to a cluster that does not serve, and ends with all that it was told last', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 40, size: 'max' }), ending, (changes, [, last]) => {
        const sink = new CheckedSink();
        for (const each of [...changes, ...last]) {
          expect(sink.apply(each)).toEqual([]);
          expect(sink.dangling()).toEqual([]);
        }
        expect(sink.inForce()).toBe(true);
      }),
      { numRuns: 300 },
    );
  }, 30_000);
});
