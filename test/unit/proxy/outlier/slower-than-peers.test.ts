// Who takes far longer than its peers: found by a measure that a few long answers, or a few endpoints, cannot bend.
import { seededRandom } from '../../../../src/base/random.ts';
import { DEFAULT_OUTLIER_DETECTION, type OutlierDetectionSpec } from '../../../../src/model/outlier-detection-spec.ts';
import { Scene } from './scene.ts';

const SLOW: Partial<OutlierDetectionSpec> = {
  slowerThanPeers: { factor: 3, excessMs: 20, minimumHosts: 3, requestVolume: 30 },
  enforcing: { ...DEFAULT_OUTLIER_DETECTION.enforcing, 'slower-than-peers': 100 },
};

/** Endpoints answer, `msOf` each, and an interval passes. */
function interval(scene: Scene, answers: number, msOf: (index: number, answer: number) => number): void {
  for (const index of scene.endpoints.keys()) {
    for (let answer = 0; answer < answers; answer += 1) {
      scene.answer(index, 200);
      scene.endpoints[index]?.outlier?.latency?.record(msOf(index, answer));
    }
  }
  scene.clock.advance(10_050);
}

describe('a slow endpoint', () => {
  it('is out where it takes 100 ms and its peers 10, and says so', () => {
    const scene = new Scene(5, SLOW);
    interval(scene, 30, (index) => (index === 3 ? 100 : 10));
    expect(scene.out).toEqual([3]);
    expect(scene.events[0]).toMatchObject({
      reason: 'slower-than-peers',
      detail: 'takes 100 ms in the middle of 30 answers, its peers 10 ms',
    });
  });

  it('is found by the third of its answers that hang for 5 s, where those of its peers take 5 ms', () => {
    const scene = new Scene(5, SLOW);
    interval(scene, 90, (index, answer) => (index === 0 && answer % 3 === 0 ? 5_000 : 5));
    expect(scene.out).toEqual([0]);
  });

  it.each([
    ['20 ms longer, but not three times as long', 60, 30],
    ['three times as long, but not 20 ms longer', 4, 1],
  ])('is left in that takes %s', (_, ms, usualMs) => {
    const scene = new Scene(5, SLOW);
    interval(scene, 100, (index) => (index === 3 ? ms : usualMs));
    expect(scene.events).toEqual([]);
  });

  it('is left in with fewer than 30 answers, and where fewer than three endpoints have so many', () => {
    const seldom = new Scene(5, SLOW);
    interval(seldom, 29, (index) => (index === 3 ? 100 : 10));
    expect(seldom.events).toEqual([]);
    const few = new Scene(2, SLOW);
    interval(few, 100, (index) => (index === 1 ? 100 : 10));
    expect(few.events).toEqual([]);
  });

  it('is left in for one answer of a minute among thirty', () => {
    const scene = new Scene(5, SLOW);
    interval(scene, 30, (index, answer) => (index === 0 && answer === 0 ? 60_000 : 10));
    expect(scene.events).toEqual([]);
  });

  it('is found beside another, of five; of endpoints that differ as much as it nobody is slow', () => {
    const two = new Scene(5, SLOW);
    interval(two, 50, (index) => (index < 2 ? 200 : 10 + index));
    expect(two.out).toEqual([0, 1]);
    const spread = new Scene(5, SLOW);
    interval(spread, 50, (index) => 10 * 2 ** index);
    expect(spread.events).toEqual([]);
  });

  it('is never found among equals, in 200 intervals of answers that take from 1 ms to a second', () => {
    const random = seededRandom(11);
    const scene = new Scene(8, SLOW);
    for (let turn = 0; turn < 200; turn += 1) interval(scene, 30, () => 10 ** (3 * random.next()));
    expect(scene.events).toEqual([]);
  });

  it('is counted, and stays, by default', () => {
    const scene = new Scene(5, { ...SLOW, enforcing: DEFAULT_OUTLIER_DETECTION.enforcing });
    interval(scene, 30, (index) => (index === 3 ? 100 : 10));
    expect(scene.out).toEqual([]);
    expect(scene.stat('ejections_detected_slower_than_peers')).toBe(1);
  });

  it('is not measured where nobody asks', () => {
    expect(new Scene(1).endpoints[0]?.isTimed).toBe(false);
    expect(new Scene(1, SLOW).endpoints[0]?.isTimed).toBe(true);
  });
});
