// Requests that keep to zones: when they do, where they go then, and what is counted.
import type { BalancingSpec, LoadBalancerName, ZoneAwareSpec } from '../../../../src/model/balancing-spec.ts';
import { DEFAULT_ZONE_AWARE } from '../../../../src/model/balancing-spec.ts';
import type { EndpointHealth, LoadAssignmentSpec } from '../../../../src/model/endpoint-spec.ts';
import { balance } from '../../../../src/proxy/balance/balance.ts';
import { Home } from '../../../../src/proxy/balance/home.ts';
import { UNKNOWN_PLACE } from '../../../../src/proxy/balance/place.ts';
import { ZoneCounts } from '../../../../src/proxy/balance/zone-counts.ts';
import { EndpointSet } from '../../../../src/proxy/endpoint/endpoint-set.ts';
import { LOAD_BALANCERS } from '../../../../src/proxy/lb/index.ts';
import type { LoadBalancer, Picker } from '../../../../src/proxy/lb/load-balancer.ts';
import { pickerContext } from '../lb/scene.ts';

/** Of each zone (and priority): healths of its endpoints, h, d (degraded), u and g (going: draining), or digits: weights of healthy ones. */
type Zones = Readonly<Record<string, string>>;

const HEALTHS: Readonly<Record<string, EndpointHealth>> = { d: 'degraded', u: 'unhealthy', g: 'draining' };

function endpointsIn(zones: Zones): EndpointSet {
  const localities = Object.entries(zones).map(([name, healths], at) => {
    const [zone = '', priority = '0'] = name.split('/');
    const endpoints = [...healths].map((letter, index) => {
      const weight = Number(letter) || 1;
      return { host: `${zone}${at}${index}`, port: 80, health: HEALTHS[letter] ?? ('healthy' as const), weight };
    });
    return { locality: { region: 'r', zone, subZone: '' }, priority: Number(priority), weight: 1, endpoints };
  });
  const set = new EndpointSet(
    () => {},
    () => 0,
  );
  set.update({ name: 'web', localities } satisfies LoadAssignmentSpec);
  return set;
}

interface Given {
  readonly callers: Zones;
  readonly called: Zones;
  readonly zone?: string;
  readonly spec?: Partial<ZoneAwareSpec>;
  readonly more?: BalancingSpec;
  readonly name?: LoadBalancerName;
}

function scene({ callers, called, zone = 'a', spec, more = {}, name = 'round-robin' }: Given) {
  const home = new Home({ cluster: 'us', locality: { region: 'r', zone, subZone: '' } });
  home.update(endpointsIn(callers).localities);
  const counts = new ZoneCounts();
  const locality = spec === undefined ? {} : { locality: { ...DEFAULT_ZONE_AWARE, ...spec } };
  const balanced = balance(endpointsIn(called).localities, {
    balancer: LOAD_BALANCERS.find((row) => row.name === name) as LoadBalancer,
    context: pickerContext({ ...locality, ...more }),
    ...{ overprovisioningFactor: 140, place: UNKNOWN_PLACE, home: { home, counts } },
  });
  return { ...balanced, counts };
}

/** Percent of 10,000 picks, rounded to 5, by the first letter of the host: its zone. */
function sharesOf(picker: Picker): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (let pick = 0; pick < 10_000; pick += 1) {
    const zone = picker.pick({ wasTried: () => false })?.host[0] ?? '-';
    counts[zone] = (counts[zone] ?? 0) + 1;
  }
  return Object.fromEntries(Object.entries(counts).map(([zone, count]) => [zone, Math.round(count / 500) * 5]));
}

const EVEN: Zones = { a: 'hh', b: 'hh', c: 'hh' };

describe('requests that keep to zones', () => {
  it.each<readonly [string, Given, Readonly<Record<string, number>>]>([
    ['all stay where zones are even', { callers: EVEN, called: EVEN }, { a: 100 }],
    [
      'a half stays where callers are twice as many',
      { callers: { a: 'hh', b: 'h' }, called: { a: 'hh', b: 'hhhh' } },
      { a: 50, b: 50 },
    ],
    [
      'all go by the room of others where nobody of the own zone is healthy',
      { callers: EVEN, called: { a: 'uu', b: 'hhh', c: 'hhh' } },
      { b: 50, c: 50 },
    ],
    [
      'all go by the room of others where the own zone has nobody',
      { callers: EVEN, called: { b: 'hhhh', c: 'hh' } },
      { b: 100 },
    ],
    [
      'degraded ones are no room',
      { callers: { a: 'hh', b: 'hh' }, called: { a: 'hhhdd', b: 'hhhhhhhhh' } },
      { a: 50, b: 50 },
    ],
    [
      'two entries of one zone are one',
      { callers: { a: 'hh', b: 'hh' }, called: { 'a/0': 'hh', 'a/00': 'h', b: 'hhh' } },
      { a: 100 },
    ],
    ['least request does the same within zones', { callers: EVEN, called: EVEN, name: 'least-request' }, { a: 100 }],
  ])('%s', (_what, given, expected) => {
    expect(sharesOf(scene(given).picker)).toEqual(expected);
  });

  it.each<readonly [string, Given]>([
    ['it is of no zone of its own cluster', { callers: { b: 'hh', c: 'hh' }, called: EVEN }],
    ['its own cluster is in one zone', { callers: { a: 'hh' }, called: EVEN }],
    ['its own cluster panics', { callers: { a: 'hu', b: 'uu' }, called: EVEN }],
    ['its own cluster has no endpoints', { callers: {}, called: EVEN }],
    ['fewer than six are healthy', { callers: EVEN, called: { a: 'hh', b: 'hh', c: 'hu' } }],
    ['fewer than min_cluster_size are healthy', { callers: EVEN, called: EVEN, spec: { minEndpoints: 7 } }],
    ['localities share by weight', { callers: EVEN, called: EVEN, more: { locality: { kind: 'weighted' } } }],
    ['none shall keep to zones', { callers: EVEN, called: EVEN, spec: { percent: 0 } }],
    ['a hash says who gets them', { callers: EVEN, called: EVEN, name: 'maglev' }],
  ])('do not where %s', (_what, given) => {
    const { picker, counts } = scene(given);
    expect(Object.keys(sharesOf(picker)).length).toBeGreaterThan(1);
    expect(counts).toMatchObject({ allDirectly: 0, sampled: 0, crossZone: 0 });
  });

  it('go to the first endpoint in order with pick-first, whatever its zone', () => {
    expect(sharesOf(scene({ callers: EVEN, called: EVEN, zone: 'b', name: 'pick-first' }).picker)).toEqual({ a: 100 });
  });

  it('are so many percent, where routing_enabled says so', () => {
    const { picker } = scene({ callers: EVEN, called: EVEN, spec: { percent: 70 } });
    expect(sharesOf(picker)).toEqual({ a: 80, b: 10, c: 10 });
  });

  it('all stay from so many healthy endpoints of the own zone on, where that is forced, however few zones there are', () => {
    const few = { callers: { a: 'hh' }, called: { a: 'hh', b: 'hhhhhhhh' } };
    expect(sharesOf(scene({ ...few, spec: { forceLocalFrom: 2 } }).picker)).toEqual({ a: 100 });
    expect(sharesOf(scene({ ...few, spec: { forceLocalFrom: 3 } }).picker)).toEqual({ a: 20, b: 80 });
  });

  it('count weights instead of endpoints, where locality_basis says so', () => {
    const given = { callers: { a: 'hh', b: 'hh' }, called: { a: '6hh', b: 'hhhh' } };
    expect(sharesOf(scene({ ...given, spec: {} }).picker)).toEqual({ a: 85, b: 15 });
    expect(sharesOf(scene({ ...given, spec: { byWeight: true } }).picker)).toEqual({ a: 100 });
  });

  it('fail in panic of either cluster, where fail_traffic_on_panic says so', () => {
    const spec = { failInPanic: true } as const;
    const sick = { a: 'huu', b: 'huu', c: 'huu' };
    expect(scene({ callers: EVEN, called: sick, spec: { ...spec, minEndpoints: 0 } }).eligible).toEqual([]);
    expect(sharesOf(scene({ callers: EVEN, called: sick, spec }).picker)).toEqual({ '-': 100 });
    expect(sharesOf(scene({ callers: sick, called: EVEN, spec }).picker)).toEqual({ '-': 100 });
    expect(Object.keys(sharesOf(scene({ callers: sick, called: EVEN, spec: {} }).picker))).toHaveLength(3);
  });

  it('keep to zones in the first priority alone', () => {
    const { picker } = scene({ callers: EVEN, called: { ...EVEN, 'a/1': 'h', 'b/1': 'hhh' } });
    expect(sharesOf(picker)).toEqual({ a: 100 });
    const second = scene({ callers: EVEN, called: { 'a/0': 'u', 'b/0': 'u', 'a/1': 'h', 'b/1': 'hhh' } });
    expect(sharesOf(second.picker)).toEqual({ a: 25, b: 75 });
  });

  it('keep to zones among degraded endpoints too, each of which gets the same', () => {
    const more = { panicThreshold: 0 };
    const even = { a: 'hhdddd', b: 'hhdddd', c: 'hhdddd' };
    expect(sharesOf(scene({ callers: EVEN, called: even, more }).picker)).toEqual({ a: 100 });
    // A third of the requests is for three degraded ones, of which the callers' third of all has one.
    const uneven = { a: 'hhhhuuuud', b: 'hhhhuuuudd', c: 'hhhhuuuu' };
    const { picker } = scene({ callers: EVEN, called: uneven, more, spec: { minEndpoints: 0 } });
    const degraded = new Set<string>();
    for (let pick = 0; pick < 2_000; pick += 1) {
      const endpoint = picker.pick({ wasTried: () => false });
      if (endpoint?.health === 'degraded') degraded.add(endpoint.host[0] ?? '');
    }
    expect([...degraded]).toEqual(['a']);
  });

  it('go to degraded endpoints of other zones where the own one has none', () => {
    const called = { a: 'hhuuuu', b: 'hhdd', c: 'hhdd' };
    const { picker } = scene({ callers: EVEN, called, more: { panicThreshold: 0 } });
    const shares = sharesOf(picker);
    expect(Object.keys(shares).sort()).toEqual(['a', 'b', 'c']);
    expect(shares['b']).toBe(shares['c']);
  });

  it('go on in any zone when they were tried in theirs, and stay when all were tried', () => {
    const { picker } = scene({ callers: EVEN, called: EVEN });
    const inA = (host: string) => host.startsWith('a');
    for (let pick = 0; pick < 100; pick += 1) {
      expect(picker.pick({ wasTried: ({ host }) => inA(host) || host.startsWith('b') })?.host[0]).toBe('c');
    }
    expect(picker.pick({ wasTried: () => true })?.host[0]).toBe('a');
  });

  it('are counted by what became of them', () => {
    const direct = scene({ callers: EVEN, called: EVEN });
    sharesOf(direct.picker);
    expect(direct.counts).toMatchObject({ recalculations: 1, allDirectly: 10_000, sampled: 0, crossZone: 0 });
    const split = scene({ callers: { a: 'hh', b: 'h' }, called: { a: 'hh', b: 'hhhh' } });
    sharesOf(split.picker);
    expect(split.counts.sampled + split.counts.crossZone).toBe(10_000);
    expect(split.counts.sampled).toBeGreaterThan(4_500);
    expect(split.counts.crossZone).toBeGreaterThan(4_500);
  });

  it('count why they do not keep to zones', () => {
    expect(scene({ callers: EVEN, called: { a: 'h', b: 'h' } }).counts).toMatchObject({
      tooSmall: 1,
      numberDiffers: 1,
    });
    expect(scene({ callers: { b: 'h', c: 'h' }, called: EVEN }).counts).toMatchObject({ localNotOk: 1 });
    expect(scene({ callers: { a: 'u', b: 'u', c: 'h' }, called: EVEN }).counts).toMatchObject({ localNotOk: 1 });
    expect(scene({ callers: EVEN, called: { a: 'hhhhhh' } }).counts).toMatchObject({ localNotOk: 0, tooSmall: 0 });
  });
});

describe('the own cluster', () => {
  it('tells others when the numbers of a zone change, and not when other endpoints come in their place', () => {
    const home = new Home({ cluster: 'us', locality: { region: 'r', zone: 'a', subZone: '' } });
    let told = 0;
    home.watch(() => {
      told += 1;
    });
    home.update(endpointsIn({ a: 'hh', b: 'h' }).localities);
    home.update(endpointsIn({ a: 'hh', b: 'h' }).localities);
    expect(told).toBe(1);
    home.update(endpointsIn({ a: 'hu', b: 'h' }).localities);
    home.update(endpointsIn({ a: 'hu', b: 'h', 'c/1': 'h' }).localities);
    expect(told).toBe(2);
  });
});
