// The columns that tables of proxies are made of: what they are called and what stands in them.
import type { Summary } from './proxies-report.ts';
import { type Column, renderTable } from './text-table.ts';

interface SummaryColumn extends Column {
  readonly cell: (summary: Summary) => string;
}

// biome-ignore format: a table
const COLUMNS = {
  name: { title: 'proxy', align: 'left', cell: (row) => row.name },
  rateRatio: { title: '× envoy', align: 'right', cell: (row) => renderRatio(row.rateRatio) },
  requestsPerSecond: { title: 'requests/s', align: 'right', cell: (row) => row.requestsPerSecond.median.toFixed(0) },
  rateSpread: { title: '±%', align: 'right', cell: (row) => renderPercent(row.requestsPerSecond.spread) },
  bytesRatio: { title: 'bytes/s × envoy', align: 'right', cell: (row) => renderRatio(row.bytesRatio) },
  megabytes: { title: 'MB/s', align: 'right', cell: (row) => (row.bytesPerSecond.median / 1e6).toFixed(0) },
  cpuRatio: { title: '÷ floor', align: 'right', cell: (row) => renderRatio(row.cpuRatio) },
  cpuToEnvoy: { title: 'CPU ÷ envoy', align: 'right', cell: (row) => renderRatio(row.cpuToEnvoy) },
  cpu: { title: 'CPU µs/req', align: 'right', cell: (row) => row.cpuUsPerRequest.median.toFixed(1) },
  cpuSpread: { title: '±%', align: 'right', cell: (row) => renderPercent(row.cpuUsPerRequest.spread) },
  core: { title: 'core %', align: 'right', cell: (row) => renderPercent(row.cpuShare.median) },
  others: { title: 'others %', align: 'right', cell: (row) => renderPercent(row.othersShare.median) },
  p50: { title: 'p50 ms', align: 'right', cell: (row) => renderMs(row.p50Us.median) },
  p99: { title: 'p99 ms', align: 'right', cell: (row) => renderMs(row.p99Us.median) },
  p999: { title: 'p99.9 ms', align: 'right', cell: (row) => renderMs(row.p999Us.median) },
  addedP50: { title: 'added p50', align: 'right', cell: (row) => renderMs(row.added.p50Us.us) },
  addedP50Ratio: { title: '÷ envoy', align: 'right', cell: (row) => renderRatio(row.added.p50Us.ratio) },
  addedP99: { title: 'added p99', align: 'right', cell: (row) => renderMs(row.added.p99Us.us) },
  addedP99Ratio: { title: '÷ envoy', align: 'right', cell: (row) => renderRatio(row.added.p99Us.ratio) },
  addedP999: { title: 'added p99.9', align: 'right', cell: (row) => renderMs(row.added.p999Us.us) },
  addedP999Ratio: { title: '÷ envoy', align: 'right', cell: (row) => renderRatio(row.added.p999Us.ratio) },
  rss: { title: 'RSS MB', align: 'right', cell: (row) => (row.rssBytes.median / 1e6).toFixed(0) },
  errors: { title: 'errors', align: 'right', cell: (row) => String(row.totalErrors) },
} as const satisfies Record<string, SummaryColumn>;

export type ColumnKey = keyof typeof COLUMNS;

const COST = ['cpuRatio', 'cpu', 'cpuSpread', 'core', 'others'] as const;

/** Where every proxy is at its limit. */
export const LOADED_COLUMNS: readonly ColumnKey[] = [
  ...(['name', 'rateRatio', 'requestsPerSecond', 'rateSpread'] as const),
  ...COST,
  ...(['p50', 'p99', 'rss', 'errors'] as const),
];

export function columnOf(key: ColumnKey): SummaryColumn {
  return COLUMNS[key];
}

export function renderSummaries(summaries: readonly Summary[], keys: readonly ColumnKey[]): string {
  const columns = keys.map(columnOf);
  return renderTable(
    columns,
    summaries.map((summary) => columns.map((column) => column.cell(summary))),
  );
}

/** A dash for what has nothing to be compared with. */
export function renderRatio(ratio: number | null): string {
  return ratio === null || Number.isNaN(ratio) ? '–' : ratio.toFixed(2);
}

function renderPercent(share: number): string {
  return (share * 100).toFixed(0);
}

function renderMs(us: number | null): string {
  return us === null || Number.isNaN(us) ? '–' : (us / 1000).toFixed(2);
}
