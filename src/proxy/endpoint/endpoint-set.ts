// The endpoints of a cluster: follows load assignments, and keeps what stays.
import type { EndpointSpec, LoadAssignmentSpec, LocalityEndpointsSpec } from '../../model/endpoint-spec.ts';
import { Endpoint, endpointKey } from './endpoint.ts';

/** Told when an endpoint has left the set, so that its connections can be drained. */
export type OnRemoved = (endpoint: Endpoint) => void;

/** The endpoints of one locality and priority, each of them in one locality alone. */
export interface LocalityEndpoints {
  readonly group: LocalityEndpointsSpec;
  readonly endpoints: readonly Endpoint[];
}

export class EndpointSet {
  #byKey: ReadonlyMap<string, Endpoint> = new Map();
  #localities: readonly LocalityEndpoints[] = [];
  readonly #onRemoved: OnRemoved;
  readonly #now: () => number;

  /** `now`: milliseconds that only grow. */
  constructor(onRemoved: OnRemoved, now: () => number) {
    this.#onRemoved = onRemoved;
    this.#now = now;
  }

  get all(): Iterable<Endpoint> {
    return this.#byKey.values();
  }

  get size(): number {
    return this.#byKey.size;
  }

  /** In the order of the assignment. What was handed out before a change stays as it was. */
  get localities(): readonly LocalityEndpoints[] {
    return this.#localities;
  }

  /** Endpoints are matched by address or logical name: one that stays keeps its object, numbers and connections. */
  update(assignment: LoadAssignmentSpec): void {
    const before = this.#byKey;
    const after = new Map<string, Endpoint>();
    const nowMs = this.#now();
    this.#localities = assignment.localities.map((group) => {
      const endpoints: Endpoint[] = [];
      for (const spec of group.endpoints) {
        const key = endpointKey(spec);
        if (after.has(key)) continue;
        const endpoint = keepOrMake(before.get(key), spec, group, nowMs);
        after.set(key, endpoint);
        endpoints.push(endpoint);
      }
      return { group, endpoints };
    });
    this.#byKey = after;
    for (const [key, endpoint] of before) if (!after.has(key)) this.#onRemoved(endpoint);
  }
}

function keepOrMake(
  existing: Endpoint | undefined,
  spec: EndpointSpec,
  group: LocalityEndpointsSpec,
  nowMs: number,
): Endpoint {
  const endpoint = existing ?? new Endpoint(spec, group);
  const wasHealthy = existing?.spec.health === 'healthy';
  if (!wasHealthy && spec.health === 'healthy') endpoint.healthySinceMs = nowMs;
  if (existing !== undefined) existing.update(spec, group);
  return endpoint;
}
