// Who fails more often than its peers: how soon that is found, and how seldom by mistake.
import { seededRandom } from '../../../../src/base/random.ts';
import type { OutlierDetectionSpec } from '../../../../src/model/outlier-detection-spec.ts';
import { FailureShift } from '../../../../src/proxy/endpoint/failure-shift.ts';
import { PeerFailures } from '../../../../src/proxy/outlier/peer-failures.ts';
import { Scene, SECOND } from './scene.ts';

const PEERS: Partial<OutlierDetectionSpec> = {
  consecutive5xx: 0,
  consecutiveGatewayFailure: 0,
  worseThanPeers: { gapPercent: 30 },
};

/** Each endpoint answers in turn, so many times. */
function round(scene: Scene, times: number, statusOf: (index: number, time: number) => number): void {
  for (let time = 0; time < times; time += 1) {
    for (const index of scene.endpoints.keys()) scene.answer(index, statusOf(index, time));
  }
}

describe('an endpoint that fails half of its requests', () => {
  it('is out after ten answers, however long it was well before, and says why in numbers', () => {
    const scene = new Scene(5, PEERS);
    round(scene, 1_000, () => 200);
    round(scene, 9, (index, time) => (index === 2 && time % 2 === 0 ? 500 : 200));
    expect(scene.out).toEqual([]);
    round(scene, 2, (index, time) => (index === 2 && time % 2 === 0 ? 500 : 200));
    expect(scene.out).toEqual([2]);
    expect(scene.events).toMatchObject([
      { change: 'ejected', reason: 'worse-than-peers', detail: '6 of 10 answers failed, of those of its peers 2.0 %' },
    ]);
    expect(scene.stat('ejections_enforced_worse_than_peers')).toBe(1);
  });

  it('is found by silence and failed connections as by bad answers', () => {
    const scene = new Scene(3, PEERS);
    round(scene, 100, () => 200);
    scene.fail(0, 5);
    expect(scene.out).toEqual([0]);
    const apart = new Scene(3, { ...PEERS, splitLocalOrigin: true, consecutiveLocalOriginFailure: 0 });
    round(apart, 100, () => 200);
    apart.fail(0, 5, true);
    expect(apart.out).toEqual([0]);
  });

  it('is found with one request a second, and stays out longer each time, though a finding takes longer than an interval', () => {
    const scene = new Scene(4, PEERS);
    for (let second = 0; second < 200; second += 1) {
      for (const index of scene.endpoints.keys()) {
        if (!scene.out.includes(index)) scene.answer(index, index === 0 && second % 2 === 0 ? 503 : 200);
      }
      scene.clock.advance(SECOND);
    }
    const ejections = scene.events.filter(({ change }) => change === 'ejected');
    expect(ejections.map(({ endpoint, forMs }) => [endpoint.host, forMs])).toEqual([
      ['127.0.0.1', 30_000],
      ['127.0.0.1', 60_000],
      ['127.0.0.1', 90_000],
    ]);
  });
});

describe('endpoints that all fail', () => {
  it.each([0.05, 0.2, 0.5, 1])('alike, %d of their answers, are left in', (share) => {
    const random = seededRandom(7);
    const scene = new Scene(5, PEERS);
    round(scene, 2_000, () => (random.next() < share ? 500 : 200));
    expect(scene.events.filter(({ reason }) => reason === 'worse-than-peers')).toEqual([]);
  });

  it('but one are told from it: that one is not taken for the measure', () => {
    const scene = new Scene(5, { ...PEERS, maxEjectionPercent: 100 });
    round(scene, 100, (index) => (index === 4 ? 200 : 503));
    expect(scene.out).not.toContain(4);
  });

  it('are compared with somebody: two answers of others say nothing', () => {
    const scene = new Scene(2, PEERS);
    scene.answer(1, 200, 200);
    scene.fail(0, 100);
    expect(scene.out).toEqual([]);
  });
});

describe('endpoints that go bad together', () => {
  const SERVICE: Partial<OutlierDetectionSpec> = { worseThanPeers: { gapPercent: 30 }, maxEjectionPercent: 50 };

  it('are all left in, however well they were before: what they share is the cause', () => {
    const scene = new Scene(6, SERVICE);
    round(scene, 400, () => 200);
    round(scene, 400, () => 503);
    expect(scene.out).toEqual([]);
    expect(scene.stat('ejections_spared')).toBeGreaterThan(0);
    round(scene, 10, () => 200);
    expect(scene.events.filter(({ change }) => change === 'ejected')).toEqual([]);
  });

  it.each([1, 2])('are found where they are %d of five', (dead) => {
    const scene = new Scene(5, SERVICE);
    round(scene, 400, () => 200);
    round(scene, 5, (index) => (index < dead ? 503 : 200));
    expect(scene.out).toEqual([0, 1].slice(0, dead));
  });

  it('are found one by one where one does not recover with the others', () => {
    const scene = new Scene(4, SERVICE);
    round(scene, 100, () => 503);
    round(scene, 20, (index) => (index === 3 ? 503 : 200));
    expect(scene.out).toEqual([3]);
  });

  it('say nothing of the others any more when they were called last a minute ago', () => {
    const scene = new Scene(3, SERVICE);
    scene.answer(1, 503, 503, 503);
    scene.answer(2, 503, 503, 503);
    for (let turn = 0; turn < 6; turn += 1) {
      scene.answer(0, ...Array.from({ length: 20 }, () => 200));
      scene.clock.advance(10_050);
    }
    scene.answer(0, 503, 503, 503, 503, 503);
    expect(scene.out).toEqual([0]);
  });

  it('are taken out in a row as Envoy does it, where nobody is compared', () => {
    const scene = new Scene(4, { maxEjectionPercent: 50 });
    round(scene, 10, () => 503);
    expect(scene.out).toEqual([0, 1]);
  });
});

describe('the test', () => {
  it('finds fewer than one in 100,000 answers by mistake, among 2 to 20 endpoints and whatever is usual', () => {
    const random = seededRandom(42);
    let found = 0;
    for (const count of [2, 5, 20]) {
      for (const share of [0.01, 0.05, 0.2, 0.5]) {
        const peers = new PeerFailures(30);
        const shifts = Array.from({ length: count }, () => new FailureShift());
        for (let answer = 0; answer < 100_000; answer += 1) {
          const shift = shifts[answer % count] as FailureShift;
          if (peers.note(shift, random.next() < share)) {
            found += 1;
            peers.forget(shift);
          }
          if (answer % 500 === 499) peers.age(shifts);
        }
      }
    }
    expect(found).toBeLessThan(12);
  });

  it.each([
    [0.2, 30, 60],
    [0.3, 16, 32],
    [0.5, 9, 15],
    [1, 5, 5],
  ])('finds an endpoint that fails %d of its answers after %d to %d of them on average', (share, least, most) => {
    const random = seededRandom(3);
    let answers = 0;
    for (let run = 0; run < 300; run += 1) {
      const peers = new PeerFailures(30);
      const [sick, well] = [new FailureShift(), new FailureShift()];
      for (let answer = 0; answer < 500; answer += 1) peers.note(well, false);
      do answers += 1;
      while (!peers.note(sick, random.next() < share));
    }
    expect(answers / 300).toBeGreaterThanOrEqual(least);
    expect(answers / 300).toBeLessThanOrEqual(most);
  });
});

describe('a gap', () => {
  it.each([
    [1, 33],
    [5, 11],
    [30, 5],
    [100, 4],
  ])('of %d points finds a dead endpoint among those that are well after %d answers', (gapPercent, answers) => {
    const scene = new Scene(4, { ...PEERS, worseThanPeers: { gapPercent } });
    round(scene, 100, () => 200);
    scene.fail(0, answers - 1);
    expect(scene.out).toEqual([]);
    scene.fail(0, 1);
    expect(scene.out).toEqual([0]);
  });
});

describe('comparison with peers', () => {
  it('is off where no gap is given, and ends where none is given any more', () => {
    const off = new Scene(3, { ...PEERS, worseThanPeers: { gapPercent: 0 } });
    expect(off.endpoints[0]?.outlier?.shift).toBeNull();
    const scene = new Scene(3, PEERS);
    round(scene, 10, () => 200);
    scene.fail(0, 4);
    scene.detector.update({ ...off.spec, worseThanPeers: { gapPercent: 0 } });
    scene.fail(0, 100);
    expect(scene.out).toEqual([]);
  });
});
