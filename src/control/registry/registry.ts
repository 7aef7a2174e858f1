// The seam between the control plane and wherever Kubernetes objects come from.
import type { Cancel } from '../../base/clock.ts';
import type { Issue } from '../../base/result.ts';
import type { Located } from '../../kube/meta.ts';
import type { KubeObject, ObjectKey } from '../../kube/objects.ts';
import type { ConnectKube } from '../../kube-api/kube-client.ts';
import type { PresentStatuses } from '../status/present-statuses.ts';
import type { RegistryHealth } from './registry-health.ts';

export interface Registry {
  /** As it was asked for, e.g. `file:examples/my-api`; for logs and issues. */
  readonly name: string;
  /**
   * Whether a Service of this registry finds its Pods by its selector here. False where a controller writes EndpointSlices, as on
   * a real API server: only those count then.
   */
  readonly selectsPods: boolean;
  /** The API server behind it, where there is one: status is written there. */
  readonly connect?: ConnectKube;
  /** What stands in the status of its routes and policies there. */
  readonly statuses?: PresentStatuses;
  /** How well it keeps up; absent where there is nothing to keep up with. */
  health?(): RegistryHealth;
  /** Called once. Emits until it is cancelled, never before `watch` has returned. */
  watch(emit: (event: RegistryEvent) => void): Cancel;
}

/**
 * `changed`: objects that are new or different, and keys that are gone; what belongs together comes in one event.
 * `issues`: all problems that the registry has now; they replace those before.
 * `synced`: everything that was there at the beginning has been emitted. Once; the control plane tells nobody anything before.
 */
export type RegistryEvent =
  | {
      readonly kind: 'changed';
      readonly upserted: readonly Located<KubeObject>[];
      readonly deleted: readonly ObjectKey[];
    }
  | { readonly kind: 'issues'; readonly issues: readonly Issue[] }
  | { readonly kind: 'synced' };
