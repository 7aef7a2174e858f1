// The Service that a sidecar's own pod is behind, asked for where requests to another Service keep to zones.
import { Home } from '../../../src/proxy/balance/home.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { get } from '../../support/raw-client.ts';
import { named } from '../../support/scripted-backend.ts';
import { hostOf, nameOf, ScriptedDemand } from '../../support/scripted-demand.ts';
import { Stage } from '../../support/stage.ts';
import { turns } from '../../support/until.ts';

const stage = new Stage();
afterEach(() => stage.close());

const [WEB, FRONT] = [`${hostOf('web')}:80`, `${hostOf('front')}:80`];
const ZONE_AWARE = { balancing: { locality: { kind: 'zone-aware' as const, percent: 100, minEndpoints: 1 } } };

/** A sidecar in zone `a` that dials `web`; `hints`: when it is told what it is behind. */
async function scene(hints: 'first' | 'last' | 'never', cluster = '') {
  const clock = new ManualClock();
  const demand = new ScriptedDemand();
  const home = new Home({ cluster, locality: { region: '', zone: 'a', subZone: '' }, onlyWhereAsked: true });
  const plane = await stage.plane({ clock, home, onDemand: demand.spec() });
  demand.sink = plane.plane;
  if (hints === 'first') demand.hints([], FRONT);
  demand.names([nameOf('web'), nameOf('front')]);
  const client = await plane.client();
  client.send(get('web'));
  await turns(4);
  const deliver = async (cluster: object): Promise<void> => {
    demand.deliver('web', [await stage.backend(named('a'))], { cluster });
    await client.answer();
  };
  return { clock, demand, home, deliver };
}

describe('the Service that the own pod is behind', () => {
  it('is not asked for while nobody keeps to zones', async () => {
    const { demand, deliver } = await scene('first');
    await deliver({});
    expect(demand.asked).toEqual([`+${WEB}`]);
  });

  it('is asked for with the first Service that does, and is the own cluster then', async () => {
    const { demand, home, deliver } = await scene('first');
    await deliver(ZONE_AWARE);
    expect(demand.asked).toEqual([`+${WEB}`, `+${FRONT}`]);
    expect(home.cluster).toBe(`outbound|80|${hostOf('front')}`);
  });

  it('is asked for when it is told later', async () => {
    const { demand, deliver } = await scene('last');
    await deliver(ZONE_AWARE);
    expect(demand.asked).toEqual([`+${WEB}`]);
    demand.hints([], FRONT);
    expect(demand.asked).toEqual([`+${WEB}`, `+${FRONT}`]);
  });

  it('stays, though nobody dials it, and goes with its name; it comes back with that', async () => {
    const { clock, demand, home, deliver } = await scene('first');
    await deliver(ZONE_AWARE);
    clock.advance(700_000);
    await turns(4);
    expect(demand.asked).toEqual([`+${WEB}`, `+${FRONT}`, `-${WEB}`]);
    demand.names([], [hostOf('front')]);
    await turns(4);
    expect([demand.asked.at(-1), home.cluster]).toEqual([`-${FRONT}`, '']);
    demand.names([nameOf('front')]);
    expect([demand.asked.at(-1), home.cluster]).toEqual([`+${FRONT}`, `outbound|80|${hostOf('front')}`]);
  });

  it('is what a bootstrap file says, where that says it', async () => {
    const { demand, home, deliver } = await scene('first', 'us');
    await deliver(ZONE_AWARE);
    expect([demand.asked, home.cluster]).toEqual([[`+${WEB}`], 'us']);
  });

  it('is nobody where no Service selects the pod', async () => {
    const { demand, home, deliver } = await scene('never');
    await deliver(ZONE_AWARE);
    expect([demand.asked, home.cluster]).toEqual([[`+${WEB}`], '']);
  });
});
