// CPU time and memory of a process with its children, from /proc.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

export interface Usage {
  /** User and system time since the start, of living processes and of those they have reaped. */
  readonly cpuUs: number;
  readonly rssBytes: number;
}

export interface ProcessStat {
  readonly pid: number;
  readonly parent: number;
  /** Clock ticks: utime + stime + cutime + cstime. */
  readonly cpuTicks: number;
  readonly rssPages: number;
}

/** How the kernel counts; both are fixed for a machine. */
export interface KernelUnits {
  readonly ticksPerSecond: number;
  readonly pageBytes: number;
}

export function readKernelUnits(): KernelUnits {
  const ask = (name: string): number => Number(spawnSync('getconf', [name], { encoding: 'utf8' }).stdout);
  return { ticksPerSecond: ask('CLK_TCK') || 100, pageBytes: ask('PAGESIZE') || 4096 };
}

/** Throws when no process `pid` is running any more. */
export function readUsage(pid: number, units: KernelUnits): Usage {
  const tree = selectTree(readAllStats(), pid);
  if (tree.length === 0) throw new Error(`process ${pid} has ended`);
  const ticks = tree.reduce((sum, stat) => sum + stat.cpuTicks, 0);
  const pages = tree.reduce((sum, stat) => sum + stat.rssPages, 0);
  return { cpuUs: (ticks / units.ticksPerSecond) * 1e6, rssBytes: pages * units.pageBytes };
}

function readAllStats(): readonly ProcessStat[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.flatMap((pid) => {
    try {
      return [parseStat(readFileSync(`/proc/${pid}/stat`, 'latin1'))];
    } catch {
      return []; // it ended between the listing and the reading
    }
  });
}

/** The process `root` and all that descend from it. */
export function selectTree(stats: readonly ProcessStat[], root: number): readonly ProcessStat[] {
  const chosen = stats.filter((stat) => stat.pid === root);
  for (const parent of chosen) chosen.push(...stats.filter((stat) => stat.parent === parent.pid));
  return chosen;
}

/** proc(5), /proc/PID/stat. The second field is a name in parentheses that may hold anything, parentheses too. */
export function parseStat(line: string): ProcessStat {
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  const field = (number: number): number => Number(fields[number - 3]); // numbered as in proc(5); the first here is 3
  return {
    pid: Number.parseInt(line, 10),
    parent: field(4),
    cpuTicks: field(14) + field(15) + field(16) + field(17),
    rssPages: field(24),
  };
}

/** The most memory that the process has had resident, without its children. */
export function readPeakRss(pid: number): number {
  return parsePeakRss(readFileSync(`/proc/${pid}/status`, 'latin1'));
}

/** proc(5), /proc/PID/status. NaN where it does not stand. */
export function parsePeakRss(status: string): number {
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? Number.NaN) * 1024;
}
