// Whether one build costs more than another: ratios round by round, how sure they are, and a sentence.
import { seededRandom } from '../../src/base/random.ts';
import { bootstrapMedian, type Interval } from '../measure/bootstrap.ts';
import { median } from '../measure/statistics.ts';
import type { Sample } from './proxies-report.ts';
import { type Column, renderTable } from './text-table.ts';

/** What both builds did in the rounds after one start of their processes; round by round. */
export interface Pair {
  readonly after: readonly Sample[];
  readonly before: readonly Sample[];
}

type Measure = 'cpuUsPerRequest' | 'allocatedBytesPerRequest' | 'requestsPerSecond';

export interface Comparison {
  readonly measure: Measure;
  readonly after: number;
  readonly before: number;
  /** Median of the rounds' quotients, after over before. */
  readonly ratio: number;
  /** Holds the ratio with 95 % confidence. */
  readonly interval: Interval;
}

const MEASURES: readonly { readonly measure: Measure; readonly title: string }[] = [
  { measure: 'cpuUsPerRequest', title: 'CPU µs/request' },
  { measure: 'allocatedBytesPerRequest', title: 'bytes allocated/request' },
  { measure: 'requestsPerSecond', title: 'requests/s' },
];

/** The same pairs and seed give the same. */
export function compare(pairs: readonly Pair[], seed: number): readonly Comparison[] {
  return MEASURES.map(({ measure }) => {
    const groups = pairs.map(({ after, before }) => quotients(after, before, measure));
    const values = (side: keyof Pair): number[] => pairs.flatMap((pair) => pair[side].map((sample) => sample[measure]));
    return {
      measure,
      after: median(values('after')),
      before: median(values('before')),
      ratio: median(groups.flat()),
      interval: bootstrapMedian(groups, seededRandom(seed)),
    };
  });
}

/** What the machine did to a whole round cancels out. */
function quotients(after: readonly Sample[], before: readonly Sample[], measure: Measure): number[] {
  const rounds = Math.min(after.length, before.length);
  return after.slice(0, rounds).map((sample, round) => sample[measure] / (before[round]?.[measure] ?? Number.NaN));
}

const COLUMNS: readonly (Column & { readonly cell: (row: Comparison) => string })[] = [
  {
    title: 'measure',
    align: 'left',
    cell: (row) => MEASURES.find(({ measure }) => measure === row.measure)?.title ?? '',
  },
  { title: 'after', align: 'right', cell: (row) => renderAmount(row.after) },
  { title: 'before', align: 'right', cell: (row) => renderAmount(row.before) },
  { title: 'after ÷ before', align: 'right', cell: (row) => row.ratio.toFixed(3) },
  {
    title: '95 %',
    align: 'right',
    cell: ({ interval }) => `${interval.low.toFixed(3)} to ${interval.high.toFixed(3)}`,
  },
];

export function renderComparisons(rows: readonly Comparison[]): string {
  return renderTable(
    COLUMNS,
    rows.map((row) => COLUMNS.map((column) => column.cell(row))),
  );
}

/** Says no more than the interval does. */
export function renderVerdict({ interval: { low, high }, ratio }: Comparison): string {
  if (Number.isNaN(ratio)) return 'CPU per request: nothing was measured';
  const change = (value: number): string => `${value >= 1 ? '+' : ''}${((value - 1) * 100).toFixed(1)} %`;
  const range = `${change(low)} to ${change(high)}`;
  if (low > 1) return `CPU per request: MORE than before, ${range}`;
  if (high < 1) return `CPU per request: less than before, ${range}`;
  return `CPU per request: no difference shown; what there may be is within ${range}`;
}

function renderAmount(value: number): string {
  return value >= 1_000 ? value.toFixed(0) : value.toFixed(1);
}
