// What a proxy under test must offer to the bench, and what the bench gives it to run in.
import type { Program, ProgramSpec } from './bed/programs.ts';
import type { Workload } from './workload.ts';

/** CPU lists in the form of taskset: `1`, `0,2-3`. */
export interface CpuPlan {
  readonly proxy: string;
  /** Of the load generator and the backends, and of whatever a contender runs beside its proxy. */
  readonly load: string;
}

/** Bare: routes and balances. Equipped: retries, outlier detection and an access log of JSON lines in a file as well. */
export type EquipmentSet = 'bare' | 'equipped';

export interface Place {
  /** On 127.0.0.1; each answers any path with 200 and about 100 bytes. */
  readonly upstreamPorts: readonly number[];
  readonly backendsPid: number;
  readonly set: EquipmentSet;
  readonly cpus: CpuPlan;
  /** A temporary folder of this contender's own, gone after the run. */
  readonly folder: string;
  /** Starts a program that the bench ends at the latest when it ends itself. */
  launch(spec: ProgramSpec): Promise<Program>;
}

export interface RunningProxy {
  /** Where the proxy listens on 127.0.0.1. */
  readonly port: number;
  /** The root of the proxy's process tree, whose CPU time and memory count. */
  readonly pid: number;
  /** Sent as `Host` by the load, for a proxy that routes by it; 127.0.0.1:port when absent. */
  readonly authority?: string;
  /** The file that it adds a line to for each request; absent when it keeps no such log. */
  readonly accessLog?: string;
  /** Of V8's heap, since its start; absent where the proxy does not tell. */
  readAllocatedBytes?(): Promise<number>;
  stop(): Promise<void>;
}

export interface Contender {
  readonly name: string;
  /** null when it can run here; otherwise why not, with the remedy. */
  available(): string | null;
  /** What ran, as it tells itself. Called only when available. */
  version(): string;
  /** What it can be configured as; absent = bare only. */
  readonly sets?: readonly EquipmentSet[];
  /** Whether it is built for that; absent = for every one. */
  takes?(workload: Workload): boolean;
  /** Throws when it does not come up. */
  start(place: Place): Promise<RunningProxy>;
}
