// CPU time and memory as read from /proc.
import { type ProcessStat, parseStat, selectTree } from '../../../bench/measure/process-usage.ts';

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
