// The pods of one folder of manifests: makes what runs become what is wanted, again after every change of either.
import type { Random } from '../base/random.ts';
import { errorIssue, type Issue } from '../base/result.ts';
import type { ConfigMap } from '../kube/config-objects.ts';
import { type Located, placeOf } from '../kube/meta.ts';
import type { KubeObject } from '../kube/objects.ts';
import type { AddressPool } from './address-pool.ts';
import type { ConfigMaps } from './container-env.ts';
import type { PodRow } from './events.ts';
import { LocalPod } from './local-pod.ts';
import { type PlanAction, plan } from './plan.ts';
import type { PodContext } from './pod-context.ts';
import { createPodFacts } from './pod-factory.ts';
import { type PodFacts, podId } from './pod-facts.ts';
import { stableHash } from './stable-hash.ts';
import { translateWorkloads, type Workload } from './workload.ts';

export interface LocalMeshOptions {
  readonly context: Omit<PodContext, 'configMapsOf'>;
  readonly addresses: AddressPool;
  readonly random: Random;
  readonly newUid: () => string;
  /** `host:port` where the sidecar of one injected pod also answers, for people's curl. */
  readonly frontDoor: string;
  /** More pods than this are not started. */
  readonly maxPods: number;
  /** Called when there is nothing left to start or stop. */
  readonly onIdle: () => void;
}

export const DEFAULT_MAX_PODS = 250;

export class LocalMesh {
  readonly #options: LocalMeshOptions;
  readonly #context: PodContext;
  readonly #pods = new Map<string, LocalPod>();
  #workloads = new Map<string, Workload>();
  #configMaps = new Map<string, Map<string, ConfigMap>>();
  #configMapsHash = '';
  #sequence = 0;
  #reconciling = false;
  #dirty = false;
  #closing = false;
  #idle = false;

  constructor(options: LocalMeshOptions) {
    this.#options = options;
    const none: ConfigMaps = new Map();
    this.#context = { ...options.context, configMapsOf: (namespace) => this.#configMaps.get(namespace) ?? none };
  }

  get pods(): readonly PodRow[] {
    return [...this.#pods.values()].map((pod) => pod.row());
  }

  /** `namespace/name: reason` of each pod that is not ready. */
  get waiting(): readonly string[] {
    return [...this.#pods.values()].filter((pod) => !pod.isSettled).map((pod) => `${pod.id}: ${pod.notReadyReason}`);
  }

  /** Nothing is left to start or stop, and every pod is ready. */
  get isSettled(): boolean {
    return this.#idle && [...this.#pods.values()].every((pod) => pod.isSettled);
  }

  /** Of the pod whose sidecar answers at the front door; null when there is none. */
  get frontDoorNamespace(): string | null {
    return [...this.#pods.values()].find((pod) => pod.sidecar?.hasFrontDoor)?.workload.namespace ?? null;
  }

  /** The wanted state, whole. A workload that has become unrunnable keeps running as it last could. */
  update(objects: readonly Located<KubeObject>[]): void {
    const { runnable, broken, issues } = translateWorkloads(objects);
    this.#context.issues.set('workloads', issues);
    const next = new Map(runnable.map((workload) => [workload.key, workload]));
    for (const [key, last] of this.#workloads) if (broken.has(key)) next.set(key, last);
    this.#workloads = next;
    this.#updateConfigMaps(objects);
    this.#reconcile();
  }

  /** Stops every pod at once; resolves when all are gone. */
  async stop(): Promise<void> {
    this.#closing = true;
    await Promise.all([...this.#pods.values()].map((pod) => pod.stop('shutdown')));
  }

  /** SIGKILL for everything that still runs. */
  async kill(): Promise<void> {
    this.#closing = true;
    await Promise.all([...this.#pods.values()].map((pod) => pod.kill()));
  }

  #updateConfigMaps(objects: readonly Located<KubeObject>[]): void {
    const configMaps = new Map<string, Map<string, ConfigMap>>();
    for (const { object } of objects) {
      if (object.kind !== 'ConfigMap') continue;
      const { namespace, name } = object.metadata;
      const own = configMaps.get(namespace) ?? new Map<string, ConfigMap>();
      configMaps.set(namespace, own);
      if (!own.has(name)) own.set(name, object);
    }
    const hash = stableHash([...configMaps].map(([namespace, own]) => [namespace, [...own]]));
    this.#configMaps = configMaps;
    if (hash === this.#configMapsHash) return;
    this.#configMapsHash = hash;
    for (const pod of this.#pods.values()) pod.configMapsChanged();
  }

  /** Plans are made one at a time: each sees what the one before has done. */
  #reconcile(): void {
    this.#dirty = true;
    if (this.#reconciling || this.#closing) return;
    this.#reconciling = true;
    queueMicrotask(() => void this.#run());
  }

  async #run(): Promise<void> {
    this.#idle = false;
    let idle = true;
    while (this.#dirty && !this.#closing) {
      this.#dirty = false;
      this.#forgetGone();
      const actions = plan(
        [...this.#workloads.values()],
        [...this.#pods.values()].map((pod) => pod.planned()),
      );
      const problems: Issue[] = [];
      for (const action of actions) problems.push(...(await this.#carryOut(action)));
      this.#context.issues.set('pods', problems);
      idle = actions.length === problems.length;
    }
    this.#reconciling = false;
    if (this.#closing || !idle) return;
    this.#idle = true;
    this.#keepFrontDoor();
    this.#options.onIdle();
  }

  #forgetGone(): void {
    for (const [id, pod] of this.#pods) {
      if (!pod.isGone) continue;
      this.#pods.delete(id);
      this.#options.addresses.release(pod.ip);
    }
  }

  async #carryOut(action: PlanAction): Promise<readonly Issue[]> {
    switch (action.do) {
      case 'create':
        return this.#create(action.workload, action.ordinal);
      case 'stop':
        void this.#pods.get(action.pod)?.stop(action.reason);
        return [];
      case 'relabel': {
        const workload = this.#workloads.get(action.workload);
        if (workload !== undefined) this.#pods.get(action.pod)?.relabel(workload.template, workload.metadataHash);
        return [];
      }
    }
  }

  async #create(key: string, ordinal: number | null): Promise<readonly Issue[]> {
    const workload = this.#workloads.get(key);
    if (workload === undefined || this.#closing) return [];
    if (this.#pods.size >= this.#options.maxPods) {
      const message = `the local mesh runs at most ${this.#options.maxPods} pods; ${key} gets no more`;
      return [errorIssue(message, { ...placeOf(workload.located, 'spec.replicas'), remedy: 'lower replicas' })];
    }
    const ip = await this.#options.addresses.allocate();
    if (this.#closing) return [];
    if (ip === null) {
      const message = `every address of the pod range is in use; ${key} gets no more pods`;
      return [errorIssue(message, { remedy: 'lower replicas, or give a larger range with --pod-cidr' })];
    }
    const isNameTaken = (namespace: string, name: string) => this.#pods.has(podId({ namespace, name }));
    const facts = createPodFacts(workload, ordinal, ip, { ...this.#options, isNameTaken });
    if (!isNameTaken(facts.namespace, facts.name)) this.#start(workload, ordinal, facts);
    else {
      this.#options.addresses.release(ip);
      const message = `${key} wants a pod named ${podId(facts)}, which another workload has`;
      return [errorIssue(message, { ...placeOf(workload.located, 'metadata.name'), remedy: 'rename one of them' })];
    }
    return [];
  }

  #start(workload: Workload, ordinal: number | null, facts: PodFacts): void {
    this.#sequence += 1;
    const pod = new LocalPod({
      facts,
      workload,
      ordinal,
      sequence: this.#sequence,
      frontDoor: this.#frontDoorFor(workload),
      context: this.#context,
      onChange: () => this.#reconcile(),
    });
    this.#pods.set(pod.id, pod);
    void pod.start();
    if (workload.minReadyMs > 0) this.#replanLater(pod);
  }

  /** Pods of a workload with minReadySeconds become available without any event of their own. */
  #replanLater(pod: LocalPod): void {
    const cancel = this.#context.clock.every(1_000, () => {
      if (pod.isGone || this.#closing) cancel();
      else this.#reconcile();
    });
  }

  /** One pod at a time has the front door, until it is gone. */
  #frontDoorFor(workload: Workload): string | null {
    return workload.injected && !this.#isFrontDoorHeld() ? this.#options.frontDoor : null;
  }

  /** When its holder went without a successor, the oldest injected pod takes it over. */
  #keepFrontDoor(): void {
    if (this.#isFrontDoorHeld()) return;
    const heir = [...this.#pods.values()].find((pod) => pod.sidecar !== null && !pod.isTerminating);
    heir?.sidecar?.takeFrontDoor(this.#options.frontDoor);
  }

  #isFrontDoorHeld(): boolean {
    for (const pod of this.#pods.values()) if (pod.sidecar?.hasFrontDoor === true) return true;
    return false;
  }
}
