// What belongs to each Service, kept at hand: a change is looked at only for the Services that it can concern.
import { type EndpointSlice, SERVICE_NAME_LABEL } from '../kube/endpoint-objects.ts';
import type { Located, StringMap } from '../kube/meta.ts';
import { type KubeObject, keyOf, renderKey } from '../kube/objects.ts';
import type { Pod } from '../kube/pod.ts';
import type { ReferenceGrant } from '../kube/reference-grant.ts';
import type { Service } from '../kube/service.ts';
import type { TrafficPolicy } from '../kube/traffic-policy/traffic-policy.ts';
import type { Workload } from '../kube/workload.ts';
import { GrantIndex } from './grant-index.ts';
import { LabelIndex } from './label-index.ts';
import { NO_REFERENCES, type PolicyReferences } from './policy/mirrors.ts';
import { type DanglingTarget, PolicyIndex } from './policy/policy-index.ts';
import { referredServices } from './policy/reference-index.ts';
import { RouteIndex } from './route-index.ts';
import { SelectorIndex } from './selector-index.ts';
import type { RouteInputs } from './translate/gateway/route-inputs.ts';
import { nearMiss } from './translate/near-miss.ts';
import type { ServiceInputs } from './translate/service-inputs.ts';
import type { TranslatorSource } from './translate/translator.ts';
import type { World, WorldChange } from './world.ts';

type OwnInputs = Omit<ServiceInputs, 'vips' | 'routes' | 'sessions'>;

export class WorldIndex implements TranslatorSource {
  readonly #world: World;
  readonly #pods = new LabelIndex<Located<Pod>>();
  readonly #workloads = new LabelIndex<Located<Workload>>();
  readonly #slices = new LabelIndex<Located<EndpointSlice>>();
  readonly #policies = new PolicyIndex();
  readonly #grants = new GrantIndex();
  readonly #selectors = new SelectorIndex();
  readonly #routes: RouteIndex;
  /** What a change may concern is taken out. */
  readonly #inputs = new Map<Located<Service>, OwnInputs>();
  /** Null: to be listed again. */
  #services: readonly Located<Service>[] | null = null;
  #strays: readonly Located<EndpointSlice>[] | null = null;

  constructor(world: World) {
    this.#world = world;
    this.#routes = new RouteIndex(world, (namespace, name) => this.#policies.naming(namespace, name), this.#grants);
  }

  /** To be told every change of the world. */
  apply(changes: readonly WorldChange[]): void {
    for (const change of changes) {
      const { before, after } = change;
      this.#forgetLists(change);
      this.#routes.apply(before, after);
      if (before !== null) this.#forget(before);
      if (after !== null) this.#forget(after);
      if (after !== null) this.#set(after);
      else if (before !== null) this.#delete(before.object);
    }
  }

  services(): readonly Located<Service>[] {
    this.#services ??= [...this.#world.all('Service')];
    return this.#services;
  }

  strays(): readonly Located<EndpointSlice>[] {
    this.#strays ??= [...this.#world.all('EndpointSlice')].filter(({ object }) => this.#isStray(object));
    return this.#strays;
  }

  danglingPolicies(): readonly DanglingTarget[] {
    return this.#policies.dangling((namespace, name) => this.#world.get('Service', namespace, name) !== null);
  }

  routes(): readonly RouteInputs[] {
    return this.#routes.inputs();
  }

  /** The Services of the namespace that select a pod with these labels, by name. */
  selecting(namespace: string, labels: StringMap): readonly Located<Service>[] {
    const keys = [...new Set(this.#selectors.concernedBy(namespace, labels))].sort();
    return keys.flatMap((key) => {
      const service = this.#world.get('Service', namespace, nameIn(key));
      return service !== null && isSelected(service.object, labels) ? [service] : [];
    });
  }

  /** How many other EndpointSlices the Service of this one has. */
  slicesBeside({ metadata }: EndpointSlice): number {
    const all = this.#slicesOf(metadata.namespace, metadata.labels[SERVICE_NAME_LABEL] ?? '');
    return all.filter(({ object }) => object.metadata.name !== metadata.name).length;
  }

  /** All that decides how `service` is translated but its own virtual addresses; the same object until something of it changes. */
  inputsOf(service: Located<Service>): OwnInputs {
    const known = this.#inputs.get(service);
    if (known !== undefined) return known;
    const inputs = this.#collect(service);
    this.#inputs.set(service, inputs);
    return inputs;
  }

  #collect(service: Located<Service>): OwnInputs {
    const { metadata, spec } = service.object;
    const { namespace, name } = metadata;
    const policies = this.#policies.naming(namespace, name);
    const said = { service, policies, references: this.#referencesOf(policies) };
    const slices = this.#slicesOf(namespace, name);
    const endpoints = slices.length > 0 ? null : this.#world.get('Endpoints', namespace, name);
    const selector = spec.selector ?? {};
    const written = slices.length > 0 || endpoints !== null || spec.type === 'ExternalName';
    const selects = !written && Object.keys(selector).length > 0 && this.#world.selectsPods(service.object);
    if (!selects) {
      // Slices name pods: what else is known of them is asked for by name.
      const named = slices.length > 0 && Object.keys(selector).length > 0;
      const pods = named ? this.#pods.select(namespace, selector) : [];
      return { ...said, slices, endpoints, selects, pods, workloads: [], nearMiss: null };
    }
    const pods = this.#pods.select(namespace, selector);
    const workloads = this.#workloads.select(namespace, selector);
    const missed = pods.length + workloads.length === 0;
    this.#selectors.setMissed(namespace, serviceKey(namespace, name), missed);
    const near = missed
      ? nearMiss(selector, this.#workloads.inNamespace(namespace), this.#pods.inNamespace(namespace))
      : null;
    return { ...said, slices, endpoints, selects, pods, workloads, nearMiss: near };
  }

  #referencesOf(policies: readonly Located<TrafficPolicy>[]): PolicyReferences {
    const named = policies.flatMap(({ object }) => referredServices(object));
    if (named.length === 0) return NO_REFERENCES;
    const services = named.flatMap(({ namespace, name }) => {
      const service = this.#world.get('Service', namespace, name);
      return service === null ? [] : [[serviceKey(namespace, name), service] as const];
    });
    return { services: new Map(services), grants: this.#grants.of(named.map(({ namespace }) => namespace)) };
  }

  #slicesOf(namespace: string, service: string): readonly Located<EndpointSlice>[] {
    return this.#slices.select(namespace, { [SERVICE_NAME_LABEL]: service });
  }

  #isStray({ metadata: { namespace, labels } }: EndpointSlice): boolean {
    const service = labels[SERVICE_NAME_LABEL];
    return service === undefined || this.#world.get('Service', namespace, service) === null;
  }

  /** Most changes are of slices that belong to a Service before and after: they leave both lists as they are. */
  #forgetLists({ before, after }: WorldChange): void {
    const [old, now] = [before?.object, after?.object];
    const kind = (now ?? old)?.kind;
    if (kind === 'Service') {
      this.#services = null;
      if (old === undefined || now === undefined) this.#forgetTargets();
    } else if (kind === 'EndpointSlice' && (old === undefined || now === undefined || !sameOwner(old, now))) {
      this.#strays = null;
    } else if (this.#strays?.some((stray) => stray === before) === true) this.#strays = null;
  }

  /** Whoever names a Service may name one now, or none any more. */
  #forgetTargets(): void {
    this.#strays = null;
    this.#policies.forgetDangling();
  }

  /** Drops the inputs that `located`, which comes, changes or goes, can be part of. */
  #forget(located: Located<KubeObject>): void {
    const { object } = located;
    const { namespace, name } = object.metadata;
    const labels = selectedLabels(object);
    if (labels !== null) {
      for (const key of this.#selectors.concernedBy(namespace, labels)) this.#forgetInputs(namespace, nameIn(key));
    }
    if (object.kind === 'Service') {
      this.#inputs.delete(located as Located<Service>);
      this.#forgetPolicies(this.#policies.references.naming(namespace, name));
    }
    if (object.kind === 'ReferenceGrant') this.#forgetPolicies(this.#policies.references.into(namespace));
    if (object.kind === 'Endpoints') this.#forgetInputs(namespace, name);
    if (object.kind === 'TrafficPolicy') this.#forgetPolicies([object]);
    if (object.kind === 'EndpointSlice') {
      this.#forgetInputs(namespace, object.metadata.labels[SERVICE_NAME_LABEL] ?? '');
    }
  }

  #forgetPolicies(policies: Iterable<TrafficPolicy>): void {
    for (const { metadata, spec } of policies) {
      for (const target of spec.targetRefs) this.#forgetInputs(metadata.namespace, target.name);
    }
  }

  #forgetInputs(namespace: string, name: string): void {
    const service = this.#world.get('Service', namespace, name);
    if (service !== null) this.#inputs.delete(service);
  }

  #set(located: Located<KubeObject>): void {
    const { object } = located;
    const { namespace, name, labels } = object.metadata;
    const key = renderKey(keyOf(object));
    if (object.kind === 'Service') {
      this.#selectors.set(namespace, serviceKey(namespace, name), object.spec.selector ?? {});
    } else if (object.kind === 'Pod') this.#pods.set(namespace, key, labels, located as Located<Pod>);
    else if (object.kind === 'EndpointSlice') {
      this.#slices.set(namespace, key, labels, located as Located<EndpointSlice>);
    } else if (object.kind === 'Deployment' || object.kind === 'StatefulSet') {
      this.#workloads.set(namespace, key, object.spec.template.metadata.labels, located as Located<Workload>);
    } else if (object.kind === 'TrafficPolicy') this.#policies.set(located as Located<TrafficPolicy>);
    else if (object.kind === 'ReferenceGrant') this.#grants.set(located as Located<ReferenceGrant>);
  }

  #delete(object: KubeObject): void {
    const { namespace, name } = object.metadata;
    const key = renderKey(keyOf(object));
    if (object.kind === 'Service') this.#selectors.delete(namespace, serviceKey(namespace, name));
    else if (object.kind === 'Pod') this.#pods.delete(namespace, key);
    else if (object.kind === 'EndpointSlice') this.#slices.delete(namespace, key);
    else if (object.kind === 'Deployment' || object.kind === 'StatefulSet') this.#workloads.delete(namespace, key);
    else if (object.kind === 'TrafficPolicy') this.#policies.delete(object);
    else if (object.kind === 'ReferenceGrant') this.#grants.delete(object);
  }
}

function serviceKey(namespace: string, name: string): string {
  return `${namespace}/${name}`;
}

function nameIn(serviceKey: string): string {
  return serviceKey.slice(serviceKey.indexOf('/') + 1);
}

/** Of two versions of one slice. */
function sameOwner(before: KubeObject, now: KubeObject): boolean {
  return before.metadata.labels[SERVICE_NAME_LABEL] === now.metadata.labels[SERVICE_NAME_LABEL];
}

/** The labels that Services select by; null for what they don't select. */
function selectedLabels(object: KubeObject): StringMap | null {
  if (object.kind === 'Pod') return object.metadata.labels;
  return object.kind === 'Deployment' || object.kind === 'StatefulSet' ? object.spec.template.metadata.labels : null;
}

function isSelected({ spec }: Service, labels: StringMap): boolean {
  const wanted = Object.entries(spec.selector ?? {});
  return wanted.length > 0 && wanted.every(([name, value]) => labels[name] === value);
}
