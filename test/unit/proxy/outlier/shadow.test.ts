// What is only watched, what is left, and how an endpoint comes back.
import { DEFAULT_OUTLIER_DETECTION } from '../../../../src/model/outlier-detection-spec.ts';
import { endpointAt, FIVE_BAD, Scene, SECOND } from './scene.ts';

describe('shadow mode', () => {
  it('ejects nobody, and tells and counts who would be out, why and until when', () => {
    const scene = new Scene(3, { shadow: true });
    scene.answer(1, ...FIVE_BAD);
    expect(scene.endpoints[1]?.health).toBe('healthy');
    expect(scene.events).toMatchObject([{ change: 'ejected', shadow: true, forMs: 30_000 }]);
    expect(scene.endpoints[1]?.outlier?.ejection).toMatchObject({ shadow: true, untilMs: 30_000 });
    expect([scene.stat('ejections_active'), scene.stat('ejections_enforced_total')]).toEqual([0, 0]);
    expect([scene.stat('ejections_shadow_active'), scene.stat('ejections_shadow_total')]).toEqual([1, 1]);
    expect(scene.stat('ejections_detected_consecutive_5xx')).toBe(1);
  });

  it('keeps to the limits as if those who would be out were: of four at 50 % the third is one too many', () => {
    const scene = new Scene(4, { shadow: true, maxEjectionPercent: 50 });
    for (const index of [0, 1, 2]) scene.answer(index, ...FIVE_BAD);
    expect([scene.stat('ejections_shadow_active'), scene.stat('ejections_overflow')]).toEqual([2, 1]);
    const pair = new Scene(2, { shadow: true });
    for (const index of [0, 1]) pair.answer(index, ...FIVE_BAD);
    expect(pair.stat('ejections_shadow_active')).toBe(1);
  });

  it('lets who would be out come back when its time is over', () => {
    const scene = new Scene(3, { shadow: true });
    scene.answer(0, ...FIVE_BAD);
    scene.clock.advance(31 * SECOND);
    expect(scene.stat('ejections_shadow_active')).toBe(0);
    expect(scene.events.at(-1)).toMatchObject({ change: 'returned', shadow: true });
  });

  it('lets everybody in who is out when it begins', () => {
    const scene = new Scene(3);
    scene.answer(0, ...FIVE_BAD);
    expect(scene.endpoints[0]?.health).toBe('unhealthy');
    const changes = scene.changes;
    scene.detector.update({ ...DEFAULT_OUTLIER_DETECTION, shadow: true });
    expect(scene.endpoints[0]?.health).toBe('healthy');
    expect([scene.changes, scene.stat('ejections_active')]).toEqual([changes + 1, 0]);
  });
});

describe('a minimum of healthy hosts', () => {
  it('is never gone below: of five with a minimum of 4 one may be out', () => {
    const scene = new Scene(5, { minHealthyHosts: 4 });
    for (const index of [0, 1, 2]) scene.answer(index, ...FIVE_BAD);
    expect(scene.out).toEqual([0]);
    expect(scene.stat('ejections_overflow')).toBe(2);
  });

  it('counts those only that take new requests', () => {
    const scene = new Scene(4, { minHealthyHosts: 4 });
    scene.present = [...scene.endpoints, endpointAt(9, 'draining')];
    scene.answer(0, ...FIVE_BAD);
    expect(scene.out).toEqual([]);
    scene.present = [...scene.endpoints, endpointAt(9)];
    scene.answer(0, ...FIVE_BAD);
    expect(scene.out).toEqual([0]);
  });

  it('comes before the one that may always be out', () => {
    const scene = new Scene(3, { minHealthyHosts: 3, alwaysEjectOne: true });
    scene.answer(0, ...FIVE_BAD);
    expect(scene.out).toEqual([]);
  });
});

describe('the end of an ejection', () => {
  it('is what a gradual return begins with, where one is asked for', () => {
    const scene = new Scene(3, { returnWindowMs: 10_000 });
    scene.answer(0, ...FIVE_BAD);
    expect(scene.endpoints[0]?.returnedAtMs).toBe(Number.NEGATIVE_INFINITY);
    scene.clock.advance(31 * SECOND);
    expect(scene.endpoints[0]?.returnedAtMs).toBeGreaterThanOrEqual(30_000);
    const plain = new Scene(3);
    plain.answer(0, ...FIVE_BAD);
    plain.clock.advance(31 * SECOND);
    expect(plain.endpoints[0]?.returnedAtMs).toBe(Number.NEGATIVE_INFINITY);
  });
});
