// Promises of a sidecar that is told what its siblings hold: it is ready with that, at most 5 s later, and its callers notice nothing else.
import { ManualClock } from '../../support/manual-clock.ts';
import { get } from '../../support/raw-client.ts';
import { named } from '../../support/scripted-backend.ts';
import { hostOf, nameOf, ScriptedDemand } from '../../support/scripted-demand.ts';
import { Stage } from '../../support/stage.ts';
import { until } from '../../support/until.ts';

const stage = new Stage();
afterEach(() => stage.close());

const [WEB, CART] = [`${hostOf('web')}:80`, `${hostOf('cart')}:80`];

/** A plane that has been given `hints`, and then the names `web` and `cart`. */
async function scene(hints: readonly string[]) {
  const clock = new ManualClock();
  const demand = new ScriptedDemand();
  const plane = await stage.plane({ clock, onDemand: demand.spec() });
  demand.sink = plane.plane;
  demand.hints(hints);
  demand.names([nameOf('web'), nameOf('cart')]);
  const stats = () =>
    ['prefetched', 'prefetched_used', 'prefetched_unused'].map((name) => plane.stat(`control_plane.on_demand_${name}`));
  const waitingFor = () => plane.plane.readiness().waitingFor;
  return { clock, demand, plane, stats, waitingFor };
}

describe('what siblings hold', () => {
  it('is asked for with the names, together, and answers the first request without a wait', async () => {
    const { demand, plane, stats, waitingFor } = await scene([WEB, CART]);
    expect([demand.asked, waitingFor()]).toEqual([
      [`+${WEB}`, `+${CART}`],
      ['what sibling pods dial: 2 of 2 names have not come'],
    ]);
    demand.deliver('web', [await stage.backend(named('a'))]);
    expect(waitingFor()).toEqual(['what sibling pods dial: 1 of 2 names have not come']);
    demand.deliver('cart', [await stage.backend(named('b'))]);
    expect(plane.plane.readiness().ready).toBe(true);
    const client = await plane.client();
    expect((await client.ask(get('web'))).text).toBe('a /');
    expect((await client.ask(get('web.default'))).text).toBe('a /');
    expect([plane.stat('control_plane.on_demand_waits'), stats()]).toEqual([0, [2, 1, 0]]);
  });

  it('keeps the sidecar from being ready for 5 s, and no longer; what comes later is taken', async () => {
    const { clock, demand, plane } = await scene([WEB]);
    clock.advance(4_900);
    expect(plane.plane.readiness().ready).toBe(false);
    clock.advance(200);
    expect(plane.plane.readiness()).toEqual({ ready: true, waitingFor: [] });
    demand.deliver('web', [await stage.backend(named('a'))]);
    expect((await (await plane.client()).ask(get('web'))).text).toBe('a /');
    expect(plane.stat('control_plane.on_demand_waits')).toBe(0);
  });

  it('is not waited for where the control plane does not have it any more, or the mesh', async () => {
    const { demand, plane, waitingFor } = await scene([WEB, CART]);
    demand.deny('web');
    expect(waitingFor()).toEqual(['what sibling pods dial: 1 of 2 names have not come']);
    demand.names([], [hostOf('cart')]);
    await until('it is let go of', () => demand.asked.includes(`-${CART}`));
    expect(plane.plane.readiness().ready).toBe(true);
  });

  it('does not hold up requests meanwhile: for what it brings they wait as for anything, for the rest not at all', async () => {
    const { demand, plane, stats } = await scene([WEB]);
    const [one, other] = [await plane.client(), await plane.client()];
    one.send(get('web'));
    other.send(get('cart'));
    await until('both wait', () => plane.stat('control_plane.on_demand_waiting') === 2);
    demand.deliver('cart', [await stage.backend(named('b'))]);
    expect((await other.answer()).text).toBe('b /');
    demand.deliver('web', [await stage.backend(named('a'))]);
    expect((await one.answer()).text).toBe('a /');
    expect([demand.asked, stats()]).toEqual([
      [`+${WEB}`, `+${CART}`],
      [1, 1, 0],
    ]);
  });

  it('is let go of when nobody dials it for ten minutes, and counted as of no use', async () => {
    const { clock, demand, plane, stats } = await scene([WEB, CART]);
    const backend = await stage.backend(named('a'));
    for (const name of ['web', 'cart']) demand.deliver(name, [backend]);
    clock.advance(9 * 60_000);
    expect((await (await plane.client()).ask(get('web'))).text).toBe('a /');
    clock.advance(2 * 60_000);
    expect(demand.asked).toEqual([`+${WEB}`, `+${CART}`, `-${CART}`]);
    expect([plane.plane.clusters.length, stats()]).toEqual([1, [2, 1, 1]]);
  });

  it('counts as far as it is a name: once, at most a hundred, and in no other form', async () => {
    const odd = ['gone.default.svc.cluster.local:80', `${hostOf('web')}:81`, 'web:80', '', ':', 'x'.repeat(10_000)];
    const { demand, stats } = await scene([...odd, WEB, WEB.toUpperCase(), `${hostOf('web')}`]);
    expect([demand.asked, stats()]).toEqual([[`+${WEB}`], [1, 0, 0]]);
    const crowd = Array.from({ length: 100 }, (_, i) => `gone-${i}:80`);
    expect((await scene([...crowd, WEB])).demand.asked).toEqual([]);
  });

  it('means nothing once the names are known: who comes late is dialled as ever', async () => {
    const { demand, plane } = await scene([]);
    expect(plane.plane.readiness().ready).toBe(true);
    demand.hints([WEB]);
    demand.names([nameOf('new')]);
    expect([demand.asked, plane.plane.readiness().ready]).toEqual([[], true]);
  });
});
