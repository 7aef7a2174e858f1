// Promises of a sidecar that holds what it dials: the first request waits for its routes, bounded and explained; the others do not.
import { once } from 'node:events';
import { connect } from 'node:http2';
import { text } from 'node:stream/consumers';
import type { LivePlane, TestAddress } from '../../support/live-plane.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { get, post } from '../../support/raw-client.ts';
import { named } from '../../support/scripted-backend.ts';
import { hostOf, nameOf, ScriptedDemand } from '../../support/scripted-demand.ts';
import { Stage } from '../../support/stage.ts';
import { TcpPods } from '../../support/tcp-pods.ts';
import { until } from '../../support/until.ts';
import { asking, switchingPod } from '../../support/upgrades.ts';

const stage = new Stage();
const pods = new TcpPods();
afterEach(async () => {
  await stage.close();
  pods.close();
});

const WEB = `${hostOf('web')}:80`;
const HELD = 'control_plane.on_demand_held';
const WAITING = 'control_plane.on_demand_waiting';

interface Scene {
  readonly clock: ManualClock;
  readonly demand: ScriptedDemand;
  readonly plane: LivePlane;
  /** Resolves when so many requests wait. */
  waiting(count: number): Promise<void>;
}

/** A plane that knows the names `web` and `cart`, and holds nothing. */
async function scene(names = [nameOf('web'), nameOf('cart')]): Promise<Scene> {
  const clock = new ManualClock();
  const demand = new ScriptedDemand();
  const plane = await stage.plane({ clock, onDemand: demand.spec() });
  demand.sink = plane.plane;
  demand.names(names);
  const waiting = (count: number) => until(`${count} wait`, () => plane.stat(WAITING) === count);
  return { clock, demand, plane, waiting };
}

/** The same, with `web` dialled. */
async function holdingWeb(backend?: TestAddress) {
  const found = backend ?? (await stage.backend(named('a')));
  const all = await scene();
  const client = await all.plane.client();
  client.send(get('web'));
  await all.waiting(1);
  all.demand.deliver('web', [found]);
  expect((await client.answer()).text).toBe('a /');
  all.demand.asked.length = 0;
  return { ...all, client, backend: found };
}

describe('the first request to a name', () => {
  it('waits until its routes have come, and is answered by the pod', async () => {
    const { demand, plane, waiting } = await scene();
    const client = await plane.client();
    client.send(get('web'));
    await waiting(1);
    expect(demand.asked).toEqual([`+${WEB}`]);
    demand.deliver('web', [await stage.backend(named('a'))]);
    expect((await client.answer()).text).toBe('a /');
    expect(await plane.logged(0)).toMatchObject({ status: 200, flags: '', route: 'default', attempts: 1 });
    expect([plane.stat(HELD), plane.stat(WAITING), plane.stat('control_plane.on_demand_waits')]).toEqual([1, 0, 1]);
  });

  it('may ask for another protocol, and nothing is lost of what follows', async () => {
    const demand = new ScriptedDemand();
    const plane = await stage.plane({ onDemand: demand.spec(), http: { upgrades: { websocket: true } } });
    demand.sink = plane.plane;
    demand.names([nameOf('web')]);
    const client = await plane.client();
    client.send(`${asking()}early`);
    await until('it waits', () => plane.stat(WAITING) === 1);
    demand.deliver('web', [await switchingPod(pods)]);
    expect((await client.answer()).status).toBe(101);
    expect((await client.read(5)).toString()).toBe('early');
  });

  it('does not wait where its routes have come already, and is asked for all the same', async () => {
    const { demand, plane } = await scene();
    demand.deliver('web', [await stage.backend(named('a'))]);
    const client = await plane.client();
    expect((await client.ask(get('web'))).text).toBe('a /');
    expect(demand.asked).toEqual([`+${WEB}`]);
    expect([plane.stat(HELD), plane.stat('control_plane.on_demand_waits')]).toEqual([1, 0]);
  });

  it('is not asked for where it counts as dialled from the beginning, until nobody comes for it', async () => {
    const clock = new ManualClock();
    const demand = new ScriptedDemand();
    const dialled = [{ host: hostOf('web'), port: 80 }];
    const plane = await stage.plane({ clock, onDemand: { ...demand.spec({ idleMs: 1_000 }), dialled } });
    demand.sink = plane.plane;
    demand.names([nameOf('web')]);
    demand.deliver('web', [await stage.backend(named('a'))]);
    const client = await plane.client();
    expect((await client.ask(get('web'))).text).toBe('a /');
    expect(demand.asked).toEqual([]);
    clock.advance(1_100);
    expect(demand.asked).toEqual([`-${WEB}`]);
  });

  it('is asked for once, whoever waits and whatever they call it; later ones wait no more', async () => {
    const { demand, plane, waiting } = await scene();
    const clients = await Promise.all(Array.from({ length: 20 }, () => plane.client()));
    const names = ['web', 'WEB:80', 'web.default', 'web.default.svc', `${hostOf('web')}.:80`];
    for (const [index, client] of clients.entries()) client.send(get(names[index % names.length] ?? ''));
    await waiting(20);
    expect(demand.asked).toEqual([`+${WEB}`]);
    demand.deliver('web', [await stage.backend(named('a'))]);
    for (const client of clients) expect((await client.answer()).text).toBe('a /');
    for (const name of [...names, 'wEb']) expect((await clients[0]?.ask(get(name)))?.text).toBe('a /');
    expect([demand.asked.length, plane.stat('control_plane.on_demand_waits')]).toEqual([1, 20]);
  });

  it('brings its body whole, of which no more than one read is kept meanwhile', async () => {
    const { demand, plane, waiting } = await scene();
    const client = await plane.client();
    const body = 'x'.repeat(30_000_000);
    client.send(post('web', body));
    await waiting(1);
    const record = () => plane.plane.listeners[0]?.active;
    expect(record()).toBe(1);
    await until('the caller is not read from', () => client.socket.writableLength > 0);
    const backend = await stage.backend(async (request, connection) => {
      connection.answer(200, String((await request.body).body.length));
    });
    demand.deliver('web', [backend]);
    expect((await client.answer('POST')).text).toBe('30000000');
    expect((await plane.logged(0)).bytesReceived).toBe(30_000_000);
  });

  it('is followed by what was pipelined behind it, in order', async () => {
    const { demand, plane, waiting } = await scene();
    const client = await plane.client();
    client.send(get('web') + post('cart', 'hello') + get('nobody') + get('web'));
    await waiting(1);
    demand.deliver('web', [await stage.backend(named('a'))]);
    expect((await client.answer()).text).toBe('a /');
    await waiting(1);
    demand.deliver('cart', [await stage.backend(named('b'))]);
    expect([(await client.answer('POST')).text, (await client.answer()).status]).toEqual(['b /', 404]);
    expect((await client.answer()).text).toBe('a /');
  });

  it('is answered by routes that answer by themselves, and what follows is a request of its own', async () => {
    const { demand, plane, waiting } = await scene();
    const client = await plane.client();
    const path = { kind: 'prefix', value: '/' } as const;
    client.send(post('web', 'body') + post('web', 'body'));
    await waiting(1);
    demand.deliver('web', [], {
      routes: [{ name: 'no', match: { path }, action: { kind: 'direct-response', status: 403, body: 'no' } }],
    });
    expect([(await client.answer('POST')).text, (await client.answer('POST')).text]).toEqual(['no', 'no']);
    for (const index of [0, 1]) {
      expect(await plane.logged(index)).toMatchObject({ status: 403, route: 'no', details: 'direct_response' });
    }
  });

  it('waits as a stream of HTTP/2 too, beside others on its connection', async () => {
    const { demand, plane, waiting } = await scene();
    const session = connect(`http://127.0.0.1:${plane.port}`);
    const ask = (authority: string, body: string): Promise<string> => {
      const stream = session.request({ ':method': 'POST', ':path': '/', ':authority': authority });
      stream.end(body);
      return text(stream);
    };
    const [web, cart, nobody] = [ask('web', 'x'.repeat(200_000)), ask('cart', 'y'), ask('nobody', 'z')];
    await waiting(2);
    expect(await nobody).toContain('"nobody" is no Service that this sidecar knows');
    const backend = await stage.backend(async (request, connection) => {
      connection.answer(200, String((await request.body).body.length));
    });
    demand.deliver('web', [backend]);
    expect(await web).toBe('200000');
    demand.deliver('cart', [backend]);
    expect(await cart).toBe('1');
    session.close();
    await once(session, 'close');
  });

  it('opens a tunnel', async () => {
    const { demand, plane, waiting } = await scene();
    const client = await plane.client();
    client.send('CONNECT web:80 HTTP/1.1\r\nHost: web:80\r\n\r\nearly');
    await waiting(1);
    demand.deliver('web', [await pods.echo()]);
    expect((await client.read(44)).toString()).toBe('HTTP/1.1 200 Connection Established\r\n\r\nearly');
    expect(await client.finish()).toBe('fin');
  });

  it('is forgotten when its caller leaves', async () => {
    const { plane, waiting } = await scene();
    const [client, other] = [await plane.client(), await plane.client()];
    client.send(get('web'));
    other.send(get('cart'));
    await waiting(2);
    client.reset();
    await waiting(1);
    expect(await plane.logged(0)).toMatchObject({ authority: 'web', status: 0, flags: 'DC' });
  });

  it('is refused at once where it is not HTTP after all, while it waits', async () => {
    const { plane, waiting } = await scene();
    const client = await plane.client();
    client.send('POST / HTTP/1.1\r\nHost: web\r\nTransfer-Encoding: chunked\r\n\r\nno size\r\n');
    expect((await client.answer('POST')).get('x-switchboard-error')).toBe('DPE malformed_request');
    await waiting(0);
  });
});

describe('a request that gets no routes', () => {
  it('is answered 503 after 5 s, with the reason; the next one waits anew, and may have them', async () => {
    const { clock, demand, plane, waiting } = await scene();
    demand.problem = 'control plane 127.0.0.1:15010: connect ECONNREFUSED';
    const client = await plane.client();
    client.send(get('web'));
    await waiting(1);
    clock.advance(4_900);
    expect(plane.stat(WAITING)).toBe(1);
    clock.advance(200);
    const answer = await client.answer();
    expect([answer.status, answer.get('x-switchboard-error')]).toEqual([503, 'NC not_configured']);
    expect(answer.text).toBe(
      'This sidecar has no configuration for the address, which it asked for: ' +
        `the routes of ${WEB} have not come within 5000 ms; control plane 127.0.0.1:15010: connect ECONNREFUSED.\n`,
    );
    expect(await plane.logged(0)).toMatchObject({ flags: 'NC', status: 503 });
    client.send(get('web'));
    await waiting(1);
    demand.deliver('web', [await stage.backend(named('a'))]);
    expect((await client.answer()).text).toBe('a /');
    expect([demand.asked, plane.stat('control_plane.on_demand_wait_timeouts')]).toEqual([[`+${WEB}`], 1]);
  });

  it('is answered 503 at once where the control plane says that there are none', async () => {
    const { demand, plane, waiting } = await scene();
    const client = await plane.client();
    client.send(get('web'));
    await waiting(1);
    demand.deny('web');
    expect((await client.answer()).text).toContain(`the control plane does not have the routes of ${WEB}`);
    client.send(get('web'));
    await waiting(1);
    demand.deliver('web', [await stage.backend(named('a'))]);
    expect((await client.answer()).text).toBe('a /');
  });

  it('is answered 404 at once where there is no such name, with the nearest', async () => {
    const { demand, plane } = await scene();
    const client = await plane.client();
    const answers = [await client.ask(get('wep')), await client.ask(get('web:81')), await client.ask(get('a.example'))];
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404]);
    expect(answers.map(({ text }) => text)).toEqual([
      expect.stringContaining('"wep" is no Service. Did you mean "web"?'),
      expect.stringContaining('"web" has no port 81; it has 80.'),
      expect.stringContaining('"a.example" is no Service that this sidecar knows.'),
    ]);
    expect([demand.asked, plane.stat('http.outbound.no_route')]).toEqual([[], 3]);
  });
});

describe('before the names of the mesh have come', () => {
  async function nameless() {
    const clock = new ManualClock();
    const demand = new ScriptedDemand();
    const plane = await stage.plane({ clock, onDemand: demand.spec() });
    demand.sink = plane.plane;
    const [known, unknown] = [await plane.client(), await plane.client()];
    known.send(get('web'));
    unknown.send(get('nobody'));
    await until('both wait', () => plane.stat(WAITING) === 2);
    return { clock, demand, plane, known, unknown };
  }

  it('the sidecar is not ready, and requests wait for them', async () => {
    const { demand, plane, known, unknown } = await nameless();
    expect(plane.plane.readiness()).toEqual({ ready: false, waitingFor: ['the names of the mesh'] });
    demand.names([nameOf('web')]);
    expect(plane.plane.readiness().ready).toBe(true);
    expect((await unknown.answer()).status).toBe(404);
    demand.deliver('web', [await stage.backend(named('a'))]);
    expect((await known.answer()).text).toBe('a /');
  });

  it('they wait for 5 s', async () => {
    const { clock, known, unknown } = await nameless();
    clock.advance(5_100);
    for (const client of [known, unknown]) {
      expect((await client.answer()).text).toContain('the names of the mesh have not come within 5000 ms.');
    }
  });
});

describe('what is held', () => {
  it('stays for as long as it is dialled once in ten minutes, and is asked for again after that', async () => {
    const { clock, demand, plane, client, backend } = await holdingWeb();
    for (let minute = 0; minute < 30; minute += 9) {
      clock.advance(9 * 60_000);
      expect((await (await plane.client()).ask(get('web'))).text).toBe('a /');
    }
    expect(demand.asked).toEqual([]);
    clock.advance(11 * 60_000);
    expect([demand.asked, plane.plane.clusters.length, plane.plane.routeTables.length]).toEqual([[`-${WEB}`], 0, 0]);
    expect([plane.stat(HELD), plane.stat('control_plane.on_demand_dropped')]).toEqual([0, 1]);
    client.send(get('web'));
    await until('it is asked for', () => demand.asked.length === 2);
    demand.deliver('web', [backend]);
    expect((await client.answer()).text).toBe('a /');
  });

  it('is not let go of under a request that waits', async () => {
    const clock = new ManualClock();
    const demand = new ScriptedDemand();
    const plane = await stage.plane({ clock, onDemand: demand.spec({ idleMs: 1_000, waitMs: 5_000 }) });
    demand.sink = plane.plane;
    demand.names([nameOf('web')]);
    const client = await plane.client();
    client.send(get('web'));
    await until('it waits', () => plane.stat(WAITING) === 1);
    clock.advance(4_000);
    expect(demand.asked).toEqual([`+${WEB}`]);
    clock.advance(1_200);
    expect((await client.answer()).status).toBe(503);
    clock.advance(1_000);
    expect(demand.asked).toEqual([`+${WEB}`, `-${WEB}`]);
  });

  it('goes with its name, and comes back with it', async () => {
    const { demand, client, backend } = await holdingWeb();
    demand.names([], [hostOf('web')]);
    expect((await client.ask(get('web'))).status).toBe(404);
    await until('it is let go of', () => demand.asked.length === 1);
    demand.names([nameOf('web')]);
    client.send(get('web'));
    await until('it is asked for', () => demand.asked.length === 2);
    demand.deliver('web', [backend]);
    expect((await client.answer()).text).toBe('a /');
    expect(demand.asked).toEqual([`-${WEB}`, `+${WEB}`]);
  });

  it('gives a short name to a Service that takes it over', async () => {
    const [one, two] = [await stage.backend(named('a')), await stage.backend(named('b'))];
    const { demand, plane, waiting } = await scene([nameOf('web', 'shop')]);
    const client = await plane.client();
    client.send(get('web.shop'));
    await waiting(1);
    demand.deliver('web', [one], { namespace: 'shop' });
    expect((await client.answer()).text).toBe('a /');
    expect(demand.asked).toEqual([`+${hostOf('web', 'shop')}:80`]);
    // A pod `web` of a headless Service `shop` of the caller's own namespace: its resolver finds that one first.
    demand.names([{ ...nameOf('web.shop'), addresses: ['10.0.0.1'] }]);
    const other = await plane.client();
    other.send(get('web.shop'));
    await until('the other is asked for', () => demand.asked.length === 2);
    expect(demand.asked[1]).toBe(`+${hostOf('web.shop')}:80`);
    demand.deliver('web.shop', [two]);
    expect((await other.answer()).text).toBe('b /');
    expect((await other.ask(get('10.0.0.1'))).text).toBe('b /');
    expect((await client.ask(get(hostOf('web', 'shop')))).text).toBe('a /');
  });

  it('takes changes of its routes like any other', async () => {
    const { demand, client } = await holdingWeb();
    demand.deliver('web', [await stage.backend(named('b'))]);
    expect((await client.ask(get('web'))).text).toBe('b /');
  });

  it('is refused by a sidecar that is told to hold everything', async () => {
    const plane = await stage.plane({ services: {} });
    const listener = { ...plane.listener(0, { kind: 'on-demand' }), name: 'other' };
    expect(plane.plane.apply({ listeners: { upserted: [listener], removed: [] } })).toMatchObject([
      { message: expect.stringContaining('takes its routes on demand, and this sidecar is told to hold everything') },
    ]);
  });
});
