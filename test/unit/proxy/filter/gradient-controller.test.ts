// Promises of the gradient controller: what it measures, how its limit follows the load, and when it measures anew.
import { seededRandom } from '../../../../src/base/random.ts';
import {
  type AdaptiveConcurrencySpec,
  DEFAULT_ADAPTIVE_CONCURRENCY,
} from '../../../../src/model/adaptive-concurrency-spec.ts';
import { GradientController } from '../../../../src/proxy/filter/gradient-controller.ts';
import { LatencyHistogram } from '../../../../src/proxy/filter/latency-histogram.ts';

const FIXED: AdaptiveConcurrencySpec = { ...DEFAULT_ADAPTIVE_CONCURRENCY, minRtt: { kind: 'fixed', ms: 10 } };
const MEASURED = { kind: 'measured', intervalMs: 1_000, jitterPercent: 0, requestCount: 5, minConcurrency: 2 } as const;

function controllerOf(spec: AdaptiveConcurrencySpec): GradientController {
  return new GradientController(spec, seededRandom(1), 0);
}

/** So many requests of `ms` each, one after the other from `fromMs` on: answers when the last one ends. */
function serve(controller: GradientController, fromMs: number, ms: number, count: number): number {
  let nowMs = fromMs;
  for (let i = 0; i < count; i += 1) {
    expect(controller.admit(nowMs)).toBe(true);
    controller.end(nowMs, nowMs + ms, true);
    nowMs += ms;
  }
  return nowMs;
}

describe('the times of requests', () => {
  it('are told to 3 %, from microseconds to an hour', () => {
    for (const ms of [0.002, 0.5, 1, 7, 300, 60_000, 3_600_000]) {
      const histogram = new LatencyHistogram();
      histogram.add(ms);
      expect(Math.abs(histogram.percentile(50) / ms - 1)).toBeLessThan(0.03);
    }
  });

  it('are told by percentile', () => {
    const histogram = new LatencyHistogram();
    for (let ms = 1; ms <= 100; ms += 1) histogram.add(ms);
    const told = [0, 50, 90, 100].map((percent) => Math.round(histogram.percentile(percent)));
    expect(told).toEqual([1, 50, 90, 100]);
    histogram.clear();
    expect(histogram.count).toBe(0);
  });
});

describe('a limit by gradient', () => {
  it('rises while requests take no longer than without load, by a step and the room for a burst, up to its maximum', () => {
    const controller = controllerOf({ ...FIXED, maxLimit: 60 });
    const limits: number[] = [];
    let nowMs = 0;
    for (let i = 0; i < 6; i += 1) {
      nowMs = serve(controller, nowMs, 10, 11);
      limits.push(controller.limit);
    }
    // 3 × 1.25 + √3.75, and so on: 25 % is the buffer, which is there to be used.
    expect(limits).toEqual([5, 8, 13, 20, 29, 42]);
    for (let i = 0; i < 5; i += 1) nowMs = serve(controller, nowMs, 10, 11);
    expect(controller.limit).toBe(60);
  });

  it('falls to half at most in one window, to its minimum at last', () => {
    const controller = controllerOf({ ...FIXED, minLimit: 3, maxLimit: 60 });
    let nowMs = 0;
    while (controller.limit < 60) nowMs = serve(controller, nowMs, 10, 11);
    // The window of the quick ones ends with the first of the others.
    nowMs = serve(controller, nowMs, 200, 1);
    const limits: number[] = [];
    for (let i = 0; i < 10; i += 1) {
      nowMs = serve(controller, nowMs, 200, 1);
      limits.push(controller.limit);
    }
    expect(controller.gradient).toBe(0.5);
    expect(limits[0]).toBeLessThan(60);
    expect(limits.every((limit, i) => i === 0 || limit <= (limits[i - 1] ?? 0))).toBe(true);
    expect(controller.limit).toBe(3);
  });

  it('admits so many at a time, and counts those who are broken off no longer', () => {
    const controller = controllerOf(FIXED);
    expect([1, 2, 3, 4].map(() => controller.admit(1))).toEqual([true, true, true, false]);
    controller.end(1, 2, false);
    expect([controller.inWork, controller.admit(3)]).toEqual([2, true]);
  });

  it('stays where it is while nothing comes', () => {
    const controller = controllerOf(FIXED);
    const nowMs = serve(controller, 0, 10, 11);
    const lookAt = (atMs: number): void => {
      expect(controller.admit(atMs)).toBe(true);
      controller.end(atMs, atMs + 1, false);
    };
    lookAt(nowMs + 200);
    const before = controller.limit;
    for (const laterMs of [1_000, 60_000, 3_600_000]) lookAt(nowMs + laterMs);
    expect(controller.limit).toBe(before);
  });

  it('comes to rest where a server that works on 10 at a time is busy and its queue is short', () => {
    const controller = controllerOf({ ...FIXED, updateIntervalMs: 100, maxLimit: 1_000 });
    const capacity = 10;
    let ends: number[] = [];
    const limits: number[] = [];
    // A step is a millisecond: everybody who may, asks; who is served takes 10 ms, and waits for those before.
    const begun: number[] = [];
    for (let nowMs = 0; nowMs < 10_000; nowMs += 1) {
      const done = ends.filter((endMs) => endMs <= nowMs);
      ends = ends.filter((endMs) => endMs > nowMs);
      for (const _ of done) controller.end(begun.shift() ?? 0, nowMs, true);
      while (controller.admit(nowMs)) {
        begun.push(nowMs);
        const ahead = ends.length < capacity ? nowMs : (ends[ends.length - capacity] ?? nowMs);
        ends.push(ahead + 10);
      }
      if (nowMs > 5_000) limits.push(controller.limit);
    }
    expect(Math.min(...limits)).toBeGreaterThanOrEqual(10);
    expect(Math.max(...limits)).toBeLessThanOrEqual(30);
  });
});

describe('the time without load', () => {
  it('is measured at first, with few requests at a time, and the limit goes on behind it', () => {
    const controller = controllerOf({ ...FIXED, minLimit: 4, minRtt: MEASURED });
    expect([controller.measuring, controller.limit]).toEqual([true, 2]);
    serve(controller, 0, 20, 5);
    expect([controller.measuring, controller.limit]).toEqual([false, 4]);
    expect(Math.abs(controller.minRttMs - 20)).toBeLessThan(1);
  });

  it('is measured again after its interval, from requests that began since', () => {
    const controller = controllerOf({ ...FIXED, minLimit: 4, minRtt: MEASURED });
    const nowMs = serve(controller, 0, 20, 5);
    expect(controller.admit(nowMs)).toBe(true);
    expect(controller.admit(nowMs + 1_000)).toBe(true);
    expect(controller.measuring).toBe(true);
    // It began before: its time says nothing of now.
    controller.end(nowMs, nowMs + 1_001, true);
    controller.end(nowMs + 1_000, nowMs + 1_001, false);
    serve(controller, nowMs + 1_100, 40, 4);
    expect(controller.measuring).toBe(true);
    serve(controller, nowMs + 1_300, 40, 1);
    expect(Math.abs(controller.minRttMs - 40)).toBeLessThan(2);
  });

  it('is measured again when the limit has been at its minimum for 5 windows: it was too short', () => {
    const controller = controllerOf({ ...FIXED, minLimit: 2, minRtt: { ...MEASURED, intervalMs: 1e9 } });
    let nowMs = serve(controller, 0, 10, 5);
    let windows = 0;
    while (!controller.measuring) {
      nowMs = serve(controller, nowMs, 150, 1);
      windows += 1;
    }
    // The next one ends the fifth of them.
    expect(windows - 1).toBe(5);
    serve(controller, nowMs, 150, 5);
    expect(Math.abs(controller.minRttMs - 150)).toBeLessThan(5);
  });

  it('is measured at a moment that nobody can foresee: within the interval and its jitter', () => {
    const spec = { ...FIXED, minRtt: { ...MEASURED, jitterPercent: 50 } } as const;
    const dueMs = [1, 2, 3, 4, 5].map((seed) => {
      const controller = new GradientController(spec, seededRandom(seed), 0);
      const fromMs = serve(controller, 0, 1, 5);
      let nowMs = fromMs;
      while (!controller.measuring) {
        nowMs += 1;
        if (controller.admit(nowMs)) controller.end(nowMs, nowMs, false);
      }
      return nowMs - fromMs;
    });
    expect(Math.min(...dueMs)).toBeGreaterThanOrEqual(1_000);
    expect(Math.max(...dueMs)).toBeLessThanOrEqual(1_500);
    expect(new Set(dueMs).size).toBe(5);
  });
});
