// The variables of a container: what the mesh sets, then envFrom, then env, each later one winning.
import { errorIssue, fail, type Issue, ok, type Result } from '../base/result.ts';
import type { ConfigMap } from '../kube/config-objects.ts';
import type { Container, EnvFromSource, EnvVar } from '../kube/container.ts';
import { expandVariables } from './expand-variables.ts';
import type { PodFacts } from './pod-facts.ts';
import { KNOWN_FIELD_PATHS, podField } from './pod-fields.ts';

/** By name; all of the pod's own namespace. */
export type ConfigMaps = ReadonlyMap<string, ConfigMap>;

/** Where a pod's own calls come in (contract.md, Ports). */
export const OUTBOUND_PORT = 15_001;

/** Later ones win over these, so that a manifest can say otherwise. */
export function meshVariables(container: Container, pod: PodFacts): Map<string, string> {
  const variables = new Map([
    ['HOSTNAME', pod.name],
    ['HOST', pod.ip],
    ['POD_IP', pod.ip],
  ]);
  const port = container.ports[0]?.containerPort;
  if (port !== undefined) variables.set('PORT', String(port));
  if (!pod.injected) return variables;
  const proxy = `http://${pod.ip}:${OUTBOUND_PORT}`;
  for (const name of ['http_proxy', 'HTTP_PROXY', 'grpc_proxy']) variables.set(name, proxy);
  variables.set('NODE_USE_ENV_PROXY', '1');
  // Not 127.0.0.0/8: curl would go round the proxy to pods.
  variables.set('no_proxy', 'localhost,127.0.0.1');
  return variables;
}

/** `$(NAME)` sees what stands before it. Source: API fields Container.envFrom and Container.env. */
export function containerVariables(
  container: Container,
  pod: PodFacts,
  configMaps: ConfigMaps,
): Result<Map<string, string>> {
  const variables = meshVariables(container, pod);
  const issues: Issue[] = [];
  for (const source of container.envFrom) issues.push(...addAll(source, configMaps, variables));
  for (const variable of container.env) {
    const value = resolveVariable(variable, pod, configMaps, variables);
    if (!value.ok) issues.push(...value.issues);
    else if (value.value !== null) variables.set(variable.name, value.value);
  }
  return issues.length > 0 ? fail(issues) : ok(variables);
}

function addAll(source: EnvFromSource, configMaps: ConfigMaps, variables: Map<string, string>): Issue[] {
  const reference = source.configMapRef;
  if (reference === undefined) return [];
  const configMap = configMaps.get(reference.name);
  if (configMap === undefined) return reference.optional ? [] : [missingConfigMap(reference.name, 'envFrom')];
  for (const [key, value] of Object.entries(configMap.data)) variables.set(source.prefix + key, value);
  return [];
}

/** null = the variable stays unset. */
function resolveVariable(
  variable: EnvVar,
  pod: PodFacts,
  configMaps: ConfigMaps,
  variables: ReadonlyMap<string, string>,
): Result<string | null> {
  const source = variable.valueFrom;
  if (source?.fieldRef !== undefined) {
    const { fieldPath } = source.fieldRef;
    const value = podField(pod, fieldPath);
    if (value !== null) return ok(value);
    const remedy = `use one of ${KNOWN_FIELD_PATHS.join(', ')}`;
    return fail([errorIssue(`the variable ${variable.name} names the field "${fieldPath}"`, { remedy })]);
  }
  if (source?.configMapKeyRef !== undefined) {
    const { name, key, optional } = source.configMapKeyRef;
    const value = configMaps.get(name)?.data[key];
    if (value !== undefined || optional) return ok(value ?? null);
    if (!configMaps.has(name)) return fail([missingConfigMap(name, `the variable ${variable.name}`)]);
    const remedy = 'add the key to the ConfigMap, or mark the reference optional';
    return fail([
      errorIssue(`the variable ${variable.name} names the key "${key}" that ConfigMap ${name} does not have`, {
        remedy,
      }),
    ]);
  }
  if (source !== undefined) return ok(null);
  return ok(expandVariables(variable.value ?? '', variables));
}

function missingConfigMap(name: string, user: string): Issue {
  const remedy = 'add it to the folder, in the namespace of the pod';
  return errorIssue(`${user} names the ConfigMap "${name}", which is not there`, { remedy });
}
