// Makes the runners of a pod's containers from its manifest.
import { fail, type Issue, ok, type Result } from '../base/result.ts';
import type { Container } from '../kube/container.ts';
import { placeOf } from '../kube/meta.ts';
import { preStopCheck, probeSpec } from './container-probes.ts';
import { containerProcess, execProcess } from './container-process.ts';
import { type ContainerChange, ContainerRunner, type ContainerSpec } from './container-runner.ts';
import type { PodContext } from './pod-context.ts';
import type { PodFacts } from './pod-facts.ts';
import { writeVolumes } from './pod-volumes.ts';
import { findTakenPorts } from './port-watch.ts';
import type { ProcessSpec } from './process-host.ts';
import { CONTAINER_RESTARTS } from './restart-backoff.ts';
import type { Workload } from './workload.ts';

export interface PodContainersOptions {
  /** Asked at every start: labels of a bare Pod can change under it. */
  readonly facts: () => PodFacts;
  readonly workload: Workload;
  readonly context: PodContext;
  readonly onChange: (index: number, name: string, change: ContainerChange) => void;
  /** Why the container at `index` can't be started now; it is tried again. */
  readonly onBlocked: (index: number, name: string, issues: readonly Issue[]) => void;
}

export function createContainers(options: PodContainersOptions): readonly ContainerRunner[] {
  const { clock, host } = options.context;
  return options.facts().spec.containers.map((container, index) => {
    const onChange = (change: ContainerChange): void => options.onChange(index, container.name, change);
    return new ContainerRunner(containerSpec(container, index, options), host, clock, onChange);
  });
}

function containerSpec(container: Container, index: number, options: PodContainersOptions): ContainerSpec {
  const { facts, context } = options;
  const { spec, ip, namespace } = facts();
  const exec = (command: readonly string[]): Result<ProcessSpec> =>
    execProcess(command, container, facts(), { ...context, configMaps: context.configMapsOf(namespace) });
  const probes = { clock: context.clock, host: context.probeHost, address: ip, container, exec };
  return {
    name: container.name,
    prepare: () => prepare(container, index, options),
    readiness: probeSpec(container.readinessProbe, probes),
    liveness: probeSpec(container.livenessProbe, probes),
    startup: probeSpec(container.startupProbe, probes),
    preStop: preStopCheck(container.lifecycle?.preStop, probes),
    restartPolicy: spec.restartPolicy,
    restarts: CONTAINER_RESTARTS,
    graceMs: spec.terminationGracePeriodSeconds * 1_000,
  };
}

async function prepare(
  container: Container,
  index: number,
  options: PodContainersOptions,
): Promise<Result<ProcessSpec>> {
  const { workload, context, facts, onBlocked } = options;
  const described = describeProcess(container, facts(), context);
  const place = placeOf(workload.located, `${workload.specPath}.containers[${index}]`);
  const issues = described.ok
    ? await findTakenPorts(facts(), index, workload, context.ports)
    : described.issues.map((issue) => ({ ...place, ...issue }));
  if (described.ok && issues.length === 0) return ok(described.value);
  onBlocked(index, container.name, issues);
  return fail(issues);
}

/** Files are brought up to date before every start, as the kubelet does. */
function describeProcess(container: Container, pod: PodFacts, context: PodContext): Result<ProcessSpec> {
  const configMaps = context.configMapsOf(pod.namespace);
  const issues = writeVolumes(pod, configMaps, context.state);
  return issues.length > 0 ? fail(issues) : containerProcess(container, pod, { ...context, configMaps });
}
