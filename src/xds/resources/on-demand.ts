// The table of what exists only for those who ask for it by name, by the type that it is asked for as.
import type { NodeIdentity } from '../../model/node-identity.ts';
import type { ApiListenerSpec, OnDemandSource } from '../../model/on-demand.ts';
import { type PrefetchHintsSpec, SIBLINGS } from '../../model/prefetch-hints-spec.ts';
import type { RouteConfigSpec } from '../../model/route-spec.ts';
import { encodeApiListener } from './api-listener.ts';
import { CLUSTER_TYPE } from './cluster.ts';
import { LISTENER_TYPE } from './listener.ts';
import { PREFETCH_HINTS_TYPE } from './prefetch-hints.ts';
import type { ResourceType } from './resource-type.ts';
import { ROUTE_TYPE } from './route.ts';

/** Methods, not properties, so that rows of different specs stand in one table: hand a row only what it resolved. */
export interface OnDemandType<Spec> extends Pick<ResourceType<Spec>, 'typeUrl' | 'name' | 'references' | 'encode'> {
  /** Each client gets its own, and not that of its view. */
  readonly ofClient?: true;
  resolve(source: OnDemandSource, node: NodeIdentity, name: string): Spec | null;
}

const API_LISTENERS: OnDemandType<ApiListenerSpec> = {
  typeUrl: LISTENER_TYPE.typeUrl,
  name: (spec) => spec.name,
  references: ({ http }) => (http.routes.kind === 'rds' ? [http.routes.name] : []),
  encode: encodeApiListener,
  resolve: (source, node, name) => source.apiListener(node, name),
};

const ROUTE_CONFIGS: OnDemandType<RouteConfigSpec> = {
  typeUrl: ROUTE_TYPE.typeUrl,
  name: (spec) => spec.name,
  references: () => [],
  encode: (spec) => ROUTE_TYPE.encode(spec),
  resolve: (source, node, name) => source.routeConfig(node, name),
};

const PREFETCH_HINTS: OnDemandType<PrefetchHintsSpec> = {
  typeUrl: PREFETCH_HINTS_TYPE.typeUrl,
  ofClient: true,
  name: (spec) => spec.name,
  references: () => [],
  encode: (spec) => PREFETCH_HINTS_TYPE.encode(spec),
  resolve: (source, node, name) => (name === SIBLINGS ? source.prefetchHints(node) : null),
};

/** What leads to clusters changes only when clusters or routes of the view come, change or go. Hints are told once. */
export const ON_DEMAND_BASES: readonly { readonly typeUrl: string }[] = [CLUSTER_TYPE, ROUTE_TYPE];

export const ON_DEMAND_TYPES: readonly OnDemandType<object>[] = [API_LISTENERS, ROUTE_CONFIGS, PREFETCH_HINTS];
