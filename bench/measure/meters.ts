// What is read before and after a measurement: the proxy's use, our own, and the machine's.
import { parseCpuList } from '../bed/cpus.ts';
import type { CpuPlan } from '../contender.ts';
import { readBusyUs } from './machine-usage.ts';
import { type KernelUnits, readUsage, type Usage } from './process-usage.ts';

export interface Meters {
  readonly wallUs: number;
  /** Busy time of the bench's CPUs, by whomever. */
  readonly machineUs: number;
  /** Of the bench with all that it started. */
  readonly own: Usage;
  readonly proxy: Usage;
}

/** Throws when the proxy has ended. */
export function readMeters(cpus: CpuPlan, units: KernelUnits, proxyPid: number): Meters {
  const machineUs = readBusyUs([...new Set(parseCpuList(`${cpus.proxy},${cpus.load}`))], units);
  const own = readUsage(process.pid, units);
  return { wallUs: performance.now() * 1000, machineUs, own, proxy: readUsage(proxyPid, units) };
}

/** What programs outside of the bench took between two readings, in CPUs: 0.1 is a tenth of one. */
export function othersShare(before: Meters, after: Meters): number {
  const othersUs = after.machineUs - before.machineUs - (after.own.cpuUs - before.own.cpuUs);
  return Math.max(0, othersUs / (after.wallUs - before.wallUs));
}
