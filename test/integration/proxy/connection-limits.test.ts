// How long connections to pods live where their cluster says so, over HTTP/1.1 and HTTP/2.
import type { ConnectionsSpec } from '../../../src/model/connections-spec.ts';
import { Http2Backend } from '../../support/http2-backend.ts';
import type { LivePlane } from '../../support/live-plane.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { get } from '../../support/raw-client.ts';
import { named } from '../../support/scripted-backend.ts';
import { Stage } from '../../support/stage.ts';
import { until } from '../../support/until.ts';

const stage = new Stage();
const pods: Http2Backend[] = [];
afterEach(async () => {
  await stage.close();
  for (const pod of pods.splice(0)) pod.close();
});

interface Scene {
  readonly plane: LivePlane;
  /** One request after the other; how many connections the pod has seen by then. */
  ask(times: number): Promise<number>;
}

async function setUp(http2: boolean, connections: ConnectionsSpec, clock?: ManualClock): Promise<Scene> {
  const more = { cluster: { connections }, ...(clock === undefined ? {} : { clock }) };
  if (http2) {
    const pod = await Http2Backend.start((stream) => {
      stream.respond({ ':status': 200 });
      stream.end();
    });
    pods.push(pod);
    const plane = await stage.plane({ services: { web: [pod] }, http2Services: ['web'], ...more });
    return { plane, ask: asker(await plane.client(), () => pod.sessions.length) };
  }
  const pod = await stage.backend(named('a'));
  const plane = await stage.plane({ services: { web: [pod] }, ...more });
  return { plane, ask: asker(await plane.client(), () => pod.connections.length) };
}

function asker(client: Awaited<ReturnType<LivePlane['client']>>, seen: () => number): Scene['ask'] {
  return async (times) => {
    for (let at = 0; at < times; at += 1) expect((await client.ask(get('web'))).status).toBe(200);
    return seen();
  };
}

describe.each([
  ['HTTP/1.1', false],
  ['HTTP/2', true],
])('connections over %s', (_name, http2) => {
  it('carry as many requests as they may, each answered', async () => {
    const { plane, ask } = await setUp(http2, { maxRequests: 3 });
    expect(await ask(7)).toBe(3);
    expect(plane.stat('cluster.web.upstream_cx_max_requests')).toBe(2);
    await until('those that are done are closed', () => plane.stat('cluster.web.upstream_cx_active') === 1);
  });

  it('are for one request each where they may carry one', async () => {
    const { plane, ask } = await setUp(http2, { maxRequests: 1 });
    expect(await ask(4)).toBe(4);
    await until('all are closed', () => plane.stat('cluster.web.upstream_cx_active') === 0);
  });

  it('make way for new ones when they are as old as they may be, with every request answered', async () => {
    const clock = new ManualClock();
    const { plane, ask } = await setUp(http2, { maxAgeMs: 1_000 }, clock);
    expect(await ask(2)).toBe(1);
    clock.advance(900);
    expect(await ask(1)).toBe(1);
    clock.advance(150);
    expect(await ask(1)).toBe(2);
    expect(plane.stat('cluster.web.upstream_cx_max_duration_reached')).toBe(1);
  });

  it('close when they have been idle for the time of their cluster, not that of the program', async () => {
    const clock = new ManualClock();
    const { plane, ask } = await setUp(http2, { idleTimeoutMs: 500 }, clock);
    await ask(1);
    clock.advance(600);
    await until('it is closed', () => plane.stat('cluster.web.upstream_cx_active') === 0);
    expect(plane.stat('cluster.web.upstream_cx_idle_timeout')).toBe(1);
    expect(await ask(1)).toBe(2);
  });

  it('are made anew when what is said of them changes, and stay where it does not', async () => {
    const { plane, ask } = await setUp(http2, { maxRequests: 100 });
    await ask(2);
    const change = (connections: ConnectionsSpec) =>
      plane.apply({ clusters: { upserted: [{ ...plane.cluster('web'), connections }], removed: [] } });
    change({ maxRequests: 100 });
    expect(await ask(2)).toBe(1);
    change({ idleTimeoutMs: 0, tcpKeepalive: { timeS: 10, intervalS: 5, probes: 3 } });
    expect(await ask(2)).toBe(2);
  });
});
