// Promises that every load balancer keeps, whatever its algorithm.
import fc from 'fast-check';
import { randomBelow, seededRandom } from '../../src/base/random.ts';
import { type BalancingSpec, LOAD_BALANCER_NAMES, type LoadBalancerName } from '../../src/model/balancing-spec.ts';
import { Endpoint } from '../../src/proxy/endpoint/endpoint.ts';
import { LOAD_BALANCERS } from '../../src/proxy/lb/index.ts';
import type { PickContext, Picker } from '../../src/proxy/lb/load-balancer.ts';

interface Traits {
  /**
   * How far the requests of an endpoint may lie from its share: `turns` = by one, `chance` = by four and a half standard deviations of a
   * fair draw. `one` = one endpoint gets them all.
   */
  readonly spread: 'turns' | 'chance' | 'one';
  /** By this part of its share more, as the places of endpoints lie unevenly. */
  readonly unevenness?: number;
}

/** One line an algorithm; the compiler asks for it. */
const TRAITS: Readonly<Record<LoadBalancerName, Traits>> = {
  'round-robin': { spread: 'turns' },
  'least-request': { spread: 'chance' },
  'peak-ewma': { spread: 'chance' },
  random: { spread: 'chance' },
  // Of 1,024 places and up to 100 endpoints: arcs of 11 places vary by 30 % (1 ÷ √11).
  'ring-hash': { spread: 'chance', unevenness: 1 },
  maglev: { spread: 'chance', unevenness: 0.05 },
  'pick-first': { spread: 'one' },
};

/** Smaller than by default, as the tests make hundreds of them. */
const SPEC: BalancingSpec = { maglev: { tableSize: 5_003 } };

const FAIR_PICKS = 10_000;

function endpointsOf(count: number, weightOf = (_index: number) => 1): Endpoint[] {
  const locality = { region: '', zone: '', subZone: '' };
  return Array.from({ length: count }, (_, index) => {
    const spec = {
      host: `10.0.${index >> 8}.${index & 255}`,
      port: 80,
      health: 'healthy' as const,
      weight: weightOf(index),
    };
    return new Endpoint(spec, { locality, priority: 0, weight: 1, endpoints: [spec] });
  });
}

/** A request that has been to `tried`. */
function request(...tried: readonly Endpoint[]): PickContext {
  return { wasTried: (endpoint) => tried.includes(endpoint) };
}

/** How often each endpoint is picked in `FAIR_PICKS` requests. */
function countPicks(picker: Picker, ...tried: readonly Endpoint[]): Map<Endpoint | null, number> {
  const counts = new Map<Endpoint | null, number>();
  for (let i = 0; i < FAIR_PICKS; i += 1) {
    const picked = picker.pick(request(...tried));
    counts.set(picked, (counts.get(picked) ?? 0) + 1);
  }
  return counts;
}

/** Most that a count may lie from `share`. */
function tolerance(name: LoadBalancerName, share: number): number {
  const { spread, unevenness = 0 } = TRAITS[name];
  return spread === 'turns' ? 1 : 4.5 * Math.sqrt(share) + share * unevenness;
}

function addresses(picker: Picker, picks: number): (string | undefined)[] {
  return Array.from({ length: picks }, () => picker.pick(request())?.address);
}

/** Bytes by which the heap grows in so many picks; the least of a few rounds, as the machine may do other things meanwhile. */
function heapGrowth(picker: Picker, context: PickContext, picks: number): number {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 5; round += 1) {
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < picks; i += 1) picker.pick(context);
    least = Math.min(least, Math.abs(process.memoryUsage().heapUsed - before));
  }
  return least;
}

describe('the table of load balancers', () => {
  it('has a line for each name that configuration may give, and no other', () => {
    expect(LOAD_BALANCERS.map(({ name }) => name)).toEqual([...LOAD_BALANCER_NAMES]);
  });
});

describe.each(LOAD_BALANCERS.map((balancer) => [balancer.name, balancer] as const))('%s', (name, balancer) => {
  const create = (endpoints: readonly Endpoint[], seed = 1): Picker =>
    balancer.createPicker(endpoints, {
      random: seededRandom(seed),
      now: () => 0,
      seed,
      spec: SPEC,
      load: { requestsActive: 0 },
    });

  it('answers null of no endpoints, always', () => {
    expect(addresses(create([]), 3)).toEqual([undefined, undefined, undefined]);
  });

  it('picks one of the given endpoints, that no earlier attempt went to while there is such a one', () => {
    const scene = fc.record({
      count: fc.integer({ min: 1, max: 40 }),
      seed: fc.integer(),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(scene, ({ count, seed, share }) => {
        const endpoints = endpointsOf(count);
        const random = seededRandom(seed);
        const picker = create(endpoints, seed);
        for (let i = 0; i < 20; i += 1) {
          const tried = endpoints.filter(() => random.next() < share);
          const picked = picker.pick(request(...tried));
          expect(endpoints).toContain(picked);
          if (tried.length < count) expect(tried).not.toContain(picked);
        }
      }),
    );
  });

  it.each([1, 1_000])(
    'finds the one endpoint of fifty that was not tried, whose weights reach up to %d',
    (heaviest) => {
      const endpoints = endpointsOf(50, (index) => 1 + (index % heaviest));
      const picker = create(endpoints);
      const random = seededRandom(2);
      for (let i = 0; i < 500; i += 1) {
        const left = endpoints[randomBelow(random, endpoints.length)] as Endpoint;
        expect(picker.pick(request(...endpoints.filter((endpoint) => endpoint !== left)))).toBe(left);
      }
    },
  );

  if (TRAITS[name].spread === 'one') {
    it('gives all requests to one endpoint, and what that one does not get to one other', () => {
      const endpoints = endpointsOf(5);
      const [first] = countPicks(create(endpoints)).keys();
      expect(countPicks(create(endpoints)).size).toBe(1);
      expect(countPicks(create(endpoints), first as Endpoint).size).toBe(1);
    });
  } else {
    it.each([1, 2, 3, 10, 100])('gives each of %d equal endpoints its share of the requests', (count) => {
      const endpoints = endpointsOf(count);
      const counts = countPicks(create(endpoints));
      const share = FAIR_PICKS / count;
      for (const endpoint of endpoints)
        expect(Math.abs((counts.get(endpoint) ?? 0) - share)).toBeLessThanOrEqual(tolerance(name, share));
    });

    it('gives what one of five endpoints does not get to the other four alike', () => {
      const endpoints = endpointsOf(5);
      const [first, ...others] = endpoints as [Endpoint, ...Endpoint[]];
      const counts = countPicks(create(endpoints), first);
      const share = FAIR_PICKS / others.length;
      expect(counts.has(first)).toBe(false);
      for (const endpoint of others)
        expect(Math.abs((counts.get(endpoint) ?? 0) - share)).toBeLessThanOrEqual(tolerance(name, share));
    });

    it('gives the heavier endpoints more: 20 of weights 1 to 4', () => {
      const endpoints = endpointsOf(20, (index) => 1 + (index % 4));
      const counts = countPicks(create(endpoints));
      for (const endpoint of endpoints) {
        const share = (FAIR_PICKS * endpoint.spec.weight) / 50;
        expect(Math.abs((counts.get(endpoint) ?? 0) - share)).toBeLessThanOrEqual(tolerance(name, share));
      }
    });
  }

  it('leaves the endpoints that it is given as they are', () => {
    const endpoints = Object.freeze(endpointsOf(7));
    const before = endpoints.map((endpoint) => ({ ...endpoint }));
    addresses(create(endpoints), 100);
    expect(endpoints.map((endpoint) => ({ ...endpoint }))).toEqual(before);
  });

  it('makes pickers that know nothing of each other', () => {
    const endpoints = endpointsOf(6);
    const alone = addresses(create(endpoints, 3), 60);
    const picker = create(endpoints, 3);
    const newer = create(endpoints.slice(0, 2), 4);
    const beside = Array.from({ length: 60 }, () => {
      newer.pick(request());
      return picker.pick(request())?.address;
    });
    expect(beside).toEqual(alone);
  });

  it('picks the same again from the same seed', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 20 }), (seed, count) => {
        expect(addresses(create(endpointsOf(count), seed), 50)).toEqual(
          addresses(create(endpointsOf(count), seed), 50),
        );
      }),
    );
  });

  it.each([1, 3])('allocates less than a byte a pick where weights reach up to %d', (heaviest) => {
    const picks = 200_000;
    const picker = create(endpointsOf(10, (index) => 1 + (index % heaviest)));
    const context = request();
    heapGrowth(picker, context, picks);
    expect(heapGrowth(picker, context, picks)).toBeLessThan(picks);
  });
});
