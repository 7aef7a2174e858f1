// What a client asks for at first: everything, what a bootstrap file leaves to the control plane, or what tells the rest.
import { httpManagersOf, type ListenerSpec, tcpClustersOf } from '../../model/listener-spec.ts';
import { clustersOf, type RouteConfigSpec } from '../../model/route-spec.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import { CLUSTER_TYPE } from '../resources/cluster.ts';
import { RESOURCE_TYPES } from '../resources/index.ts';
import { LISTENER_TYPE } from '../resources/listener.ts';
import { PREFETCH_HINTS_TYPE } from '../resources/prefetch-hints.ts';
import { ROUTE_TYPE } from '../resources/route.ts';
import { SERVICE_NAME_TYPE } from '../resources/service-name.ts';
import { HeldType } from './held-type.ts';

export interface FileScope {
  /** What stands in the file: the endpoints and routes that it names are asked for. */
  readonly statics: Snapshot;
  /** All clusters are asked for (cds_config). */
  readonly clusters: boolean;
  /** All listeners are asked for (lds_config). */
  readonly listeners: boolean;
}

/** Who holds everything needs no names, and no hints either. */
const TYPES_OF_ALL = RESOURCE_TYPES.filter((type) => type !== SERVICE_NAME_TYPE && type !== PREFETCH_HINTS_TYPE);

/** One for each resource type, in push order, with the names that are wanted from the start. */
export function createHeldTypes(scope?: FileScope): HeldType[] {
  if (scope === undefined) return TYPES_OF_ALL.map((type) => new HeldType(type));
  const whole: ReadonlyMap<string, boolean> = new Map([
    [CLUSTER_TYPE.typeUrl, scope.clusters],
    [LISTENER_TYPE.typeUrl, scope.listeners],
  ]);
  const types = TYPES_OF_ALL.map((type) => {
    const pinned = [...type.specs(scope.statics).values()].flatMap((spec) => type.references(spec));
    return new HeldType(type, whole.get(type.typeUrl) ?? true, pinned);
  });
  for (const held of types) types.find(({ type }) => type.typeUrl === held.type.refersTo)?.want(held.references());
  return types;
}

/** Listeners at first: they say whether the control plane tells names, and then names are asked for, or else everything. */
export function createOnDemandTypes(): HeldType[] {
  return RESOURCE_TYPES.map((type) => new HeldType(type, type === LISTENER_TYPE));
}

/**
 * What has to be asked for whole, now that listeners are known: names where routes come on demand, and all clusters where a control plane
 * that does not know of this sends its routes as it sends them to everybody.
 */
export function owedWhole(types: ReadonlyMap<string, HeldType>): readonly HeldType[] {
  const listeners = Array.from(
    types.get(LISTENER_TYPE.typeUrl)?.held.values() ?? [],
    ({ spec }) => spec as ListenerSpec,
  );
  const kinds = listeners.map(routeKindsOf);
  const owed = [
    ...(kinds.some((own) => own.size !== 1 || !own.has('on-demand')) ? [CLUSTER_TYPE.typeUrl] : []),
    ...(kinds.some((own) => own.has('on-demand')) ? [SERVICE_NAME_TYPE.typeUrl] : []),
  ];
  return owed.flatMap((typeUrl) => types.get(typeUrl) ?? []).filter(({ names }) => names !== null);
}

function routeKindsOf(listener: ListenerSpec): ReadonlySet<string> {
  return new Set(httpManagersOf(listener).map(({ routes }) => routes.kind));
}

/** Clusters that held routes lead to: routes of a Service port may lead to others than its own. */
export function clustersOfRoutes(types: ReadonlyMap<string, HeldType>): ReadonlySet<string> {
  const clusters = new Set<string>();
  for (const { spec } of types.get(ROUTE_TYPE.typeUrl)?.held.values() ?? []) {
    for (const { routes } of (spec as RouteConfigSpec).virtualHosts) {
      for (const route of routes) for (const cluster of clustersOf(route)) clusters.add(cluster);
    }
  }
  return clusters;
}

/** Clusters that a listener sends connections to by itself: who does not hold all asks for them by name. */
export function clustersOfListeners(types: ReadonlyMap<string, HeldType>): readonly string[] {
  const held = types.get(LISTENER_TYPE.typeUrl)?.held.values() ?? [];
  return Array.from(held, ({ spec }) => tcpClustersOf(spec as ListenerSpec)).flat();
}
