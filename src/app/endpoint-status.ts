// What the admin pages tell of the endpoints of a cluster: figures, who is out and why, who does not get its whole share yet.
import type { EndpointStatus } from '../admin/sidecar-status.ts';
import type { ClusterSpec } from '../model/cluster-spec.ts';
import type { DataPlane } from '../proxy/data-plane.ts';

type Cluster = Pick<DataPlane['clusters'][number], 'spec' | 'endpoints'>;
type Endpoint = Cluster['endpoints'] extends Iterable<infer E> ? E : never;

/** Shares that differ by less are the same to whoever looks. */
const NEARLY_ALL = 0.95;

/** `nowMs`: on the clock of the cluster. */
export function endpointStatuses({ spec, endpoints }: Cluster, nowMs: number): EndpointStatus[] {
  const all = [...endpoints];
  const windows = windowsOf(spec);
  const oldestMs = all.reduce(
    (oldest, endpoint) => Math.min(oldest, endpoint.healthySinceMs),
    Number.POSITIVE_INFINITY,
  );
  return all.map((endpoint) => {
    const warmingMs = Math.max(
      leftToGrow(endpoint.healthySinceMs, oldestMs, windows.newMs, nowMs),
      leftToGrow(endpoint.returnedAtMs, Number.NEGATIVE_INFINITY, windows.returnMs, nowMs),
    );
    return { ...statusOf(endpoint, nowMs), ...(warmingMs > 0 ? { warmingMs } : {}) };
  });
}

function windowsOf({ balancing, outlierDetection }: ClusterSpec): {
  readonly newMs: number;
  readonly returnMs: number;
} {
  return { newMs: balancing?.slowStart?.windowMs ?? 0, returnMs: outlierDetection?.returnWindowMs ?? 0 };
}

/** Of slow start: ms until it gets as much as the oldest; 0 where it does. Where all are new, nobody is spared. */
function leftToGrow(sinceMs: number, oldestMs: number, windowMs: number, nowMs: number): number {
  const ageMs = nowMs - sinceMs;
  if (windowMs === 0 || ageMs >= windowMs) return 0;
  return ageMs / Math.min(nowMs - oldestMs, windowMs) < NEARLY_ALL ? windowMs - ageMs : 0;
}

/** Why it is out, or would be in shadow mode. */
function whyEjected({ outlier }: Endpoint, shadow: boolean): string | null {
  const ejection = outlier === null ? null : outlier.ejection;
  return ejection === null || ejection.shadow !== shadow ? null : `${ejection.reason}: ${ejection.detail}`;
}

/** The newest of failures and answers from 500 on; null where there was none. */
function lastErrorOf({ lastError, lastErrorStatus }: Endpoint): string | null {
  if (lastError !== '') return lastError;
  return lastErrorStatus === 0 ? null : `answered ${lastErrorStatus}`;
}

function statusOf(endpoint: Endpoint, nowMs: number): EndpointStatus {
  const { spec, group, outlier } = endpoint;
  const ejection = outlier?.ejection ?? null;
  return {
    host: spec.host,
    port: spec.port,
    ...(spec.pod === undefined ? {} : { pod: spec.pod }),
    health: spec.health,
    ...(endpoint.check?.failing === true ? { failedCheck: endpoint.check.detail } : {}),
    ...(endpoint.check?.failing === false && endpoint.check.degraded ? { degradedByCheck: true } : {}),
    ejected: whyEjected(endpoint, false),
    wouldBeEjected: whyEjected(endpoint, true),
    ...(ejection === null ? {} : { ejectionLeftMs: Math.max(0, ejection.untilMs - nowMs) }),
    ...(outlier === null || outlier.ejectionsTotal === 0 ? {} : { ejections: outlier.ejectionsTotal }),
    weight: spec.weight,
    priority: group.priority,
    locality: group.locality,
    cxActive: endpoint.connectionsActive,
    cxTotal: endpoint.connectionsTotal,
    cxConnectFail: endpoint.connectFailures,
    rqActive: endpoint.activeRequests,
    rqTotal: endpoint.requestsTotal,
    rqSuccess: endpoint.requestsSuccess,
    rqError: endpoint.requestsError,
    rqTimeout: endpoint.requestsTimedOut,
    lastError: lastErrorOf(endpoint),
  };
}
