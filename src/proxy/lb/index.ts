// The table of load balancers: one line an algorithm.
import { leastRequest } from './least-request.ts';
import type { LoadBalancer } from './load-balancer.ts';
import { maglev } from './maglev.ts';
import { peakEwma } from './peak-ewma.ts';
import { pickFirst } from './pick-first.ts';
import { random } from './random.ts';
import { ringHash } from './ring-hash.ts';
import { roundRobin } from './round-robin.ts';

export const LOAD_BALANCERS: readonly LoadBalancer[] = [
  roundRobin,
  leastRequest,
  peakEwma,
  random,
  ringHash,
  maglev,
  pickFirst,
];
