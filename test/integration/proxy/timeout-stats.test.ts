// Promises of the numbers of timeouts: each kind is counted under Envoy's name, and under no other.
import type { RouteActionSpec } from '../../../src/model/route-spec.ts';
import type { LivePlane, LivePlaneOptions } from '../../support/live-plane.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { get } from '../../support/raw-client.ts';
import { Stage } from '../../support/stage.ts';
import { until } from '../../support/until.ts';

const stage = new Stage();
afterEach(() => stage.close());

const NAMES = [
  'cluster.web.upstream_rq_timeout',
  'cluster.web.upstream_rq_per_try_timeout',
  'http.outbound.downstream_rq_timeout',
  'http.outbound.downstream_rq_idle_timeout',
  'http.outbound.downstream_rq_max_duration_reached',
];

function counted(plane: LivePlane): string[] {
  return NAMES.filter((name) => plane.stat(name) === 1);
}

/** A request to a pod that never answers, `action` what its route says, until it ends. */
async function timeOut(
  action: Partial<RouteActionSpec>,
  options: LivePlaneOptions = {},
  request = get('web'),
): Promise<readonly [status: number, counted: string[]]> {
  const clock = new ManualClock();
  const backend = await stage.backend(() => {});
  const plane = await stage.plane({ clock, services: { web: [backend] }, action, ...options });
  const client = await plane.client();
  client.send(request);
  await until('the pod was asked', () => backend.requests.length === 1);
  for (let elapsedMs = 0; elapsedMs <= 1_000; elapsedMs += 50) clock.advance(50);
  return [(await client.answer()).status, counted(plane)];
}

it('the timeout of a route', async () => {
  expect(await timeOut({ timeoutMs: 200 })).toEqual([504, ['cluster.web.upstream_rq_timeout']]);
});

it('the timeout of a try', async () => {
  const retry = { on: [], numRetries: 0, statusCodes: [], perTryTimeoutMs: 200 };
  expect(await timeOut({ retry })).toEqual([504, ['cluster.web.upstream_rq_per_try_timeout']]);
});

it('a request in which nothing moves', async () => {
  expect(await timeOut({ idleTimeoutMs: 200 })).toEqual([504, ['http.outbound.downstream_rq_idle_timeout']]);
});

it('a call that takes too long as a whole, by its route or its listener', async () => {
  const told = [504, ['http.outbound.downstream_rq_max_duration_reached']];
  expect(await timeOut({ streamDuration: { maxMs: 200 } })).toEqual(told);
  expect(await timeOut({}, { http: { maxStreamDurationMs: 200 } })).toEqual(told);
});

it('a body that does not come', async () => {
  const request = 'POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 2\r\n\r\na';
  const told = await timeOut({}, { http: { requestTimeoutMs: 200 } }, request);
  expect(told).toEqual([408, ['http.outbound.downstream_rq_timeout']]);
});
