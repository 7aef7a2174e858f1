// What a run of the control-plane scenario measured, as tables and as JSON.
import type { Delays } from '../control-plane/acks.ts';
import { percentile } from '../measure/statistics.ts';
import { type Column, renderTable } from './text-table.ts';

/** All subscribers came at once; the control plane's side of it, until the last of them had everything. */
export interface Sync {
  readonly wallUs: number;
  readonly cpuUs: number;
  /** Before the first subscriber. */
  readonly idleRssBytes: number;
  readonly rssBytes: number;
}

export interface PushResult {
  readonly name: string;
  readonly sync: Sync;
  readonly changes: number;
  /** How many acknowledgements the changes should have. */
  readonly expected: number;
  readonly delays: Delays;
  /** Of the control plane while endpoints changed. */
  readonly cpuUs: number;
  /** CPU time over wall time. */
  readonly cpuShare: number;
  /** What the subscribers took, in CPUs: 500 of them on one CPU have a hand in the delays. */
  readonly loadShare: number;
  /** What programs outside of this bench took of its CPUs, in CPUs. */
  readonly othersShare: number;
  readonly rssBytes: number;
  readonly peakRssBytes: number;
  /** Streams that ended, and why. */
  readonly failures: readonly string[];
}

/** What the sidecar holds: what is dialled and the names of the rest, or everything (SWITCHBOARD_XDS_SCOPE). */
export const SIDECAR_SCOPES = ['on-demand', 'all'] as const;
export type SidecarScope = (typeof SIDECAR_SCOPES)[number];

export interface SidecarResult {
  readonly scope: SidecarScope;
  readonly services: number;
  readonly dialled: number;
  /** From its start until each Service that it dials had answered. */
  readonly readyUs: number;
  /** Ten seconds later. */
  readonly youngRssBytes: number;
  /** After a minute. */
  readonly rssBytes: number;
}

interface Quantiles {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** Times in ms unless named otherwise. */
export interface PushSummary {
  readonly name: string;
  readonly syncSeconds: number;
  readonly syncCpuSeconds: number;
  readonly changes: number;
  readonly pushesPerChange: number;
  readonly all: Quantiles;
  readonly gone: Quantiles;
  readonly come: Quantiles;
  readonly cpuMsPerChange: number;
  readonly cpuUsPerPush: number;
  readonly cpuShare: number;
  readonly loadShare: number;
  readonly othersShare: number;
  readonly idleRssBytes: number;
  readonly syncRssBytes: number;
  readonly rssBytes: number;
  readonly peakRssBytes: number;
  /** Acknowledgements that never came, and streams that ended. */
  readonly errors: number;
}

export function summarizePush(result: PushResult): PushSummary {
  const { sync, delays, changes, expected, cpuUs } = result;
  const all = [...delays.gone, ...delays.come];
  return {
    name: result.name,
    syncSeconds: sync.wallUs / 1e6,
    syncCpuSeconds: sync.cpuUs / 1e6,
    changes,
    pushesPerChange: all.length / changes,
    all: quantiles(all),
    gone: quantiles(delays.gone),
    come: quantiles(delays.come),
    cpuMsPerChange: cpuUs / 1e3 / changes,
    cpuUsPerPush: cpuUs / all.length,
    cpuShare: result.cpuShare,
    loadShare: result.loadShare,
    othersShare: result.othersShare,
    idleRssBytes: sync.idleRssBytes,
    syncRssBytes: sync.rssBytes,
    rssBytes: result.rssBytes,
    peakRssBytes: result.peakRssBytes,
    errors: Math.abs(expected - all.length) + result.failures.length,
  };
}

function quantiles(delaysUs: readonly number[]): Quantiles {
  const at = (share: number): number => percentile(delaysUs, share) / 1e3;
  return { p50: at(0.5), p99: at(0.99), max: at(1) };
}

const PUSH_COLUMNS: readonly (Column & { readonly cell: (row: PushSummary) => string })[] = [
  { title: 'subscribers', align: 'left', cell: (row) => row.name },
  { title: 'sync s', align: 'right', cell: (row) => row.syncSeconds.toFixed(1) },
  { title: 'CPU s', align: 'right', cell: (row) => row.syncCpuSeconds.toFixed(1) },
  { title: 'pushes', align: 'right', cell: (row) => row.pushesPerChange.toFixed(0) },
  { title: 'gone p50', align: 'right', cell: (row) => row.gone.p50.toFixed(1) },
  { title: 'p99 ms', align: 'right', cell: (row) => row.gone.p99.toFixed(1) },
  { title: 'come p50', align: 'right', cell: (row) => row.come.p50.toFixed(1) },
  { title: 'p99 ms', align: 'right', cell: (row) => row.come.p99.toFixed(1) },
  { title: 'max ms', align: 'right', cell: (row) => row.all.max.toFixed(1) },
  { title: 'CPU ms/change', align: 'right', cell: (row) => row.cpuMsPerChange.toFixed(1) },
  { title: 'CPU µs/push', align: 'right', cell: (row) => row.cpuUsPerPush.toFixed(0) },
  { title: 'core %', align: 'right', cell: (row) => (row.cpuShare * 100).toFixed(0) },
  { title: 'load %', align: 'right', cell: (row) => (row.loadShare * 100).toFixed(0) },
  { title: 'others %', align: 'right', cell: (row) => (row.othersShare * 100).toFixed(0) },
  { title: 'RSS MB', align: 'right', cell: (row) => megabytes(row.rssBytes) },
  { title: 'peak MB', align: 'right', cell: (row) => megabytes(row.peakRssBytes) },
  { title: 'errors', align: 'right', cell: (row) => String(row.errors) },
];

const SIDECAR_COLUMNS: readonly (Column & { readonly cell: (row: SidecarResult) => string })[] = [
  { title: 'sidecar', align: 'left', cell: (row) => row.scope },
  { title: 'Services in the mesh', align: 'right', cell: (row) => String(row.services) },
  { title: 'dialled', align: 'right', cell: (row) => String(row.dialled) },
  { title: 'ready s', align: 'right', cell: (row) => (row.readyUs / 1e6).toFixed(1) },
  { title: 'RSS MB after 10 s', align: 'right', cell: (row) => megabytes(row.youngRssBytes) },
  { title: 'after 60 s', align: 'right', cell: (row) => megabytes(row.rssBytes) },
];

export function renderPushes(rows: readonly PushSummary[]): string {
  return renderTable(
    PUSH_COLUMNS,
    rows.map((row) => PUSH_COLUMNS.map((column) => column.cell(row))),
  );
}

/** And for each scope what the largest mesh takes beyond the smallest. */
export function renderSidecars(rows: readonly SidecarResult[]): string {
  const table = renderTable(
    SIDECAR_COLUMNS,
    rows.map((row) => SIDECAR_COLUMNS.map((column) => column.cell(row))),
  );
  const more = SIDECAR_SCOPES.flatMap((scope) => {
    const sizes = rows.filter((row) => row.scope === scope).sort((left, right) => left.services - right.services);
    const [small, large] = [sizes.at(0), sizes.at(-1)];
    if (small === undefined || large === undefined || small === large) return [];
    return [`${scope}: the larger mesh costs the sidecar ${megabytes(large.rssBytes - small.rssBytes)} MB`];
  });
  return [table, ...more].join('\n');
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}
