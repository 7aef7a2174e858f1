// What makes a scenario of proxies: who runs, what is sent, by which program, to which backends.
import type { Program } from './bed/programs.ts';
import type { Contender, EquipmentSet, Place, RunningProxy } from './contender.ts';
import type { LoadResult, LoadSpec } from './measure/load.ts';
import type { ColumnKey } from './report/proxies-columns.ts';
import type { Summary } from './report/proxies-report.ts';
import type { Workload } from './workload.ts';

export interface ProxyScenario {
  /** Of the results that are kept. */
  readonly name: string;
  /** What `npm run bench --` takes. */
  readonly command: string;
  /** For people, one line. */
  readonly what: string;
  /** The first one is the default. */
  readonly sets: readonly [EquipmentSet, ...EquipmentSet[]];
  /** In the order of the printed table. */
  readonly contenders: readonly Contender[];
  /** The first one runs when none is named. */
  readonly workloads: readonly [Workload, ...Workload[]];
  /** The program that sends. */
  readonly generator: string;
  readonly load: (spec: LoadSpec) => Promise<LoadResult>;
  readonly startBackends: (ports: readonly number[], place: BackendPlace) => Promise<Program>;
  /** Of the printed table and of the page. */
  readonly columns: readonly ColumnKey[];
  /** The figure that bars of the page show, a ratio. */
  readonly headline: (summary: Summary) => number | null;
  /** What that is, for people. */
  readonly headlineTitle: string;
  /** Throws with what came where a backend's answer should have come. */
  readonly probe: (proxy: RunningProxy) => Promise<void>;
}

export type BackendPlace = Pick<Place, 'cpus' | 'folder' | 'launch'>;
