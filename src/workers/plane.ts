// What runs the data plane of a sidecar, as its other parts see it: this process, or workers.
import type { ClusterStatus, ListenerStatus, WorkerStatus } from '../admin/sidecar-status.ts';
import type { Issue } from '../base/result.ts';
import type { Changes, DeferredConfigSink } from '../model/config-sink.ts';
import type { StatSource } from '../telemetry/stats.ts';

/** A cluster with the figures of its endpoints; who brought its configuration is known elsewhere. */
export type ClusterFigures = Omit<ClusterStatus, 'addedViaApi'>;

/** Plain data. */
export interface PlaneState {
  readonly ready: boolean;
  /** What is still missing, for people; empty when ready. */
  readonly waitingFor: readonly string[];
  /** What is not in force yet because something that it needs has not come: for people. */
  readonly held: readonly string[];
  /** How many are configured. */
  readonly clusters: number;
  /** Requests and tunnels in work. */
  readonly activeRequests: number;
}

/** What takes a moment where others must be asked is a promise there; none rejects. */
export interface Plane extends DeferredConfigSink {
  state(): PlaneState;
  /** As in its state. */
  readonly activeRequests: number;
  stats(): readonly StatSource[] | Promise<readonly StatSource[]>;
  clusters(): readonly ClusterFigures[] | Promise<readonly ClusterFigures[]>;
  listeners(): readonly ListenerStatus[] | Promise<readonly ListenerStatus[]>;
  /** None: this process does it all. */
  workers(): readonly WorkerStatus[];
  /** Begins to drain: readiness fails, answers close their connections. Work goes on and new work is taken until `close`. */
  drain(): void;
  /** Ends everything. Safe to call again. */
  close(): Promise<void>;
}

/** One that a program begins and ends. */
export interface SidecarPlane extends Plane {
  /** `first`: what a file brings; answers with what of it cannot be applied. Rejects where it, or one of the files `accessLogs`, cannot be had. */
  start(first: Changes, accessLogs: readonly string[]): Promise<readonly Issue[]>;
  /** Serves for the first time: what only the start needed may go. */
  settle(): void;
  /** The troubles of whoever brings configuration are others than before. */
  noteProblem(): void;
}
