// CPU time and memory as read from /proc.
import { parseBusyTicks } from '../../../bench/measure/machine-usage.ts';
import { type ProcessStat, parsePeakRss, parseStat, selectTree } from '../../../bench/measure/process-usage.ts';

describe('parseStat', () => {
  it('adds user and system time of the process and of its reaped children', () => {
    const line =
      '4242 (nginx) S 17 1 1 0 -1 4194560 100 200 0 0 11 22 33 44 20 0 1 0 5000 9000000 321 18446744073709551615';
    expect(parseStat(line)).toEqual({ pid: 4242, parent: 17, cpuTicks: 110, rssPages: 321 });
  });

  it('is not misled by blanks and parentheses in the name', () => {
    const line = '7 (a) R 9 (b) S 3 1 1 0 -1 0 0 0 0 0 1 2 3 4 20 0 1 0 5000 9000000 8 0';
    expect(parseStat(line)).toEqual({ pid: 7, parent: 3, cpuTicks: 10, rssPages: 8 });
  });
});

describe('selectTree', () => {
  const stat = (pid: number, parent: number): ProcessStat => ({ pid, parent, cpuTicks: 0, rssPages: 0 });

  it('takes a process, its children and theirs, and no other', () => {
    const stats = [stat(1, 0), stat(10, 1), stat(12, 11), stat(11, 10), stat(20, 1)];
    expect(selectTree(stats, 10).map(({ pid }) => pid)).toEqual([10, 11, 12]);
  });

  it('is empty when the process has ended', () => {
    expect(selectTree([stat(11, 10)], 10)).toEqual([]);
  });
});

describe('parseBusyTicks', () => {
  it('adds all but idle and waiting time of the CPUs asked for, guests not twice', () => {
    const stat =
      'cpu  9 9 9 9 9 9 9 9 9 9\ncpu0 1 2 4 100 100 8 16 32 1 1\ncpu1 7 0 0 100 100 0 0 0 0 0\ncpu10 5 0 0 0 0 0 0 0 0 0\nintr 1\n';
    expect(parseBusyTicks(stat, [0])).toBe(63);
    expect(parseBusyTicks(stat, [0, 1])).toBe(70);
  });
});

describe('parsePeakRss', () => {
  it('is in bytes', () => {
    expect(parsePeakRss('Name:\tnode\nVmPeak:\t  900 kB\nVmHWM:\t  120 kB\nVmRSS:\t  100 kB\n')).toBe(122_880);
  });

  it('is not a number where it does not stand, as for a process that has ended', () => {
    expect(parsePeakRss('Name:\tnode\n')).toBeNaN();
  });
});
