// Probes and handlers of a container: how to ask it whether it is well, and what to run before it stops.
import { COUNT_RANGE, type Fields, withoutUndefined } from './fields.ts';
import { PORT_NAME } from './name-rule.ts';

/** Source: v1.ProbeHandler; one of the fields is set. */
export interface ProbeHandler {
  readonly httpGet?: HttpGetAction;
  readonly tcpSocket?: TcpSocketAction;
  readonly exec?: ExecAction;
  readonly grpc?: GrpcAction;
}

export interface HttpGetAction {
  readonly path: string;
  /** A number, or the name of a port of the same container. */
  readonly port: number | string;
  /** Absent = the pod's address. */
  readonly host?: string;
  readonly scheme: 'HTTP' | 'HTTPS';
  readonly httpHeaders: readonly { readonly name: string; readonly value: string }[];
}

export interface TcpSocketAction {
  readonly port: number | string;
  readonly host?: string;
}

export interface ExecAction {
  readonly command: readonly string[];
}

export interface GrpcAction {
  readonly port: number;
  readonly service: string;
}

/** Source: v1.Probe, with Kubernetes' defaults filled in. */
export interface Probe extends ProbeHandler {
  /** Default 0. */
  readonly initialDelaySeconds: number;
  /** Default 10, at least 1. */
  readonly periodSeconds: number;
  /** Default 1, at least 1. */
  readonly timeoutSeconds: number;
  /** Default 1; always 1 for liveness and startup probes. */
  readonly successThreshold: number;
  /** Default 3, at least 1. */
  readonly failureThreshold: number;
}

/** Source: v1.Lifecycle. */
export interface ContainerLifecycle {
  readonly preStop?: LifecycleHandler;
}

export interface LifecycleHandler {
  readonly exec?: ExecAction;
  readonly httpGet?: HttpGetAction;
  readonly sleep?: { readonly seconds: number };
}

const AT_LEAST_ONE = { min: 1, max: COUNT_RANGE.max };
const PROBE_ACTIONS = ['httpGet', 'tcpSocket', 'exec', 'grpc'] as const;
const LIFECYCLE_ACTIONS = ['exec', 'httpGet', 'sleep'] as const;

export function readProbe(fields: Fields | undefined): Probe | undefined {
  if (fields === undefined) return undefined;
  checkOneAction(fields, PROBE_ACTIONS);
  return withoutUndefined({
    httpGet: readHttpGet(fields.map('httpGet')),
    tcpSocket: readTcpSocket(fields.map('tcpSocket')),
    exec: readExec(fields.map('exec')),
    grpc: readGrpc(fields.map('grpc')),
    initialDelaySeconds: fields.integer('initialDelaySeconds', COUNT_RANGE) ?? 0,
    periodSeconds: fields.integer('periodSeconds', AT_LEAST_ONE) ?? 10,
    timeoutSeconds: fields.integer('timeoutSeconds', AT_LEAST_ONE) ?? 1,
    successThreshold: fields.integer('successThreshold', AT_LEAST_ONE) ?? 1,
    failureThreshold: fields.integer('failureThreshold', AT_LEAST_ONE) ?? 3,
  });
}

export function readLifecycle(fields: Fields | undefined): ContainerLifecycle | undefined {
  if (fields === undefined) return undefined;
  const preStop = fields.map('preStop');
  if (preStop === undefined) return {};
  checkOneAction(preStop, LIFECYCLE_ACTIONS);
  return {
    preStop: withoutUndefined({
      exec: readExec(preStop.map('exec')),
      httpGet: readHttpGet(preStop.map('httpGet')),
      sleep: readSleep(preStop.map('sleep')),
    }),
  };
}

function checkOneAction(fields: Fields, actions: readonly string[]): void {
  const given = actions.filter((action) => fields.has(action));
  if (given.length === 1) return;
  const found = given.length === 0 ? 'names none' : `names ${given.join(' and ')}`;
  fields.report('', `must have one of ${actions.join(', ')}, but ${found}`, 'keep exactly one');
}

function readHttpGet(fields: Fields | undefined): HttpGetAction | undefined {
  if (fields === undefined) return undefined;
  return withoutUndefined({
    path: fields.textOr('path', '/'),
    port: readPort(fields),
    host: fields.text('host'),
    scheme: fields.oneOf('scheme', ['HTTP', 'HTTPS']) ?? 'HTTP',
    httpHeaders: fields.list('httpHeaders', (header) => ({
      name: header.requiredText('name'),
      value: header.textOr('value', ''),
    })),
  });
}

function readTcpSocket(fields: Fields | undefined): TcpSocketAction | undefined {
  if (fields === undefined) return undefined;
  return withoutUndefined({ port: readPort(fields), host: fields.text('host') });
}

function readExec(fields: Fields | undefined): ExecAction | undefined {
  if (fields === undefined) return undefined;
  const command = fields.texts('command') ?? [];
  if (command.length === 0) fields.report('command', 'is empty', 'add the program and its arguments');
  return { command };
}

function readGrpc(fields: Fields | undefined): GrpcAction | undefined {
  if (fields === undefined) return undefined;
  return { port: fields.requiredInteger('port', { min: 1, max: 65_535 }), service: fields.textOr('service', '') };
}

function readSleep(fields: Fields | undefined): { readonly seconds: number } | undefined {
  return fields === undefined ? undefined : { seconds: fields.requiredInteger('seconds', COUNT_RANGE) };
}

function readPort(fields: Fields): number | string {
  if (!fields.has('port')) fields.report('port', 'is missing', 'add a port number or the name of a container port');
  return fields.portReference('port', PORT_NAME) ?? 0;
}
