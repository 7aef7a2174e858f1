// Routes of Gateway API and what each of them names, kept at hand: a change is looked at only for the routes that it can concern.
import { nearest } from '../base/nearest.ts';
import { isService } from '../kube/backend-object.ts';
import type { Located } from '../kube/meta.ts';
import type { KubeObject } from '../kube/objects.ts';
import type { TrafficPolicy } from '../kube/traffic-policy/traffic-policy.ts';
import type { GrantIndex } from './grant-index.ts';
import { isOtherParent } from './translate/gateway/parents.ts';
import { type Route, type RouteInputs, serviceKey } from './translate/gateway/route-inputs.ts';
import type { World } from './world.ts';

type PoliciesOf = (namespace: string, service: string) => readonly Located<TrafficPolicy>[];

/** Costs nothing while there are no routes. */
export class RouteIndex {
  readonly #world: World;
  readonly #policiesOf: PoliciesOf;
  /** By kind, namespace and name; undefined inputs are to be collected. */
  readonly #routes = new Map<string, { readonly route: Located<Route>; inputs: RouteInputs | undefined }>();
  /** Routes that name a Service, and routes that send to a namespace that is not theirs. */
  readonly #byService = new Map<string, Set<string>>();
  readonly #byNamespace = new Map<string, Set<string>>();
  readonly #grants: GrantIndex;
  /** Routes that name a Service which there is not: what may have been meant changes with every Service. */
  readonly #missing = new Set<string>();
  /** Null: to be listed again. */
  #list: readonly RouteInputs[] | null = [];

  constructor(world: World, policiesOf: PoliciesOf, grants: GrantIndex) {
    this.#world = world;
    this.#grants = grants;
    this.#policiesOf = policiesOf;
  }

  /** To be told every change of the world that is of these kinds, of Services, or of TrafficPolicies. */
  apply(before: Located<KubeObject> | null, after: Located<KubeObject> | null): void {
    const object = (after ?? before)?.object;
    if (object?.kind === 'Service') {
      this.#forget(this.#byService.get(serviceKey(object.metadata.namespace, object.metadata.name)));
      if (before === null || after === null) this.#forget(this.#missing);
    } else if (object?.kind === 'TrafficPolicy') {
      for (const located of [before, after]) this.#forgetTargets(located as Located<TrafficPolicy> | null);
    } else if (object?.kind === 'ReferenceGrant') {
      this.#forget(this.#byNamespace.get(object.metadata.namespace));
    } else if (object?.kind === 'HTTPRoute' || object?.kind === 'GRPCRoute') {
      if (before !== null) this.#delete(before as Located<Route>);
      if (after !== null) this.#set(after as Located<Route>);
    }
  }

  /** In no order; each, and the list, the same object until something of it changes. */
  inputs(): readonly RouteInputs[] {
    this.#list ??= Array.from(this.#routes.values(), (entry) => {
      entry.inputs ??= this.#collect(entry.route);
      return entry.inputs;
    });
    return this.#list;
  }

  #collect(route: Located<Route>): RouteInputs {
    const named = [...namedServices(route.object)];
    const services = named.flatMap(({ namespace, name }) => {
      const service = this.#world.get('Service', namespace, name);
      return service === null ? [] : [[serviceKey(namespace, name), service] as const];
    });
    const known = new Map(services);
    const missing = named.filter(({ namespace, name }) => !known.has(serviceKey(namespace, name)));
    if (missing.length === 0) this.#missing.delete(keyOf(route.object));
    else this.#missing.add(keyOf(route.object));
    const grants = this.#grants.of(named.map(({ namespace }) => namespace));
    const policies = named.flatMap(({ namespace, name }) => {
      const found = this.#policiesOf(namespace, name);
      return found.length === 0 ? [] : [[serviceKey(namespace, name), found] as const];
    });
    return { route, services: known, near: this.#near(missing), policies: new Map(policies), grants };
  }

  #near(missing: readonly ServiceName[]): ReadonlyMap<string, string> {
    const found = missing.flatMap(({ namespace, name }) => {
      const near = nearest(name, this.#namesIn(namespace));
      return near === null ? [] : [[serviceKey(namespace, name), near] as const];
    });
    return new Map(found);
  }

  *#namesIn(namespace: string): Generator<string> {
    for (const { object } of this.#world.all('Service')) {
      if (object.metadata.namespace === namespace) yield object.metadata.name;
    }
  }

  #set(route: Located<Route>): void {
    const key = keyOf(route.object);
    this.#routes.set(key, { route, inputs: undefined });
    this.#list = null;
    for (const { namespace, name } of namedServices(route.object)) {
      bucket(this.#byService, serviceKey(namespace, name)).add(key);
      bucket(this.#byNamespace, namespace).add(key);
    }
  }

  #delete({ object }: Located<Route>): void {
    const key = keyOf(object);
    this.#routes.delete(key);
    this.#missing.delete(key);
    this.#list = null;
    for (const { namespace, name } of namedServices(object)) {
      remove(this.#byService, serviceKey(namespace, name), key);
      remove(this.#byNamespace, namespace, key);
    }
  }

  #forgetTargets(policy: Located<TrafficPolicy> | null): void {
    for (const { name } of policy?.object.spec.targetRefs ?? []) {
      this.#forget(this.#byService.get(serviceKey(policy?.object.metadata.namespace ?? '', name)));
    }
  }

  #forget(keys: Iterable<string> | undefined): void {
    for (const key of keys ?? []) {
      const entry = this.#routes.get(key);
      if (entry === undefined) continue;
      entry.inputs = undefined;
      this.#list = null;
    }
  }
}

function keyOf({ kind, metadata }: Route): string {
  return `${kind} ${metadata.namespace}/${metadata.name}`;
}

interface ServiceName {
  readonly namespace: string;
  readonly name: string;
}

/** Parents, also those that may have been meant as Services, backends and mirrors. */
function* namedServices({ metadata, spec }: Route): Generator<ServiceName> {
  for (const ref of spec.parentRefs) {
    if (isService(ref) || isOtherParent(ref)) yield { namespace: ref.namespace ?? metadata.namespace, name: ref.name };
  }
  for (const { backendRefs, filters } of spec.rules) {
    const mirrors = filters.flatMap((filter) =>
      filter.type === 'RequestMirror' ? filter.requestMirror.backendRef : [],
    );
    for (const ref of [...backendRefs, ...mirrors]) {
      if (isService(ref)) yield { namespace: ref.namespace ?? metadata.namespace, name: ref.name };
    }
  }
}

function bucket(map: Map<string, Set<string>>, key: string): Set<string> {
  let found = map.get(key);
  if (found === undefined) {
    found = new Set();
    map.set(key, found);
  }
  return found;
}

function remove(map: Map<string, Set<string>>, at: string, key: string): void {
  const keys = map.get(at);
  keys?.delete(key);
  if (keys?.size === 0) map.delete(at);
}
