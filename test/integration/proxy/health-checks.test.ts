// Promises of active health checks on real sockets: who gets requests after what was answered, and what configuration changes in that.
import { DEFAULT_OUTLIER_DETECTION } from '../../../src/model/outlier-detection-spec.ts';
import {
  checksAnswered as answered,
  answersOf as answers,
  checkedPod,
  checkedScene,
  HTTP_CHECK as HTTP,
  CHECK_TIMES as TIMES,
} from '../../support/health-scene.ts';
import { assignment } from '../../support/live-plane.ts';
import { get } from '../../support/raw-client.ts';
import { Stage } from '../../support/stage.ts';
import { until } from '../../support/until.ts';

const stage = new Stage();
afterEach(() => stage.close());

const podOf = (name: string, status?: number) => checkedPod(stage, name, status);
const sceneOf = (...args: Rest<Parameters<typeof checkedScene>>) => checkedScene(stage, ...args);
type Rest<List extends readonly unknown[]> = List extends readonly [unknown, ...infer Others] ? Others : never;

describe('where all pods fail', () => {
  it('all of them get requests, as in panic nobody is left out', async () => {
    const all = [await podOf('a', 503), await podOf('b', 503)];
    const { plane } = await sceneOf(all.map(({ backend }) => backend));
    expect(new Set(await answers(plane, 4))).toEqual(new Set(['a', 'b']));
  });

  it('requests are refused with UH where panic is ruled out', async () => {
    const pod = await podOf('a', 503);
    const { plane } = await sceneOf([pod.backend], {}, { cluster: { balancing: { panicThreshold: 0 } } });
    const client = await plane.client();
    expect((await client.ask(get('web'))).get('x-switchboard-error')).toBe('UH no_healthy_upstream');
  });
});

describe('a pod that is new', () => {
  it('gets no request before it has passed a check', async () => {
    const [old, fresh] = [await podOf('old'), await podOf('fresh')];
    const { plane } = await sceneOf([old.backend]);
    let answer = (): void => {};
    fresh.backend.script = ({ target }, connection) => {
      if (target !== '/healthz') connection.answer(200, 'fresh');
      else answer = () => connection.answer(200);
    };
    plane.setEndpoints('web', [old.backend, fresh.backend]);
    await until('it is asked', () => fresh.checks().length === 1);
    expect(new Set(await answers(plane, 6))).toEqual(new Set(['old']));
    expect(plane.endpoint('web', fresh.backend)?.check?.detail).toBe('it has not been checked yet');
    answer();
    await answered(plane, 2);
    expect(new Set(await answers(plane, 6))).toEqual(new Set(['old', 'fresh']));
  });

  it('is asked at another port, or not at all, where its endpoint says so', async () => {
    const [pod, port, unasked] = [await podOf('a', 503), await podOf('port'), await podOf('c', 503)];
    const { plane } = await sceneOf([]);
    const told = assignment('web', [pod.backend, unasked.backend]);
    plane.apply({
      endpoints: {
        upserted: [
          {
            ...told,
            localities: told.localities.map((group) => ({
              ...group,
              endpoints: group.endpoints.map((endpoint, index) => ({
                ...endpoint,
                check: index === 0 ? { port: port.backend.port, hostname: 'other' } : { disabled: true },
              })),
            })),
          },
        ],
        removed: [],
      },
    });
    await answered(plane, 1);
    expect([pod.checks().length, port.checks().length, unasked.checks().length]).toEqual([0, 1, 0]);
    expect(port.checks()[0]?.get('host')).toBe('other');
    expect(new Set(await answers(plane, 4))).toEqual(new Set(['a', 'c']));
  });
});

describe('a pod that is told no more', () => {
  it('stays while it passes its checks, and goes when it fails', async () => {
    const [pod, other] = [await podOf('a'), await podOf('b')];
    const { plane, clock } = await sceneOf([pod.backend, other.backend]);
    plane.setEndpoints('web', [other.backend]);
    expect(new Set(await answers(plane, 6))).toEqual(new Set(['a', 'b']));
    pod.status = 503;
    clock.advance(60_100);
    await answered(plane, 4);
    expect(new Set(await answers(plane, 6))).toEqual(new Set(['b']));
    expect(plane.stat('cluster.web.membership_total')).toBe(1);
  });

  it('goes at once where ignore_health_on_host_removal says so', async () => {
    const [pod, other] = [await podOf('a'), await podOf('b')];
    const { plane } = await sceneOf([pod.backend, other.backend], {}, { cluster: { removesHealthy: true } });
    plane.setEndpoints('web', [other.backend]);
    expect(plane.stat('cluster.web.membership_total')).toBe(1);
    expect(new Set(await answers(plane, 6))).toEqual(new Set(['b']));
  });
});

describe('a pod that was ejected', () => {
  it.each([
    [{}, ['a', 'b']],
    [{ ignoresChecks: true } as const, ['b']],
  ])('comes back when it passes a check, unless %j', async (more, wanted) => {
    const [pod, other] = [await podOf('a'), await podOf('b')];
    const outlierDetection = { ...DEFAULT_OUTLIER_DETECTION, maxEjectionPercent: 50, baseEjectionMs: 600_000, ...more };
    const { plane, clock } = await sceneOf([pod.backend, other.backend], {}, { cluster: { outlierDetection } });
    const healthy = pod.backend.script;
    pod.backend.script = (_, connection) => connection.answer(503, 'sick');
    await answers(plane, 12);
    expect(plane.endpoint('web', pod.backend)?.health).toBe('unhealthy');
    pod.backend.script = healthy;
    clock.advance(60_100);
    await answered(plane, 4);
    expect(new Set(await answers(plane, 6))).toEqual(new Set(wanted));
  });
});

describe('a change of the configuration', () => {
  it('that takes the checks away lets everybody in', async () => {
    const [pod, other] = [await podOf('a', 503), await podOf('b')];
    const { plane } = await sceneOf([pod.backend, other.backend]);
    const { healthCheck: _, ...without } = plane.cluster('web');
    plane.apply({ clusters: { upserted: [without], removed: [] } });
    expect(new Set(await answers(plane, 4))).toEqual(new Set(['a', 'b']));
    expect(plane.endpoint('web', pod.backend)?.check).toBeNull();
  });

  it('that asks otherwise leaves nobody without pods until the first answers', async () => {
    const pod = await podOf('a');
    const { plane } = await sceneOf([pod.backend], {}, { cluster: { balancing: { panicThreshold: 0 } } });
    pod.backend.script = ({ target }, connection) => {
      if (target === '/') connection.answer(200, 'a');
    };
    const changed = { ...TIMES, check: { ...HTTP, path: '/other' } };
    plane.apply({ clusters: { upserted: [{ ...plane.cluster('web'), healthCheck: changed }], removed: [] } });
    expect(await answers(plane, 2)).toEqual(['a', 'a']);
  });
});
