// What the control plane finds wrong with manifests and pods, for the people in front of `switchboard up`: the same code over the same folders.
import type { Cancel, Clock } from '../base/clock.ts';
import { silentLog } from '../base/log.ts';
import type { Issue } from '../base/result.ts';
import { ControlPlane } from '../control/control-plane.ts';
import { parseRegistries } from '../control/registry/parse-registries.ts';
import { DEFAULT_CLUSTER_DOMAIN } from '../model/names.ts';

/** While pods come and go a Service may have none for a moment: only what stands for so long, ms, is told. */
const STANDING_MS = 700;

export interface MeshIssuesOptions {
  /** As the control plane reads them; later ones win. */
  readonly folders: readonly string[];
  readonly clock: Clock;
  /** All that there are now, whenever that has changed and stood for a moment. */
  readonly emit: (issues: readonly Issue[]) => void;
}

export function watchMeshIssues({ folders, clock, emit }: MeshIssuesOptions): Cancel {
  const registries = parseRegistries(
    folders.map((folder) => `file:${folder}`),
    { clock },
  );
  if (!registries.ok) {
    emit(registries.issues);
    return () => {};
  }
  const controlPlane = new ControlPlane({
    registries: registries.value,
    clock,
    log: silentLog,
    clusterDomain: DEFAULT_CLUSTER_DOMAIN,
  });
  let cancel: Cancel = () => {};
  controlPlane.subscribe(({ issues }) => {
    cancel();
    cancel = clock.after(STANDING_MS, () => emit(issues));
  });
  controlPlane.start();
  return () => {
    cancel();
    controlPlane.close();
  };
}
