// Live clusters beside the one that their sidecar is of: whoever changes, the others follow.
import { seededRandom } from '../../../src/base/random.ts';
import { TimerWheel } from '../../../src/base/timer-wheel.ts';
import type { ClusterSpec } from '../../../src/model/cluster-spec.ts';
import type { LoadAssignmentSpec } from '../../../src/model/endpoint-spec.ts';
import { Home } from '../../../src/proxy/balance/home.ts';
import { ClusterManager } from '../../../src/proxy/cluster-manager.ts';
import { listStats } from '../../../src/telemetry/prometheus.ts';
import { ManualClock } from '../../support/manual-clock.ts';

function assignment(name: string, zones: Readonly<Record<string, number>>): LoadAssignmentSpec {
  const localities = Object.entries(zones).map(([zone, count]) => {
    const endpoints = Array.from({ length: count }, (_, index) => {
      return { host: `${name}-${zone}-${index}`, port: 80, health: 'healthy' as const, weight: 1 };
    });
    return { locality: { region: '', zone, subZone: '' }, priority: 0, weight: 1, endpoints };
  });
  return { name, localities };
}

function specOf(name: string): ClusterSpec {
  return { name, discovery: { kind: 'eds', serviceName: name }, connectTimeoutMs: 1_000, loadBalancer: 'round-robin' };
}

function managerOf(home?: Home): ClusterManager {
  const clock = new ManualClock();
  const dial = () => {
    throw new Error('nothing is dialled here');
  };
  const pool = { dial, wheel: new TimerWheel(clock), idleTimeoutMs: 1_000, now: () => clock.now() };
  const own = home === undefined ? {} : { home };
  const manager = new ClusterManager({ pool, maxHeadBytes: 1_024, maxFields: 10, random: seededRandom(1), ...own });
  for (const name of ['us', 'web']) manager.upsert(specOf(name));
  return manager;
}

/** Zones of 600 requests to `name`. */
function zonesOf(manager: ClusterManager, name: string): string {
  const { cluster } = manager.slot(name);
  const zones = new Set<string>();
  for (let pick = 0; pick < 600; pick += 1) {
    zones.add(cluster?.pick({ wasTried: () => false })?.group.locality.zone ?? '-');
  }
  return [...zones].sort().join('');
}

describe('clusters beside the own one', () => {
  const locality = { region: '', zone: 'a', subZone: '' };
  const even = { a: 4, b: 4 };

  it('keep to zones as soon as it is known, whichever comes first, and follow its changes', () => {
    const manager = managerOf(new Home({ cluster: 'us', locality }));
    manager.assign(assignment('web', even));
    expect(zonesOf(manager, 'web')).toBe('ab');
    manager.assign(assignment('us', { a: 2, b: 2 }));
    expect(zonesOf(manager, 'web')).toBe('a');
    manager.assign(assignment('us', { a: 2, b: 1 }));
    expect(zonesOf(manager, 'web')).toBe('ab');
    manager.assign(assignment('web', { a: 8, b: 4 }));
    expect(zonesOf(manager, 'web')).toBe('a');
    manager.upsert({ ...specOf('web'), balancing: { locality: { kind: 'zone-aware', percent: 0, minEndpoints: 6 } } });
    expect(zonesOf(manager, 'web')).toBe('ab');
  });

  it('do not include it: requests to it go to all of its zones', () => {
    const manager = managerOf(new Home({ cluster: 'us', locality }));
    manager.assign(assignment('us', even));
    expect(zonesOf(manager, 'us')).toBe('ab');
  });

  it('stay as they are when its endpoints are others in the same zones', () => {
    const manager = managerOf(new Home({ cluster: 'us', locality }));
    manager.assign(assignment('us', { a: 1, b: 1 }));
    manager.assign(assignment('web', even));
    const version = () => listStats(manager.clusters).get('cluster.web.version');
    const before = version();
    manager.assign({ ...assignment('them', { a: 1, b: 1 }), name: 'us' });
    expect(version()).toBe(before);
  });

  it('count under the names of Envoy, and only where there is an own cluster', () => {
    const manager = managerOf(new Home({ cluster: 'us', locality }));
    manager.assign(assignment('us', { a: 1, b: 1 }));
    manager.assign(assignment('web', even));
    zonesOf(manager, 'web');
    const stats = listStats(manager.clusters);
    const names = ['all_directly', 'sampled', 'cross_zone'].map((name) => `cluster.web.lb_zone_routing_${name}`);
    expect(names.map((name) => stats.get(name))).toEqual([600, 0, 0]);
    for (const name of ['lb_zone_cluster_too_small', 'lb_local_cluster_not_ok', 'lb_zone_number_differs'])
      expect(stats.has(`cluster.web.${name}`)).toBe(true);
    expect(stats.has('cluster.us.lb_zone_routing_all_directly')).toBe(false);
    expect(listStats(managerOf().clusters).has('cluster.web.lb_zone_routing_all_directly')).toBe(false);
  });
});

describe('an own cluster that is found out later', () => {
  const locality = { region: '', zone: 'a', subZone: '' };
  const zoneAware = { locality: { kind: 'zone-aware' as const, percent: 100, minEndpoints: 2 } };

  it('is wanted from the first cluster on that keeps to zones, once', () => {
    const home = new Home({ cluster: '', locality, onlyWhereAsked: true });
    let times = 0;
    home.whenWanted(() => {
      times += 1;
    });
    const manager = managerOf(home);
    expect([home.isWanted, times]).toEqual([false, 0]);
    manager.upsert({ ...specOf('shop'), balancing: zoneAware });
    manager.upsert({ ...specOf('cart'), balancing: zoneAware });
    expect([home.isWanted, times]).toEqual([true, 1]);
  });

  it('keeps requests of those clusters in the zone as soon as it is known, and of no others', () => {
    const home = new Home({ cluster: '', locality, onlyWhereAsked: true });
    const manager = managerOf(home);
    manager.upsert({ ...specOf('shop'), balancing: zoneAware });
    for (const name of ['us', 'web', 'shop']) manager.assign(assignment(name, { a: 3, b: 3 }));
    expect([zonesOf(manager, 'shop'), zonesOf(manager, 'web')]).toEqual(['ab', 'ab']);
    home.become('us');
    expect([zonesOf(manager, 'shop'), zonesOf(manager, 'web')]).toEqual(['a', 'ab']);
    home.become('');
    expect(zonesOf(manager, 'shop')).toBe('ab');
    const stats = listStats(manager.clusters);
    expect(stats.has('cluster.shop.lb_zone_routing_all_directly')).toBe(true);
    expect(stats.has('cluster.web.lb_zone_routing_all_directly')).toBe(false);
  });
});
