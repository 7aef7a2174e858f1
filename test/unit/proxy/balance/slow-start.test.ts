// Slow start: a new endpoint gets its share little by little, whatever the algorithm; nobody else is sent away from where it was.
import { Word64 } from '../../../../src/base/word64.ts';
import type { BalancingSpec, LoadBalancerName, SlowStartSpec } from '../../../../src/model/balancing-spec.ts';
import { balance } from '../../../../src/proxy/balance/balance.ts';
import { UNKNOWN_PLACE } from '../../../../src/proxy/balance/place.ts';
import type { Endpoint } from '../../../../src/proxy/endpoint/endpoint.ts';
import { LOAD_BALANCERS } from '../../../../src/proxy/lb/index.ts';
import type { LoadBalancer, Picker } from '../../../../src/proxy/lb/load-balancer.ts';
import { countHosts, endpointsOf, FRESH, pickerContext } from '../lb/scene.ts';

const WINDOW_MS = 60_000;
const SLOW: SlowStartSpec = { windowMs: WINDOW_MS, aggression: 1, minWeightPercent: 10 };

interface Scene {
  readonly picker: Picker;
  readonly endpoints: readonly Endpoint[];
  readonly clock: { nowMs: number; reads: number };
}

/** Endpoints of these ages when the picker is made, named a, b, c …; −1 = as old as the world. */
function scene(name: LoadBalancerName, sinceMs: readonly number[], slowStart = SLOW, spec: BalancingSpec = {}): Scene {
  const endpoints = endpointsOf(...sinceMs.map(() => 1));
  for (const [index, ms] of sinceMs.entries()) (endpoints[index] as Endpoint).healthySinceMs = ms;
  const clock = { nowMs: 0, reads: 0 };
  const now = () => {
    clock.reads += 1;
    return clock.nowMs;
  };
  const balancer = LOAD_BALANCERS.find((row) => row.name === name) as LoadBalancer;
  const group = { locality: { region: '', zone: '', subZone: '' }, priority: 0, weight: 1, endpoints: [] };
  const context = pickerContext({ ...spec, slowStart }, 1, now);
  const { picker } = balance([{ group, endpoints }], {
    balancer,
    context,
    overprovisioningFactor: 140,
    place: UNKNOWN_PLACE,
  });
  return { picker, endpoints, clock };
}

const AGED = -10 * WINDOW_MS;

/** What `d`, as new as the clock says beside three old ones, gets of 12,000 requests; its full share is a quarter. */
function shareAt(name: LoadBalancerName, ageMs: number, slowStart = SLOW): number {
  const { picker, clock } = scene(name, [AGED, AGED, AGED, 0], slowStart);
  clock.nowMs = ageMs;
  return (countHosts(picker, 12_000)['d'] ?? 0) / 12_000;
}

describe.each(['round-robin', 'least-request', 'random', 'ring-hash', 'maglev'] as const)(
  'slow start with %s',
  (name) => {
    /** As weights say: 3 full ones beside one of this part of a share. */
    const expected = (part: number): number => part / (3 + part);
    // A ring’s arcs are not equal.
    const slack = name === 'ring-hash' ? 0.05 : 0.02;

    it.each([
      [0, 0.1],
      [3_000, 0.1],
      [15_000, 0.25],
      [30_000, 0.5],
      [45_000, 0.75],
    ])('gives an endpoint of %d ms the part %d of its share', (ageMs, part) => {
      expect(Math.abs(shareAt(name, ageMs) - expected(part))).toBeLessThan(slack * Math.max(part, 0.5));
    });

    it('is over with the window', () => {
      expect(Math.abs(shareAt(name, WINDOW_MS) - 0.25)).toBeLessThan(3 * slack);
    });

    it('spares nobody where all are equally new', () => {
      const { picker } = scene(name, [0, 0, 0, 0]);
      for (const count of Object.values(countHosts(picker, 4_000))) expect(Math.abs(count - 1_000)).toBeLessThan(400);
    });

    it('still finds the one endpoint that was not tried, new as it is', () => {
      const { picker } = scene(name, [AGED, AGED, AGED, 0]);
      for (let i = 0; i < 50; i += 1) expect(picker.pick({ wasTried: ({ host }) => host !== 'd' })?.host).toBe('d');
      expect(picker.pick({ wasTried: () => true })).not.toBeNull();
    });
  },
);

describe('slow start', () => {
  it('grows quickly at first with an aggression above 1', () => {
    // (15 ÷ 60) to the power of a half.
    const share = shareAt('random', 15_000, { ...SLOW, aggression: 2 });
    expect(Math.abs(share - 0.5 / 3.5)).toBeLessThan(0.015);
  });

  it('gives at least the minimum', () => {
    const share = shareAt('random', 0, { ...SLOW, minWeightPercent: 50 });
    expect(Math.abs(share - 0.5 / 3.5)).toBeLessThan(0.015);
  });

  it('does not look at the clock once everybody is warm', () => {
    const { picker, clock } = scene('round-robin', [AGED, 0]);
    clock.nowMs = WINDOW_MS;
    picker.pick(FRESH);
    const before = clock.reads;
    for (let i = 0; i < 10; i += 1) picker.pick(FRESH);
    expect(clock.reads).toBe(before);
  });

  it.each(['ring-hash', 'maglev'] as const)('moves keys one way only, to the new endpoint: %s', (name) => {
    const { picker, clock } = scene(name, [AGED, AGED, AGED, 0]);
    const hash = new Word64();
    const ownerOf = (key: number): string => {
      hash.set(Math.imul(key, 0x9e3779b1), Math.imul(key, 0x85ebca6b));
      return picker.pick({ hash, wasTried: () => false })?.host ?? '';
    };
    const keys = Array.from({ length: 400 }, (_, index) => index + 1);
    let before = keys.map(ownerOf);
    const counts: number[] = [];
    for (let nowMs = 5_000; nowMs <= WINDOW_MS; nowMs += 5_000) {
      clock.nowMs = nowMs;
      const after = keys.map(ownerOf);
      for (const [index, owner] of after.entries()) if (owner !== before[index]) expect(owner).toBe('d');
      counts.push(after.filter((owner) => owner === 'd').length);
      before = after;
    }
    expect(counts.toSorted((left, right) => left - right)).toEqual(counts);
    expect(counts.at(-1)).toBeGreaterThan(60);
  });
});
