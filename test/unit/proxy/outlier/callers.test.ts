// One caller's bad requests eject nobody, where callers can be told apart.
import { DEFAULT_OUTLIER_DETECTION, type OutlierDetectionSpec } from '../../../../src/model/outlier-detection-spec.ts';
import { CallerVotes } from '../../../../src/proxy/endpoint/caller-votes.ts';
import { Scene, SECOND } from './scene.ts';

const CALLERS: Partial<OutlierDetectionSpec> = {
  callers: { header: 'x-user-id', minimum: 2 },
  worseThanPeers: { gapPercent: 30 },
};

function ask(scene: Scene, index: number, caller: number, status: number, times = 1): void {
  for (let time = 0; time < times; time += 1) scene.endpoints[index]?.outlier?.recordStatus(status, caller);
}

/** All is well for everybody. */
function settle(scene: Scene): void {
  for (const index of scene.endpoints.keys())
    for (let caller = 1; caller <= 20; caller += 1) ask(scene, index, caller, 200);
}

describe('one caller whose requests fail', () => {
  it('takes nobody out, with a thousand of them in a row, minute after minute', () => {
    const scene = new Scene(3, CALLERS);
    settle(scene);
    for (let turn = 0; turn < 30; turn += 1) {
      ask(scene, 0, 7, 500, 1_000);
      scene.clock.advance(10 * SECOND);
    }
    expect(scene.out).toEqual([]);
    expect(scene.stat('ejections_spared')).toBeGreaterThan(0);
  });

  it('takes a pod out after five answers where callers are not told apart', () => {
    const { callers: _, ...rest } = CALLERS;
    const scene = new Scene(3, rest);
    settle(scene);
    ask(scene, 0, 7, 500, 5);
    expect(scene.out).toEqual([0]);
  });

  it('weighs no more than three answers in an interval among those of others', () => {
    const enforcing = { ...DEFAULT_OUTLIER_DETECTION.enforcing, 'failure-percentage': 100 };
    const failurePercentage = { threshold: 50, minimumHosts: 1, requestVolume: 10 };
    const scene = new Scene(3, {
      ...CALLERS,
      worseThanPeers: { gapPercent: 0 },
      consecutive5xx: 0,
      enforcing,
      failurePercentage,
    });
    ask(scene, 0, 7, 500, 500);
    for (let caller = 8; caller < 18; caller += 1) ask(scene, 0, caller, 200);
    ask(scene, 0, 18, 500);
    scene.clock.advance(10_050);
    expect(scene.events).toEqual([]);
  });
});

describe('a pod that fails for several callers', () => {
  it('is out as soon as two have seen five failures together', () => {
    const scene = new Scene(3, CALLERS);
    ask(scene, 0, 7, 500, 3);
    expect(scene.out).toEqual([]);
    ask(scene, 0, 8, 500, 2);
    expect(scene.out).toEqual([0]);
  });

  it('is found to be worse than its peers by ten callers that it fails every second time', () => {
    const scene = new Scene(3, { ...CALLERS, consecutive5xx: 0 });
    settle(scene);
    scene.clock.advance(11 * SECOND);
    for (let time = 0; time < 2; time += 1) {
      for (let caller = 1; caller <= 10; caller += 1) ask(scene, 1, caller, (caller + time) % 2 === 0 ? 503 : 200);
    }
    expect(scene.events).toMatchObject([{ change: 'ejected', reason: 'worse-than-peers' }]);
  });
});

describe('votes', () => {
  it('of callers that nothing tells apart count each, as if each were another', () => {
    const votes = new CallerVotes('x-user-id', 1);
    for (let answer = 0; answer < 10; answer += 1) expect(votes.admit(0, true)).toBe(true);
    expect(votes.failedCallers).toBe(10);
  });

  it('are three a caller and interval, and callers who saw a failure are remembered for the next one', () => {
    const votes = new CallerVotes('x-user-id', 1);
    const admitted = (): readonly boolean[] => [1, 2, 3, 4].map(() => votes.admit(0x1234_5677, true));
    expect(admitted()).toEqual([true, true, true, false]);
    votes.nextInterval();
    expect(votes.failedCallers).toBe(1);
    expect(admitted()).toEqual([true, true, true, false]);
    votes.nextInterval();
    votes.nextInterval();
    expect(votes.failedCallers).toBe(0);
  });

  it('are told apart by the value of the header, the same way each time', () => {
    const votes = new CallerVotes('x-user-id', 9);
    expect(votes.callerOf('ada')).toBe(votes.callerOf('ada'));
    expect(votes.callerOf('')).not.toBe(0);
    const slots = new Set(Array.from({ length: 64 }, (_, index) => votes.callerOf(`user-${index}`) % 64));
    expect(slots.size).toBeGreaterThan(32);
  });

  it('of a million callers take no more room than those of 64', () => {
    const votes = new CallerVotes('x-user-id', 1);
    for (let caller = 1; caller <= 1_000_000; caller += 1) votes.admit(caller, true);
    expect(votes.failedCallers).toBe(64);
  });
});
