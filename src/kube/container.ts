// Containers of a pod: what to run, with which variables, ports and files.
import { type Fields, PORT_RANGE, withoutUndefined } from './fields.ts';
import { PORT_NAME } from './name-rule.ts';
import { type ContainerLifecycle, type Probe, readLifecycle, readProbe } from './probe.ts';
import { PROTOCOLS, type Protocol } from './service.ts';

/** Source: v1.Container. */
export interface Container {
  readonly name: string;
  readonly image?: string;
  /** Absent = the image's entrypoint. */
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly workingDir?: string;
  readonly ports: readonly ContainerPort[];
  readonly env: readonly EnvVar[];
  readonly envFrom: readonly EnvFromSource[];
  readonly volumeMounts: readonly VolumeMount[];
  readonly readinessProbe?: Probe;
  readonly livenessProbe?: Probe;
  readonly startupProbe?: Probe;
  readonly lifecycle?: ContainerLifecycle;
  /** `Always` makes an init container a sidecar; elsewhere it has no meaning. */
  readonly restartPolicy?: string;
}

export interface ContainerPort {
  readonly name?: string;
  readonly containerPort: number;
  readonly protocol: Protocol;
}

export interface EnvVar {
  readonly name: string;
  /** May hold `$(OTHER)`. */
  readonly value?: string;
  readonly valueFrom?: EnvVarSource;
}

/** One of the fields is set. */
export interface EnvVarSource {
  readonly fieldRef?: { readonly fieldPath: string };
  readonly configMapKeyRef?: KeySelector;
  readonly secretKeyRef?: KeySelector;
  readonly resourceFieldRef?: { readonly resource: string };
}

export interface KeySelector {
  readonly name: string;
  readonly key: string;
  readonly optional: boolean;
}

/** One of the references is set. */
export interface EnvFromSource {
  readonly prefix: string;
  readonly configMapRef?: LocalReference;
  readonly secretRef?: LocalReference;
}

export interface LocalReference {
  readonly name: string;
  readonly optional: boolean;
}

export interface VolumeMount {
  readonly name: string;
  readonly mountPath: string;
  readonly subPath?: string;
  readonly readOnly: boolean;
}

export function readContainer(fields: Fields): Container {
  return withoutUndefined({
    name: fields.requiredText('name'),
    image: fields.text('image'),
    command: fields.texts('command'),
    args: fields.texts('args'),
    workingDir: fields.text('workingDir'),
    ports: fields.list('ports', readContainerPort),
    env: fields.list('env', readEnvVar),
    envFrom: fields.list('envFrom', readEnvFrom),
    volumeMounts: fields.list('volumeMounts', readVolumeMount),
    readinessProbe: readProbe(fields.map('readinessProbe')),
    livenessProbe: readProbe(fields.map('livenessProbe')),
    startupProbe: readProbe(fields.map('startupProbe')),
    lifecycle: readLifecycle(fields.map('lifecycle')),
    restartPolicy: fields.text('restartPolicy'),
  });
}

function readContainerPort(fields: Fields): ContainerPort {
  const name = fields.text('name');
  if (name !== undefined) fields.checkName('name', name, PORT_NAME);
  return withoutUndefined({
    name,
    containerPort: fields.requiredInteger('containerPort', PORT_RANGE),
    protocol: fields.oneOf('protocol', PROTOCOLS) ?? 'TCP',
  });
}

function readEnvVar(fields: Fields): EnvVar {
  const name = fields.requiredText('name');
  if (name.includes('=')) fields.report('name', `"${name}" holds "="`, 'put what follows it into value');
  return withoutUndefined({ name, value: fields.text('value'), valueFrom: readEnvVarSource(fields.map('valueFrom')) });
}

function readEnvVarSource(fields: Fields | undefined): EnvVarSource | undefined {
  if (fields === undefined) return undefined;
  return withoutUndefined({
    fieldRef: readField(fields.map('fieldRef'), (ref) => ({ fieldPath: ref.requiredText('fieldPath') })),
    configMapKeyRef: readField(fields.map('configMapKeyRef'), readKeySelector),
    secretKeyRef: readField(fields.map('secretKeyRef'), readKeySelector),
    resourceFieldRef: readField(fields.map('resourceFieldRef'), (ref) => ({ resource: ref.requiredText('resource') })),
  });
}

function readKeySelector(fields: Fields): KeySelector {
  return { ...readLocalReference(fields), key: fields.requiredText('key') };
}

function readEnvFrom(fields: Fields): EnvFromSource {
  return withoutUndefined({
    prefix: fields.textOr('prefix', ''),
    configMapRef: readField(fields.map('configMapRef'), readLocalReference),
    secretRef: readField(fields.map('secretRef'), readLocalReference),
  });
}

function readLocalReference(fields: Fields): LocalReference {
  return { name: fields.requiredText('name'), optional: fields.flag('optional') ?? false };
}

function readVolumeMount(fields: Fields): VolumeMount {
  return withoutUndefined({
    name: fields.requiredText('name'),
    mountPath: fields.requiredText('mountPath'),
    subPath: fields.text('subPath'),
    readOnly: fields.flag('readOnly') ?? false,
  });
}

function readField<T>(fields: Fields | undefined, read: (fields: Fields) => T): T | undefined {
  return fields === undefined ? undefined : read(fields);
}
