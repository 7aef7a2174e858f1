// What belongs to each Service, kept at hand: a change is looked at only for the Services that it can concern.
import { type EndpointSlice, SERVICE_NAME_LABEL } from '../kube/endpoint-objects.ts';
import type { Located, StringMap } from '../kube/meta.ts';
import { type KubeObject, keyOf, renderKey } from '../kube/objects.ts';
import type { Pod } from '../kube/pod.ts';
import type { Service } from '../kube/service.ts';
import type { Workload } from '../kube/workload.ts';
import { LabelIndex } from './label-index.ts';
import { SelectorIndex } from './selector-index.ts';
import { nearMiss } from './translate/near-miss.ts';
import type { ServiceInputs } from './translate/service-inputs.ts';
import type { TranslatorSource } from './translate/translator.ts';
import type { World, WorldChange } from './world.ts';

type OwnInputs = Omit<ServiceInputs, 'vips'>;

export class WorldIndex implements TranslatorSource {
  readonly #world: World;
  readonly #pods = new LabelIndex<Located<Pod>>();
  readonly #workloads = new LabelIndex<Located<Workload>>();
  readonly #slices = new LabelIndex<Located<EndpointSlice>>();
  readonly #selectors = new SelectorIndex();
  /** By `serviceKey`; what a change may concern is taken out. */
  readonly #inputs = new Map<string, OwnInputs>();

  constructor(world: World) {
    this.#world = world;
  }

  /** To be told every change of the world. */
  apply(changes: readonly WorldChange[]): void {
    for (const { before, after } of changes) {
      if (before !== null) this.#forget(before.object);
      if (after !== null) this.#forget(after.object);
      if (after !== null) this.#set(after);
      else if (before !== null) this.#delete(before.object);
    }
  }

  services(): Iterable<Located<Service>> {
    return this.#world.all('Service');
  }

  slices(): Iterable<Located<EndpointSlice>> {
    return this.#world.all('EndpointSlice');
  }

  hasService(namespace: string, name: string): boolean {
    return this.#world.get('Service', namespace, name) !== null;
  }

  /** How many other EndpointSlices the Service of this one has. */
  slicesBeside({ metadata }: EndpointSlice): number {
    const all = this.#slicesOf(metadata.namespace, metadata.labels[SERVICE_NAME_LABEL] ?? '');
    return all.filter(({ object }) => object.metadata.name !== metadata.name).length;
  }

  /** All that decides how `service` is translated but its own virtual addresses; the same object until something of it changes. */
  inputsOf(service: Located<Service>): OwnInputs {
    const { namespace, name } = service.object.metadata;
    const key = serviceKey(namespace, name);
    let inputs = this.#inputs.get(key);
    if (inputs?.service !== service) {
      inputs = this.#collect(service);
      this.#inputs.set(key, inputs);
    }
    return inputs;
  }

  #collect(service: Located<Service>): OwnInputs {
    const { metadata, spec } = service.object;
    const { namespace, name } = metadata;
    const slices = this.#slicesOf(namespace, name);
    const endpoints = slices.length > 0 ? null : this.#world.get('Endpoints', namespace, name);
    const selector = spec.selector ?? {};
    const written = slices.length > 0 || endpoints !== null || spec.type === 'ExternalName';
    const selects = !written && Object.keys(selector).length > 0 && this.#world.selectsPods(service.object);
    if (!selects) return { service, slices, endpoints, selects, pods: [], workloads: [], nearMiss: null };
    const pods = this.#pods.select(namespace, selector);
    const workloads = this.#workloads.select(namespace, selector);
    const missed = pods.length + workloads.length === 0;
    this.#selectors.setMissed(namespace, serviceKey(namespace, name), missed);
    const near = missed
      ? nearMiss(selector, this.#workloads.inNamespace(namespace), this.#pods.inNamespace(namespace))
      : null;
    return { service, slices, endpoints, selects, pods, workloads, nearMiss: near };
  }

  #slicesOf(namespace: string, service: string): readonly Located<EndpointSlice>[] {
    return this.#slices.select(namespace, { [SERVICE_NAME_LABEL]: service });
  }

  /** Drops the inputs that `object`, which comes, changes or goes, can be part of. */
  #forget(object: KubeObject): void {
    const { namespace, name } = object.metadata;
    const labels = selectedLabels(object);
    if (labels !== null) for (const key of this.#selectors.concernedBy(namespace, labels)) this.#inputs.delete(key);
    if (object.kind === 'Service' || object.kind === 'Endpoints') this.#inputs.delete(serviceKey(namespace, name));
    if (object.kind === 'EndpointSlice') {
      this.#inputs.delete(serviceKey(namespace, object.metadata.labels[SERVICE_NAME_LABEL] ?? ''));
    }
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
    }
  }

  #delete(object: KubeObject): void {
    const { namespace, name } = object.metadata;
    const key = renderKey(keyOf(object));
    if (object.kind === 'Service') this.#selectors.delete(namespace, serviceKey(namespace, name));
    else if (object.kind === 'Pod') this.#pods.delete(namespace, key);
    else if (object.kind === 'EndpointSlice') this.#slices.delete(namespace, key);
    else if (object.kind === 'Deployment' || object.kind === 'StatefulSet') this.#workloads.delete(namespace, key);
  }
}

function serviceKey(namespace: string, name: string): string {
  return `${namespace}/${name}`;
}

/** The labels that Services select by; null for what they don't select. */
function selectedLabels(object: KubeObject): StringMap | null {
  if (object.kind === 'Pod') return object.metadata.labels;
  return object.kind === 'Deployment' || object.kind === 'StatefulSet' ? object.spec.template.metadata.labels : null;
}
