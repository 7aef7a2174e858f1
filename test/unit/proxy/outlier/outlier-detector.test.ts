// Who is taken out, for how long, and who is not: with the time held still and chance decided.
import { DEFAULT_OUTLIER_DETECTION } from '../../../../src/model/outlier-detection-spec.ts';
import { endpointAt, FIVE_BAD, Scene, SECOND } from './scene.ts';

describe('consecutive failures', () => {
  it('take an endpoint out at the fifth 5xx in a row, and not at the fourth', () => {
    const scene = new Scene(3);
    scene.answer(1, 500, 503, 500, 500);
    expect(scene.out).toEqual([]);
    scene.answer(1, 599);
    expect(scene.out).toEqual([1]);
    expect(scene.changes).toBe(1);
    expect(scene.events).toMatchObject([
      { change: 'ejected', reason: 'consecutive-5xx', detail: '5 answers of 5xx in a row', forMs: 30_000 },
    ]);
  });

  it('begin anew after an answer below 500, whatever the caller did wrong', () => {
    const scene = new Scene(3);
    for (const fine of [200, 301, 404, 429, 499]) scene.answer(0, 500, 500, 500, 500, fine);
    expect(scene.out).toEqual([]);
  });

  it('count 502, 503 and 504 apart: three gateway failures in a row, which a 500 interrupts', () => {
    const enforcing = { ...DEFAULT_OUTLIER_DETECTION.enforcing, 'consecutive-gateway-failure': 100 };
    const scene = new Scene(3, { consecutive5xx: 0, consecutiveGatewayFailure: 3, enforcing });
    scene.answer(0, 502, 503, 500, 504, 502, 500);
    expect(scene.out).toEqual([]);
    scene.answer(0, 502, 503, 504);
    expect(scene.events).toMatchObject([{ change: 'ejected', reason: 'consecutive-gateway-failure' }]);
  });

  it('take a connection that fails for a 503 and silence for a 504, unless they are told apart', () => {
    const joined = new Scene(3);
    joined.fail(0, 3);
    joined.fail(0, 2, true);
    expect(joined.out).toEqual([0]);
    const apart = new Scene(3, { splitLocalOrigin: true, consecutiveLocalOriginFailure: 2 });
    apart.answer(0, 500, 500, 500, 500);
    apart.fail(0, 1);
    expect(apart.out).toEqual([]);
    apart.answer(0, 200);
    apart.fail(0, 1);
    expect(apart.out).toEqual([]);
    apart.fail(0, 1);
    expect(apart.events).toMatchObject([{ change: 'ejected', reason: 'consecutive-local-origin-failure' }]);
  });

  it('are off at 0', () => {
    const scene = new Scene(3, { consecutive5xx: 0, consecutiveGatewayFailure: 0 });
    scene.answer(0, ...FIVE_BAD, ...FIVE_BAD);
    expect(scene.events).toEqual([]);
  });
});

describe('an ejection', () => {
  it('lasts 30 s, twice that when it comes again, and ends at the next look, 10 s apart', () => {
    const scene = new Scene(3);
    scene.answer(0, ...FIVE_BAD);
    scene.clock.advance(29 * SECOND);
    expect(scene.out).toEqual([0]);
    scene.clock.advance(2 * SECOND);
    expect(scene.out).toEqual([]);
    expect(scene.changes).toBe(2);
    scene.answer(0, ...FIVE_BAD);
    expect(scene.events.map(({ change, forMs }) => [change, Math.round(forMs / SECOND)])).toEqual([
      ['ejected', 30],
      ['returned', 30],
      ['ejected', 60],
    ]);
  });

  it('becomes shorter again by 30 s for each look at which the endpoint behaved', () => {
    const scene = new Scene(3);
    const lengths: number[] = [];
    const eject = () => {
      scene.answer(0, ...FIVE_BAD);
      lengths.push((scene.events.at(-1)?.forMs ?? 0) / SECOND);
      while (scene.out.length > 0) scene.clock.advance(SECOND);
    };
    eject();
    eject();
    eject();
    scene.clock.advance(21 * SECOND);
    eject();
    expect(lengths).toEqual([30, 60, 90, 60]);
  });

  it('never lasts longer than 300 s', () => {
    const scene = new Scene(3);
    for (let time = 0; time < 15; time += 1) {
      scene.answer(0, ...FIVE_BAD);
      while (scene.out.length > 0) scene.clock.advance(SECOND);
    }
    const lengths = scene.events.filter(({ change }) => change === 'ejected').map(({ forMs }) => forMs / SECOND);
    expect(lengths.slice(0, 3)).toEqual([30, 60, 90]);
    expect(lengths.slice(9)).toEqual([300, 300, 300, 300, 300, 300]);
  });

  it('is made longer by chance, up to the jitter', () => {
    const scene = new Scene(3, { maxEjectionJitterMs: 9_999 });
    scene.chance = 0.5;
    scene.answer(0, ...FIVE_BAD);
    expect(scene.events[0]?.forMs).toBe(35_000);
  });

  it('tells its reason, and when it ends, for as long as it lasts', () => {
    const scene = new Scene(3);
    scene.clock.advance(5 * SECOND);
    scene.answer(2, ...FIVE_BAD);
    expect(scene.endpoints[2]?.outlier?.ejection).toEqual({
      ...{
        reason: 'consecutive-5xx',
        sinceMs: 5_000,
        untilMs: 35_000,
        detail: '5 answers of 5xx in a row',
        shadow: false,
      },
    });
  });
});

describe('how many may be out', () => {
  it('are at most so many percent: of 10 endpoints two at 20 %, the third is counted as too many', () => {
    const scene = new Scene(10, { maxEjectionPercent: 20 });
    for (const index of [0, 1, 2]) scene.answer(index, ...FIVE_BAD);
    expect(scene.out).toEqual([0, 1]);
    expect(scene.stat('ejections_overflow')).toBe(1);
    expect(scene.stat('ejections_active')).toBe(2);
  });

  it('is none of 5 at 10 %, and one where one may always be', () => {
    const strict = new Scene(5, { maxEjectionPercent: 10 });
    strict.answer(0, ...FIVE_BAD);
    expect(strict.out).toEqual([]);
    const lenient = new Scene(5, { maxEjectionPercent: 10, alwaysEjectOne: true });
    lenient.answer(0, ...FIVE_BAD);
    lenient.answer(1, ...FIVE_BAD);
    expect(lenient.out).toEqual([0]);
  });

  it('is never all: the last endpoint that takes requests stays, though it fails', () => {
    const scene = new Scene(3);
    for (const index of [0, 1, 2]) scene.answer(index, ...FIVE_BAD);
    expect(scene.out).toEqual([0, 1]);
    const alone = new Scene(1);
    alone.answer(0, ...FIVE_BAD);
    expect(alone.out).toEqual([]);
  });

  it('does not count an endpoint among those who are left that takes no new requests', () => {
    const scene = new Scene(1);
    const draining = endpointAt(9, 'draining');
    scene.present = [...scene.endpoints, draining];
    scene.answer(0, ...FIVE_BAD);
    expect(scene.out).toEqual([]);
  });
});

describe('findings that do not count', () => {
  it('are told and counted, and eject nobody, at odds of 0', () => {
    const enforcing = { ...DEFAULT_OUTLIER_DETECTION.enforcing, 'consecutive-5xx': 0 };
    const scene = new Scene(3, { enforcing });
    scene.answer(0, ...FIVE_BAD, ...FIVE_BAD);
    expect(scene.out).toEqual([]);
    expect(scene.events.map(({ change }) => change)).toEqual(['detected', 'detected']);
    expect([scene.stat('ejections_detected_consecutive_5xx'), scene.stat('ejections_enforced_total')]).toEqual([2, 0]);
  });

  it('are four of ten at odds of 60', () => {
    const enforcing = { ...DEFAULT_OUTLIER_DETECTION.enforcing, 'consecutive-5xx': 60 };
    const scene = new Scene(20, { enforcing });
    for (let index = 0; index < 10; index += 1) {
      scene.chance = index / 10;
      scene.answer(index, ...FIVE_BAD);
    }
    expect(scene.out).toEqual([0, 1, 2, 3, 4, 5]);
  });
});

describe('success rates', () => {
  const results = (bad: number, all: number) => Array.from({ length: all }, (_, index) => (index < bad ? 500 : 200));
  const quiet = { consecutive5xx: 0, consecutiveGatewayFailure: 0 };

  it('take out who succeeds far less than the others, at the end of the interval', () => {
    const scene = new Scene(6, quiet);
    for (const index of [0, 1, 2, 3, 4]) scene.answer(index, ...results(1, 100));
    scene.answer(5, ...results(40, 100));
    expect(scene.out).toEqual([]);
    scene.clock.advance(10_050);
    expect(scene.out).toEqual([5]);
    expect(scene.events[0]?.detail).toBe('60.0 % succeeded, all together 92.5 %, least 64.9 %');
  });

  it('compare only endpoints with 100 requests, and only five or more of them', () => {
    const few = new Scene(5, quiet);
    for (const index of [0, 1, 2, 3]) few.answer(index, ...results(0, 100));
    few.answer(4, ...results(99, 99));
    few.clock.advance(10_050);
    expect(few.events.filter(({ reason }) => reason === 'success-rate')).toEqual([]);
  });

  it('leave everybody in where all fail alike: that is not the fault of one', () => {
    const scene = new Scene(8, quiet);
    for (let index = 0; index < 8; index += 1) scene.answer(index, ...results(60, 120));
    scene.clock.advance(10_050);
    expect(scene.out).toEqual([]);
  });

  it('count each interval for itself', () => {
    const scene = new Scene(6, quiet);
    for (let half = 0; half < 2; half += 1) {
      for (let index = 0; index < 6; index += 1) scene.answer(index, ...results(index === 5 ? 30 : 0, 60));
      scene.clock.advance(10_050);
    }
    expect(scene.events).toEqual([]);
  });

  it('as a fixed share of failures take out who has it, whatever the others do', () => {
    const enforcing = { ...DEFAULT_OUTLIER_DETECTION.enforcing, 'success-rate': 0, 'failure-percentage': 100 };
    const scene = new Scene(5, { ...quiet, enforcing });
    for (const index of [0, 1, 2]) scene.answer(index, ...results(0, 50));
    scene.answer(3, ...results(42, 50));
    scene.answer(4, ...results(43, 50));
    scene.clock.advance(10_050);
    expect(scene.out).toEqual([4]);
    expect(scene.events.at(-1)).toMatchObject({
      reason: 'failure-percentage',
      detail: '86.0 % failed, too many from 85 %',
    });
  });
});

describe('a detector', () => {
  it('has no timer while nothing is called, and none when all is well again', () => {
    const scene = new Scene(3);
    expect(scene.clock.pendingTimers).toBe(0);
    scene.answer(0, 200);
    expect(scene.clock.pendingTimers).toBe(1);
    scene.clock.advance(10_100);
    expect(scene.clock.pendingTimers).toBe(0);
    scene.answer(0, ...FIVE_BAD);
    scene.clock.advance(90 * SECOND);
    expect(scene.out).toEqual([]);
    expect(scene.clock.pendingTimers).toBe(0);
  });

  it('keeps counts and ejections of endpoints that stay, and forgets those that leave', () => {
    const scene = new Scene(4);
    scene.answer(0, ...FIVE_BAD);
    scene.answer(1, ...FIVE_BAD);
    scene.answer(2, 500, 500, 500, 500);
    scene.present = scene.endpoints.filter((_, index) => index !== 1);
    scene.detector.forgetOthers();
    expect(scene.out).toEqual([0]);
    expect(scene.stat('ejections_active')).toBe(1);
    expect(scene.endpoints[1]?.outlier).toBeNull();
    scene.answer(2, 500);
    expect(scene.out).toEqual([0, 2]);
  });

  it('counts endpoints that nobody has called yet among those who are left', () => {
    const scene = new Scene(2);
    scene.present = [...scene.endpoints, endpointAt(8), endpointAt(9)];
    scene.detector.update({ ...DEFAULT_OUTLIER_DETECTION, maxEjectionPercent: 50 });
    scene.answer(0, ...FIVE_BAD);
    scene.answer(1, ...FIVE_BAD);
    expect(scene.out).toEqual([0, 1]);
  });

  it('takes a changed configuration for what comes next', () => {
    const scene = new Scene(3);
    scene.answer(0, 500, 500);
    scene.detector.update({ ...DEFAULT_OUTLIER_DETECTION, maxEjectionPercent: 100, consecutive5xx: 3 });
    scene.answer(0, 500);
    expect(scene.out).toEqual([0]);
  });

  it('lets everybody in when it closes', () => {
    const scene = new Scene(3);
    scene.answer(0, ...FIVE_BAD);
    scene.detector.close();
    expect([scene.out, scene.endpoints[0]?.outlier, scene.clock.pendingTimers]).toEqual([[], null, 1]);
    scene.clock.advance(SECOND);
    expect(scene.clock.pendingTimers).toBe(0);
  });

  it('watches nobody any more once it is closed', () => {
    const scene = new Scene(3);
    scene.detector.close();
    const late = endpointAt(4);
    scene.detector.watch(late);
    expect([late.outlier, scene.clock.pendingTimers]).toEqual([null, 0]);
  });
});
