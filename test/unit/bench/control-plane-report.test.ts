// The table that the control-plane bench prints.
import {
  type PushResult,
  renderPushes,
  renderSidecars,
  type SidecarScope,
  summarizePush,
} from '../../../bench/report/control-plane-report.ts';

const RESULT: PushResult = {
  name: 'named',
  sync: { wallUs: 2_500_000, cpuUs: 1_500_000, idleRssBytes: 90e6, rssBytes: 120e6 },
  changes: 2,
  expected: 4,
  delays: { gone: [2_000, 4_000], come: [50_000, 60_000] },
  cpuUs: 8_000,
  cpuShare: 0.04,
  loadShare: 0.07,
  othersShare: 0.25,
  rssBytes: 130e6,
  peakRssBytes: 140e6,
  failures: [],
};

function cellsOf(table: string): readonly string[][] {
  return table.split('\n').map((line) => line.trim().split(/ {2,}/));
}

describe('summarizePush', () => {
  it('shares the CPU time among the changes and among the pushes', () => {
    expect(summarizePush(RESULT)).toMatchObject({
      pushesPerChange: 2,
      cpuMsPerChange: 4,
      cpuUsPerPush: 2_000,
      all: { p50: 4, p99: 60, max: 60 },
      gone: { p50: 2, p99: 4 },
      come: { p50: 50, p99: 60 },
      errors: 0,
    });
  });

  it('counts acknowledgements that never came, and streams that ended, as errors', () => {
    expect(summarizePush({ ...RESULT, expected: 7, failures: ['the stream ended'] }).errors).toBe(4);
  });
});

describe('renderPushes', () => {
  it('prints times in ms, memory in MB and shares in percent', () => {
    const [titles, row] = cellsOf(renderPushes([summarizePush(RESULT)]));
    const cell = (title: string) => row?.[titles?.indexOf(title) ?? -1];
    expect(row?.slice(0, 4)).toEqual(['named', '2.5', '1.5', '2']);
    expect([cell('gone p50'), cell('come p50'), cell('max ms')]).toEqual(['2.0', '50.0', '60.0']);
    expect(['core %', 'load %', 'others %', 'RSS MB', 'peak MB'].map(cell)).toEqual(['4', '7', '25', '130', '140']);
  });
});

describe('renderSidecars', () => {
  const row = (scope: SidecarScope, services: number, rssBytes: number) => {
    return { scope, services, dialled: 5, readyUs: 1_400_000, youngRssBytes: 130e6, rssBytes };
  };

  it('prints a row per mesh, and for each scope what the larger one costs', () => {
    const rows = [
      row('on-demand', 10, 90e6),
      row('on-demand', 10_000, 99e6),
      row('all', 10_000, 471e6),
      row('all', 10, 97e6),
    ];
    const lines = cellsOf(renderSidecars(rows));
    expect(lines[2]).toEqual(['on-demand', '10000', '5', '1.4', '130', '99']);
    expect(lines.slice(5)).toEqual([
      ['on-demand: the larger mesh costs the sidecar 9 MB'],
      ['all: the larger mesh costs the sidecar 374 MB'],
    ]);
  });

  it('compares nothing where there is one mesh only', () => {
    expect(renderSidecars([row('all', 10, 97e6)]).split('\n')).toHaveLength(2);
  });
});
