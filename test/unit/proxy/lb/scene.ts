// Endpoints and pickers for tests of load balancers.
import { seededRandom } from '../../../../src/base/random.ts';
import type { BalancingSpec } from '../../../../src/model/balancing-spec.ts';
import { Endpoint } from '../../../../src/proxy/endpoint/endpoint.ts';
import type { PickContext, Picker, PickerContext } from '../../../../src/proxy/lb/load-balancer.ts';

export const FRESH: PickContext = { wasTried: () => false };

/** One for each weight, named a, b, c … */
export function endpointsOf(...weights: readonly number[]): Endpoint[] {
  const locality = { region: '', zone: '', subZone: '' };
  return weights.map((weight, index) => {
    const spec = { host: String.fromCharCode(97 + index), port: 80, health: 'healthy' as const, weight };
    return new Endpoint(spec, { locality, priority: 0, weight: 1, endpoints: [spec] });
  });
}

export function pickerContext(spec: BalancingSpec = {}, seed = 1, now = () => 0): PickerContext {
  return { random: seededRandom(seed), now, seed, spec, load: { requestsActive: 0 } };
}

/** Hosts of so many picks, joined. */
export function hostsOf(picker: Picker, picks: number, context = FRESH): string {
  return Array.from({ length: picks }, () => picker.pick(context)?.host ?? '-').join('');
}

/** How often each host was picked. */
export function countHosts(picker: Picker, picks: number, context = FRESH): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const host of hostsOf(picker, picks, context)) counts[host] = (counts[host] ?? 0) + 1;
  return counts;
}
