// Addresses behind a Service port before they are grouped into an assignment, wherever they come from.
import type { EndpointHealth, PodIdentity } from '../../model/endpoint-spec.ts';

export interface Backend {
  readonly host: string;
  readonly port: number;
  /** `unhealthy` = not ready: known by its name, but it gets nothing. */
  readonly health: EndpointHealth;
  /** '' where it is not known. */
  readonly zone: string;
  /** '' where it is not known. */
  readonly node: string;
  /** Zones whose callers it is meant for; absent = nobody says. */
  readonly forZones?: readonly string[];
  /** Its own name in a headless Service; '' = it has none. */
  readonly hostname: string;
  readonly pod?: PodIdentity;
  /** A rollout is about to replace its pod. */
  readonly leaving?: true;
}

/** What Kubernetes says of an endpoint, with its rules for what is absent already applied. */
export interface Conditions {
  readonly ready: boolean;
  readonly serving: boolean;
  readonly terminating: boolean;
}

/** `publishNotReady`: the Service wants every address, ready or not. */
export function healthOf({ ready, serving, terminating }: Conditions, publishNotReady: boolean): EndpointHealth {
  if (ready || publishNotReady) return 'healthy';
  return serving && terminating ? 'draining' : 'unhealthy';
}

/**
 * Each address and port once, with the best health that anybody tells of it, sorted by address: the order in which slices came, and what
 * they repeat of each other, makes no difference.
 */
export function mergeBackends(backends: readonly Backend[]): readonly Backend[] {
  const sorted = [...backends].sort(compareBackends);
  return sorted.filter((backend, index) => {
    const before = sorted[index - 1];
    return before === undefined || before.host !== backend.host || before.port !== backend.port;
  });
}

/** The lower the better. */
export const HEALTH_RANKS: Readonly<Record<EndpointHealth, number>> = {
  healthy: 0,
  degraded: 1,
  draining: 2,
  unhealthy: 3,
};

function compareBackends(left: Backend, right: Backend): number {
  return (
    compare(left.host, right.host) ||
    left.port - right.port ||
    HEALTH_RANKS[left.health] - HEALTH_RANKS[right.health] ||
    compare(detail(left), detail(right))
  );
}

/** Those that name their pod come first. */
function detail({ pod, hostname, zone }: Backend): string {
  const owner = pod === undefined ? '~' : `${pod.namespace}/${pod.name}/${pod.uid}`;
  return `${owner} ${hostname === '' ? '~' : hostname} ${zone === '' ? '~' : zone}`;
}

export function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
