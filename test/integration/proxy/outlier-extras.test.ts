// Promises of outlier detection beyond Envoy's, on real sockets: callers told apart, slow pods, shadow mode, gradual return.
import { DEFAULT_OUTLIER_DETECTION, type OutlierDetectionSpec } from '../../../src/model/outlier-detection-spec.ts';
import type { Endpoint } from '../../../src/proxy/endpoint/endpoint.ts';
import type { LivePlane } from '../../support/live-plane.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { get } from '../../support/raw-client.ts';
import { named, type Script } from '../../support/scripted-backend.ts';
import { Stage } from '../../support/stage.ts';

const stage = new Stage();
afterEach(() => stage.close());

async function planeOf(scripts: readonly Script[], spec: Partial<OutlierDetectionSpec>) {
  const clock = new ManualClock();
  const backends = await Promise.all(scripts.map((script) => stage.backend(script)));
  const outlierDetection = { ...DEFAULT_OUTLIER_DETECTION, maxEjectionPercent: 50, ...spec };
  const plane = await stage.plane({ clock, cluster: { outlierDetection }, services: { web: backends } });
  const endpoints = (): readonly Endpoint[] => plane.plane.clusters.flatMap(({ endpoints: all }) => [...all]);
  return { plane, backends, clock, endpoints };
}

async function ask(plane: LivePlane, count: number, fields: (index: number) => string = () => ''): Promise<number[]> {
  const client = await plane.client();
  const seen: number[] = [];
  for (let index = 0; index < count; index += 1) {
    seen.push((await client.ask(get('web', '/', fields(index)))).status);
  }
  return seen;
}

/** Every answer that asks for it is a 500. */
const poisonable: Script = (request, connection) =>
  connection.answer(request.get('x-poison') === undefined ? 200 : 500, 'a');

describe('one user whose requests fail everywhere', () => {
  const spec = {
    callers: { header: 'x-user-id', minimum: 2 },
    worseThanPeers: { gapPercent: 30 },
  } as const;

  it('takes no pod out with 60 of them in a row, where users are told apart', async () => {
    const { plane, endpoints } = await planeOf([poisonable, poisonable, poisonable], spec);
    await ask(plane, 60, () => 'X-User-Id: mallory\r\nX-Poison: 1\r\n');
    expect(endpoints().map(({ health }) => health)).toEqual(['healthy', 'healthy', 'healthy']);
  });

  it.each([
    ['one out where they are not, and pods are not compared', {}, 1],
    ['none out where they are not, and pods are: they go bad together', { worseThanPeers: spec.worseThanPeers }, 0],
  ])('takes %s', async (_what, compared, out) => {
    const pods = [poisonable, poisonable, poisonable];
    const { plane } = await planeOf(pods, { callers: { header: '', minimum: 2 }, ...compared });
    await ask(plane, 60, () => 'X-User-Id: mallory\r\nX-Poison: 1\r\n');
    expect(plane.stat('cluster.web.outlier_detection.ejections_active')).toBe(out);
  });

  it('does not hide a pod that fails for others too', async () => {
    const sick: Script = (_request, connection) => connection.answer(500);
    const { plane, endpoints } = await planeOf([sick, named('b'), named('c')], spec);
    await ask(plane, 30, (index) => `X-User-Id: user-${index}\r\n`);
    expect(endpoints().map(({ health }) => health)).toEqual(['unhealthy', 'healthy', 'healthy']);
  });
});

describe('a pod that answers half of its requests with 500', () => {
  it('is out after a dozen of them, where pods are compared', async () => {
    let turn = 0;
    const sick: Script = (_request, connection) => {
      turn += 1;
      connection.answer(turn % 2 === 0 ? 500 : 200, 'a');
    };
    const { plane, backends, endpoints } = await planeOf([sick, named('b'), named('c')], {
      worseThanPeers: { gapPercent: 30 },
    });
    await ask(plane, 120);
    expect(backends[0]?.requests.length).toBeLessThan(25);
    expect(endpoints()[0]?.outlier?.ejection?.reason).toBe('worse-than-peers');
  });
});

describe('a pod that takes long', () => {
  it('is out at the end of the interval: 300 ms, where its peers take none', async () => {
    const clocks: ManualClock[] = [];
    const slow: Script = (_request, connection) => {
      clocks[0]?.advance(300);
      connection.answer(200, 'a');
    };
    const { plane, clock, endpoints } = await planeOf([slow, named('b'), named('c')], {
      intervalMs: 60_000,
      slowerThanPeers: { factor: 3, excessMs: 20, minimumHosts: 3, requestVolume: 30 },
      enforcing: { ...DEFAULT_OUTLIER_DETECTION.enforcing, 'slower-than-peers': 100 },
    });
    clocks.push(clock);
    await ask(plane, 93);
    clock.advance(60_000);
    expect(endpoints()[0]?.outlier?.ejection).toMatchObject({
      reason: 'slower-than-peers',
      detail: 'takes 300 ms in the middle of 31 answers, its peers 0.1 ms',
    });
  });
});

describe('a pod that does not answer in time', () => {
  it('is as slow as its callers were patient', async () => {
    const clock = new ManualClock();
    const silent = await stage.backend(() => {});
    const others = [await stage.backend(named('b')), await stage.backend(named('c'))];
    const outlierDetection = {
      ...DEFAULT_OUTLIER_DETECTION,
      ...{ maxEjectionPercent: 50, consecutive5xx: 0, intervalMs: 3_600_000 },
      slowerThanPeers: { factor: 3, excessMs: 20, minimumHosts: 3, requestVolume: 5 },
      enforcing: { ...DEFAULT_OUTLIER_DETECTION.enforcing, 'slower-than-peers': 100 },
    };
    const services = { web: [silent, ...others] };
    const plane = await stage.plane({ clock, cluster: { outlierDetection }, services, routeTimeoutMs: 800 });
    for (let time = 0; time < 15; time += 1) {
      const before = silent.requests.length;
      const answer = (await plane.client()).ask(get('web'));
      await Promise.race([silent.request(before), answer]);
      if (silent.requests.length > before) clock.advance(1_000);
      await answer;
    }
    clock.advance(3_600_000);
    const [endpoint] = plane.plane.clusters.flatMap(({ endpoints }) => [...endpoints]);
    expect(endpoint?.outlier?.ejection?.reason).toBe('slower-than-peers');
    expect(endpoint?.requestsTimedOut).toBe(5);
  });
});

describe('shadow mode', () => {
  it('leaves a pod in that fails, and tells that it would be out', async () => {
    const sick: Script = (_request, connection) => connection.answer(500);
    const { plane, endpoints } = await planeOf([sick, named('b')], { shadow: true });
    expect((await ask(plane, 40)).filter((status) => status === 500)).toHaveLength(20);
    expect(endpoints()[0]?.outlier?.ejection).toMatchObject({ shadow: true, reason: 'consecutive-5xx' });
    expect(plane.stat('cluster.web.outlier_detection.ejections_shadow_active')).toBe(1);
    expect(plane.stat('cluster.web.membership_healthy')).toBe(2);
  });
});

describe('a pod that comes back', () => {
  it('gets a tenth of its share at first, half of it after half of the window, all of it then', async () => {
    let sick = true;
    const { plane, backends, clock } = await planeOf(
      [(_request, connection) => connection.answer(sick ? 500 : 200, 'a'), named('b')],
      { returnWindowMs: 20_000 },
    );
    await ask(plane, 10);
    sick = false;
    clock.advance(30_100);
    const share = async (): Promise<number> => {
      const before = backends[0]?.requests.length ?? 0;
      await ask(plane, 400);
      return ((backends[0]?.requests.length ?? 0) - before) / 400;
    };
    expect(Math.abs((await share()) - 0.1 / 1.1)).toBeLessThan(0.05);
    clock.advance(10_000);
    expect(Math.abs((await share()) - 0.5 / 1.5)).toBeLessThan(0.06);
    clock.advance(10_000);
    expect(Math.abs((await share()) - 0.5)).toBeLessThan(0.01);
  });
});
