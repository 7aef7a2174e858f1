// What knowing the idle limit of an endpoint costs each request.
import { IdleLimit } from '../../../../src/proxy/upstream/idle-limit.ts';
import type { MicroBench } from '../../micro-bench.ts';

const unknown = new IdleLimit(4_000);
const known = new IdleLimit(4_000);
known.announce('timeout=5');

/** What a pool asks when it takes a connection, and tells when it gets it back. */
function use(limit: IdleLimit, iterations: number): void {
  let usable = 0;
  for (let i = 0; i < iterations; i += 1) {
    usable += limit.repeatableMs(i) + limit.onceMs(i);
    limit.noteServed(10);
  }
  if (usable === 0) throw new Error('nothing is usable');
}

export const benches: MicroBench[] = [
  { name: 'idle limit, unknown', run: (iterations) => use(unknown, iterations) },
  { name: 'idle limit, announced', run: (iterations) => use(known, iterations) },
];
