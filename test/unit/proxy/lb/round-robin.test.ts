// Round robin beyond what every load balancer promises: the turn itself.
import { seededRandom } from '../../../../src/base/random.ts';
import { Endpoint } from '../../../../src/proxy/endpoint/endpoint.ts';
import type { PickContext, Picker } from '../../../../src/proxy/lb/load-balancer.ts';
import { roundRobin } from '../../../../src/proxy/lb/round-robin.ts';

const FRESH: PickContext = { wasTried: () => false };

function picker(seed: number): Picker {
  const locality = { region: '', zone: '', subZone: '' };
  const endpoints = ['a', 'b', 'c', 'd'].map((host) => {
    const spec = { host, port: 80, health: 'healthy' as const, weight: 1 };
    return new Endpoint(spec, { locality, priority: 0, weight: 1, endpoints: [spec] });
  });
  return roundRobin.createPicker(endpoints, seededRandom(seed));
}

const turn = (from: Picker, context = FRESH): string => from.pick(context)?.host ?? '';

describe('round robin', () => {
  it('goes around in the given order', () => {
    const from = picker(1);
    const first = turn(from);
    const order = [first, turn(from), turn(from), turn(from), turn(from)].join('');
    expect('abcdabcd').toContain(order.slice(0, 4));
    expect(order[4]).toBe(first);
  });

  it('begins anywhere, so that many sidecars do not march in step', () => {
    expect(new Set(Array.from({ length: 40 }, (_, seed) => turn(picker(seed)))).size).toBe(4);
  });

  it('goes on behind the endpoint that a retry went to', () => {
    const from = picker(1);
    const failed = turn(from);
    const retried = turn(from, { wasTried: ({ host }) => host === failed });
    expect([failed, retried]).not.toContain(turn(from));
  });
});
