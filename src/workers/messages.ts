// What the primary process and a worker say to each other: plain data, each side in order.
import type { ListenerStatus } from '../admin/sidecar-status.ts';
import type { Issue } from '../base/result.ts';
import type { ProxySettings } from '../config/index.ts';
import type { ClientHomeSpec } from '../model/client-home-spec.ts';
import type { Changes } from '../model/config-sink.ts';
import type { HomeSpec } from '../model/home-spec.ts';
import type { ConfigDemand } from '../model/on-demand.ts';
import type { ServicePortName } from '../model/service-name-spec.ts';
import type { ClusterFigures, PlaneState } from './plane.ts';
import type { StatRecord } from './stat-record.ts';

/** What a worker is. */
export interface WorkerSetup {
  /** From 1; the one that takes its place has the same. */
  readonly index: number;
  readonly count: number;
  /** Its share, where a limit is divided. */
  readonly settings: ProxySettings;
  /** Its share; 0 = none. */
  readonly memoryMarkBytes: number;
  readonly onDemand: boolean;
  /** What the one before it had dialled. */
  readonly dialled: readonly ServicePortName[];
  /** Files that must be writable, or the worker does not begin. */
  readonly accessLogs: readonly string[];
  /** Each worker has its own listening sockets; else all have the same. */
  readonly reusePort: boolean;
  /** Absent: requests do not keep to zones. */
  readonly home?: HomeSpec;
}

/** What a page is made from. */
export interface WorkerReports {
  readonly stats: StatRecord;
  readonly clusters: readonly ClusterFigures[];
  readonly listeners: readonly ListenerStatus[];
}
export type ReportKind = keyof WorkerReports;

export type ToWorker =
  /** The first: `changes` is all that there is. `id` as of `apply`, `trouble` as of `problem`. */
  | {
      readonly kind: 'begin';
      readonly setup: WorkerSetup;
      readonly id: number;
      readonly changes: Changes;
      readonly trouble: Trouble;
    }
  /** `id` grows. `seen`: the demands of this worker that had come when the primary decided on this. */
  | { readonly kind: 'apply'; readonly id: number; readonly changes: Changes; readonly seen: number }
  | { readonly kind: 'problem'; readonly trouble: Trouble }
  /** `usedBytes`: memory of the primary. */
  | { readonly kind: 'ping'; readonly usedBytes: number }
  /** What other workers say. */
  | { readonly kind: 'clients'; readonly homes: readonly ClientHomeSpec[] }
  /** Another worker begins, and knows none. */
  | { readonly kind: 'tell-clients' }
  | { readonly kind: 'look'; readonly id: number; readonly at: ReportKind }
  | { readonly kind: 'drain' }
  /** Takes no new connection, finishes what is in work within `graceMs`, and ends. */
  | { readonly kind: 'close'; readonly graceMs: number };

export type FromWorker =
  | {
      readonly kind: 'applied';
      readonly id: number;
      readonly issues: readonly Issue[];
      readonly state: PlaneState;
    }
  /** It cannot run: whoever takes its place could not either. */
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'state'; readonly state: PlaneState; readonly draining: boolean }
  /** What was dialled and let go of since the last one; `last` is the number of the last of them, from 1. */
  | { readonly kind: 'demand'; readonly demands: readonly Demand[]; readonly last: number }
  | { readonly kind: 'report'; readonly id: number; readonly report: WorkerReports[ReportKind] }
  /** Clients that stay with an endpoint, for the other workers. */
  | { readonly kind: 'clients'; readonly homes: readonly ClientHomeSpec[] }
  /** Whole lines for the access log `path`. */
  | { readonly kind: 'lines'; readonly path: string; readonly lines: string };

/** Of what is asked for on demand. */
export type Trouble = Pick<ConfigDemand, 'problem' | 'unreachable'>;

export const NO_TROUBLE: Trouble = { problem: null, unreachable: false };

export interface Demand {
  readonly port: ServicePortName;
  /** False: it is wanted no more. */
  readonly wanted: boolean;
}
