// TrafficPolicy's timeouts as the specs of a cluster and its routes.
import type { TimeoutsSection } from '../../kube/traffic-policy/timeouts-section.ts';
import { msOf } from './duration-ms.ts';

export interface TimeoutsSpec {
  /** 0 = for ever. */
  readonly timeoutMs?: number;
  /** 0 = for ever. */
  readonly idleTimeoutMs?: number;
  readonly connectTimeoutMs?: number;
}

export function timeoutsOf({ request, idle, connect }: TimeoutsSection): TimeoutsSpec {
  return {
    ...(request === undefined ? {} : { timeoutMs: msOf(request) }),
    ...(idle === undefined ? {} : { idleTimeoutMs: msOf(idle) }),
    ...(connect === undefined ? {} : { connectTimeoutMs: msOf(connect) }),
  };
}
