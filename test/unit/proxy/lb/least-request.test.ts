// Least request beyond what every load balancer promises: who has less in work gets more.
import { DEFAULT_LEAST_REQUEST } from '../../../../src/model/balancing-spec.ts';
import type { Endpoint } from '../../../../src/proxy/endpoint/endpoint.ts';
import { leastRequest } from '../../../../src/proxy/lb/least-request.ts';
import { countHosts, endpointsOf, hostsOf, pickerContext } from './scene.ts';

function busy(endpoints: readonly Endpoint[], ...active: readonly number[]): readonly Endpoint[] {
  for (const [index, count] of active.entries()) (endpoints[index] as Endpoint).activeRequests = count;
  return endpoints;
}

describe('least request among equal weights', () => {
  it('never takes the busier one of two endpoints', () => {
    const picker = leastRequest.createPicker(busy(endpointsOf(1, 1), 5, 4), pickerContext());
    expect(countHosts(picker, 1_000)).toEqual({ b: 1_000 });
  });

  it('compares two different ones: of four endpoints the busiest gets nothing', () => {
    const picker = leastRequest.createPicker(busy(endpointsOf(1, 1, 1, 1), 1, 1, 9, 1), pickerContext());
    expect(countHosts(picker, 4_000)['c']).toBeUndefined();
  });

  it('leaves the idle one of ten its two draws in ten, not everything: a herd would follow', () => {
    const picker = leastRequest.createPicker(
      busy(endpointsOf(...Array(10).fill(1)), 0, ...Array(9).fill(3)),
      pickerContext(),
    );
    const share = (countHosts(picker, 10_000)['a'] ?? 0) / 10_000;
    expect(share).toBeGreaterThan(0.17);
    expect(share).toBeLessThan(0.23);
  });

  it('finds a better one with more choices', () => {
    const endpoints = busy(endpointsOf(...Array(10).fill(1)), 0, ...Array(9).fill(3));
    const spec = { leastRequest: { ...DEFAULT_LEAST_REQUEST, choiceCount: 8 } };
    const share = (countHosts(leastRequest.createPicker(endpoints, pickerContext(spec)), 10_000)['a'] ?? 0) / 10_000;
    expect(share).toBeGreaterThan(0.5);
  });

  it('takes one of the least busy by chance where all are compared', () => {
    const endpoints = busy(endpointsOf(1, 1, 1, 1, 1), 2, 1, 3, 1, 1);
    const spec = { leastRequest: { ...DEFAULT_LEAST_REQUEST, fullScan: true } };
    const counts = countHosts(leastRequest.createPicker(endpoints, pickerContext(spec)), 3_000);
    expect(Object.keys(counts).sort()).toEqual(['b', 'd', 'e']);
    for (const host of ['b', 'd', 'e']) expect(Math.abs((counts[host] ?? 0) - 1_000)).toBeLessThan(120);
  });

  it('goes elsewhere with a retry, where all are compared', () => {
    const endpoints = busy(endpointsOf(1, 1, 1), 0, 5, 6);
    const spec = { leastRequest: { ...DEFAULT_LEAST_REQUEST, fullScan: true } };
    const picker = leastRequest.createPicker(endpoints, pickerContext(spec));
    expect(hostsOf(picker, 3, { wasTried: ({ host }) => host === 'a' })).toBe('bbb');
  });
});

describe('least request among unequal weights', () => {
  it('divides an endpoint’s weight by what it has in work', () => {
    // 4 ÷ (3 + 1) = 1 against 1 ÷ (0 + 1).
    const picker = leastRequest.createPicker(busy(endpointsOf(4, 1), 3, 0), pickerContext());
    expect(countHosts(picker, 1_000)).toEqual({ a: 500, b: 500 });
  });

  it('looks at the weights alone with a bias of 0', () => {
    const spec = { leastRequest: { ...DEFAULT_LEAST_REQUEST, activeRequestBias: 0 } };
    const picker = leastRequest.createPicker(busy(endpointsOf(4, 1), 3, 0), pickerContext(spec));
    const counts = countHosts(picker, 1_000);
    expect(Math.abs((counts['a'] ?? 0) - 800)).toBeLessThanOrEqual(1);
  });

  it('turns from a busy endpoint the sooner, the greater the bias', () => {
    const spec = { leastRequest: { ...DEFAULT_LEAST_REQUEST, activeRequestBias: 2 } };
    const picker = leastRequest.createPicker(busy(endpointsOf(4, 1), 3, 0), pickerContext(spec));
    // 4 ÷ 16 against 1.
    expect(Math.abs((countHosts(picker, 1_000)['a'] ?? 0) - 200)).toBeLessThanOrEqual(1);
  });
});
