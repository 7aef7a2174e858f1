// What one pick costs, by algorithm and number of endpoints, and what a change of 10,000 endpoints does.
import { seededRandom } from '../../../../src/base/random.ts';
import { Endpoint } from '../../../../src/proxy/endpoint/endpoint.ts';
import { LOAD_BALANCERS } from '../../../../src/proxy/lb/index.ts';
import type { LoadBalancer, PickContext, Picker } from '../../../../src/proxy/lb/load-balancer.ts';
import type { MicroBench } from '../../micro-bench.ts';

const SIZES = [3, 100, 1_000];
const MANY = 10_000;

/** Weights from 1 to `heaviest`. */
function endpointsOf(count: number, heaviest: number): Endpoint[] {
  const locality = { region: '', zone: '', subZone: '' };
  return Array.from({ length: count }, (_, index) => {
    const host = `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`;
    const spec = { host, port: 8080, health: 'healthy' as const, weight: 1 + (index % heaviest) };
    const endpoint = new Endpoint(spec, { locality, priority: 0, weight: 1, endpoints: [] });
    endpoint.trackLatency(0);
    return endpoint;
  });
}

function createPicker(balancer: LoadBalancer, endpoints: readonly Endpoint[]): Picker {
  return balancer.createPicker(endpoints, {
    random: seededRandom(1),
    now: () => performance.now(),
    seed: 1,
    spec: {},
    load: { requestsActive: 0 },
  });
}

const context: PickContext = { wasTried: () => false };

/** Each pick begins a request, and ends the one that its endpoint has had for longest. */
function pick(picker: Picker, iterations: number): void {
  let active = 0;
  for (let i = 0; i < iterations; i += 1) {
    const endpoint = picker.pick(context) as Endpoint;
    endpoint.activeRequests = (endpoint.activeRequests + 1) & 3;
    active += endpoint.activeRequests;
  }
  if (active < 0) throw new Error('nothing was picked');
}

function update(balancer: LoadBalancer, endpoints: readonly Endpoint[], iterations: number): void {
  for (let i = 0; i < iterations; i += 1) createPicker(balancer, endpoints).pick(context);
}

export const benches: MicroBench[] = LOAD_BALANCERS.flatMap((balancer) => [
  ...SIZES.flatMap((size) =>
    [1, 3].map((heaviest) => {
      const picker = createPicker(balancer, endpointsOf(size, heaviest));
      const name = `pick: ${balancer.name}, ${size} endpoints${heaviest === 1 ? '' : ' of unequal weight'}`;
      return { name, run: (iterations: number) => pick(picker, iterations) };
    }),
  ),
  ...[1, 3].map((heaviest) => {
    const endpoints = endpointsOf(MANY, heaviest);
    const name = `update: ${balancer.name}, ${MANY} endpoints${heaviest === 1 ? '' : ' of unequal weight'}`;
    return { name, run: (iterations: number) => update(balancer, endpoints, iterations) };
  }),
]);
