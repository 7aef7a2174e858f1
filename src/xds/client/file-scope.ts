// What a client asks for: everything, or what a bootstrap file leaves to the control plane.
import type { Snapshot } from '../../model/snapshot.ts';
import { CLUSTER_TYPE } from '../resources/cluster.ts';
import { RESOURCE_TYPES } from '../resources/index.ts';
import { LISTENER_TYPE } from '../resources/listener.ts';
import { HeldType } from './held-type.ts';

export interface FileScope {
  /** What stands in the file: the endpoints and routes that it names are asked for. */
  readonly statics: Snapshot;
  /** All clusters are asked for (cds_config). */
  readonly clusters: boolean;
  /** All listeners are asked for (lds_config). */
  readonly listeners: boolean;
}

/** One for each resource type, in push order, with the names that are wanted from the start. */
export function createHeldTypes(scope?: FileScope): HeldType[] {
  if (scope === undefined) return RESOURCE_TYPES.map((type) => new HeldType(type));
  const whole: ReadonlyMap<string, boolean> = new Map([
    [CLUSTER_TYPE.typeUrl, scope.clusters],
    [LISTENER_TYPE.typeUrl, scope.listeners],
  ]);
  const types = RESOURCE_TYPES.map((type) => {
    const pinned = [...type.specs(scope.statics).values()].flatMap((spec) => type.references(spec));
    return new HeldType(type, whole.get(type.typeUrl) ?? true, pinned);
  });
  for (const held of types) types.find(({ type }) => type.typeUrl === held.type.refersTo)?.want(held.references());
  return types;
}
