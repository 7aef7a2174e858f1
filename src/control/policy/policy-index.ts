// TrafficPolicies by the Services that they name, so that a Service without one costs a look into an empty map.
import { nearest } from '../../base/nearest.ts';
import { errorIssue, type Issue } from '../../base/result.ts';
import { type Located, placeOf } from '../../kube/meta.ts';
import type { TrafficPolicy } from '../../kube/traffic-policy/traffic-policy.ts';
import { ReferenceIndex } from './reference-index.ts';

/** An item of a policy's targetRefs behind which there is nothing. */
export interface DanglingTarget {
  readonly policy: Located<TrafficPolicy>;
  /** In spec.targetRefs. */
  readonly index: number;
}

const NONE: readonly Located<TrafficPolicy>[] = [];

export class PolicyIndex {
  /** By Service, then by name of the policy. */
  readonly #byService = new Map<string, Map<string, Located<TrafficPolicy>>>();
  readonly #all = new Map<string, Located<TrafficPolicy>>();
  /** The same policies by what they refer to beside their targets. */
  readonly references = new ReferenceIndex();
  /** Null: to be looked for again. */
  #dangling: readonly DanglingTarget[] | null = null;

  set(located: Located<TrafficPolicy>): void {
    const { namespace, name } = located.object.metadata;
    this.delete(located.object);
    this.#all.set(keyOf(namespace, name), located);
    this.references.set(located);
    for (const target of located.object.spec.targetRefs) {
      const key = keyOf(namespace, target.name);
      const policies = this.#byService.get(key) ?? new Map<string, Located<TrafficPolicy>>();
      policies.set(name, located);
      this.#byService.set(key, policies);
    }
  }

  delete({ metadata: { namespace, name } }: TrafficPolicy): void {
    this.#dangling = null;
    const before = this.#all.get(keyOf(namespace, name));
    this.#all.delete(keyOf(namespace, name));
    if (before !== undefined) this.references.delete(before.object);
    for (const target of before?.object.spec.targetRefs ?? []) {
      const policies = this.#byService.get(keyOf(namespace, target.name));
      policies?.delete(name);
      if (policies?.size === 0) this.#byService.delete(keyOf(namespace, target.name));
    }
  }

  /** The same empty list for every Service that nobody names. */
  naming(namespace: string, service: string): readonly Located<TrafficPolicy>[] {
    const policies = this.#byService.get(keyOf(namespace, service));
    return policies === undefined ? NONE : [...policies.values()];
  }

  /** A Service came or went. */
  forgetDangling(): void {
    this.#dangling = null;
  }

  dangling(isService: (namespace: string, name: string) => boolean): readonly DanglingTarget[] {
    this.#dangling ??= [...this.#all.values()].flatMap((policy) => {
      const { metadata, spec } = policy.object;
      return spec.targetRefs.flatMap(({ name }, index) =>
        isService(metadata.namespace, name) ? [] : [{ policy, index }],
      );
    });
    return this.#dangling;
  }
}

/** `services`: all that there are; it is asked only where something dangles. */
export function danglingIssues(
  targets: readonly DanglingTarget[],
  services: () => readonly ServiceName[],
): readonly Issue[] {
  if (targets.length === 0) return [];
  const all = services();
  return targets.map(({ policy, index }) => {
    const { namespace } = policy.object.metadata;
    const name = policy.object.spec.targetRefs[index]?.name ?? '';
    const remedy = targetRemedy(name, namespace, all);
    const place = placeOf(policy, `spec.targetRefs[${index}].name`);
    return errorIssue(`there is no Service "${name}" in namespace "${namespace}"`, { ...place, remedy });
  });
}

interface ServiceName {
  readonly namespace: string;
  readonly name: string;
}

/** A policy is for Services of its own namespace: one of that name in another is what is meant more often than one with a like name. */
function targetRemedy(name: string, namespace: string, services: readonly ServiceName[]): string {
  const elsewhere = services.find((service) => service.name === name);
  if (elsewhere !== undefined) {
    return `there is one in "${elsewhere.namespace}": a policy is for Services of its own namespace, so write it there`;
  }
  const own = services.filter((service) => service.namespace === namespace).map((service) => service.name);
  const near = nearest(name, own);
  return near === null ? 'name a Service of the same namespace' : `did you mean ${near}?`;
}

function keyOf(namespace: string, name: string): string {
  return `${namespace}/${name}`;
}
