// What a run of a proxy scenario measured, summed up in medians and ratios, as a table and as JSON.
import { median, pairedRatio, spread } from '../measure/statistics.ts';
import { type Column, renderTable } from './text-table.ts';

/** One contender in one round. */
export interface Sample {
  readonly requestsPerSecond: number;
  readonly cpuUsPerRequest: number;
  /** CPU time over wall time: near 1 the proxy was the limit, below it the load was, or others. */
  readonly cpuShare: number;
  /** What programs outside of this bench took of its CPUs, in CPUs: 0.1 is a tenth of one. */
  readonly othersShare: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly rssBytes: number;
  readonly errors: number;
  /** Of V8's heap, garbage included; NaN where the proxy does not tell. */
  readonly allocatedBytesPerRequest: number;
}

export interface Outcome {
  readonly name: string;
  readonly version: string;
  /** In the order of the rounds; never empty. */
  readonly samples: readonly Sample[];
}

export interface Absence {
  readonly name: string;
  readonly reason: string;
}

/** Whose requests/s, and whose CPU per request, the others are compared with. */
const RATE_REFERENCE = 'envoy';
const CPU_REFERENCE = 'floor';

type Measure = keyof Sample;

export interface Summary extends Readonly<Record<Measure, { readonly median: number; readonly spread: number }>> {
  readonly name: string;
  readonly version: string;
  /** × Envoy's requests per second; null when Envoy did not run. */
  readonly rateRatio: number | null;
  /** ÷ the floor's CPU per request; null when the floor did not run. */
  readonly cpuRatio: number | null;
  readonly totalErrors: number;
}

export function summarize(outcomes: readonly Outcome[]): readonly Summary[] {
  const ratio = (outcome: Outcome, reference: string, measure: Measure): number | null => {
    const other = outcomes.find((candidate) => candidate.name === reference);
    return other === undefined ? null : pairedRatio(valuesOf(outcome, measure), valuesOf(other, measure));
  };
  return outcomes.map((outcome) => {
    const digest = (measure: Measure): Summary[Measure] => {
      const values = valuesOf(outcome, measure);
      return { median: median(values), spread: spread(values) };
    };
    return {
      name: outcome.name,
      version: outcome.version,
      rateRatio: ratio(outcome, RATE_REFERENCE, 'requestsPerSecond'),
      cpuRatio: ratio(outcome, CPU_REFERENCE, 'cpuUsPerRequest'),
      totalErrors: valuesOf(outcome, 'errors').reduce((sum, value) => sum + value, 0),
      requestsPerSecond: digest('requestsPerSecond'),
      cpuUsPerRequest: digest('cpuUsPerRequest'),
      cpuShare: digest('cpuShare'),
      othersShare: digest('othersShare'),
      p50Us: digest('p50Us'),
      p99Us: digest('p99Us'),
      rssBytes: digest('rssBytes'),
      errors: digest('errors'),
      allocatedBytesPerRequest: digest('allocatedBytesPerRequest'),
    };
  });
}

function valuesOf(outcome: Outcome, measure: Measure): readonly number[] {
  return outcome.samples.map((sample) => sample[measure]);
}

const COLUMNS: readonly (Column & { readonly cell: (summary: Summary) => string })[] = [
  { title: 'proxy', align: 'left', cell: (row) => row.name },
  { title: '× envoy', align: 'right', cell: (row) => renderRatio(row.rateRatio) },
  { title: 'requests/s', align: 'right', cell: (row) => row.requestsPerSecond.median.toFixed(0) },
  { title: '±%', align: 'right', cell: (row) => renderPercent(row.requestsPerSecond.spread) },
  { title: '÷ floor', align: 'right', cell: (row) => renderRatio(row.cpuRatio) },
  { title: 'CPU µs/req', align: 'right', cell: (row) => row.cpuUsPerRequest.median.toFixed(1) },
  { title: '±%', align: 'right', cell: (row) => renderPercent(row.cpuUsPerRequest.spread) },
  { title: 'core %', align: 'right', cell: (row) => renderPercent(row.cpuShare.median) },
  { title: 'others %', align: 'right', cell: (row) => renderPercent(row.othersShare.median) },
  { title: 'p50 ms', align: 'right', cell: (row) => (row.p50Us.median / 1000).toFixed(2) },
  { title: 'p99 ms', align: 'right', cell: (row) => (row.p99Us.median / 1000).toFixed(2) },
  { title: 'RSS MB', align: 'right', cell: (row) => (row.rssBytes.median / 1e6).toFixed(0) },
  { title: 'errors', align: 'right', cell: (row) => String(row.totalErrors) },
];

/** Above this share of a CPU, what others did shows in the figures. */
const QUIET_SHARE = 0.1;

/** Whether other programs disturbed the run. */
export function wasDisturbed(summaries: readonly Summary[]): boolean {
  return median(summaries.map((summary) => summary.othersShare.median)) > QUIET_SHARE;
}

export function renderSummaries(summaries: readonly Summary[]): string {
  const rows = summaries.map((summary) => COLUMNS.map((column) => column.cell(summary)));
  return renderTable(COLUMNS, rows);
}

function renderRatio(ratio: number | null): string {
  return ratio === null ? '–' : ratio.toFixed(2);
}

function renderPercent(share: number): string {
  return (share * 100).toFixed(0);
}
