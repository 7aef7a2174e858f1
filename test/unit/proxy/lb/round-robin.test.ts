// Round robin beyond what every load balancer promises: the turn itself, and its evenness by weight.
import fc from 'fast-check';
import { roundRobin } from '../../../../src/proxy/lb/round-robin.ts';
import { countHosts, endpointsOf, hostsOf, pickerContext } from './scene.ts';

const picker = (seed: number) => roundRobin.createPicker(endpointsOf(1, 1, 1, 1), pickerContext({}, seed));

describe('round robin', () => {
  it('goes around in the given order', () => {
    const order = hostsOf(picker(1), 5);
    expect('abcdabcd').toContain(order.slice(0, 4));
    expect(order[4]).toBe(order[0]);
  });

  it('begins anywhere, so that many sidecars do not march in step', () => {
    expect(new Set(Array.from({ length: 40 }, (_, seed) => hostsOf(picker(seed), 1))).size).toBe(4);
  });

  it('goes on behind the endpoint that a retry went to', () => {
    const from = picker(1);
    const failed = hostsOf(from, 1);
    const retried = hostsOf(from, 1, { wasTried: ({ host }) => host === failed });
    expect([failed, retried]).not.toContain(hostsOf(from, 1));
  });
});

describe('weighted round robin', () => {
  const weights = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 2, maxLength: 8 });

  it('is at no moment further than two turns from what the weights ask for', () => {
    fc.assert(
      fc.property(weights, fc.integer(), (given, seed) => {
        const endpoints = endpointsOf(...given);
        const sum = given.reduce((total, weight) => total + weight, 0);
        const from = roundRobin.createPicker(endpoints, pickerContext({}, seed));
        const order = hostsOf(from, 4 * sum);
        for (const { host, spec } of endpoints) {
          let turns = 0;
          for (const [index, picked] of [...order].entries()) {
            turns += picked === host ? 1 : 0;
            if (Math.abs(turns - ((index + 1) * spec.weight) / sum) >= 2) throw new Error(`${host} in ${order}`);
          }
        }
      }),
    );
  });

  it('spreads the turns of a heavy endpoint: never more than two in a row of one that is worth half', () => {
    const order = hostsOf(roundRobin.createPicker(endpointsOf(4, 1, 1, 1, 1), pickerContext()), 800);
    expect(order).not.toContain('aaa');
  });

  it('gives a weight of 1,000,000 beside 1 what it says', () => {
    const counts = countHosts(roundRobin.createPicker(endpointsOf(1_000_000, 1), pickerContext()), 10_000);
    expect(counts['a']).toBeGreaterThanOrEqual(9_999);
  });
});
