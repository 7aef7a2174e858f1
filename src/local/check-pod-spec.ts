// What a pod asks for that the local mesh can't give, or only in another way: one line each, before anything is started.
import { errorIssue, type Issue, warningIssue } from '../base/result.ts';
import type { Container, EnvVar } from '../kube/container.ts';
import { type Located, placeOf } from '../kube/meta.ts';
import { isDnsLabel } from '../kube/name-rule.ts';
import type { PodSpec } from '../kube/pod.ts';

/** `specPath` is where `spec` stands in `located`. An error means that the pod can't run. */
export function checkPodSpec(spec: PodSpec, located: Located<unknown>, specPath: string): Issue[] {
  const check = new SpecCheck(located, specPath);
  if (spec.containers.length === 0) check.error('containers', 'the pod has no containers', 'add one');
  check.names(spec.containers, 'containers', 'container');
  check.names(spec.volumes, 'volumes', 'volume');
  for (const [index, container] of spec.containers.entries()) check.container(container, `containers[${index}]`, spec);
  if (spec.initContainers.length > 0) {
    const remedy = 'do what they do in the command, or run them by hand';
    check.warn('initContainers', 'init containers are not run by the local mesh', remedy);
  }
  return check.issues;
}

class SpecCheck {
  readonly issues: Issue[] = [];
  readonly #located: Located<unknown>;
  readonly #specPath: string;

  constructor(located: Located<unknown>, specPath: string) {
    this.#located = located;
    this.#specPath = specPath;
  }

  error(path: string, message: string, remedy: string): void {
    this.issues.push(errorIssue(message, { ...this.#place(path), remedy }));
  }

  warn(path: string, message: string, remedy: string): void {
    this.issues.push(warningIssue(message, { ...this.#place(path), remedy }));
  }

  /** They become names of files. */
  names(items: readonly { readonly name: string }[], path: string, noun: string): void {
    const seen = new Set<string>();
    items.forEach(({ name }, index) => {
      const at = `${path}[${index}].name`;
      if (!isDnsLabel(name))
        this.error(at, `the ${noun} name "${name}" is not valid`, 'use at most 63 lower-case letters, digits and "-"');
      if (seen.has(name)) this.error(at, `two ${noun}s are named "${name}"`, 'rename one');
      seen.add(name);
    });
  }

  container(container: Container, path: string, spec: PodSpec): void {
    if ((container.command ?? []).length === 0) this.#noCommand(container, path);
    for (const [index, variable] of container.env.entries()) this.#variable(variable, `${path}.env[${index}]`);
    container.envFrom.forEach((source, index) => {
      if (source.secretRef !== undefined && !source.secretRef.optional) this.#secret(`${path}.envFrom[${index}]`);
    });
    this.#mounts(container, path, spec);
    this.#probes(container, path);
  }

  #noCommand(container: Container, path: string): void {
    const image = container.image === undefined ? 'its image' : `the image ${container.image}`;
    const message = `container "${container.name}" has no command: the local mesh runs processes and can't start ${image}`;
    this.error(
      path,
      message,
      'add a command that starts the program on this machine, e.g. command: [node, server.mjs]',
    );
  }

  #variable(variable: EnvVar, path: string): void {
    const source = variable.valueFrom;
    if (source?.secretKeyRef !== undefined && !source.secretKeyRef.optional) this.#secret(path);
    if (source?.resourceFieldRef !== undefined) {
      const message = `the variable ${variable.name} tells a resource limit, which a process of the local mesh does not have; it stays unset`;
      this.warn(path, message, 'give it a value if the program needs one');
    }
  }

  #secret(path: string): void {
    this.error(
      path,
      'Secrets are not read by the local mesh',
      'take the value from a ConfigMap here, or mark the reference optional',
    );
  }

  #mounts(container: Container, path: string, spec: PodSpec): void {
    container.volumeMounts.forEach((mount, index) => {
      const at = `${path}.volumeMounts[${index}]`;
      const volume = spec.volumes.find(({ name }) => name === mount.name);
      if (volume === undefined) {
        this.error(
          at,
          `the volume "${mount.name}" is not among the pod's volumes`,
          'add it under volumes, or correct the name',
        );
      } else if (volume.configMap === undefined && volume.emptyDir === undefined) {
        this.warn(
          at,
          `the volume "${mount.name}" is of a kind that the local mesh does not have; it begins as an empty folder`,
          'use a configMap or an emptyDir',
        );
      }
    });
  }

  #probes(container: Container, path: string): void {
    for (const kind of ['readinessProbe', 'livenessProbe', 'startupProbe'] as const) {
      const probe = container[kind];
      if (probe?.grpc !== undefined) {
        this.warn(
          `${path}.${kind}.grpc`,
          'grpc probes are asked as tcpSocket by the local mesh',
          'nothing needs to be done',
        );
      }
      for (const action of [probe?.httpGet, probe?.tcpSocket]) {
        if (typeof action?.port === 'string' && !container.ports.some(({ name }) => name === action.port)) {
          const message = `the ${kind} asks the port "${action.port}", which container "${container.name}" does not have`;
          this.error(`${path}.${kind}`, message, 'name one of its ports, or give the number');
        }
      }
    }
  }

  #place(path: string) {
    return placeOf(this.#located, `${this.#specPath}.${path}`);
  }
}
