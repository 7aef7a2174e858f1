// Makes the runners of a pod's containers from its manifest.
import { fail, type Result } from '../base/result.ts';
import type { Container } from '../kube/container.ts';
import { preStopCheck, probeSpec } from './container-probes.ts';
import { containerProcess, execProcess } from './container-process.ts';
import { type ContainerChange, ContainerRunner } from './container-runner.ts';
import type { PodContext } from './pod-context.ts';
import type { PodFacts } from './pod-facts.ts';
import { writeVolumes } from './pod-volumes.ts';
import type { ProcessSpec } from './process-host.ts';
import { CONTAINER_RESTARTS } from './restart-backoff.ts';

/** `facts` is asked at every start: labels of a bare Pod can change under it. */
export function createContainers(
  facts: () => PodFacts,
  context: PodContext,
  onChange: (name: string, change: ContainerChange) => void,
): readonly ContainerRunner[] {
  return facts().spec.containers.map((container) => createContainer(container, facts, context, onChange));
}

function createContainer(
  container: Container,
  facts: () => PodFacts,
  context: PodContext,
  onChange: (name: string, change: ContainerChange) => void,
): ContainerRunner {
  const { clock, host, probeHost } = context;
  const { spec, ip, namespace } = facts();
  const process = () => ({ ...context, configMaps: context.configMapsOf(namespace) });
  const exec = (command: readonly string[]) => execProcess(command, container, facts(), process());
  const probes = { clock, host: probeHost, address: ip, container, exec };
  return new ContainerRunner(
    {
      name: container.name,
      prepare: () => prepare(container, facts(), context),
      readiness: probeSpec(container.readinessProbe, probes),
      liveness: probeSpec(container.livenessProbe, probes),
      startup: probeSpec(container.startupProbe, probes),
      preStop: preStopCheck(container.lifecycle?.preStop, probes),
      restartPolicy: spec.restartPolicy,
      restarts: CONTAINER_RESTARTS,
      graceMs: spec.terminationGracePeriodSeconds * 1_000,
    },
    host,
    clock,
    (change) => onChange(container.name, change),
  );
}

/** Files are brought up to date before every start, as the kubelet does. */
function prepare(container: Container, pod: PodFacts, context: PodContext): Result<ProcessSpec> {
  const configMaps = context.configMapsOf(pod.namespace);
  const issues = writeVolumes(pod, configMaps, context.state);
  return issues.length > 0 ? fail(issues) : containerProcess(container, pod, { ...context, configMaps });
}
