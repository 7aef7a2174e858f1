// What a change of endpoints costs where requests are hashed: a table of Maglev or a ring, for one endpoint that goes out and comes back.
import { seededRandom } from '../../../../src/base/random.ts';
import { Endpoint } from '../../../../src/proxy/endpoint/endpoint.ts';
import type { LoadBalancer, PickContext } from '../../../../src/proxy/lb/load-balancer.ts';
import { maglev } from '../../../../src/proxy/lb/maglev.ts';
import { PlacesMemo } from '../../../../src/proxy/lb/places-memo.ts';
import { ringHash } from '../../../../src/proxy/lb/ring-hash.ts';
import type { MicroBench } from '../../micro-bench.ts';

const SIZES = [10, 100, 2_000];
/** So that each is built anew. */
const MORE_THAN_REMEMBERED = 40;

/** Weights from 1 to `heaviest`. */
function endpointsOf(count: number, heaviest: number): Endpoint[] {
  const locality = { region: '', zone: '', subZone: '' };
  return Array.from({ length: count }, (_, index) => {
    const host = `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`;
    const spec = { host, port: 8080, health: 'healthy' as const, weight: 1 + (index % heaviest) };
    return new Endpoint(spec, { locality, priority: 0, weight: 1, endpoints: [] });
  });
}

const context: PickContext = { wasTried: () => false };
const spec = { ringHash: { minRingSize: 65_536, maxRingSize: 8_388_608, hashFunction: 'xx-hash' as const } };

/** `outs` endpoints go out and come back, one after the other. */
function bench(balancer: LoadBalancer, name: string, endpoints: readonly Endpoint[], outs: number): MicroBench {
  const places = new PlacesMemo();
  const shared = { random: seededRandom(1), now: () => 0, seed: 1, spec, load: { requestsActive: 0 }, places };
  // Beyond as many as there are it is one of another order, which is as good as others.
  const sets = Array.from({ length: outs }, (_, out) => {
    const turned = Math.floor(out / endpoints.length);
    return [...endpoints.slice(turned), ...endpoints.slice(0, turned)].toSpliced(out % endpoints.length, 1);
  });
  let turn = 0;
  return {
    name: `${balancer.name}: ${name}`,
    run: (iterations) => {
      for (let i = 0; i < iterations; i += 1) {
        turn = (turn + 1) % outs;
        balancer.createPicker(sets[turn] as readonly Endpoint[], shared).pick(context);
      }
    },
  };
}

export const benches: MicroBench[] = [maglev, ringHash].flatMap((balancer) =>
  SIZES.flatMap((size) => [
    bench(balancer, `one of ${size} goes out`, endpointsOf(size, 1), MORE_THAN_REMEMBERED),
    bench(balancer, `one of ${size} of unequal weight goes out`, endpointsOf(size, 3), MORE_THAN_REMEMBERED),
    bench(balancer, `one of ${size} comes back`, endpointsOf(size, 1), 2),
  ]),
);
