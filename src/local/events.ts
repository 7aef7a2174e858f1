// What the local mesh tells whoever watches it; how it looks is another matter (render-event.ts).
import type { Issue } from '../base/result.ts';
import type { ContainerChange } from './container-runner.ts';
import type { StopReason } from './plan.ts';

export type PodState = 'starting' | 'ready' | 'not ready' | 'stopping' | 'finished';

export interface PodRow {
  readonly namespace: string;
  readonly name: string;
  readonly address: string;
  /** TCP ports of its containers, in the manifest's order. */
  readonly ports: readonly number[];
  readonly state: PodState;
  readonly restarts: number;
  /** Where its sidecar takes calls, `host:port`, the pod's own address first; empty without a sidecar. */
  readonly outbound: readonly string[];
}

export type PodChange =
  | { readonly kind: 'starting' | 'ready' | 'gone' }
  | { readonly kind: 'not ready'; readonly reason: string }
  | { readonly kind: 'stopping'; readonly reason: StopReason | 'shutdown' }
  | { readonly kind: 'finished'; readonly succeeded: boolean };

export type MeshEvent =
  | {
      readonly kind: 'started';
      readonly folder: string;
      readonly logs: string;
      readonly xdsAddress: string;
      readonly adminAddress: string;
    }
  | { readonly kind: 'pod'; readonly pod: PodRow; readonly change: PodChange }
  | {
      readonly kind: 'container';
      readonly pod: PodRow;
      /** `sidecar` for the pod's sidecar. */
      readonly container: string;
      readonly change: Extract<ContainerChange, { kind: 'ended' | 'unhealthy' }>;
      readonly logFile: string;
      /** What its last words mean; '' = nothing that we know. */
      readonly hint: string;
    }
  | {
      readonly kind: 'program-ended';
      readonly program: string;
      readonly how: string;
      readonly restartInMs: number;
      readonly logFile: string;
    }
  | {
      readonly kind: 'object';
      readonly change: 'added' | 'changed' | 'removed';
      readonly object: string;
      readonly detail: string;
    }
  | { readonly kind: 'issue' | 'issue-resolved'; readonly issue: Issue }
  | { readonly kind: 'note'; readonly text: string }
  /** Everything that can run is up: after the start, and again after each change. */
  | {
      readonly kind: 'settled';
      readonly pods: readonly PodRow[];
      readonly first: boolean;
      readonly tryUrl: string | null;
    };

export type ReportEvent = (event: MeshEvent) => void;
