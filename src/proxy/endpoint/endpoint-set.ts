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
  #kept: readonly Endpoint[] = [];
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

  /**
   * Endpoints are matched by address or logical name: one that stays keeps its object, numbers and connections. `keeps`: whether one that is
   * not told any more stays all the same, where it was.
   */
  update(assignment: LoadAssignmentSpec, keeps: (endpoint: Endpoint) => boolean = () => false): void {
    const before = this.#byKey;
    const after = new Map<string, Endpoint>();
    const nowMs = this.#now();
    const localities = assignment.localities.map((group) => {
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
    const missing = [...before].filter(([key]) => !after.has(key));
    const kept = missing.filter(([, endpoint]) => keeps(endpoint));
    for (const [key, endpoint] of kept) after.set(key, endpoint);
    this.#kept = kept.map(([, endpoint]) => endpoint);
    this.#localities = withKept(localities, this.#kept);
    this.#byKey = after;
    for (const [, endpoint] of missing) if (!this.#kept.includes(endpoint)) this.#onRemoved(endpoint);
  }

  /** Of those that are not told any more. */
  get kept(): readonly Endpoint[] {
    return this.#kept;
  }
}

/** Each goes back to its locality and priority; where that is gone it stands for itself. */
function withKept(localities: readonly LocalityEndpoints[], kept: readonly Endpoint[]): readonly LocalityEndpoints[] {
  if (kept.length === 0) return localities;
  const all = localities.map(({ group, endpoints }) => ({ group, endpoints: [...endpoints] }));
  for (const endpoint of kept) {
    const { group } = endpoint;
    const known = all.find(({ group: { priority, locality } }) => {
      const { region, zone, subZone } = locality;
      const own = group.locality;
      return priority === group.priority && region === own.region && zone === own.zone && subZone === own.subZone;
    });
    if (known === undefined) all.push({ group, endpoints: [endpoint] });
    else known.endpoints.push(endpoint);
  }
  return all;
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
