// What the watch over an exchange costs each request.
import { systemClock } from '../../../../src/base/clock.ts';
import { TimerWheel } from '../../../../src/base/timer-wheel.ts';
import { StallGuard } from '../../../../src/proxy/exchange/stall-guard.ts';
import type { MicroBench } from '../../micro-bench.ts';

const wheel = new TimerWheel(systemClock);
const guard = new StallGuard({ onStalled: () => {} }, wheel, 300_000);

/** Three things move in each: request, head and body of the answer. */
function watch(iterations: number): void {
  for (let i = 0; i < iterations; i += 1) {
    guard.watch();
    for (let moves = 0; moves < 3; moves += 1) guard.moved = true;
    guard.rest();
  }
}

export const benches: MicroBench[] = [{ name: 'watch one exchange', run: watch }];
