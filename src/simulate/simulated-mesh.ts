// The control plane of a simulation: the real one, over manifests and pods that exist in it alone, and what it tells the sidecars.
import type { Cancel } from '../base/clock.ts';
import { silentLog } from '../base/log.ts';
import type { Issue } from '../base/result.ts';
import { ControlPlane } from '../control/control-plane.ts';
import type { Registry, RegistryEvent } from '../control/registry/registry.ts';
import { type Located, locate } from '../kube/meta.ts';
import type { KubeObject, ObjectKey } from '../kube/objects.ts';
import type { Pod } from '../kube/pod.ts';
import type { Changes } from '../model/config-sink.ts';
import { DEFAULT_CLUSTER_DOMAIN } from '../model/names.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { snapshotChanges } from './snapshot-changes.ts';
import type { VirtualClock } from './virtual-clock.ts';

export interface SimulatedMeshOptions {
  readonly clock: VirtualClock;
  /** Without pods: those are simulated. */
  readonly objects: readonly Located<KubeObject>[];
  /** Whence the callers call. */
  readonly namespace: string;
  readonly propagationMs: number;
  /** The sidecars learn of it now. */
  readonly apply: (changes: Changes) => void;
}

class SimulatedRegistry implements Registry {
  readonly name = 'simulated';
  readonly selectsPods = true;
  #emit: (event: RegistryEvent) => void = () => {};

  watch(emit: (event: RegistryEvent) => void): Cancel {
    this.#emit = emit;
    return () => {};
  }

  tell(event: RegistryEvent): void {
    this.#emit(event);
  }
}

export class SimulatedMesh {
  readonly #options: SimulatedMeshOptions;
  readonly #registry = new SimulatedRegistry();
  readonly #controlPlane: ControlPlane;
  #told: Snapshot | null = null;

  constructor(options: SimulatedMeshOptions) {
    const { clock } = options;
    this.#options = options;
    this.#controlPlane = new ControlPlane({
      ...{ registries: [this.#registry], clock, log: silentLog, clusterDomain: DEFAULT_CLUSTER_DOMAIN },
    });
  }

  /** Tells the sidecars everything at once, and answers what is wrong with the manifests. */
  start(pods: readonly Pod[]): readonly Issue[] {
    this.#controlPlane.subscribe(({ snapshotFor }) => {
      this.#tell(snapshotFor({ namespace: this.#options.namespace, outboundAddresses: [] }));
    });
    this.#controlPlane.start();
    const upserted = [...this.#options.objects, ...pods.map(located)];
    this.#registry.tell({ kind: 'changed', upserted, deleted: [] });
    this.#registry.tell({ kind: 'synced' });
    return this.#controlPlane.state?.issues ?? [];
  }

  /** What the configuration that the sidecars are told says. */
  get snapshot(): Snapshot | null {
    return this.#told;
  }

  /** Kubernetes knows other pods now. */
  update(pods: readonly Pod[], deleted: readonly ObjectKey[]): void {
    this.#registry.tell({ kind: 'changed', upserted: pods.map(located), deleted });
  }

  close(): void {
    this.#controlPlane.close();
  }

  #tell(snapshot: Snapshot): void {
    const { clock, propagationMs, apply } = this.#options;
    const changes = snapshotChanges(this.#told, snapshot);
    const first = this.#told === null;
    this.#told = snapshot;
    if (first) apply(changes);
    else clock.after(propagationMs, () => apply(changes));
  }
}

function located(pod: Pod): Located<KubeObject> {
  return locate(pod, 'the simulation');
}
