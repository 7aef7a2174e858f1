// How busy some CPUs were, by whomever: what the bench did not do itself was a disturbance.
import { readFileSync } from 'node:fs';
import type { KernelUnits } from './process-usage.ts';

/** CPU time since boot that was not idle, of the CPUs given, stolen time of a virtual machine included. */
export function readBusyUs(cpus: readonly number[], units: KernelUnits): number {
  return (parseBusyTicks(readFileSync('/proc/stat', 'latin1'), cpus) / units.ticksPerSecond) * 1e6;
}

/** proc(5), /proc/stat: `cpuN user nice system idle iowait irq softirq steal guest guest_nice`; guest is part of user. */
export function parseBusyTicks(stat: string, cpus: readonly number[]): number {
  const names = new Set(cpus.map((cpu) => `cpu${cpu}`));
  const rows = stat.split('\n').map((line) => line.split(' '));
  const chosen = rows.filter(([name = '']) => names.has(name)).map((row) => row.slice(1).map(Number));
  return chosen.reduce((sum, [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0]) => {
    return sum + user + nice + system + irq + softirq + steal;
  }, 0);
}
