// Promises of pods that vanish without a word, as those of a whole zone may: their connections neither fail nor answer.
import { DEFAULT_OUTLIER_DETECTION } from '../../../src/model/outlier-detection-spec.ts';
import type { LivePlane, LivePlaneOptions } from '../../support/live-plane.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { get, type RawAnswer } from '../../support/raw-client.ts';
import { named, type ScriptedBackend, silent } from '../../support/scripted-backend.ts';
import { Stage } from '../../support/stage.ts';
import { until } from '../../support/until.ts';

const stage = new Stage();
afterEach(() => stage.close());

const MINUTE_MS = 60_000;

interface Scene {
  readonly plane: LivePlane;
  readonly clock: ManualClock;
  readonly gone: readonly ScriptedBackend[];
}

/** Two of four pods are in the zone. */
async function scene(options: LivePlaneOptions = {}): Promise<Scene> {
  const clock = new ManualClock();
  const gone = [await stage.backend(silent), await stage.backend(silent)];
  const there = [await stage.backend(named('c')), await stage.backend(named('d'))];
  const plane = await stage.plane({
    services: { web: [...gone, ...there] },
    cluster: { outlierDetection: { ...DEFAULT_OUTLIER_DETECTION, maxEjectionPercent: 50 } },
    ...{ clock, ...options },
  });
  return { plane, clock, gone };
}

/** Time passes whenever a pod has been asked that says nothing. */
async function askThrough({ plane, clock, gone }: Scene, stepMs: number): Promise<RawAnswer> {
  const client = await plane.client();
  let answer: RawAnswer | null = null;
  const asking = client.ask(get('web')).then((whole) => {
    answer = whole;
  });
  const asked = (): number => gone.reduce((sum, { requests }) => sum + requests.length, 0);
  while (answer === null) {
    const before = asked();
    await until('somebody is asked', () => answer !== null || asked() > before || plane.plane.activeRequests > 0);
    clock.advance(stepMs);
    await new Promise<void>((resolve) => void setImmediate(resolve));
  }
  await asking;
  client.end();
  return answer as unknown as RawAnswer;
}

it('without any time-out a request that meets one ends after five to ten minutes: 504, and it counts against the pod', async () => {
  const at = await scene();
  at.plane.setEndpoints('web', at.gone.slice(0, 1));
  const client = await at.plane.client();
  client.send(get('web'));
  await at.gone[0]?.request(0);
  at.clock.advance(5 * MINUTE_MS - 100);
  expect(at.plane.plane.activeRequests).toBe(1);
  at.clock.advance(5 * MINUTE_MS + 200);
  const answer = await client.answer();
  expect([answer.status, answer.get('x-switchboard-error')]).toEqual([504, 'UT upstream_timeout']);
  const [pod] = at.gone;
  expect(pod === undefined ? -1 : at.plane.endpoint('web', pod)?.requestsTimedOut).toBe(1);
});

it('with a time-out of tries every GET is answered by another pod, and five silences in a row take a pod out', async () => {
  const retry = { on: ['switchboard-safe'], numRetries: 2, statusCodes: [], perTryTimeoutMs: 1_000 } as const;
  const at = await scene({ action: { retry } });
  for (let count = 0; count < 24; count += 1) expect((await askThrough(at, 100)).status).toBe(200);
  const asked = at.gone.map(({ requests }) => requests.length);
  expect(asked).toEqual([5, 5]);
  expect(at.plane.stat('cluster.web.outlier_detection.ejections_active')).toBe(2);
});
