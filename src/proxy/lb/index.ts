// The table of load balancers: one line an algorithm.
import type { LoadBalancer } from './load-balancer.ts';
import { roundRobin } from './round-robin.ts';

export const LOAD_BALANCERS: readonly LoadBalancer[] = [roundRobin];
