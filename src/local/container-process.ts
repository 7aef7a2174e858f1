// A container as a process of this machine: its program, variables and working directory.
import { delimiter, dirname } from 'node:path';
import { errorIssue, fail, ok, type Result } from '../base/result.ts';
import type { Container } from '../kube/container.ts';
import { type ConfigMaps, containerVariables } from './container-env.ts';
import { expandVariables } from './expand-variables.ts';
import { type PodFacts, podId } from './pod-facts.ts';
import { mountedPaths, type PathMap } from './pod-volumes.ts';
import type { ProcessSpec } from './process-host.ts';
import type { StateFolder } from './state-folder.ts';

/** What every pod of a mesh shares. */
export interface Machine {
  /** The Node.js that `node` in a command means. */
  readonly nodePath: string;
  /** The few variables of the supervisor that programs need (PATH, HOME, LANG …); a pod inherits nothing else. */
  readonly baseEnv: Readonly<Record<string, string>>;
  /** Working directory of containers that name none. */
  readonly folder: string;
}

interface ProcessContext {
  readonly machine: Machine;
  readonly state: StateFolder;
  readonly configMaps: ConfigMaps;
}

/** Issues: a ConfigMap or field that isn't there, or no command. */
export function containerProcess(container: Container, pod: PodFacts, context: ProcessContext): Result<ProcessSpec> {
  const command = container.command ?? [];
  if (command.length === 0) return fail([errorIssue(`container ${container.name} has no command`)]);
  const prepared = prepare(container, pod, context);
  if (!prepared.ok) return prepared;
  const what = `pod ${podId(pod)}, container ${container.name}`;
  const logFile = context.state.podLogFile(pod.namespace, pod.name, container.name);
  const spec = prepared.value([...command, ...(container.args ?? [])]);
  return ok({ ...spec, logFile, tethered: false, what });
}

/** A command beside the container (exec probe, preStop): same variables, same files; what it prints is thrown away. */
export function execProcess(
  command: readonly string[],
  container: Container,
  pod: PodFacts,
  context: ProcessContext,
): Result<ProcessSpec> {
  const prepared = prepare(container, pod, context);
  if (!prepared.ok) return prepared;
  const what = `pod ${podId(pod)}, command beside ${container.name}`;
  return ok({ ...prepared.value(command), logFile: null, tethered: false, what });
}

type Prepared = (command: readonly string[]) => Pick<ProcessSpec, 'command' | 'env' | 'cwd'>;

function prepare(container: Container, pod: PodFacts, context: ProcessContext): Result<Prepared> {
  const variables = containerVariables(container, pod, context.configMaps);
  if (!variables.ok) return variables;
  const toLocal = mountedPaths(container, pod, context.state);
  const { machine } = context;
  const env = environment(variables.value, toLocal, machine);
  const cwd = container.workingDir === undefined ? machine.folder : toLocal(container.workingDir);
  return ok((command) => {
    const [program = '', ...args] = command.map((part) => toLocal(expandVariables(part, variables.value)));
    return { command: [program === 'node' ? machine.nodePath : program, ...args], env, cwd };
  });
}

function environment(
  variables: ReadonlyMap<string, string>,
  toLocal: PathMap,
  machine: Machine,
): Record<string, string> {
  const env: Record<string, string> = { ...machine.baseEnv };
  // `sh -c "node …"` means the same Node as `node …`.
  env['PATH'] = [dirname(machine.nodePath), machine.baseEnv['PATH'] ?? '']
    .filter((part) => part !== '')
    .join(delimiter);
  for (const [name, value] of variables) env[name] = toLocal(value);
  return env;
}
