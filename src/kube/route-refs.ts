// What routes of Gateway API refer to: the parents that they attach to, and the backends that they send to.
import { type BackendObject, readBackendObject } from './backend-object.ts';
import { type Fields, type IntegerRange, PORT_RANGE, withoutUndefined } from './fields.ts';
import { type RouteFilter, readRouteFilters } from './route-filters.ts';

export const GATEWAY_GROUP = 'gateway.networking.k8s.io';

/** Source: gateway.networking.k8s.io/v1.ParentReference. */
export interface ParentReference {
  /** '' is the core group, that of Services. */
  readonly group: string;
  readonly kind: string;
  /** Absent = that of the route. */
  readonly namespace?: string;
  readonly name: string;
  /** Of a Service: the name of a port. Absent, as `port`: every port. */
  readonly sectionName?: string;
  readonly port?: number;
}

/** Source: gateway.networking.k8s.io/v1.HTTPBackendRef, GRPCBackendRef. */
export interface BackendReference extends BackendObject {
  /** 0 = never. */
  readonly weight: number;
  readonly filters: readonly RouteFilter[];
}

const WEIGHT_RANGE: IntegerRange = { min: 0, max: 1_000_000 };

export function readParents(fields: Fields | undefined): readonly ParentReference[] {
  return (
    fields?.list('parentRefs', (item) =>
      withoutUndefined({
        group: item.textOr('group', GATEWAY_GROUP),
        kind: item.textOr('kind', 'Gateway'),
        namespace: item.text('namespace'),
        name: item.requiredText('name'),
        sectionName: item.text('sectionName'),
        port: item.integer('port', PORT_RANGE),
      }),
    ) ?? []
  );
}

export function readBackends(fields: Fields): readonly BackendReference[] {
  return fields.list('backendRefs', (item) => ({
    ...readBackendObject(item),
    weight: item.integer('weight', WEIGHT_RANGE) ?? 1,
    filters: readRouteFilters(item),
  }));
}
