// What a run of the footprint bench measured, summed up in medians and ratios.
import { median, pairedRatio } from '../measure/statistics.ts';
import { renderRatio } from './proxies-columns.ts';
import { isDisturbance } from './proxies-report.ts';
import { type Column, renderTable } from './text-table.ts';

/** One contender in one round. */
export interface FootprintSample {
  /** From the start of the process to the first answer of a backend through it: the shorter one of two. */
  readonly startMs: number;
  readonly restBytes: number;
  /** What each of many idle connections adds to memory at rest. */
  readonly perConnectionBytes: number;
  /** The most that was seen. */
  readonly loadBytes: number;
  /** What programs outside of this bench took of its CPUs, in CPUs. */
  readonly othersShare: number;
}

export interface FootprintOutcome {
  readonly name: string;
  readonly version: string;
  /** By round. */
  readonly samples: readonly FootprintSample[];
}

export type FootprintMeasure = Exclude<keyof FootprintSample, 'othersShare'>;

export interface FootprintSummary {
  readonly name: string;
  readonly version: string;
  readonly medians: Readonly<Record<keyof FootprintSample, number>>;
  /** ÷ Envoy's, round by round, then the median; null when Envoy did not run. */
  readonly ratios: Readonly<Record<FootprintMeasure, number | null>>;
}

const REFERENCE = 'envoy';

export function summarizeFootprint(outcomes: readonly FootprintOutcome[]): readonly FootprintSummary[] {
  const reference = outcomes.find(({ name }) => name === REFERENCE);
  return outcomes.map((outcome) => {
    const values = (of: FootprintOutcome, measure: keyof FootprintSample) =>
      of.samples.map((sample) => sample[measure]);
    const middle = (measure: keyof FootprintSample): number => median(values(outcome, measure));
    const ratio = (measure: FootprintMeasure): number | null =>
      reference === undefined ? null : pairedRatio(values(outcome, measure), values(reference, measure));
    return {
      name: outcome.name,
      version: outcome.version,
      medians: {
        startMs: middle('startMs'),
        restBytes: middle('restBytes'),
        perConnectionBytes: middle('perConnectionBytes'),
        loadBytes: middle('loadBytes'),
        othersShare: middle('othersShare'),
      },
      ratios: {
        startMs: ratio('startMs'),
        restBytes: ratio('restBytes'),
        perConnectionBytes: ratio('perConnectionBytes'),
        loadBytes: ratio('loadBytes'),
      },
    };
  });
}

export function wasFootprintDisturbed(summaries: readonly FootprintSummary[]): boolean {
  return isDisturbance(median(summaries.map(({ medians }) => medians.othersShare)));
}

interface FootprintColumn extends Column {
  readonly cell: (summary: FootprintSummary) => string;
}

// biome-ignore format: a table
export const FOOTPRINT_COLUMNS: readonly FootprintColumn[] = [
  { title: 'proxy', align: 'left', cell: (row) => row.name },
  { title: 'start ms', align: 'right', cell: (row) => row.medians.startMs.toFixed(0) },
  { title: '÷ envoy', align: 'right', cell: (row) => renderRatio(row.ratios.startMs) },
  { title: 'MB at rest', align: 'right', cell: (row) => renderMegabytes(row.medians.restBytes) },
  { title: '÷ envoy', align: 'right', cell: (row) => renderRatio(row.ratios.restBytes) },
  { title: 'KB per idle connection', align: 'right', cell: (row) => (row.medians.perConnectionBytes / 1e3).toFixed(1) },
  { title: '÷ envoy', align: 'right', cell: (row) => renderRatio(row.ratios.perConnectionBytes) },
  { title: 'MB under load', align: 'right', cell: (row) => renderMegabytes(row.medians.loadBytes) },
  { title: '÷ envoy', align: 'right', cell: (row) => renderRatio(row.ratios.loadBytes) },
  { title: 'others %', align: 'right', cell: (row) => (row.medians.othersShare * 100).toFixed(0) },
];

export function renderFootprint(summaries: readonly FootprintSummary[]): string {
  return renderTable(
    FOOTPRINT_COLUMNS,
    summaries.map((summary) => FOOTPRINT_COLUMNS.map((column) => column.cell(summary))),
  );
}

function renderMegabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
