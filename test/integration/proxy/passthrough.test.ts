// Promises of a sidecar whose control plane is away, where it is told to pass through: what was never dialled is reached at its own address.
import type { Socket } from 'node:net';
import { GrpcCaller, GrpcEcho } from '../../support/grpc-echo.ts';
import { systemDial, type TestAddress } from '../../support/live-plane.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { get, post } from '../../support/raw-client.ts';
import { named } from '../../support/scripted-backend.ts';
import { hostOf, nameOf, ScriptedDemand } from '../../support/scripted-demand.ts';
import { Stage } from '../../support/stage.ts';
import { TcpPods } from '../../support/tcp-pods.ts';
import { turns, until } from '../../support/until.ts';

const stage = new Stage();
const pods = new TcpPods();
const ending: (() => void)[] = [];
afterEach(async () => {
  for (const end of ending.splice(0)) end();
  await stage.close();
  pods.close();
});

const VIP = '10.96.0.5';
const AWAY = 'control plane 127.0.0.1:15010: connect ECONNREFUSED';
const WAITING = 'control_plane.on_demand_waiting';
const PASSED = 'control_plane.on_demand_passthrough';

/**
 * A plane that knows `web` at VIP, the headless `db` with its pod `db-0`, and holds nothing. Whoever dials VIP:80 gets to `target`; nobody
 * else gets anywhere but on loopback.
 */
async function scene(
  target: TestAddress,
  onUnavailable: 'wait' | 'passthrough' = 'passthrough',
  to: string | null = null,
) {
  const clock = new ManualClock();
  const demand = new ScriptedDemand();
  const dialled: string[] = [];
  const plane = await stage.plane({
    ...{ clock, onDemand: demand.spec({ onUnavailable }) },
    dial: (host, port, onread) => {
      dialled.push(`${host}:${port}`);
      return host === VIP ? systemDial(target.host, target.port, onread) : systemDial(host, port, onread);
    },
    originalDestination: { of: (_socket: Socket) => (to === null ? null : { host: to, port: 80 }) },
  });
  demand.sink = plane.plane;
  const pod = { ...nameOf('db-0.db'), addresses: ['10.244.0.7'] };
  demand.names([nameOf('web', 'default', [VIP]), nameOf('db'), pod]);
  const leave = (): void => {
    demand.problem = AWAY;
    demand.unreachable = true;
    plane.plane.noteProblem();
  };
  const waiting = (count: number) => until(`${count} wait`, () => plane.stat(WAITING) === count);
  return { clock, demand, plane, dialled, leave, waiting };
}

describe('a call to a name that was never dialled, while the control plane cannot be reached', () => {
  it("goes to the Service's address at the port that was asked for, is counted, and the log says so", async () => {
    const { demand, plane, dialled, leave } = await scene(await stage.backend(named('vip')));
    leave();
    const client = await plane.client();
    expect((await client.ask(get('web'))).text).toBe('vip /');
    expect((await client.ask(get('web.default:80'))).text).toBe('vip /');
    expect(await plane.logged(0)).toMatchObject({
      ...{ status: 200, flags: '', details: `passthrough: ${AWAY}`, route: 'passthrough' },
      ...{ upstreamCluster: `passthrough|80|${hostOf('web')}`, upstreamHost: `${VIP}:80` },
    });
    expect([dialled, plane.stat(PASSED), demand.asked]).toEqual([[`${VIP}:80`], 2, [`+${hostOf('web')}:80`]]);
  });

  it('waits as ever while a connection that is lost is made anew, and goes on as soon as that has failed', async () => {
    const { demand, plane, leave, waiting } = await scene(await stage.backend(named('vip')));
    demand.problem = 'control plane: the stream has ended';
    const [one, other] = [await plane.client(), await plane.client()];
    one.send(get('web'));
    other.send(get('db'));
    await waiting(2);
    leave();
    expect((await one.answer()).text).toBe('vip /');
    expect(plane.stat(WAITING)).toBe(1);
  });

  it('waits as ever for what has no address of its own: headless Services and their pods', async () => {
    const { clock, plane, dialled, leave, waiting } = await scene(await stage.backend(named('vip')));
    leave();
    const clients = await Promise.all(
      ['db', 'db-0.db', '10.244.0.7'].map(async (name) => {
        const client = await plane.client();
        client.send(get(name));
        return client;
      }),
    );
    await waiting(3);
    clock.advance(5_100);
    for (const client of clients) expect((await client.answer()).get('x-switchboard-error')).toBe('NC not_configured');
    expect([dialled, plane.stat(PASSED)]).toEqual([[], 0]);
  });

  it('waits as ever where nobody has asked for passing through', async () => {
    const { clock, plane, leave, waiting } = await scene(await stage.backend(named('vip')), 'wait');
    leave();
    const client = await plane.client();
    client.send(get('web'));
    await waiting(1);
    clock.advance(5_100);
    const answer = await client.answer();
    expect([answer.status, answer.text]).toEqual([503, expect.stringContaining(AWAY)]);
  });

  it('is answered with the reason where that address cannot be reached either', async () => {
    const { clock, plane, leave } = await scene(await stage.refusing());
    leave();
    const client = await plane.client();
    client.send(get('web'));
    await until('it is tried no more', () => {
      clock.advance(50);
      return plane.log.length > 0;
    });
    const answer = await client.answer();
    expect(answer.get('x-switchboard-error')).toBe('UF upstream_connection_failure');
    expect(await plane.logged(0)).toMatchObject({ flags: 'URX,UF', route: 'passthrough' });
  });

  it('may have a body, which arrives whole', async () => {
    const backend = await stage.backend(async (request, connection) => {
      connection.answer(200, String((await request.body).body.length));
    });
    const { plane, leave } = await scene(backend);
    leave();
    const client = await plane.client();
    client.send(post('web', 'x'.repeat(3_000_000)));
    expect((await client.answer('POST')).text).toBe('3000000');
  });

  it('may be a tunnel, or a connection that was redirected, of which not a byte is looked at', async () => {
    const echo = await pods.echo();
    const tunnels = await scene(echo);
    tunnels.leave();
    const client = await tunnels.plane.client();
    client.send('CONNECT web:80 HTTP/1.1\r\nHost: web:80\r\n\r\nGET / HTTP/1.1\r\n');
    const established = 'HTTP/1.1 200 Connection Established\r\n\r\n';
    expect((await client.read(established.length + 16)).toString()).toBe(`${established}GET / HTTP/1.1\r\n`);
    await client.finish();
    expect(await tunnels.plane.logged(0)).toMatchObject({ details: `passthrough: ${AWAY}` });
    const redirected = await scene(echo, 'passthrough', VIP);
    const { listeners } = redirected.plane.plane;
    redirected.plane.apply({
      listeners: {
        upserted: [
          {
            ...redirected.plane.listener(listeners[0]?.addresses[0]?.port, { kind: 'on-demand' }),
            originalDestination: 'match',
          },
        ],
        removed: [],
      },
    });
    redirected.leave();
    const caller = await redirected.plane.client();
    caller.send('GET / HTTP/1.1\r\nHost: other\r\n\r\n');
    expect((await caller.read(31)).toString()).toBe('GET / HTTP/1.1\r\nHost: other\r\n\r\n');
    await caller.finish();
    expect(await redirected.plane.logged(0)).toMatchObject({ protocol: 'TCP', details: `passthrough: ${AWAY}` });
  });

  it('may be gRPC, which nobody has declared: it says so itself', async () => {
    const echo = await GrpcEcho.start({});
    const { plane, leave } = await scene(echo);
    leave();
    const caller = new GrpcCaller(plane.port);
    ending.push(() => {
      caller.close();
      echo.close();
    });
    expect((await caller.unary(Buffer.from('hello'))).toString()).toBe('hello');
    expect(await plane.logged(0)).toMatchObject({ upstreamCluster: `passthrough|80|${hostOf('web')}|grpc` });
  });
});

describe('when the control plane is back', () => {
  it('new requests have the real routes, those in work are finished, and nothing is left of the detour', async () => {
    let finish = (): void => {};
    const slow = await stage.backend(async (_request, connection) => {
      connection.send('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nvi');
      finish = () => connection.send('p!');
    });
    const { demand, plane, leave } = await scene(slow);
    leave();
    const [early, later] = [await plane.client(), await plane.client()];
    early.send(get('web'));
    await until('it has begun', () => slow.requests.length === 1);
    Object.assign(demand, { problem: null, unreachable: false });
    plane.plane.noteProblem();
    demand.deliver('web', [await stage.backend(named('pod'))]);
    expect((await later.ask(get('web'))).text).toBe('pod /');
    finish();
    expect((await early.answer()).text).toBe('vip!');
    expect((await early.ask(get('web'))).text).toBe('pod /');
    await turns(2);
    expect(plane.plane.clusters.map(({ name }) => name)).toEqual([`outbound|80|${hostOf('web')}`]);
    expect([plane.plane.routeTables.length, plane.stat(PASSED)]).toEqual([1, 1]);
  });

  it('what was held before it went is not touched', async () => {
    const { demand, plane, dialled, leave, waiting } = await scene(await stage.backend(named('vip')));
    const client = await plane.client();
    client.send(get('web'));
    await waiting(1);
    demand.deliver('web', [await stage.backend(named('pod'))]);
    await client.answer();
    leave();
    expect((await client.ask(get('web'))).text).toBe('pod /');
    expect([dialled.includes(`${VIP}:80`), plane.stat(PASSED)]).toEqual([false, 0]);
  });

  it('what nobody dials any more is let go of, detour and all', async () => {
    const { clock, plane, leave } = await scene(await stage.backend(named('vip')));
    leave();
    const client = await plane.client();
    expect((await client.ask(get('web'))).text).toBe('vip /');
    clock.advance(11 * 60_000);
    await turns(2);
    expect([plane.plane.clusters.length, plane.plane.routeTables.length]).toEqual([0, 0]);
    expect((await (await plane.client()).ask(get('web'))).text).toBe('vip /');
  });
});
