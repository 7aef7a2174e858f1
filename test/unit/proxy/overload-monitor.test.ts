// When new work is refused, and when it is taken again.
import type { Clock } from '../../../src/base/clock.ts';
import { OVERLOAD_SAMPLE_MS, OverloadMonitor } from '../../../src/proxy/overload-monitor.ts';
import { listStats } from '../../../src/telemetry/prometheus.ts';
import { ListLog } from '../../support/list-log.ts';

const MIB = 1_048_576;

/** A clock whose one timer comes as late as the test says. */
class LateClock implements Clock {
  #now = 0;
  #run: () => void = () => {};
  cancelled = false;

  now(): number {
    return this.#now;
  }

  wallNow(): number {
    return this.#now;
  }

  after(): () => void {
    throw new Error('nothing waits');
  }

  every(_periodMs: number, run: () => void): () => void {
    this.#run = run;
    return () => {
      this.cancelled = true;
    };
  }

  /** The timer runs `lateMs` after its time, for each of them. */
  tick(...lateMs: readonly number[]): void {
    for (const late of lateMs) {
      this.#now += OVERLOAD_SAMPLE_MS + late;
      this.#run();
    }
  }
}

function setUp({ lagMarkMs = 500, memoryMarkBytes = 0 } = {}) {
  const clock = new LateClock();
  const log = new ListLog();
  const memory = { bytes: 0 };
  const options = { clock, log, lagMarkMs, memoryMarkBytes, usedMemoryBytes: () => memory.bytes };
  const monitor = new OverloadMonitor(options);
  monitor.start();
  return { clock, log, memory, monitor };
}

describe('overload by event-loop lag', () => {
  it('begins with the third sample in a row that is 500 ms late, and is logged once', () => {
    const { clock, log, monitor } = setUp();
    clock.tick(499, 2_000, 2_000, 0, 500);
    expect(monitor.refusing).toBe(false);
    clock.tick(500);
    expect(monitor.refusing).toBe(false);
    clock.tick(700);
    expect(monitor.refusing).toBe(true);
    expect(monitor.reason).toBe('its event loop runs 700 ms late, the mark is 500 ms');
    expect(log.take()).toEqual(['warn overloaded: new requests are answered with 503 until it is over']);
  });

  it('ends with the fourth sample in a row below half the mark', () => {
    const { clock, log, monitor } = setUp();
    clock.tick(500, 500, 500, 0, 0, 0, 250, 249, 0, 0);
    expect(monitor.refusing).toBe(true);
    clock.tick(0);
    expect(monitor.refusing).toBe(false);
    expect(log.take()[1]).toBe('info no longer overloaded: requests are taken again');
  });

  it('never begins where the mark is 0', () => {
    const { clock, monitor } = setUp({ lagMarkMs: 0 });
    clock.tick(9_000, 9_000, 9_000);
    expect(monitor.refusing).toBe(false);
  });
});

describe('overload by memory', () => {
  it('begins at the mark and ends below nine tenths of it', () => {
    const { clock, memory, monitor } = setUp({ memoryMarkBytes: 100 * MIB });
    const refusingAt = (mib: number): boolean => {
      memory.bytes = mib * MIB;
      clock.tick(0);
      return monitor.refusing;
    };
    expect([99.9, 100, 99, 90, 89.9, 99.9].map(refusingAt)).toEqual([false, true, true, true, false, false]);
  });

  it('says how much is in use', () => {
    const { clock, memory, monitor } = setUp({ memoryMarkBytes: 100 * MIB });
    memory.bytes = 120 * MIB;
    clock.tick(0);
    expect(monitor.reason).toBe('120 MiB of memory are in use, the mark is 100 MiB');
  });

  it('is not asked for where the mark is 0', () => {
    const { clock, memory, monitor } = setUp();
    memory.bytes = Number.MAX_SAFE_INTEGER;
    clock.tick(0, 0);
    expect(monitor.refusing).toBe(false);
  });
});

describe('an overload monitor', () => {
  it('goes on refusing while one of two causes is left', () => {
    const { clock, memory, monitor } = setUp({ memoryMarkBytes: 100 * MIB });
    clock.tick(600, 600, 600);
    memory.bytes = 200 * MIB;
    clock.tick(0, 0, 0, 0, 0);
    expect(monitor.refusing).toBe(true);
    memory.bytes = 0;
    clock.tick(0);
    expect(monitor.refusing).toBe(false);
  });

  it('shows its state, how often it was overloaded, and what it measures', () => {
    const { clock, memory, monitor } = setUp({ memoryMarkBytes: 100 * MIB });
    memory.bytes = 100 * MIB;
    clock.tick(0);
    memory.bytes = 0;
    clock.tick(0);
    memory.bytes = 101 * MIB;
    clock.tick(30);
    expect(Object.fromEntries(listStats([monitor]))).toEqual({
      'overload.stop_accepting_requests_active': 1,
      'overload.stop_accepting_requests_total': 2,
      'overload.event_loop_lag_ms': 30,
      'overload.memory_used_bytes': 101 * MIB,
    });
  });

  it('stops looking when it is closed', () => {
    const { clock, monitor } = setUp();
    monitor.close();
    expect(clock.cancelled).toBe(true);
  });
});
