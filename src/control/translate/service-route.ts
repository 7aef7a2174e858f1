// A name that callers use, and the cluster behind it.
import type { ClusterSpec } from '../../model/cluster-spec.ts';
import type { LoadAssignmentSpec } from '../../model/endpoint-spec.ts';
import type { NamedHost } from './named-host.ts';

/** One port of a Service, or one pod of it under its own name. */
export interface ServiceRoute {
  readonly cluster: ClusterSpec;
  readonly assignment: LoadAssignmentSpec;
  readonly host: NamedHost;
}
