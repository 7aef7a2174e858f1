// Zone-aware routing as numbers: what stays, what goes where, and that every endpoint gets the same in the end.
import fc from 'fast-check';
import { planZones, type ZoneSize } from '../../../../src/proxy/balance/zone-plan.ts';

const sizes = (...pairs: readonly (readonly [callers: number, endpoints: number])[]): ZoneSize[] =>
  pairs.map(([callers, endpoints]) => ({ callers, endpoints }));

const ALL = { stays: 1, shares: [] };

describe('a plan of zones', () => {
  it.each<readonly [string, ZoneSize[], number, unknown]>([
    ['keeps everything where both have equal shares', sizes([2, 4], [2, 4]), 0, ALL],
    ['keeps everything where endpoints have the larger share', sizes([1, 5], [3, 5]), 0, ALL],
    ['keeps thirds that divide badly', sizes([1, 7], [1, 7], [1, 7]), 2, ALL],
    ['sends half away where callers are twice as many', sizes([2, 1], [1, 2]), 0, { stays: 0.5, shares: [0, 1] }],
    ['spreads by room', sizes([40, 25], [40, 50], [20, 25]), 0, { stays: 0.625, shares: [0, 2 / 3, 1 / 3] }],
    [
      'sends everything away from a zone without healthy endpoints',
      sizes([1, 0], [1, 6]),
      0,
      { stays: 0, shares: [0, 1] },
    ],
    ['gives nothing to a zone that is full', sizes([2, 1], [2, 2], [0, 1]), 0, { stays: 0.5, shares: [0, 0, 1] }],
  ])('%s', (_what, zones, own, expected) => {
    const callers = zones.reduce((sum, zone) => sum + zone.callers, 0);
    expect(planZones(zones, own, callers)).toEqual(expected);
  });

  it('sends by room what comes from a zone without endpoints', () => {
    expect(planZones(sizes([1, 3], [1, 3]), -1, 4)).toEqual({ stays: 0, shares: [0.5, 0.5] });
    expect(planZones(sizes([0, 3], [1, 3]), -1, 2)).toEqual({ stays: 0, shares: [1, 0] });
  });

  it('shares by endpoints where nobody has room: healthy callers are in other zones alone', () => {
    expect(planZones(sizes([1, 3], [1, 3]), -1, 2)).toEqual({ stays: 0, shares: [0.5, 0.5] });
    expect(planZones(sizes([0, 0], [1, 3], [1, 3]), 0, 2)).toEqual({ stays: 0, shares: [0, 0.5, 0.5] });
  });

  const zone = fc.record({ callers: fc.nat(50), endpoints: fc.nat(50) });
  const zones = fc
    .array(zone, { minLength: 2, maxLength: 8 })
    .filter((all) => all.some(({ callers }) => callers > 0) && all.some(({ endpoints }) => endpoints > 0));

  it('gives every endpoint the same load, from the callers of all zones together', () => {
    fc.assert(
      fc.property(zones, (all) => {
        const callers = all.reduce((sum, one) => sum + one.callers, 0);
        const endpoints = all.reduce((sum, one) => sum + one.endpoints, 0);
        // Zones without endpoints are none of the called cluster's.
        const called = all.filter((one) => one.endpoints > 0);
        const load = called.map(() => 0);
        for (const from of all.filter((one) => one.callers > 0)) {
          const own = called.indexOf(from);
          const { stays, shares } = planZones(called, own, callers);
          for (const index of called.keys()) {
            const rest = (1 - stays) * (shares[index] ?? 0);
            load[index] = (load[index] as number) + from.callers * (rest + (index === own ? stays : 0));
          }
        }
        for (const [index, one] of called.entries()) {
          expect(load[index]).toBeCloseTo((callers * one.endpoints) / endpoints, 9);
        }
      }),
    );
  });

  it('crosses zones no more than it must: what stays is all, or as much as the own endpoints can take', () => {
    fc.assert(
      fc.property(zones, fc.nat(7), (all, at) => {
        const own = at % all.length;
        const { callers: fromHere, endpoints: here } = all[own] as ZoneSize;
        const callers = all.reduce((sum, one) => sum + one.callers, 0);
        const endpoints = all.reduce((sum, one) => sum + one.endpoints, 0);
        const { stays, shares } = planZones(all, own, callers);
        const most = fromHere === 0 ? Number(here > 0) : Math.min(1, (here * callers) / (endpoints * fromHere));
        expect(stays).toBeCloseTo(most, 9);
        expect(shares.every((share) => share >= 0)).toBe(true);
        if (stays < 1) expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9);
      }),
    );
  });
});
