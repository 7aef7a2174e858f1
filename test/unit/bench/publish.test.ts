// What `bench publish` makes of kept runs: which it takes, what stands in the page, and what its charts look like.
import { HTTP1 } from '../../../bench/http1.ts';
import { renderBarChart } from '../../../bench/publish/bar-chart.ts';
import { type KeptRun, parseKeptRun } from '../../../bench/publish/kept-runs.ts';
import { fillBlock } from '../../../bench/publish/page.ts';
import { proxiesSection } from '../../../bench/publish/proxies-section.ts';
import type { Outcome, Sample } from '../../../bench/report/proxies-report.ts';

const SECTION = proxiesSection(HTTP1, 'bare');

function outcome(name: string, requestsPerSecond: number, othersShare: number): Outcome {
  const sample: Sample = {
    requestsPerSecond,
    bytesPerSecond: 1e6,
    cpuUsPerRequest: 20,
    allocatedBytesPerRequest: Number.NaN,
    cpuShare: 1,
    othersShare,
    p50Us: 1000,
    p99Us: 2000,
    p999Us: 3000,
    rssBytes: 70e6,
    errors: 0,
  };
  return { name, version: '1', samples: [sample, sample] };
}

interface RunShape {
  readonly hour: number;
  readonly ours: number;
  readonly othersShare?: number;
  readonly names?: readonly string[];
  readonly set?: string;
  readonly rounds?: number;
}

/** As it comes back from the file: NaN is null there. */
function keptRun({
  hour,
  ours,
  othersShare = 0,
  names = ['switchboard', 'envoy'],
  set = 'bare',
  rounds = 3,
}: RunShape): KeptRun {
  const outcomes = names.map((name) => outcome(name, name === 'envoy' ? 100 : ours, othersShare));
  const [workload] = HTTP1.workloads;
  const run = {
    scenario: 'http1',
    date: `2026-11-21T${hour}:00:00.000Z`,
    machine: { cpu: 'a CPU', cpuCount: 2, kernel: '6' },
    node: 'v26',
    revision: 'abc',
    command: 'npm run bench -- proxies',
    settings: { set, rounds, secondsPerRound: 4 },
    workloads: [{ workload, outcomes }],
  };
  const kept = parseKeptRun(`${hour}.json`, JSON.stringify(run));
  if (kept === null) throw new Error('the run is not of the form of kept runs');
  return kept;
}

describe('a section of proxies', () => {
  const markdownOf = (runs: readonly KeptRun[], takeDisturbed = false): string => {
    const text = SECTION.write(runs, takeDisturbed);
    return text.kind === 'text' ? text.markdown : text.kind;
  };

  it('shows the newest run of its set, with ratios, rounds, command and versions', () => {
    const runs = [
      keptRun({ hour: 13, ours: 900, set: 'equipped' }),
      keptRun({ hour: 12, ours: 300 }),
      keptRun({ hour: 11, ours: 200 }),
    ];
    const markdown = markdownOf(runs);
    expect(markdown).toContain('| switchboard | 3.00 | 300 |');
    expect(markdown).toContain(
      '3 rounds of 4 s; 2026-11-21, a CPU with 2 CPUs, Linux 6, checkout abc, `npm run bench -- proxies`',
    );
    expect(markdown).not.toContain('Disturbed');
  });

  it('takes no run without Envoy or without us: it compares nothing', () => {
    const runs = [
      keptRun({ hour: 14, ours: 900, names: ['switchboard', 'floor'] }),
      keptRun({ hour: 13, ours: 900, names: ['floor', 'envoy'] }),
      keptRun({ hour: 12, ours: 300 }),
    ];
    expect(markdownOf(runs)).toContain('| switchboard | 3.00 |');
    expect(SECTION.write(runs.slice(0, 2), false)).toEqual({ kind: 'nothing' });
  });

  it('takes no run of fewer than three rounds', () => {
    const runs = [keptRun({ hour: 13, ours: 900, rounds: 2 }), keptRun({ hour: 12, ours: 300 })];
    expect(markdownOf(runs)).toContain('| switchboard | 3.00 |');
    expect(SECTION.write(runs.slice(0, 1), true)).toEqual({ kind: 'nothing' });
  });

  it('passes over disturbed runs, and refuses when there are no others', () => {
    const disturbed = keptRun({ hour: 13, ours: 900, othersShare: 0.4 });
    expect(markdownOf([disturbed, keptRun({ hour: 12, ours: 300 })])).toContain('| switchboard | 3.00 |');
    expect(SECTION.write([disturbed], false)).toEqual({ kind: 'refused', files: ['13.json'] });
  });

  it('takes the newest when disturbed ones will do, and says so above its table and in the chart', () => {
    const runs = [keptRun({ hour: 13, ours: 900, othersShare: 0.4 }), keptRun({ hour: 12, ours: 300 })];
    const text = SECTION.write(runs, true);
    if (text.kind !== 'text') throw new Error(text.kind);
    expect(text.markdown).toMatch(/> \*\*Disturbed:\*\*[^|]+\| proxy [^§]+\| switchboard \| 9\.00 \|/);
    expect(text.chart?.panels.map(({ title }) => title)).toEqual(['GET, 100 bytes back, 64 connections (disturbed)']);
  });

  it('draws its ratios, ours marked', () => {
    const text = SECTION.write([keptRun({ hour: 12, ours: 300 })], false);
    if (text.kind !== 'text') throw new Error(text.kind);
    expect(text.chart?.panels[0]?.bars).toEqual([
      { label: 'switchboard', value: 3, ours: true },
      { label: 'envoy', value: 1, ours: false },
    ]);
  });
});

describe('parseKeptRun', () => {
  it.each(['', '{', 'null', '[]', '{"scenario":"http1","date":"2026"}'])('leaves %p aside', (text) => {
    expect(parseKeptRun('a.json', text)).toBeNull();
  });
});

describe('fillBlock', () => {
  const page = '# A\n\n<!-- bench:x -->\nold\n<!-- /bench:x -->\n\nB\n';

  it('replaces what is between the markers and nothing else', () => {
    expect(fillBlock(page, 'x', 'new\n')).toBe('# A\n\n<!-- bench:x -->\n\nnew\n\n<!-- /bench:x -->\n\nB\n');
  });

  it('gives the same again for the same text', () => {
    const once = fillBlock(page, 'x', 'new');
    expect(fillBlock(once, 'x', 'new')).toBe(once);
  });

  it.each(['# A', '<!-- /bench:x --> <!-- bench:x -->', `${page}<!-- bench:x -->`])(
    'says which markers %p lacks',
    (broken) => {
      expect(() => fillBlock(broken, 'x', 'new')).toThrow(
        'the page needs <!-- bench:x --> and, after it, <!-- /bench:x -->',
      );
    },
  );
});

describe('renderBarChart', () => {
  const draw = (values: readonly number[]): string => {
    const bars = values.map((value, index) => ({ label: `a<${index}>&"b"`, value, ours: index === 0 }));
    return renderBarChart({ title: 'T', panels: [{ title: 'P', bars }] });
  };
  const widths = (svg: string): string[] =>
    [...svg.matchAll(/<rect[^>]* width="([\d.]+)"/g)].map(([, width = '']) => width);

  it('draws lengths in the proportion of the values, the largest over the whole width', () => {
    expect(widths(draw([2, 1, 0.5]))).toEqual(['518', '259', '129.5']);
  });

  it('keeps the line of 1 inside when all values are below it', () => {
    expect(widths(draw([0.5]))).toEqual(['259']);
  });

  it('escapes labels', () => {
    expect(draw([1])).toContain('>a&lt;0&gt;&amp;&quot;b&quot;</text>');
  });
});
