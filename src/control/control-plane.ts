// The control plane: registries in, for each view a snapshot out, again whenever something changed.
import { isDeepStrictEqual } from 'node:util';
import type { Cancel, Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Issue } from '../base/result.ts';
import type { EndpointSlice } from '../kube/endpoint-objects.ts';
import { isPodReady, isPodTerminating } from '../kube/pod.ts';
import type { ApiListenerSpec } from '../model/on-demand.ts';
import type { ResourceOrigin } from '../model/resource-origin.ts';
import type { RouteConfigSpec } from '../model/route-spec.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { CheckedSnapshots } from './checked-snapshots.ts';
import { homeOf } from './home-of.ts';
import { IssueLog } from './issue-log.ts';
import { type PolicyReport, policyReport } from './policy/policy-report.ts';
import type { Registry, RegistryEvent } from './registry/registry.ts';
import type { RegistryStatus } from './registry/registry-health.ts';
import { type WantedStatus, WantedStatuses } from './status/wanted-status.ts';
import { type RouteStatus, routeStatuses } from './translate/gateway/route-status.ts';
import type { Mesh } from './translate/mesh.ts';
import { OnDemandNames } from './translate/on-demand-names.ts';
import { Origins } from './translate/origins.ts';
import { Translator } from './translate/translator.ts';
import type { View } from './translate/view.ts';
import { isUrgent } from './urgency.ts';
import { workloadOf } from './workload-of.ts';
import { World } from './world.ts';
import { WorldIndex } from './world-index.ts';

/** What the whole mesh looks like at one moment. Immutable. */
export interface MeshState {
  /** Grows by one with each state. */
  readonly version: number;
  /** Everything that a person should mend, of the registries and of the translation. */
  readonly issues: readonly Issue[];
  /** Made at the first question and remembered; parts that did not change since an earlier state are the same objects. */
  snapshotFor(view: View): Snapshot;
  /** What a gRPC client of this view is told of `name`, that is `host:port`; null where no Service port answers to it. */
  apiListener(view: View, name: string): ApiListenerSpec | null;
  /** The routes of a Service port, by name of its cluster, as a gRPC client of this view asks for them. */
  routeConfig(view: View, name: string): RouteConfigSpec | null;
  /** What the status of each route of Gateway API says. Made when it is asked for. */
  routeStatuses(): readonly RouteStatus[];
  /** The objects that the resource `name` was made from, as far as they can be told; `reason`: why it was refused. */
  originsOf(family: keyof Snapshot, name: string, reason: string): readonly ResourceOrigin[];
  /** What became of each TrafficPolicy; made when it is asked for. */
  policies(): PolicyReport;
  /** What should stand in the status of each route and policy in our name; the same list while nothing of it can have changed. */
  statuses(): readonly WantedStatus[];
}

export interface PodSummary {
  readonly namespace: string;
  readonly name: string;
  /** And not about to end. */
  readonly ready: boolean;
}

export interface ControlPlaneOptions {
  /** At least one; later ones win over earlier ones. */
  readonly registries: readonly Registry[];
  readonly clock: Clock;
  readonly log: Log;
  readonly clusterDomain: string;
  /** How long an addition may wait for others, ms, 0–100; default 50. What takes an endpoint away never waits. */
  readonly debounceMs?: number;
}

const DEFAULT_DEBOUNCE_MS = 50;
const MAX_DEBOUNCE_MS = 100;

/**
 * Tells nothing before every registry has told its beginning, so that a restart never takes endpoints away. From then on each change that
 * may take an endpoint away is out before the registry's event returns; others within `debounceMs`.
 */
export class ControlPlane {
  readonly #options: ControlPlaneOptions;
  readonly #debounceMs: number;
  readonly #world: World;
  readonly #index: WorldIndex;
  readonly #translator: Translator;
  readonly #snapshots: CheckedSnapshots;
  readonly #onDemand: OnDemandNames;
  readonly #origins = new Origins();
  readonly #statuses = new WantedStatuses();
  readonly #issueLog: IssueLog;
  readonly #subscribers = new Set<(state: MeshState) => void>();
  #watches: readonly Cancel[] = [];
  #cancelFlush: Cancel | null = null;
  #mesh: Mesh | null = null;
  #state: MeshState | null = null;

  constructor(options: ControlPlaneOptions) {
    this.#options = options;
    this.#debounceMs = Math.min(MAX_DEBOUNCE_MS, Math.max(0, options.debounceMs ?? DEFAULT_DEBOUNCE_MS));
    this.#world = new World(options.registries);
    this.#index = new WorldIndex(this.#world);
    this.#translator = new Translator(options.clusterDomain);
    this.#snapshots = new CheckedSnapshots(options.log);
    this.#onDemand = new OnDemandNames(options.clusterDomain);
    this.#issueLog = new IssueLog(options.log);
  }

  /** Null until every registry is synced. */
  get state(): MeshState | null {
    return this.#state;
  }

  /** How well each keeps up, in their order. */
  get registries(): readonly RegistryStatus[] {
    return this.#options.registries.map((registry, index) => ({
      name: registry.name,
      synced: this.#world.isSynced(index),
      kinds: registry.health?.().kinds ?? [],
    }));
  }

  /** Every Pod that the present state was made from; null while there is none, or a change still waits for others. */
  get pods(): readonly PodSummary[] | null {
    if (this.#state === null || this.#cancelFlush !== null) return null;
    return Array.from(this.#world.all('Pod'), ({ object }) => ({
      namespace: object.metadata.namespace,
      name: object.metadata.name,
      ready: isPodReady(object) && !isPodTerminating(object),
    }));
  }

  /** What the Pod belongs to, by a text that it shares with its siblings; null where nobody knows it. */
  workloadOf(namespace: string, pod: string): string | null {
    const found = this.#world.get('Pod', namespace, pod);
    return found === null ? null : workloadOf(found.object);
  }

  /** The Service port that the Pod is behind (`portRouteName`); null where there is none, or nobody knows the Pod. */
  homeOf(namespace: string, pod: string): string | null {
    const labels = this.#world.get('Pod', namespace, pod)?.object.metadata.labels;
    if (labels === undefined) return null;
    return homeOf(this.#index.selecting(namespace, labels), this.#options.clusterDomain);
  }

  /** Called with the present state at once, where there is one, and then with each new one before anything else happens. */
  subscribe(emit: (state: MeshState) => void): Cancel {
    this.#subscribers.add(emit);
    if (this.#state !== null) emit(this.#state);
    return () => void this.#subscribers.delete(emit);
  }

  /** Called once. */
  start(): void {
    this.#watches = this.#options.registries.map((registry, index) =>
      registry.watch((event) => this.#take(index, event)),
    );
  }

  /** No state comes after it. Safe to call again. */
  close(): void {
    for (const cancel of this.#watches) cancel();
    this.#watches = [];
    this.#cancelFlush?.();
    this.#cancelFlush = null;
    this.#subscribers.clear();
  }

  #take(index: number, event: RegistryEvent): void {
    const changes = this.#world.apply(index, event);
    this.#index.apply(changes);
    if (!this.#world.synced) {
      if (event.kind === 'issues') this.#issueLog.update(this.#world.issues);
      return;
    }
    const hasOtherSlices = (slice: EndpointSlice) => this.#index.slicesBeside(slice) > 0;
    if (this.#state === null || changes.some((change) => isUrgent(change, hasOtherSlices))) this.#flush();
    else if (changes.length > 0 || event.kind === 'issues') this.#flushSoon();
  }

  /** The first of several changes sets the time: a steady stream of them is told all the same. */
  #flushSoon(): void {
    this.#cancelFlush ??= this.#options.clock.after(this.#debounceMs, () => this.#flush());
  }

  #flush(): void {
    this.#cancelFlush?.();
    this.#cancelFlush = null;
    const mesh = this.#translator.translate(this.#index);
    const issues = [...this.#world.issues, ...mesh.issues];
    this.#issueLog.update(issues);
    const before = this.#state;
    if (before !== null && mesh === this.#mesh && isDeepStrictEqual(before.issues, issues)) return;
    this.#mesh = mesh;
    const version = (before?.version ?? 0) + 1;
    const state = this.#describe(mesh, issues, version);
    this.#state = state;
    for (const emit of [...this.#subscribers]) emit(state);
  }
  #describe(mesh: Mesh, issues: readonly Issue[], version: number): MeshState {
    const snapshotFor = (view: View): Snapshot => this.#snapshots.snapshotOf(mesh, view);
    return {
      version,
      issues,
      snapshotFor,
      apiListener: (view, name) => this.#onDemand.apiListener(view.namespace, name, snapshotFor(view).clusters),
      routeConfig: (view, name) => this.#onDemand.routeConfig(view.namespace, name, snapshotFor(view).clusters, mesh),
      routeStatuses: () => routeStatuses(mesh.gatewayRoutes),
      originsOf: (family, name, reason) => this.#origins.of(mesh, family, name, reason),
      policies: () => policyReport(mesh.services, mesh.dangling),
      statuses: () => this.#statuses.of(mesh),
    };
  }
}
