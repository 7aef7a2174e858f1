// TrafficPolicies by the Services that they refer to beside their targets, so that a change is looked at only for policies that it concerns.
import type { Located } from '../../kube/meta.ts';
import type { TrafficPolicy } from '../../kube/traffic-policy/traffic-policy.ts';
import { serviceKey } from '../translate/gateway/route-inputs.ts';

export interface NamedService {
  readonly namespace: string;
  readonly name: string;
}

const NONE: ReadonlySet<TrafficPolicy> = new Set();

/** Costs nothing while no policy refers to anything. */
export class ReferenceIndex {
  readonly #byService = new Map<string, Set<TrafficPolicy>>();
  readonly #byNamespace = new Map<string, Set<TrafficPolicy>>();

  set({ object }: Located<TrafficPolicy>): void {
    for (const { namespace, name } of referredServices(object)) {
      add(this.#byService, serviceKey(namespace, name), object);
      add(this.#byNamespace, namespace, object);
    }
  }

  delete(policy: TrafficPolicy): void {
    for (const { namespace, name } of referredServices(policy)) {
      remove(this.#byService, serviceKey(namespace, name), policy);
      remove(this.#byNamespace, namespace, policy);
    }
  }

  /** Those that refer to that Service. */
  naming(namespace: string, name: string): ReadonlySet<TrafficPolicy> {
    return this.#byService.get(serviceKey(namespace, name)) ?? NONE;
  }

  /** Those that refer to a Service of that namespace. */
  into(namespace: string): ReadonlySet<TrafficPolicy> {
    return this.#byNamespace.get(namespace) ?? NONE;
  }
}

/** What gets copies. */
export function referredServices({ metadata, spec }: TrafficPolicy): readonly NamedService[] {
  const { mirrors = [] } = spec;
  return mirrors.map(({ backendRef: { namespace = metadata.namespace, name } }) => ({ namespace, name }));
}

function add(map: Map<string, Set<TrafficPolicy>>, key: string, policy: TrafficPolicy): void {
  const policies = map.get(key) ?? new Set<TrafficPolicy>();
  map.set(key, policies.add(policy));
}

function remove(map: Map<string, Set<TrafficPolicy>>, key: string, policy: TrafficPolicy): void {
  const policies = map.get(key);
  policies?.delete(policy);
  if (policies?.size === 0) map.delete(key);
}
