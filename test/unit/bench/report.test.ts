// The table and the ratios that the proxy bench prints.

import { LOADED_COLUMNS, renderSummaries } from '../../../bench/report/proxies-columns.ts';
import { type Outcome, type Sample, summarize, wasDisturbed } from '../../../bench/report/proxies-report.ts';
import { renderTable } from '../../../bench/report/text-table.ts';

function outcome(name: string, rates: readonly number[], cpuUs: number, errors = 0, othersShare = 0): Outcome {
  const rest = {
    cpuUsPerRequest: cpuUs,
    cpuShare: 0.98,
    othersShare,
    p50Us: 1230,
    p99Us: 4560,
    p999Us: 7890,
    bytesPerSecond: 1e6,
    rssBytes: 71_000_000,
    errors,
    allocatedBytesPerRequest: Number.NaN,
  };
  const samples: readonly Sample[] = rates.map((requestsPerSecond) => ({ requestsPerSecond, ...rest }));
  return { name, version: '1', samples };
}

describe('renderTable', () => {
  it('aligns columns and leaves no trailing blanks', () => {
    const columns = [
      { title: 'name', align: 'left' },
      { title: 'n', align: 'right' },
      { title: 'note', align: 'left' },
    ] as const;
    expect(
      renderTable(columns, [
        ['a', '10', 'x'],
        ['longer', '9'],
      ]),
    ).toBe(['name     n  note', 'a       10  x', 'longer   9'].join('\n'));
  });
});

describe('summarize', () => {
  it("takes × Envoy's requests per second and ÷ the floor's CPU round by round", () => {
    const [ours] = summarize([
      outcome('switchboard', [300, 30, 330], 30),
      outcome('floor', [400, 40, 400], 20),
      outcome('envoy', [200, 20, 200], 40),
    ]);
    expect(ours).toMatchObject({ rateRatio: 1.5, cpuRatio: 1.5, requestsPerSecond: { median: 300 } });
  });

  it('has no ratio to what did not run', () => {
    const [ours] = summarize([outcome('switchboard', [300], 30)]);
    expect(ours).toMatchObject({ rateRatio: null, cpuRatio: null });
  });

  it('takes what a proxy adds to direct calls, and over what Envoy adds, round by round', () => {
    const slow = (name: string, p50s: readonly number[]): Outcome => {
      const one = outcome(name, p50s, 20);
      return { ...one, samples: one.samples.map((sample, round) => ({ ...sample, p50Us: p50s[round] ?? 0 })) };
    };
    const outcomes = [
      slow('direct', [500, 5000, 500]),
      slow('switchboard', [800, 5300, 700]),
      slow('envoy', [1500, 6000, 1500]),
    ];
    const [direct, ours] = summarize(outcomes);
    expect(ours?.added.p50Us).toEqual({ us: 300, ratio: 0.3 });
    expect(direct?.added.p50Us).toEqual({ us: 0, ratio: 0 });
    expect(summarize(outcomes.slice(1))[0]?.added.p50Us).toEqual({ us: null, ratio: null });
  });

  it('adds up the errors of all rounds', () => {
    const [ours] = summarize([outcome('switchboard', [300, 300], 30, 2)]);
    expect(ours?.totalErrors).toBe(4);
  });
});

describe('renderSummaries', () => {
  it('prints a row per proxy, a dash where there is nothing to compare with', () => {
    const text = renderSummaries(summarize([outcome('floor', [100, 200, 300], 18.25)]), LOADED_COLUMNS);
    expect(text.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
      [
        'proxy',
        '× envoy',
        'requests/s',
        '±%',
        '÷ floor',
        'CPU µs/req',
        '±%',
        'core %',
        'others %',
        'p50 ms',
        'p99 ms',
        'RSS MB',
        'errors',
      ],
      ['floor', '–', '200', '50', '1.00', '18.3', '0', '98', '0', '1.23', '4.56', '71', '0'],
    ]);
  });
});

describe('wasDisturbed', () => {
  it('is true when others took more than a tenth of a CPU in most rows', () => {
    const row = (others: number): Outcome => outcome('floor', [100], 20, 0, others);
    expect(wasDisturbed(summarize([row(0.01), row(0.12), row(0.3)]))).toBe(true);
    expect(wasDisturbed(summarize([row(0.01), row(0.02), row(0.9)]))).toBe(false);
  });
});
