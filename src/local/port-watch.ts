// Notices when the ports of a pod are somebody else's: before it starts, when it ends, and when it takes more than its own address.
import { errorIssue, type Issue, warningIssue } from '../base/result.ts';
import { placeOf } from '../kube/meta.ts';
import { type PodFacts, podId } from './pod-facts.ts';
import { type PortProbe, SPARE_ADDRESS } from './port-probe.ts';
import type { Workload } from './workload.ts';

interface DeclaredPort {
  readonly port: number;
  /** Below the pod's spec. */
  readonly path: string;
}

/** Before a start: a line for each port of the container at `index` that can't be had. */
export async function findTakenPorts(
  pod: PodFacts,
  index: number,
  workload: Workload,
  probe: PortProbe,
): Promise<readonly Issue[]> {
  const issues: Issue[] = [];
  for (const declared of declaredPorts(pod, index)) {
    const state = await probe.stateOf(pod.ip, declared.port);
    if (state !== 'free') issues.push(await describe(pod, workload, declared, state, probe));
  }
  return issues;
}

/** After a start: a line for each port that is now taken on every address, which leaves none for other pods. */
export async function findWideListeners(
  pod: PodFacts,
  index: number,
  workload: Workload,
  probe: PortProbe,
): Promise<readonly Issue[]> {
  const issues: Issue[] = [];
  for (const { port, path } of declaredPorts(pod, index)) {
    if ((await probe.stateOf(SPARE_ADDRESS, port)) !== 'taken') continue;
    const message = `the program listens on 0.0.0.0:${port}, so that no other pod can have port ${port} on its own address`;
    const place = placeOf(workload.located, `${workload.specPath}.${path}`);
    issues.push(warningIssue(message, { ...place, remedy: HOST_REMEDY }));
  }
  return issues;
}

/** True for the last words of a program that could not listen (Node.js, Python, Go, Java, nginx). */
export function tellsOfTakenPort(output: string): boolean {
  return /EADDRINUSE|address already in use|address in use/i.test(output);
}

export const TAKEN_PORT_HINT = 'its address and port are in use: it should listen on $HOST, the address of its pod';

const HOST_REMEDY = "make it listen on the pod's own address, which stands in $HOST and $POD_IP";

function declaredPorts(pod: PodFacts, index: number): readonly DeclaredPort[] {
  const ports = pod.spec.containers[index]?.ports ?? [];
  return ports.flatMap(({ containerPort, protocol }, at) =>
    protocol === 'TCP' ? [{ port: containerPort, path: `containers[${index}].ports[${at}]` }] : [],
  );
}

async function describe(
  pod: PodFacts,
  workload: Workload,
  { port, path }: DeclaredPort,
  state: 'taken' | 'unavailable',
  probe: PortProbe,
): Promise<Issue> {
  const place = placeOf(workload.located, `${workload.specPath}.${path}`);
  if (state === 'unavailable') {
    const remedy = 'use a port from 1024 on; on macOS first add the address: sudo ifconfig lo0 alias ADDRESS';
    return errorIssue(`pod ${podId(pod)} can't listen on ${pod.ip}:${port}`, { ...place, remedy });
  }
  if ((await probe.stateOf(SPARE_ADDRESS, port)) === 'free') {
    const remedy = `end the program that listens there (ss -ltnp "sport = :${port}" tells which)`;
    return errorIssue(`port ${port} of pod ${podId(pod)} is taken on its address ${pod.ip}`, { ...place, remedy });
  }
  // No pod is named: the line is the same for all pods of the workload, and so is told once.
  const message = `port ${port} is taken on every address: a program listens on 0.0.0.0:${port}`;
  const remedy = `end it (ss -ltnp "sport = :${port}" tells which), or if it is a pod of yours ${HOST_REMEDY}`;
  return errorIssue(message, { ...place, remedy });
}
