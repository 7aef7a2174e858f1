// Who subscribes to what in the control-plane bench.
import { servicesOf } from '../../../bench/control-plane/mesh.ts';
import { holdersOf, plansOf, sharesOf } from '../../../bench/control-plane/subscription-plans.ts';

describe('servicesOf', () => {
  it('gives 500 subscribers of 20 among 1,000 Services each Service ten times', () => {
    const holders = holdersOf({ subscribers: 500, services: 1_000, each: 20 });
    expect(new Set(Array.from({ length: 1_000 }, (_, service) => holders(service)))).toEqual(new Set([10]));
  });

  it('names no Service twice, also where there are fewer than asked for', () => {
    expect(servicesOf(3, 20, 8).toSorted()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });
});

describe('plansOf', () => {
  it('asks at once for the names of the mesh, and for clusters, endpoints and routes of what a subscriber needs', () => {
    const plans = plansOf(1, { mode: 'named', services: 100, each: 2 });
    const name = 'outbound|80|svc-2.ns-2.svc.cluster.local';
    expect(
      plans.map(({ typeUrl, subscribe, expected }) => [typeUrl.replace(/^.*\./, ''), subscribe[0], expected]),
    ).toEqual([
      ['ServiceName', '*', 100],
      ['Listener', '*', 1],
      ['Cluster', name, 2],
      ['ClusterLoadAssignment', name, 2],
      ['RouteConfiguration', 'svc-2.ns-2.svc.cluster.local:80', 2],
    ]);
    expect(plans.every(({ after }) => after === undefined)).toBe(true);
  });

  it('asks for everything as Envoy does: endpoints after clusters, routes after listeners', () => {
    const plans = plansOf(1, { mode: 'wildcard', services: 100, each: 2 });
    expect(plans.map(({ expected }) => expected)).toEqual([100, 100, 1, 1]);
    expect(plans.map(({ subscribe }) => subscribe.length)).toEqual([1, 100, 1, 1]);
    expect(plans[1]?.after).toBe(plans[0]?.typeUrl);
    expect(plans[3]?.after).toBe(plans[2]?.typeUrl);
  });
});

describe('sharesOf', () => {
  it('splits evenly and leaves nobody out', () => {
    expect(sharesOf(10, 4)).toEqual([
      { first: 0, count: 2 },
      { first: 2, count: 3 },
      { first: 5, count: 2 },
      { first: 7, count: 3 },
    ]);
  });

  it('makes no part without a member', () => {
    expect(sharesOf(2, 4)).toEqual([
      { first: 0, count: 1 },
      { first: 1, count: 1 },
    ]);
  });
});
