// The loads that `bench ab` can put on two builds, of every protocol that they must be compared in.
import { HTTP1 } from './http1.ts';
import { HTTP2 } from './http2.ts';
import type { ProxyScenario } from './proxy-scenario.ts';
import type { Workload } from './workload.ts';

export interface AbLoad {
  readonly scenario: ProxyScenario;
  readonly workload: Workload;
  /** What the Service's port speaks; absent = http. */
  readonly appProtocol?: string;
}

/** The first one runs when none is named. */
export const AB_LOADS: readonly AbLoad[] = [
  ...HTTP1.workloads.map((workload) => ({ scenario: HTTP1, workload })),
  ...HTTP2.workloads.map((workload) => ({ scenario: HTTP2, workload, appProtocol: 'kubernetes.io/h2c' })),
];
