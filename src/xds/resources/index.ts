// The table of resource types, in the order of a push: what is referred to comes before what refers to it.
import { CLUSTER_TYPE } from './cluster.ts';
import { ENDPOINT_TYPE } from './endpoint.ts';
import { LISTENER_TYPE } from './listener.ts';
import { PREFETCH_HINTS_TYPE } from './prefetch-hints.ts';
import type { AnyResourceType } from './resource-type.ts';
import { ROUTE_TYPE } from './route.ts';
import { SERVICE_NAME_TYPE } from './service-name.ts';

export const RESOURCE_TYPES: readonly AnyResourceType[] = [
  CLUSTER_TYPE,
  ENDPOINT_TYPE,
  LISTENER_TYPE,
  ROUTE_TYPE,
  // Before names: a client that has names and no hints knows that none will come.
  PREFETCH_HINTS_TYPE,
  SERVICE_NAME_TYPE,
];
