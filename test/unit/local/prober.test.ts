// When a probe is asked and how many answers make a change, on a clock that stands still.
import { Prober, type ProbeTimings } from '../../../src/local/prober.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const TIMINGS: ProbeTimings = {
  initialDelaySeconds: 0,
  periodSeconds: 10,
  timeoutSeconds: 1,
  successThreshold: 1,
  failureThreshold: 3,
};

class Scene {
  readonly clock = new ManualClock();
  readonly asked: number[] = [];
  readonly changes: (string | null)[] = [];
  readonly timeouts: number[] = [];
  answer: string | null = null;
  readonly prober: Prober;

  constructor(timings: Partial<ProbeTimings>, eager = false) {
    this.prober = new Prober({
      timings: { ...TIMINGS, ...timings },
      clock: this.clock,
      eager,
      check: async (timeoutMs) => {
        this.asked.push(this.clock.now());
        this.timeouts.push(timeoutMs);
        return this.answer;
      },
      onChange: (failure) => this.changes.push(failure),
    });
    this.prober.start();
  }

  /** Moves on in small steps, so that each answer arrives before the next question. */
  async pass(ms: number): Promise<void> {
    for (let step = 0; step < ms; step += 50) {
      this.clock.advance(50);
      await Promise.resolve();
      await Promise.resolve();
    }
  }
}

describe('Prober', () => {
  it('asks after the initial delay and then every period, with the timeout of the probe', async () => {
    const scene = new Scene({ initialDelaySeconds: 2, periodSeconds: 5, timeoutSeconds: 3 });
    await scene.pass(13_000);
    expect(scene.asked).toEqual([2_000, 7_000, 12_000]);
    expect(scene.timeouts[0]).toBe(3_000);
  });

  it('tells a success once', async () => {
    const scene = new Scene({ periodSeconds: 1 });
    await scene.pass(3_500);
    expect(scene.changes).toEqual([null]);
  });

  it('tells a failure after three in a row, and the next success at once', async () => {
    const scene = new Scene({ periodSeconds: 1 });
    await scene.pass(500);
    scene.answer = 'refused';
    await scene.pass(2_000);
    expect(scene.changes).toEqual([null]);
    await scene.pass(1_000);
    expect(scene.changes).toEqual([null, 'refused']);
    scene.answer = null;
    await scene.pass(1_000);
    expect(scene.changes).toEqual([null, 'refused', null]);
  });

  it('begins to count anew after one other answer', async () => {
    const scene = new Scene({ periodSeconds: 1, failureThreshold: 2, successThreshold: 2 });
    for (const answer of [null, 'a', null, null, 'b', null, 'c', 'd']) {
      scene.answer = answer;
      await scene.pass(1_000);
    }
    expect(scene.changes).toEqual([null, 'd']);
  });

  it('asks an eager probe after 0.1, 0.3, 0.7, 1.5 s until it succeeds, then every period', async () => {
    const scene = new Scene({}, true);
    scene.answer = 'starting';
    await scene.pass(1_000);
    scene.answer = null;
    await scene.pass(15_000);
    expect(scene.asked).toEqual([0, 100, 300, 700, 1_500, 11_500]);
    expect(scene.changes).toEqual(['starting', null]);
  });

  it('tells nothing after stop, not even an answer that was on its way', async () => {
    const scene = new Scene({ periodSeconds: 1 });
    scene.clock.advance(0);
    scene.prober.stop();
    await scene.pass(5_000);
    expect(scene.changes).toEqual([]);
    expect(scene.asked).toEqual([0]);
  });
});
