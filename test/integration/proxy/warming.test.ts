// Promises about configuration that comes in pieces: nothing points at what is not there, and what serves goes on serving.
import type { ClusterSpec } from '../../../src/model/cluster-spec.ts';
import type { RouteConfigSpec } from '../../../src/model/route-spec.ts';
import { assignment, LISTENER, type LivePlane, ROUTES } from '../../support/live-plane.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { get, type RawClient } from '../../support/raw-client.ts';
import type { Script } from '../../support/scripted-backend.ts';
import { Stage } from '../../support/stage.ts';
import { until } from '../../support/until.ts';

const stage = new Stage();
afterEach(() => stage.close());

function says(text: string): Script {
  return (_request, connection) => connection.answer(200, text);
}

/** The routes of `web`, leading to another cluster. */
function routesTo(plane: LivePlane, cluster: string): RouteConfigSpec {
  const config = plane.routes(['web']);
  const virtualHosts = config.virtualHosts.map((host) => ({
    ...host,
    routes: host.routes.map((route) => ({ ...route, action: { ...route.action, cluster } })),
  }));
  return { ...config, virtualHosts };
}

function following(plane: LivePlane, name: string, serviceName: string): ClusterSpec {
  return { ...plane.cluster(name), discovery: { kind: 'eds', serviceName } };
}

async function text(client: RawClient): Promise<string> {
  return (await client.ask(get('web'))).text;
}

describe('routes to a cluster that does not serve yet', () => {
  async function scene() {
    const clock = new ManualClock();
    const [old, fresh] = [await stage.backend(says('old')), await stage.backend(says('new'))];
    const plane = await stage.plane({ services: { web: [old] }, clock });
    return { clock, plane, fresh, client: await plane.client() };
  }

  it('stay the old ones until the cluster has come with its endpoints', async () => {
    const { plane, fresh, client } = await scene();
    plane.apply({ routes: { upserted: [routesTo(plane, 'web2')], removed: [] } });
    expect([await text(client), plane.plane.held()]).toEqual(['old', [`routes "${ROUTES}" wait for cluster "web2"`]]);
    plane.apply({ clusters: { upserted: [plane.cluster('web2')], removed: [] } });
    expect(await text(client)).toBe('old');
    plane.setEndpoints('web2', [fresh]);
    expect([await text(client), plane.plane.held()]).toEqual(['new', []]);
  });

  it('stay the old ones though the old cluster is removed: it goes after them', async () => {
    const { plane, fresh, client } = await scene();
    plane.apply({
      clusters: { upserted: [plane.cluster('web2')], removed: ['web'] },
      endpoints: { upserted: [], removed: ['web'] },
      routes: { upserted: [routesTo(plane, 'web2')], removed: [] },
    });
    expect([await text(client), plane.plane.clusters.map(({ name }) => name)]).toEqual(['old', ['web', 'web2']]);
    plane.setEndpoints('web2', [fresh]);
    expect([await text(client), plane.plane.clusters.map(({ name }) => name)]).toEqual(['new', ['web2']]);
  });

  it('are used without it after 15 s, and newer ones do not wait for it again', async () => {
    const { clock, plane, client } = await scene();
    plane.apply({ routes: { upserted: [routesTo(plane, 'web2')], removed: [] } });
    clock.advance(15_100);
    expect((await client.ask(get('web'))).get('x-switchboard-error')).toBe('NC cluster_not_found');
    plane.apply({ routes: { upserted: [plane.routes(['web', 'web2'])], removed: [] } });
    expect([await text(client), plane.plane.held()]).toEqual(['old', []]);
  });

  it('wait at most 15 s in all, however often they change meanwhile', async () => {
    const { clock, plane, client } = await scene();
    for (let round = 0; round < 15; round += 1) {
      plane.apply({ routes: { upserted: [routesTo(plane, 'web2')], removed: [] } });
      clock.advance(1_000);
    }
    clock.advance(100);
    expect((await client.ask(get('web'))).status).toBe(503);
  });

  it('are used when it is said that the endpoints do not exist', async () => {
    const { plane, client } = await scene();
    plane.apply({
      clusters: { upserted: [plane.cluster('web2')], removed: [] },
      routes: { upserted: [routesTo(plane, 'web2')], removed: [] },
    });
    plane.apply({ endpoints: { upserted: [], removed: ['web2'] } });
    expect((await client.ask(get('web'))).get('x-switchboard-error')).toBe('UH no_healthy_upstream');
  });

  it('leave no timer behind when the plane closes', async () => {
    const { clock, plane } = await scene();
    plane.apply({ routes: { upserted: [routesTo(plane, 'web2')], removed: [] } });
    plane.plane.close();
    expect(clock.pendingTimers).toBeLessThanOrEqual(1);
  });
});

describe('a cluster', () => {
  it('that follows other endpoints serves as before until they have come', async () => {
    const [old, fresh] = [await stage.backend(says('old')), await stage.backend(says('new'))];
    const plane = await stage.plane({ services: { web: [old] } });
    const client = await plane.client();
    plane.apply({
      clusters: { upserted: [following(plane, 'web', 'web-2')], removed: [] },
      endpoints: { upserted: [], removed: ['web'] },
    });
    expect(await text(client)).toBe('old');
    plane.apply({ endpoints: { upserted: [assignment('web-2', [fresh])], removed: [] } });
    expect(await text(client)).toBe('new');
    plane.apply({ endpoints: { upserted: [assignment('web', [old])], removed: [] } });
    expect(await text(client)).toBe('new');
  });

  it('that is set back while it warms forgets what it warmed for', async () => {
    const [old, fresh] = [await stage.backend(says('old')), await stage.backend(says('new'))];
    const plane = await stage.plane({ services: { web: [old] } });
    plane.apply({ clusters: { upserted: [following(plane, 'web', 'web-2')], removed: [] } });
    plane.apply({ clusters: { upserted: [plane.cluster('web')], removed: [] } });
    plane.apply({ endpoints: { upserted: [assignment('web-2', [fresh])], removed: [] } });
    expect(await text(await plane.client())).toBe('old');
  });

  it('that was removed and comes back while routes still name it stays, with its connections', async () => {
    const backend = await stage.backend(says('here'));
    const plane = await stage.plane({ services: { web: [backend] } });
    const client = await plane.client();
    await text(client);
    plane.apply({ clusters: { upserted: [], removed: ['web'] }, endpoints: { upserted: [], removed: ['web'] } });
    expect(await text(client)).toBe('here');
    plane.apply({ clusters: { upserted: [plane.cluster('web')], removed: [] } });
    plane.apply({ routes: { upserted: [plane.routes([])], removed: [] } });
    plane.apply({ routes: { upserted: [plane.routes(['web'])], removed: [] } });
    expect([await text(client), plane.stat('cluster.web.upstream_cx_total')]).toEqual(['here', 1]);
  });
});

describe('a listener', () => {
  it('that names other routes serves as before until they have come, on the same connection', async () => {
    const backend = await stage.backend(says('here'));
    const plane = await stage.plane({ services: { web: [backend] } });
    const client = await plane.client();
    const named = plane.listener(0, { kind: 'rds', name: 'other' });
    plane.apply({ listeners: { upserted: [named], removed: [] }, routes: { upserted: [], removed: [ROUTES] } });
    expect(await text(client)).toBe('here');
    plane.apply({ routes: { upserted: [{ ...plane.routes([]), name: 'other' }], removed: [] } });
    expect((await client.ask(get('web'))).status).toBe(404);
    expect(plane.plane.routeTables.map(({ spec }) => spec.name)).toEqual(['other']);
    expect(plane.plane.clusters).toHaveLength(1);
  });

  it('whose routes do not exist holds back no readiness that another one gives', async () => {
    const plane = await stage.plane({ services: { web: [] } });
    const lost = { ...plane.listener(0, { kind: 'rds', name: 'x' }), name: 'lost' };
    plane.apply({ listeners: { upserted: [lost], removed: [] } });
    expect(plane.plane.readiness().waitingFor).toEqual(['routes of listener "lost"']);
    plane.apply({ routes: { upserted: [], removed: ['x'] } });
    expect(plane.plane.readiness().waitingFor).toEqual([]);
    plane.apply({ listeners: { upserted: [], removed: [LISTENER] } });
    expect(plane.plane.readiness().waitingFor).toEqual([
      'routes of listener "lost", which the control plane does not have',
    ]);
  });

  it('with routes of its own keeps them apart from those of another, though both have one name', async () => {
    const [one, two] = [await stage.backend(says('one')), await stage.backend(says('two'))];
    const plane = await stage.plane({ services: { web: [one], web2: [two] } });
    const inline = (name: string, cluster: string) => ({
      ...plane.listener(0, { kind: 'inline', config: routesTo(plane, cluster) }),
      name,
    });
    plane.apply({ listeners: { upserted: [inline('a', 'web'), inline('b', 'web2')], removed: [LISTENER] } });
    await until('both listen', () => plane.plane.readiness().ready);
    expect(await text(await plane.client())).toBe('one');
  });
});
