// Decides which pods to start and stop so that what runs becomes what the manifests want. Pure: the supervisor carries it out.

export type WorkloadKind = 'Deployment' | 'StatefulSet' | 'Pod';

export interface PlannedWorkload {
  /** Unique: `<kind>/<namespace>/<name>`. */
  readonly key: string;
  readonly kind: WorkloadKind;
  /** ≥ 0; always 1 for a bare Pod. */
  readonly replicas: number;
  /** Pods of another hash are replaced. */
  readonly templateHash: string;
  /** What can change under a running pod (labels and annotations of a bare Pod); '' where everything is in `templateHash`. */
  readonly metadataHash: string;
  /** StatefulSet `podManagementPolicy: OrderedReady`: one at a time, in order. */
  readonly ordered: boolean;
}

export interface PlannedPod {
  readonly id: string;
  /** Key of the workload that it was made for. */
  readonly workload: string;
  readonly templateHash: string;
  readonly metadataHash: string;
  /** 0, 1, … for pods of a StatefulSet, else null. */
  readonly ordinal: number | null;
  readonly ready: boolean;
  readonly terminating: boolean;
  /** Creation order: the greater the younger. */
  readonly sequence: number;
}

export type StopReason = 'deleted' | 'scaled-down' | 'replaced';

export type PlanAction =
  | { readonly do: 'create'; readonly workload: string; readonly ordinal: number | null }
  | { readonly do: 'stop'; readonly pod: string; readonly reason: StopReason }
  | { readonly do: 'relabel'; readonly pod: string; readonly workload: string };

/** How many pods a Deployment may have above its replicas while it rolls; it never has fewer ready ones than replicas through the roll. */
const MAX_SURGE = 1;

/** Called again after each change of the manifests and of a pod's state; no action left means that what runs is what is wanted. */
export function plan(workloads: readonly PlannedWorkload[], pods: readonly PlannedPod[]): PlanAction[] {
  const podsOf = new Map<string, PlannedPod[]>();
  for (const pod of pods) {
    const siblings = podsOf.get(pod.workload);
    if (siblings === undefined) podsOf.set(pod.workload, [pod]);
    else siblings.push(pod);
  }
  const actions: PlanAction[] = [];
  for (const workload of workloads) {
    const own = podsOf.get(workload.key) ?? [];
    podsOf.delete(workload.key);
    actions.push(...PLANNERS[workload.kind](workload, own));
  }
  for (const orphans of podsOf.values()) actions.push(...stopAll(orphans.filter(isLive), 'deleted'));
  return actions;
}

type Planner = (workload: PlannedWorkload, pods: readonly PlannedPod[]) => PlanAction[];

const PLANNERS: Readonly<Record<WorkloadKind, Planner>> = {
  Deployment: planDeployment,
  StatefulSet: planStatefulSet,
  Pod: planBarePod,
};

/** Source: Deployment strategy RollingUpdate with maxSurge 1, maxUnavailable 0. */
function planDeployment(workload: PlannedWorkload, pods: readonly PlannedPod[]): PlanAction[] {
  const live = pods.filter(isLive);
  const fresh = live.filter((pod) => pod.templateHash === workload.templateHash).sort(leastNeededFirst);
  const stale = live.filter((pod) => pod.templateHash !== workload.templateHash).sort(oldestFirst);
  const surplus = fresh.slice(0, Math.max(0, fresh.length - workload.replicas));
  const kept = fresh.slice(surplus.length);

  // An outdated pod that isn't ready serves nobody: stopping it costs nothing and makes room.
  const useless = stale.filter((pod) => !pod.ready);
  const serving = stale.filter((pod) => pod.ready);
  const readyCount = serving.length + kept.filter((pod) => pod.ready).length;
  const dispensable = serving.slice(0, Math.max(0, readyCount - workload.replicas));

  const staying = kept.length + serving.length - dispensable.length;
  const ceiling = workload.replicas + (serving.length > 0 ? MAX_SURGE : 0);
  const missing = Math.min(workload.replicas - kept.length, ceiling - staying);
  return [
    ...createMany(workload.key, missing),
    ...stopAll(surplus, 'scaled-down'),
    ...stopAll([...useless, ...dispensable], workload.replicas === 0 ? 'scaled-down' : 'replaced'),
  ];
}

function planStatefulSet(workload: PlannedWorkload, pods: readonly PlannedPod[]): PlanAction[] {
  return workload.ordered ? planOrdered(workload, pods) : planParallel(workload, pods);
}

/** Source: StatefulSet, OrderedReady: up from 0, down from the top, one at a time, none while another is on its way. */
function planOrdered(workload: PlannedWorkload, pods: readonly PlannedPod[]): PlanAction[] {
  if (pods.some((pod) => pod.terminating)) return [];
  const byOrdinal = new Map(pods.map((pod) => [pod.ordinal ?? 0, pod]));
  for (let ordinal = 0; ordinal < workload.replicas; ordinal += 1) {
    const pod = byOrdinal.get(ordinal);
    if (pod === undefined) return [{ do: 'create', workload: workload.key, ordinal }];
    // One that is outdated and not ready would block its own repair.
    if (!pod.ready) return pod.templateHash === workload.templateHash ? [] : stopAll([pod], 'replaced');
  }
  const highest = [...pods].sort(highestOrdinalFirst);
  const above = highest.find((pod) => (pod.ordinal ?? 0) >= workload.replicas);
  if (above !== undefined) return stopAll([above], 'scaled-down');
  const outdated = highest.find((pod) => pod.templateHash !== workload.templateHash);
  return outdated === undefined ? [] : stopAll([outdated], 'replaced');
}

/** Source: StatefulSet, podManagementPolicy Parallel: scaling doesn't wait; replacing still goes one by one. */
function planParallel(workload: PlannedWorkload, pods: readonly PlannedPod[]): PlanAction[] {
  const taken = new Set(pods.map((pod) => pod.ordinal));
  const actions: PlanAction[] = [];
  for (let ordinal = 0; ordinal < workload.replicas; ordinal += 1) {
    if (!taken.has(ordinal)) actions.push({ do: 'create', workload: workload.key, ordinal });
  }
  const live = pods.filter(isLive).sort(highestOrdinalFirst);
  actions.push(
    ...stopAll(
      live.filter((pod) => (pod.ordinal ?? 0) >= workload.replicas),
      'scaled-down',
    ),
  );
  const outdated = live.find(
    (pod) => pod.templateHash !== workload.templateHash && (pod.ordinal ?? 0) < workload.replicas,
  );
  const settled = actions.length === 0 && pods.every((pod) => !pod.terminating && (pod.ready || pod === outdated));
  if (outdated !== undefined && settled) actions.push(...stopAll([outdated], 'replaced'));
  return actions;
}

/** The name can't be taken twice, so the old one goes before the new one comes. */
function planBarePod(workload: PlannedWorkload, pods: readonly PlannedPod[]): PlanAction[] {
  const pod = pods[0];
  if (pod === undefined) return [{ do: 'create', workload: workload.key, ordinal: null }];
  if (pod.terminating) return [];
  if (pod.templateHash !== workload.templateHash) return stopAll([pod], 'replaced');
  return pod.metadataHash === workload.metadataHash ? [] : [{ do: 'relabel', pod: pod.id, workload: workload.key }];
}

function isLive(pod: PlannedPod): boolean {
  return !pod.terminating;
}

function createMany(workload: string, count: number): PlanAction[] {
  return Array.from({ length: Math.max(0, count) }, () => ({ do: 'create', workload, ordinal: null }));
}

function stopAll(pods: readonly PlannedPod[], reason: StopReason): PlanAction[] {
  return pods.map((pod) => ({ do: 'stop', pod: pod.id, reason }));
}

/** Source: ReplicaSet scale-down: those not ready first, then the youngest. */
function leastNeededFirst(left: PlannedPod, right: PlannedPod): number {
  return Number(left.ready) - Number(right.ready) || right.sequence - left.sequence;
}

function oldestFirst(left: PlannedPod, right: PlannedPod): number {
  return left.sequence - right.sequence;
}

function highestOrdinalFirst(left: PlannedPod, right: PlannedPod): number {
  return (right.ordinal ?? 0) - (left.ordinal ?? 0);
}
