// The endpoints of a cluster: follows load assignments, keeps what stays, and says who may get new requests.
import type { EndpointSpec, LoadAssignmentSpec } from '../../model/endpoint-spec.ts';
import { Endpoint, endpointAddress } from './endpoint.ts';

/** Told when an endpoint has left the set, so that its connections can be drained. */
export type OnRemoved = (endpoint: Endpoint) => void;

export class EndpointSet {
  #byAddress: ReadonlyMap<string, Endpoint> = new Map();
  #eligible: readonly Endpoint[] = [];
  readonly #onRemoved: OnRemoved;

  constructor(onRemoved: OnRemoved) {
    this.#onRemoved = onRemoved;
  }

  get all(): Iterable<Endpoint> {
    return this.#byAddress.values();
  }

  get size(): number {
    return this.#byAddress.size;
  }

  /** Who may get new requests: of the first priority that has any, the healthy ones; only if nowhere is one, the draining ones. */
  get eligible(): readonly Endpoint[] {
    return this.#eligible;
  }

  /** Endpoints are matched by address: one that stays keeps its object, numbers and connections. */
  update(assignment: LoadAssignmentSpec): void {
    const before = this.#byAddress;
    const after = new Map<string, Endpoint>();
    const ranked: { readonly endpoint: Endpoint; readonly priority: number }[] = [];
    for (const locality of assignment.localities) {
      for (const spec of locality.endpoints) {
        const address = endpointAddress(spec);
        if (after.has(address)) continue;
        const endpoint = keepOrMake(before.get(address), spec);
        after.set(address, endpoint);
        ranked.push({ endpoint, priority: locality.priority });
      }
    }
    this.#byAddress = after;
    this.#eligible = chooseEligible(ranked);
    for (const [address, endpoint] of before) if (!after.has(address)) this.#onRemoved(endpoint);
  }

  clear(): void {
    this.update({ name: '', localities: [] });
  }
}

function keepOrMake(existing: Endpoint | undefined, spec: EndpointSpec): Endpoint {
  if (existing === undefined) return new Endpoint(spec);
  existing.update(spec);
  return existing;
}

function chooseEligible(
  ranked: readonly { readonly endpoint: Endpoint; readonly priority: number }[],
): readonly Endpoint[] {
  for (const health of ['healthy', 'draining'] as const) {
    const able = ranked.filter(({ endpoint }) => endpoint.spec.health === health);
    if (able.length === 0) continue;
    const first = Math.min(...new Set(able.map(({ priority }) => priority)));
    return able.filter(({ priority }) => priority === first).map(({ endpoint }) => endpoint);
  }
  return [];
}
