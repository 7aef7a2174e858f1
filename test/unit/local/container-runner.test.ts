// A container's life: starts, ends, restarts, probes and its stop, with processes and time made up.
import { errorIssue, fail, ok } from '../../../src/base/result.ts';
import type { ContainerChange, ContainerSpec } from '../../../src/local/container-runner.ts';
import { ContainerRunner } from '../../../src/local/container-runner.ts';
import { describeExit, type ProcessSpec } from '../../../src/local/process-host.ts';
import { CONTAINER_RESTARTS } from '../../../src/local/restart-backoff.ts';
import { type FakeProcess, FakeProcessHost } from '../../support/fake-process-host.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const PROCESS: ProcessSpec = { command: ['app'], env: {}, cwd: '/', logFile: null, tethered: false, what: 'test' };
const EVERY_SECOND = {
  initialDelaySeconds: 0,
  periodSeconds: 1,
  timeoutSeconds: 1,
  successThreshold: 1,
  failureThreshold: 3,
};

class Scene {
  readonly clock = new ManualClock();
  readonly host = new FakeProcessHost();
  readonly changes: string[] = [];
  /** What probes answer. */
  answer: string | null = null;
  readonly runner: ContainerRunner;

  constructor(given: Partial<ContainerSpec> = {}) {
    const spec: ContainerSpec = {
      name: 'app',
      prepare: async () => ok(PROCESS),
      readiness: null,
      liveness: null,
      startup: null,
      preStop: null,
      restartPolicy: 'Always',
      restarts: CONTAINER_RESTARTS,
      graceMs: 30_000,
      ...given,
    };
    this.runner = new ContainerRunner(spec, this.host, this.clock, (change) => this.changes.push(brief(change)));
  }

  get probe() {
    return { timings: EVERY_SECOND, check: async () => this.answer };
  }

  get process(): FakeProcess {
    const child = this.host.started.at(-1);
    if (child === undefined) throw new Error('nothing was started');
    return child;
  }

  async start(): Promise<void> {
    this.runner.start();
    await settle();
  }

  async pass(ms: number): Promise<void> {
    for (let step = 0; step < ms; step += 50) {
      this.clock.advance(50);
      await settle();
    }
  }
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 8; turn += 1) await Promise.resolve();
}

function brief(change: ContainerChange): string {
  if (change.kind === 'ended') return `${describeExit(change.exit)}, ${change.restartInMs ?? 'stays down'}`;
  return 'reason' in change ? `${change.kind}: ${change.reason}` : change.kind;
}

describe('ContainerRunner', () => {
  it('is ready while it runs where there is no readiness probe', async () => {
    const scene = new Scene();
    await scene.start();
    expect(scene.changes).toEqual(['started', 'ready']);
    expect(scene.runner.isReady).toBe(true);
  });

  it('is unready the moment its process ends, and starts again after 0.5, 1, 2 s', async () => {
    const scene = new Scene();
    await scene.start();
    for (const delay of [500, 1_000, 2_000]) {
      scene.process.exit(1);
      expect(scene.runner.isReady).toBe(false);
      expect(scene.changes.at(-1)).toBe(`exited with code 1, ${delay}`);
      const count = scene.host.started.length;
      await scene.pass(delay - 50);
      expect(scene.host.started).toHaveLength(count);
      await scene.pass(50);
      expect(scene.runner.isReady).toBe(true);
    }
    expect(scene.runner.restartCount).toBe(3);
  });

  it('waits at most five minutes, and forgets its failures when it has run for one', async () => {
    const scene = new Scene();
    await scene.start();
    for (let end = 0; end < 12; end += 1) {
      scene.process.exit(1);
      expect(scene.clock.pendingTimers).toBe(1);
      scene.clock.advance(300_000);
      await settle();
    }
    expect(scene.changes.at(-3)).toBe('exited with code 1, 300000');
    scene.clock.advance(60_000);
    scene.process.end({ code: null, signal: 'SIGKILL', failure: null });
    expect(scene.changes.at(-1)).toBe('was ended by SIGKILL, 500');
  });

  it.each([
    ['Always', 0, true],
    ['Always', 1, true],
    ['OnFailure', 0, false],
    ['OnFailure', 1, true],
    ['Never', 0, false],
    ['Never', 1, false],
  ] as const)('follows restartPolicy %s after exit code %i', async (restartPolicy, code, again) => {
    const scene = new Scene({ restartPolicy });
    await scene.start();
    scene.process.exit(code);
    await scene.pass(1_000);
    expect(scene.host.started).toHaveLength(again ? 2 : 1);
    expect(scene.runner.finished).toEqual(again ? null : { code, signal: null, failure: null });
  });

  it('tries again what could not be prepared, at once when it is told that something has changed', async () => {
    let missing = true;
    const scene = new Scene({ prepare: async () => (missing ? fail([errorIssue('no ConfigMap')]) : ok(PROCESS)) });
    await scene.start();
    expect(scene.changes).toEqual(['could not be started: no ConfigMap, 500']);
    missing = false;
    scene.runner.retryNow();
    await settle();
    expect(scene.changes.slice(1)).toEqual(['started', 'ready']);
    expect(scene.runner.restartCount).toBe(0);
  });

  it('follows its readiness probe both ways', async () => {
    const scene = new Scene({});
    const probed = new Scene({ readiness: { timings: EVERY_SECOND, check: async () => scene.answer } });
    scene.answer = 'refused';
    await probed.start();
    await probed.pass(500);
    expect(probed.runner.isReady).toBe(false);
    scene.answer = null;
    await probed.pass(1_000);
    expect(probed.runner.isReady).toBe(true);
    scene.answer = 'broken';
    await probed.pass(2_000);
    expect(probed.runner.isReady).toBe(true);
    await probed.pass(1_000);
    expect(probed.changes.slice(-2)).toEqual(['ready', 'unready: broken']);
    expect(probed.host.started).toHaveLength(1);
  });

  it('is restarted when its liveness probe has failed three times', async () => {
    const scene = new Scene({ liveness: { timings: EVERY_SECOND, check: async () => answer } });
    let answer: string | null = null;
    await scene.start();
    await scene.pass(1_000);
    answer = 'hangs';
    await scene.pass(3_000);
    expect(scene.changes.slice(-2)).toEqual(['unhealthy: hangs', 'exited with code 0, 500']);
    expect(scene.host.started[0]?.signals).toEqual(['SIGTERM']);
    answer = null;
    await scene.pass(500);
    expect(scene.runner.isReady).toBe(true);
    expect(scene.runner.restartCount).toBe(1);
  });

  it('asks the other probes only when the startup probe has passed', async () => {
    const asked: string[] = [];
    let up: string | null = 'booting';
    const ask = (name: string, answer: () => string | null) => ({
      timings: EVERY_SECOND,
      check: async () => {
        asked.push(name);
        return answer();
      },
    });
    const scene = new Scene({ startup: ask('startup', () => up), readiness: ask('readiness', () => null) });
    await scene.start();
    await scene.pass(1_500);
    expect(asked).toEqual(['startup', 'startup']);
    up = null;
    await scene.pass(1_000);
    expect(asked.slice(2)).toEqual(['startup', 'readiness']);
    expect(scene.runner.isReady).toBe(true);
  });

  it('stops with SIGTERM, and SIGKILL after the grace period', async () => {
    const scene = new Scene();
    await scene.start();
    scene.process.obeys = false;
    const stopped = scene.runner.stop(5_000, true);
    await scene.pass(4_950);
    expect(scene.process.signals).toEqual(['SIGTERM']);
    await scene.pass(50);
    expect(scene.process.signals).toEqual(['SIGTERM', 'SIGKILL']);
    await stopped;
    expect(scene.changes.at(-1)).toBe('was ended by SIGKILL, stays down');
  });

  it('runs its preStop hook before SIGTERM, within the grace period, and leaves at least two seconds', async () => {
    const order: string[] = [];
    const clock = new ManualClock();
    const scene = new Scene({
      preStop: async (timeoutMs) => {
        order.push(`hook ${timeoutMs} ${scene.process.signals.length}`);
        scene.clock.advance(4_500);
        return null;
      },
    });
    expect(clock.now()).toBe(0);
    await scene.start();
    scene.process.obeys = false;
    const stopped = scene.runner.stop(5_000, true);
    await settle();
    expect(order).toEqual(['hook 5000 0']);
    expect(scene.process.signals).toEqual(['SIGTERM']);
    await scene.pass(1_950);
    expect(scene.process.isRunning).toBe(true);
    await scene.pass(50);
    await stopped;
  });

  it('is killed at once with a grace period of 0, and stays down when it was waiting for a restart', async () => {
    const scene = new Scene();
    await scene.start();
    await Promise.all([scene.runner.stop(0, true), settle()]);
    expect(scene.process.signals).toEqual(['SIGKILL']);
    const crashed = new Scene();
    await crashed.start();
    crashed.process.exit(1);
    await crashed.runner.stop(1_000, true);
    await crashed.pass(10_000);
    expect(crashed.host.started).toHaveLength(1);
  });

  it('ends sooner when a second call has less patience', async () => {
    const scene = new Scene();
    await scene.start();
    scene.process.obeys = false;
    const stopped = scene.runner.stop(30_000, true);
    await settle();
    await Promise.all([scene.runner.kill(), stopped]);
    expect(scene.process.signals).toEqual(['SIGTERM', 'SIGKILL']);
  });
});
