// What every pod of one mesh is given.
import type { Clock } from '../base/clock.ts';
import type { ConfigMaps } from './container-env.ts';
import type { Machine } from './container-process.ts';
import type { ReportEvent } from './events.ts';
import type { IssueBoard } from './issue-board.ts';
import type { LogFiles } from './log-files.ts';
import type { PortProbe } from './port-probe.ts';
import type { ProcessHost } from './process-host.ts';
import type { SidecarLauncher } from './sidecar.ts';
import type { StateFolder } from './state-folder.ts';

export interface PodContext {
  readonly clock: Clock;
  /** For what must not outlive the supervisor unnoticed. */
  readonly host: ProcessHost;
  /** For commands of probes, which end by themselves. */
  readonly probeHost: ProcessHost;
  readonly ports: PortProbe;
  readonly state: StateFolder;
  readonly logs: LogFiles;
  readonly machine: Machine;
  readonly launchSidecar: SidecarLauncher;
  readonly report: ReportEvent;
  readonly issues: IssueBoard;
  /** Those of a namespace, as they are now. */
  readonly configMapsOf: (namespace: string) => ConfigMaps;
}
