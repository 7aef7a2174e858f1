// A plane whose one cluster asks its pods whether they can serve, and pods that answer as they are told.
import type { HealthCheckSpec } from '../../src/model/health-check-spec.ts';
import type { LivePlane, LivePlaneOptions, TestAddress } from './live-plane.ts';
import { ManualClock } from './manual-clock.ts';
import { get } from './raw-client.ts';
import type { BackendRequest, Script, ScriptedBackend } from './scripted-backend.ts';
import type { Stage } from './stage.ts';
import { until } from './until.ts';

export const HTTP_CHECK = {
  kind: 'http',
  path: '/healthz',
  method: 'GET',
  expectedStatuses: [{ start: 200, end: 201 }],
} as const satisfies HealthCheckSpec['check'];
export const CHECK_TIMES = { timeoutMs: 1_000, intervalMs: 10_000, unhealthyThreshold: 2, healthyThreshold: 2 };

export interface CheckedPod {
  readonly backend: ScriptedBackend;
  /** What its checks are answered. */
  status: number;
  fields: string;
  checks(): readonly BackendRequest[];
}

export interface CheckedScene {
  readonly plane: LivePlane;
  readonly clock: ManualClock;
}

/** Answers checks as it is told, and requests with its name. */
export async function checkedPod(stage: Stage, name: string, status = 200): Promise<CheckedPod> {
  const pod = { status, fields: '' };
  const script: Script = ({ target }, connection) =>
    target === '/healthz' ? connection.answer(pod.status, '', pod.fields) : connection.answer(200, name);
  const backend = await stage.backend(script);
  const checks = (): readonly BackendRequest[] => backend.requests.filter(({ target }) => target === '/healthz');
  return Object.assign(pod, { backend, checks });
}

export async function checkedScene(
  stage: Stage,
  addresses: readonly TestAddress[],
  healthCheck: Partial<HealthCheckSpec> = {},
  options: LivePlaneOptions = {},
): Promise<CheckedScene> {
  const clock = new ManualClock();
  const cluster = { healthCheck: { ...CHECK_TIMES, check: HTTP_CHECK, ...healthCheck }, ...options.cluster };
  const plane = await stage.plane({ clock, ...options, cluster, services: { web: addresses } });
  return { plane, clock };
}

/** Bodies of so many answers, one caller asking. */
export async function answersOf(plane: LivePlane, count: number): Promise<readonly string[]> {
  const client = await plane.client();
  const seen: string[] = [];
  for (let index = 0; index < count; index += 1) seen.push((await client.ask(get('web'))).text);
  return seen;
}

/** So many checks have been answered in all, well or not. */
export async function checksAnswered(plane: LivePlane, count: number): Promise<void> {
  const total = (): number =>
    plane.stat('cluster.web.health_check.success') + plane.stat('cluster.web.health_check.failure');
  await until(`${count} checks are answered`, () => total() >= count, total);
}
