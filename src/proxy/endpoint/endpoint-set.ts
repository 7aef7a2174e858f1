// The endpoints of a cluster: follows load assignments, keeps what stays, and says who may get new requests.
import type { EndpointSpec, LoadAssignmentSpec, LocalityEndpointsSpec } from '../../model/endpoint-spec.ts';
import { Endpoint, endpointKey } from './endpoint.ts';

/** Told when an endpoint has left the set, so that its connections can be drained. */
export type OnRemoved = (endpoint: Endpoint) => void;

export class EndpointSet {
  #byKey: ReadonlyMap<string, Endpoint> = new Map();
  #eligible: readonly Endpoint[] = [];
  readonly #onRemoved: OnRemoved;

  constructor(onRemoved: OnRemoved) {
    this.#onRemoved = onRemoved;
  }

  get all(): Iterable<Endpoint> {
    return this.#byKey.values();
  }

  get size(): number {
    return this.#byKey.size;
  }

  /** Who may get new requests: of the first priority that has any, the healthy ones; only if nowhere is one, the draining ones. */
  get eligible(): readonly Endpoint[] {
    return this.#eligible;
  }

  /** Endpoints are matched by address or logical name: one that stays keeps its object, numbers and connections. */
  update(assignment: LoadAssignmentSpec): void {
    const before = this.#byKey;
    const after = new Map<string, Endpoint>();
    for (const group of assignment.localities) {
      for (const spec of group.endpoints) {
        const key = endpointKey(spec);
        if (!after.has(key)) after.set(key, keepOrMake(before.get(key), spec, group));
      }
    }
    this.#byKey = after;
    this.#eligible = chooseEligible([...after.values()]);
    for (const [key, endpoint] of before) if (!after.has(key)) this.#onRemoved(endpoint);
  }
}

function keepOrMake(existing: Endpoint | undefined, spec: EndpointSpec, group: LocalityEndpointsSpec): Endpoint {
  if (existing === undefined) return new Endpoint(spec, group);
  existing.update(spec, group);
  return existing;
}

function chooseEligible(endpoints: readonly Endpoint[]): readonly Endpoint[] {
  for (const health of ['healthy', 'draining'] as const) {
    const able = endpoints.filter((endpoint) => endpoint.spec.health === health);
    if (able.length === 0) continue;
    const first = able.reduce(
      (lowest, endpoint) => Math.min(lowest, endpoint.group.priority),
      Number.POSITIVE_INFINITY,
    );
    return able.filter((endpoint) => endpoint.group.priority === first);
  }
  return [];
}
