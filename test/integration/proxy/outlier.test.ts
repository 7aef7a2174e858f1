// Promises of outlier detection on real sockets: the sick pod is taken out, callers see little of it, and it comes back.
import { DEFAULT_OUTLIER_DETECTION, type OutlierDetectionSpec } from '../../../src/model/outlier-detection-spec.ts';
import type { RetryPolicySpec } from '../../../src/model/retry-policy-spec.ts';
import type { RouteActionSpec } from '../../../src/model/route-spec.ts';
import type { Endpoint } from '../../../src/proxy/endpoint/endpoint.ts';
import type { LivePlane } from '../../support/live-plane.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { get } from '../../support/raw-client.ts';
import { named, type Script, type ScriptedBackend } from '../../support/scripted-backend.ts';
import { Stage } from '../../support/stage.ts';

const stage = new Stage();
afterEach(() => stage.close());

const sick: Script = (_request, connection) => connection.answer(503, 'sick');
const resetting: Script = (_request, connection) => connection.reset();

/** Each request is one attempt, so that what callers see is what pods answer. */
const ONCE: RetryPolicySpec = { on: [], numRetries: 0, statusCodes: [] };

async function planeOf(
  scripts: readonly Script[],
  spec: Partial<OutlierDetectionSpec> = {},
  action: Partial<RouteActionSpec> = { retry: ONCE },
): Promise<{ plane: LivePlane; backends: ScriptedBackend[]; clock: ManualClock }> {
  const clock = new ManualClock();
  const backends = await Promise.all(scripts.map((script) => stage.backend(script)));
  const outlierDetection = { ...DEFAULT_OUTLIER_DETECTION, maxEjectionPercent: 50, ...spec };
  const plane = await stage.plane({ clock, cluster: { outlierDetection }, action, services: { web: backends } });
  return { plane, backends, clock };
}

async function statuses(plane: LivePlane, count: number): Promise<number[]> {
  const client = await plane.client();
  const seen: number[] = [];
  for (let index = 0; index < count; index += 1) seen.push((await client.ask(get('web'))).status);
  return seen;
}

function endpointsOf(plane: LivePlane): readonly Endpoint[] {
  return plane.plane.clusters.flatMap(({ endpoints }) => [...endpoints]);
}

function ejected(plane: LivePlane): readonly Endpoint[] {
  return endpointsOf(plane).filter(({ outlier }) => outlier !== null && outlier.ejection !== null);
}

describe('a pod that answers 503', () => {
  it('gets five requests of the first fifteen, and none of the next fifteen', async () => {
    const { plane, backends } = await planeOf([sick, named('b'), named('c')]);
    expect((await statuses(plane, 15)).filter((status) => status === 503)).toHaveLength(5);
    expect(await statuses(plane, 15)).toEqual(Array.from({ length: 15 }, () => 200));
    expect(backends[0]?.requests).toHaveLength(5);
    expect(plane.stat('cluster.web.outlier_detection.ejections_active')).toBe(1);
    expect(plane.stat('cluster.web.outlier_detection.ejections_enforced_consecutive_5xx')).toBe(1);
    expect(plane.stat('cluster.web.membership_healthy')).toBe(2);
    expect(ejected(plane).map(({ outlier }) => outlier?.ejection?.reason)).toEqual(['consecutive-5xx']);
  });

  it('gets requests again when its 30 s are over, and is out for 60 s the next time', async () => {
    const { plane, backends, clock } = await planeOf([sick, named('b')]);
    await statuses(plane, 10);
    clock.advance(29_000);
    expect(await statuses(plane, 4)).toEqual([200, 200, 200, 200]);
    clock.advance(2_000);
    expect((await statuses(plane, 10)).filter((status) => status === 503)).toHaveLength(5);
    clock.advance(59_000);
    expect(await statuses(plane, 4)).toEqual([200, 200, 200, 200]);
    expect(backends[0]?.requests).toHaveLength(10);
  });

  it('is not taken out where it is the only one: its answers say more than ours could', async () => {
    const { plane } = await planeOf([sick], { maxEjectionPercent: 100 });
    expect(await statuses(plane, 12)).toEqual(Array.from({ length: 12 }, () => 503));
    expect(plane.stat('cluster.web.outlier_detection.ejections_overflow')).toBe(2);
  });
});

describe('a pod that resets connections', () => {
  it('is taken out after five, and its callers see none of it where they can be answered by another', async () => {
    const { plane, backends } = await planeOf([resetting, named('b'), named('c')], {}, {});
    expect(await statuses(plane, 30)).toEqual(Array.from({ length: 30 }, () => 200));
    expect(backends[0]?.requests).toHaveLength(5);
    expect(ejected(plane)).toHaveLength(1);
  });
});

describe('a change of the configuration', () => {
  it('that takes outlier detection away lets everybody in at once', async () => {
    const { plane, backends } = await planeOf([sick, named('b')]);
    await statuses(plane, 12);
    const { outlierDetection: _, ...without } = plane.cluster('web');
    plane.apply({ clusters: { upserted: [without], removed: [] } });
    expect((await statuses(plane, 4)).filter((status) => status === 503)).toHaveLength(2);
    expect(backends[0]?.requests).toHaveLength(7);
    expect(endpointsOf(plane).map(({ outlier }) => outlier)).toEqual([null, null]);
  });

  it('of endpoints leaves an ejected one out that stays', async () => {
    const { plane, backends } = await planeOf([sick, named('b'), named('c')]);
    await statuses(plane, 15);
    const [first, second] = backends;
    plane.setEndpoints(
      'web',
      [first, second].flatMap((backend) => backend ?? []),
    );
    expect(await statuses(plane, 6)).toEqual([200, 200, 200, 200, 200, 200]);
    expect(ejected(plane)).toHaveLength(1);
  });
});
