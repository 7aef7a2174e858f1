// Consistent hashing, ring and Maglev: equal keys to one endpoint, few keys move, loads stay within their bounds.
import fc from 'fast-check';
import { Word64 } from '../../../../src/base/word64.ts';
import { XxHash64 } from '../../../../src/base/xx-hash64.ts';
import { type BalancingSpec, DEFAULT_RING_HASH } from '../../../../src/model/balancing-spec.ts';
import type { EndpointSpec } from '../../../../src/model/endpoint-spec.ts';
import { Endpoint } from '../../../../src/proxy/endpoint/endpoint.ts';
import type { PickContext, Picker } from '../../../../src/proxy/lb/load-balancer.ts';
import { maglev } from '../../../../src/proxy/lb/maglev.ts';
import { ringHash } from '../../../../src/proxy/lb/ring-hash.ts';
import { pickerContext } from './scene.ts';

/** Both as they are by default but for the ring, whose evenness is a matter of its size. */
const LARGE_RING: BalancingSpec = { ringHash: { ...DEFAULT_RING_HASH, minRingSize: 65_536 } };
const BALANCERS = [
  ['ring-hash', ringHash],
  ['maglev', maglev],
] as const;
const KEYS = 10_000;
const xxHash = new XxHash64();

function endpointOf(spec: Partial<EndpointSpec>): Endpoint {
  const whole = { host: '10.0.0.1', port: 80, health: 'healthy' as const, weight: 1, ...spec };
  const locality = { region: '', zone: '', subZone: '' };
  return new Endpoint(whole, { locality, priority: 0, weight: 1, endpoints: [] });
}

function endpointsOf(count: number, weightOf = (_index: number) => 1): Endpoint[] {
  return Array.from({ length: count }, (_, index) => endpointOf({ host: `10.0.1.${index}`, weight: weightOf(index) }));
}

function request(key: string, ...tried: readonly (Endpoint | null)[]): PickContext {
  const hash = new Word64();
  hash.copy(xxHash.hash(key, 0, key.length));
  return { hash, wasTried: (endpoint) => tried.includes(endpoint) };
}

function owners(picker: Picker, keys = KEYS): (Endpoint | null)[] {
  return Array.from({ length: keys }, (_, index) => picker.pick(request(`user-${index}`)));
}

function countsOf<T>(items: readonly T[]): Map<T, number> {
  const counts = new Map<T, number>();
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1);
  return counts;
}

describe.each(BALANCERS)('%s', (_name, balancer) => {
  const create = (endpoints: readonly Endpoint[], spec = LARGE_RING) =>
    balancer.createPicker(endpoints, pickerContext(spec));

  it('sends equal keys to one endpoint, whatever came between, and whoever made the picker', () => {
    const endpoints = endpointsOf(10);
    const picked = owners(create(endpoints), 500);
    const again = owners(balancer.createPicker(endpoints, pickerContext(LARGE_RING, 99)), 500);
    expect(picked.every((owner, key) => owner === again[key])).toBe(true);
  });

  it('does not look at the order in which endpoints are given', () => {
    const endpoints = endpointsOf(30);
    const picked = owners(create(endpoints), 1_000);
    const again = owners(create(endpoints.toReversed()), 1_000);
    expect(picked.every((owner, key) => owner === again[key])).toBe(true);
  });

  it('moves at most 2.5 % of the keys when one of 100 endpoints leaves, and all of those that it had', () => {
    const endpoints = endpointsOf(100);
    const before = owners(create(endpoints));
    for (const gone of [0, 37, 99]) {
      const after = owners(create(endpoints.filter((_, index) => index !== gone)));
      const moved = before.filter((owner, key) => owner !== after[key]).length;
      const had = before.filter((owner) => owner === endpoints[gone]).length;
      expect(moved).toBeGreaterThanOrEqual(had);
      expect(moved / KEYS).toBeLessThanOrEqual(0.025);
    }
  });

  it('moves at most 2.5 % of the keys when a 101st endpoint comes', () => {
    const endpoints = endpointsOf(101);
    const before = owners(create(endpoints.slice(0, 100)));
    const after = owners(create(endpoints));
    expect(before.filter((owner, key) => owner !== after[key]).length / KEYS).toBeLessThanOrEqual(0.025);
  });

  it('spreads keys over 50 endpoints: each within two fifths of its share', () => {
    const counts = countsOf(owners(create(endpointsOf(50))));
    expect(counts.size).toBe(50);
    for (const count of counts.values()) expect(Math.abs(count / (KEYS / 50) - 1)).toBeLessThan(0.4);
  });

  it('gives weights their share of the keys: 1 to 4 over 20 endpoints, each within a third', () => {
    const endpoints = endpointsOf(20, (index) => 1 + (index % 4));
    const counts = countsOf(owners(create(endpoints)));
    for (const endpoint of endpoints) {
      const share = (KEYS * endpoint.spec.weight) / 50;
      expect(Math.abs((counts.get(endpoint) ?? 0) / share - 1)).toBeLessThan(1 / 3);
    }
  });

  it('sends a retry to one and the same other endpoint, and the keys of a failed one to many', () => {
    const endpoints = endpointsOf(10);
    const picker = create(endpoints);
    const others = new Set<Endpoint | null>();
    for (let key = 0; key < 2_000; key += 1) {
      const first = picker.pick(request(`user-${key}`));
      if (first !== endpoints[0]) continue;
      const second = picker.pick(request(`user-${key}`, first));
      expect(second).not.toBe(first);
      expect(picker.pick(request(`user-${key}`, first))).toBe(second);
      others.add(second);
    }
    expect(others.size).toBeGreaterThanOrEqual(8);
  });

  it('places endpoints by hash key, by host name where that is asked for, else by address', () => {
    const at = (spec: Partial<EndpointSpec>, byHostname: boolean) =>
      owners(
        create([endpointOf(spec), endpointOf({ host: '10.0.0.2' })], { hashing: { byHostname, balanceFactor: 0 } }),
        200,
      ).map((owner) => (owner?.host === '10.0.0.2' ? 1 : 0));
    const byAddress = at({}, false);
    expect(at({ hostname: 'db-0' }, false)).toEqual(byAddress);
    expect(at({}, true)).toEqual(byAddress);
    expect(at({ hostname: 'db-0' }, true)).not.toEqual(byAddress);
    expect(at({ host: '10.9.9.9', hostname: 'db-0' }, true)).toEqual(at({ hostname: 'db-0' }, true));
    expect(at({ host: '10.9.9.9', hostname: 'a', hashKey: 'db-0' }, true)).toEqual(at({ hostname: 'db-0' }, true));
  });

  it('goes anywhere, evenly, without a hash', () => {
    const picker = create(endpointsOf(4));
    const counts = countsOf(Array.from({ length: 4_000 }, () => picker.pick({ hash: null, wasTried: () => false })));
    for (const count of counts.values()) expect(Math.abs(count - 1_000)).toBeLessThan(150);
  });
});

describe.each(BALANCERS)('bounded loads of %s', (_name, balancer) => {
  const BOUND = 150;
  const spec: BalancingSpec = { ...LARGE_RING, hashing: { byHostname: false, balanceFactor: BOUND } };

  /** A picker over `endpoints` with requests in work, which `take` adds to. */
  function scene(endpoints: readonly Endpoint[]) {
    const load = { requestsActive: 0 };
    const picker = balancer.createPicker(endpoints, { ...pickerContext(spec), load });
    const take = (key: string): Endpoint => {
      const endpoint = picker.pick(request(key)) as Endpoint;
      endpoint.activeRequests += 1;
      load.requestsActive += 1;
      return endpoint;
    };
    return { load, picker, take };
  }

  it('keeps one key to its endpoint while that has room', () => {
    const { take, load } = scene(endpointsOf(10));
    const first = take('hot');
    for (let i = 0; i < 20; i += 1) {
      first.activeRequests -= 1;
      load.requestsActive -= 1;
      expect(take('hot')).toBe(first);
    }
  });

  it('gives no endpoint more than 150 % of the average and one, though all requests have one key', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 20 }), fc.string(), (count, key) => {
        const endpoints = endpointsOf(count);
        const { take } = scene(endpoints);
        for (let i = 1; i <= 10 * count; i += 1) {
          take(key);
          const most = Math.max(...endpoints.map(({ activeRequests }) => activeRequests));
          if (most > Math.ceil((i * BOUND) / 100 / count) + 1) throw new Error(`${most} of ${i} at one of ${count}`);
        }
      }),
      { numRuns: 20 },
    );
  });

  it('overflows in another order for each key, so that no neighbour takes it all', () => {
    const second = new Set<Endpoint>();
    for (let i = 0; i < 30; i += 1) {
      const { take } = scene(endpointsOf(10));
      for (let first = take(`hot-${i}`), next = take(`hot-${i}`), j = 0; j < 5; j += 1, next = take(`hot-${i}`)) {
        if (next !== first) second.add(next);
      }
    }
    expect(second.size).toBeGreaterThanOrEqual(8);
  });

  it('respects weights: an endpoint of three times the weight may have three times as much', () => {
    const endpoints = endpointsOf(4, (index) => (index === 0 ? 3 : 1));
    const { take } = scene(endpoints);
    for (let i = 0; i < 300; i += 1) take('hot');
    for (const { activeRequests, spec: own } of endpoints) {
      expect(activeRequests).toBeLessThanOrEqual(Math.ceil((300 * BOUND * own.weight) / 600) + 1);
    }
  });

  it('never goes where a request was already, while there is another', () => {
    const endpoints = endpointsOf(3);
    const { picker, take } = scene(endpoints);
    for (let i = 0; i < 30; i += 1) take('hot');
    const first = picker.pick(request('hot'));
    const second = picker.pick(request('hot', first));
    const third = picker.pick(request('hot', first, second));
    expect(new Set([first, second, third]).size).toBe(3);
  });
});

describe('a ring', () => {
  it('has the places that its bounds say: at least 1,024, at most 128', () => {
    const distinct = (spec: BalancingSpec) => {
      const picker = ringHash.createPicker(endpointsOf(3), pickerContext(spec));
      const seen: (Endpoint | null)[] = [];
      // One key for each 2^20th of the circle.
      for (let high = 0; high < 2 ** 32; high += 2 ** 12) {
        const hash = new Word64();
        hash.set(high, 0);
        seen.push(picker.pick({ hash, wasTried: () => false }));
      }
      return seen.filter((owner, index) => owner !== seen[index - 1]).length;
    };
    // Neighbouring places of one endpoint are seen as one: a third of them.
    const small = distinct({ ringHash: { ...DEFAULT_RING_HASH, minRingSize: 128, maxRingSize: 128 } });
    expect(small).toBeGreaterThan(60);
    expect(small).toBeLessThanOrEqual(130);
    const usual = distinct({});
    expect(usual).toBeGreaterThan(550);
    expect(usual).toBeLessThanOrEqual(1_030);
  });
});
