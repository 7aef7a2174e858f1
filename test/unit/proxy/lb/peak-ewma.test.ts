// Peak EWMA: the quicker endpoint gets more, a slow one is avoided at once and asked again later, a broken one is not thought quick.
import type { Endpoint } from '../../../../src/proxy/endpoint/endpoint.ts';
import {
  LATENCY_DECAY_MS,
  LatencyEstimate,
  UNKNOWN_LATENCY_MS,
} from '../../../../src/proxy/endpoint/latency-estimate.ts';
import { peakEwma } from '../../../../src/proxy/lb/peak-ewma.ts';
import { countHosts, endpointsOf, pickerContext } from './scene.ts';

function scene(...latencies: readonly number[]) {
  const endpoints = endpointsOf(...latencies.map(() => 1));
  const clock = { nowMs: 0 };
  for (const [index, latencyMs] of latencies.entries()) {
    const endpoint = endpoints[index] as Endpoint;
    endpoint.trackLatency(0);
    // Long enough for the average to forget what was assumed before the first answer.
    for (let i = 0; i < 1_000; i += 1) endpoint.latency?.record(latencyMs, i * 1_000);
  }
  clock.nowMs = 999_000;
  return {
    endpoints,
    clock,
    picker: peakEwma.createPicker(
      endpoints,
      pickerContext({}, 1, () => clock.nowMs),
    ),
  };
}

describe('peak EWMA', () => {
  it('takes the quicker one of two', () => {
    expect(countHosts(scene(10, 11).picker, 500)).toEqual({ a: 500 });
  });

  it('weighs latency by what is in work: 10 ms with three requests against 30 ms with none', () => {
    const { endpoints, picker } = scene(10, 30);
    (endpoints[0] as Endpoint).activeRequests = 3;
    expect(countHosts(picker, 500)).toEqual({ b: 500 });
  });

  it('turns from an endpoint with its first slow answer, and comes back when that is forgotten', () => {
    const { endpoints, picker, clock } = scene(10, 20);
    (endpoints[0] as Endpoint).latency?.record(500, clock.nowMs);
    expect(countHosts(picker, 100)).toEqual({ b: 100 });
    clock.nowMs += LATENCY_DECAY_MS * 4;
    for (let i = 0; i < 40; i += 1) (endpoints[1] as Endpoint).latency?.record(20, clock.nowMs - 39_000 + i * 1_000);
    expect(countHosts(picker, 100)).toEqual({ a: 100 });
  });

  it('thinks of who fails quickly as slow', () => {
    const { endpoints, picker, clock } = scene(10, 200);
    (endpoints[0] as Endpoint).latency?.recordFailure(1, clock.nowMs);
    expect(countHosts(picker, 100)).toEqual({ b: 100 });
  });

  it('gives endpoints that are not known yet requests as well', () => {
    const endpoints = endpointsOf(1, 1);
    expect(Object.keys(countHosts(peakEwma.createPicker(endpoints, pickerContext()), 100))).toHaveLength(2);
  });
});

describe('a latency estimate', () => {
  it('begins with what is assumed, and rises at once', () => {
    const estimate = new LatencyEstimate(0);
    expect(estimate.at(0)).toBe(UNKNOWN_LATENCY_MS);
    estimate.record(80, 5);
    expect(estimate.at(5)).toBe(80);
  });

  it('falls towards shorter answers by what it has forgotten meanwhile', () => {
    const estimate = new LatencyEstimate(0);
    estimate.record(100, 0);
    estimate.record(20, LATENCY_DECAY_MS);
    expect(estimate.at(LATENCY_DECAY_MS)).toBeCloseTo(100 / Math.E + 20 * (1 - 1 / Math.E));
  });

  it('is raised by a request that was given up after a long time, and not lowered by one after a short time', () => {
    const estimate = new LatencyEstimate(0);
    estimate.recordAbandoned(1, 0);
    expect(estimate.at(0)).toBe(UNKNOWN_LATENCY_MS);
    estimate.recordAbandoned(900, 0);
    expect(estimate.at(0)).toBe(900);
  });
});
