// Promises about changes that come while requests are in work: each is finished on what it began with, and none is mixed with another.
import { connect } from 'node:net';
import { LISTENER, type LivePlane } from '../../support/live-plane.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { chunk, get, post, RawClient } from '../../support/raw-client.ts';
import { echo, named, type Script, type ScriptedBackend, silent } from '../../support/scripted-backend.ts';
import { Stage } from '../../support/stage.ts';
import { turns, until } from '../../support/until.ts';

const stage = new Stage();
afterEach(() => stage.close());

/** Sends the head and the first half of a chunked answer. */
const begins: Script = (_request, connection) =>
  connection.send(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunk('half and ')}`);

const REST = `${chunk('half')}0\r\n\r\n`;

/** One pod that streams, and a caller who has got the beginning of its answer. */
async function streaming(others: readonly ScriptedBackend[] = []) {
  const pod = await stage.backend(begins);
  const plane = await stage.plane({ services: { web: [pod] } });
  const client = await plane.client();
  client.send(get('web'));
  const { connection } = await pod.request(0);
  await until('the answer has begun', () => client.socket.bytesRead > 0);
  if (others.length > 0) plane.setEndpoints('web', [pod, ...others]);
  return { pod, plane, client, connection };
}

/** Makes all requests for `web` go to the cluster `name`. */
function routeTo(plane: LivePlane, name: string): void {
  const config = plane.routes(['web']);
  const virtualHosts = config.virtualHosts.map((host) => ({
    ...host,
    routes: host.routes.map((route) => ({ ...route, action: { ...route.action, cluster: name } })),
  }));
  plane.apply({ routes: { upserted: [{ ...config, virtualHosts }], removed: [] } });
}

function removeService(plane: LivePlane): void {
  plane.apply({
    routes: { upserted: [plane.routes([])], removed: [] },
    clusters: { upserted: [], removed: ['web'] },
    endpoints: { upserted: [], removed: ['web'] },
  });
}

function removeListener(plane: LivePlane): void {
  plane.apply({ listeners: { upserted: [], removed: [LISTENER] } });
}

/** 'open', or the code of the error. */
function tryToConnect(port: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.on('connect', () => resolve('open'));
    socket.on('error', (error) => resolve('code' in error ? String(error.code) : error.message));
    socket.on('connect', () => socket.destroy());
  });
}

describe('a pod that leaves', () => {
  it('finishes the answer that streams, gets no further request, and its connections close', async () => {
    const other = await stage.backend(named('b'));
    const { pod, plane, client, connection } = await streaming([other]);
    plane.setEndpoints('web', [other]);
    const second = await plane.client();
    for (let i = 0; i < 4; i += 1) expect((await second.ask(get('web'))).text).toBe('b /');
    connection.send(REST);
    expect((await client.answer()).text).toBe('half and half');
    await connection.closed;
    expect((await client.ask(get('web'))).text).toBe('b /');
    expect([pod.requests.length, pod.openConnections]).toEqual([1, 0]);
  });

  it('closes what is idle at once', async () => {
    const [leaving, staying] = (await stage.backends(2)) as [ScriptedBackend, ScriptedBackend];
    const plane = await stage.plane({ services: { web: [leaving, staying] } });
    const client = await plane.client();
    await client.ask(get('web'));
    await client.ask(get('web'));
    plane.setEndpoints('web', [staying]);
    await until('its connection is closed', () => leaving.openConnections === 0);
    expect(staying.openConnections).toBe(1);
  });

  it('takes the rest of a body that is on its way', async () => {
    const [pod, other] = [await stage.backend(echo), await stage.backend(named('b'))];
    const plane = await stage.plane({ services: { web: [pod] } });
    const client = await plane.client();
    client.send('POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 10\r\n\r\nhello');
    await pod.request(0);
    plane.setEndpoints('web', [other]);
    client.send('world');
    expect((await client.answer()).text).toBe('helloworld');
    expect(other.requests).toHaveLength(0);
  });

  it('and comes back while its old answer still streams serves both', async () => {
    const { pod, plane, client, connection } = await streaming();
    plane.setEndpoints('web', []);
    plane.setEndpoints('web', [pod]);
    pod.script = named('a');
    const second = await plane.client();
    expect((await second.ask(get('web'))).text).toBe('a /');
    connection.send(REST);
    expect((await client.answer()).text).toBe('half and half');
    expect((await client.ask(get('web'))).text).toBe('a /');
    await connection.closed;
    expect(pod.openConnections).toBe(1);
  });

  it('before it has answered leaves the request to those that are there when it fails', async () => {
    const [pod, other] = [await stage.backend(silent), await stage.backend(named('b'))];
    const plane = await stage.plane({ services: { web: [pod] } });
    const client = await plane.client();
    client.send(get('web'));
    const { connection } = await pod.request(0);
    plane.setEndpoints('web', [other]);
    connection.reset();
    expect((await client.answer()).text).toBe('b /');
  });
});

describe('a cluster that is removed with its routes', () => {
  it('finishes the answer that streams; the next request of that caller is NR', async () => {
    const { plane, client, connection } = await streaming();
    removeService(plane);
    connection.send(REST);
    expect((await client.answer()).text).toBe('half and half');
    await connection.closed;
    expect((await client.ask(get('web'))).get('x-switchboard-error')).toBe('NR no_route');
  });

  it('finishes what must be tried again at a pod that it had not used, and keeps no connection to it', async () => {
    const [first, second] = [await stage.backend(silent), await stage.backend(silent)];
    const plane = await stage.plane({ services: { web: [first, second] }, upstreamIdleTimeoutMs: 3_600_000 });
    const client = await plane.client();
    client.send(get('web'));
    await until('a pod has it', () => first.requests.length + second.requests.length === 1);
    const [used, unused] = first.requests.length === 1 ? [first, second] : [second, first];
    unused.script = named('b');
    removeService(plane);
    used.connections[0]?.reset();
    expect((await client.answer()).text).toBe('b /');
    await unused.connections[0]?.closed;
  });

  it('and comes back while its old answer still streams serves both', async () => {
    const { pod, plane, client, connection } = await streaming();
    removeService(plane);
    plane.apply({
      clusters: { upserted: [plane.cluster('web')], removed: [] },
      routes: { upserted: [plane.routes(['web'])], removed: [] },
    });
    plane.setEndpoints('web', [pod]);
    pod.script = named('a');
    expect((await (await plane.client()).ask(get('web'))).text).toBe('a /');
    connection.send(REST);
    expect((await client.answer()).text).toBe('half and half');
  });
});

describe('routes that change', () => {
  async function scene() {
    const [old, fresh] = (await stage.backends(2)) as [ScriptedBackend, ScriptedBackend];
    const plane = await stage.plane({ services: { web: [old], web2: [fresh] } });
    return { old, fresh, plane, client: await plane.client() };
  }

  it('count from the next request of a connection on', async () => {
    const { plane, client } = await scene();
    expect((await client.ask(get('web'))).text).toBe('a /');
    routeTo(plane, 'web2');
    expect((await client.ask(get('web'))).text).toBe('b /');
  });

  it('leave the answer alone that streams, and count for the request behind it', async () => {
    const { old, plane, client } = await scene();
    old.script = begins;
    client.send(get('web') + get('web', '/next'));
    const { connection } = await old.request(0);
    await until('the answer has begun', () => client.socket.bytesRead > 0);
    routeTo(plane, 'web2');
    connection.send(REST);
    expect((await client.answer()).text).toBe('half and half');
    expect((await client.answer()).text).toBe('b /next');
  });

  it('leave the body alone that is on its way', async () => {
    const { old, fresh, plane, client } = await scene();
    old.script = echo;
    client.send(`POST / HTTP/1.1\r\nHost: web\r\nTransfer-Encoding: chunked\r\n\r\n${chunk('one ')}`);
    await old.request(0);
    routeTo(plane, 'web2');
    client.send(`${chunk('and two')}0\r\n\r\n${get('web', '/next')}`);
    expect((await client.answer()).text).toBe('one and two');
    expect((await client.answer()).text).toBe('b /next');
    expect(fresh.requests).toHaveLength(1);
  });

  it('and a retry stay apart: the second attempt goes where the first went', async () => {
    const { old, fresh, plane, client } = await scene();
    old.script = silent;
    client.send(get('web'));
    const { connection } = await old.request(0);
    routeTo(plane, 'web2');
    old.script = named('a');
    connection.reset();
    expect((await client.answer()).text).toBe('a /');
    expect(fresh.requests).toHaveLength(0);
  });

  it('200 times under 600 pipelined requests of three callers mix nothing up', async () => {
    const { plane } = await scene();
    const callers = await Promise.all([0, 1, 2].map(() => plane.client()));
    const paths = Array.from({ length: 200 }, (_, index) => `/${index}`);
    for (const client of callers) client.send(paths.map((path) => get('web', path)).join(''));
    const swaps = (async () => {
      for (let i = 0; i < 200; i += 1) {
        routeTo(plane, i % 2 === 0 ? 'web2' : 'web');
        await turns(1);
      }
    })();
    const by = new Map<string, number>();
    for (const client of callers) {
      for (const path of paths) {
        const [pod = '', answered] = (await client.answer()).text.split(' ');
        expect(answered).toBe(path);
        by.set(pod, (by.get(pod) ?? 0) + 1);
      }
    }
    await swaps;
    expect([...by.keys()].sort()).toEqual(['a', 'b']);
  });
});

describe('a listener that is removed', () => {
  it('finishes the answer that streams, closes what is idle, and accepts nobody', async () => {
    const { plane, client, connection } = await streaming();
    const idle = await plane.client();
    const { port } = plane;
    removeListener(plane);
    expect(await idle.rest()).toBe('');
    expect(await tryToConnect(port)).toBe('ECONNREFUSED');
    connection.send(REST);
    expect((await client.answer()).text).toBe('half and half');
    expect(await client.rest()).toBe('');
  });

  it('answers a request that has begun to come, and says that it closes', async () => {
    const plane = await stage.plane({ services: { web: await stage.backends(1) } });
    const client = await plane.client();
    client.send('GET / HTTP/1.1\r\nHo');
    await turns(20);
    removeListener(plane);
    client.send('st: web\r\n\r\n');
    const answer = await client.answer();
    expect([answer.text, answer.get('connection')]).toEqual(['a /', 'close']);
    expect(await client.rest()).toBe('');
  });

  it('lets go of a caller who has sent half a head when the data plane closes', async () => {
    const plane = await stage.plane({ services: { web: await stage.backends(1) } });
    const client = await plane.client();
    client.send('GET / HTTP/1.1\r\nHo');
    await turns(20);
    removeListener(plane);
    plane.plane.close();
    expect(await client.rest()).toBe('');
  });

  it('comes back on the same port at once, beside an answer of its old self', async () => {
    const { pod, plane, client, connection } = await streaming();
    const { port } = plane;
    removeListener(plane);
    plane.apply({ listeners: { upserted: [plane.listener(port)], removed: [] } });
    await until('it listens', () => plane.plane.readiness().ready);
    expect(plane.port).toBe(port);
    pod.script = named('a');
    expect((await (await plane.client()).ask(get('web'))).text).toBe('a /');
    connection.send(REST);
    expect((await client.answer()).text).toBe('half and half');
    expect(await client.rest()).toBe('');
  });

  it('moves to another port with the answers in work finished at the old one', async () => {
    const { pod, plane, client, connection } = await streaming();
    const before = plane.port;
    const elsewhere = { ...plane.listener(), address: { host: '127.0.0.2', port: 0 } };
    plane.apply({ listeners: { upserted: [elsewhere], removed: [] } });
    await until('it listens', () => plane.plane.readiness().ready);
    pod.script = named('a');
    const moved = await RawClient.connect(plane.port, '127.0.0.2');
    expect((await moved.ask(get('web'))).text).toBe('a /');
    moved.end();
    expect(await tryToConnect(before)).toBe('ECONNREFUSED');
    connection.send(REST);
    expect((await client.answer()).text).toBe('half and half');
  });
});

describe('draining', () => {
  it('closes idle callers, tells the others that it closes, and still takes new ones', async () => {
    const pod = await stage.backend(silent);
    const plane = await stage.plane({ services: { web: [pod] } });
    const [idle, waiting] = [await plane.client(), await plane.client()];
    waiting.send(get('web'));
    const { connection } = await pod.request(0);
    await until('both are accepted', () => plane.stat(`http.${LISTENER}.downstream_cx_active`) === 2);
    plane.plane.drain();
    expect(await idle.rest()).toBe('');
    connection.answer(200, 'in work');
    const answer = await waiting.answer();
    expect([answer.text, answer.get('connection')]).toEqual(['in work', 'close']);
    expect(await waiting.rest()).toBe('');
    pod.script = named('a');
    const late = await (await plane.client()).ask(get('web'));
    expect([late.text, late.get('connection')]).toEqual(['a /', 'close']);
  });

  it('waits half a second for the request that an idle caller may have sent, answers it, and says that it closes', async () => {
    const clock = new ManualClock();
    const plane = await stage.plane({ clock, services: { web: await stage.backends(1) } });
    const [late, idle] = [await plane.client(), await plane.client()];
    await late.ask(get('web'));
    await idle.ask(get('web'));
    plane.plane.drain();
    expect(plane.plane.activeRequests).toBe(2);
    clock.advance(450);
    const answer = await late.ask(get('web', '/late'));
    expect([answer.text, answer.get('connection')]).toEqual(['a /late', 'close']);
    clock.advance(100);
    expect(await idle.rest()).toBe('');
    await until('nobody is waited for', () => plane.plane.activeRequests === 0);
  });

  it('answers a request that is pipelined behind an answer whose head has left, and closes then', async () => {
    const { pod, plane, client, connection } = await streaming();
    client.send(get('web', '/next'));
    await turns(20);
    plane.plane.drain();
    pod.script = named('a');
    connection.send(REST);
    const first = await client.answer();
    expect([first.text, first.get('connection')]).toEqual(['half and half', undefined]);
    const second = await client.answer();
    expect([second.text, second.get('connection')]).toEqual(['a /next', 'close']);
    expect(await client.rest()).toBe('');
  });

  it('closes behind an answer whose head has left when nothing follows it', async () => {
    const { plane, client, connection } = await streaming();
    plane.plane.drain();
    connection.send(REST);
    expect((await client.answer()).text).toBe('half and half');
    expect(await client.rest()).toBe('');
  });

  it('does not send what is pipelined behind an answer that says it closes', async () => {
    const pod = await stage.backend(silent);
    const plane = await stage.plane({ services: { web: [pod] } });
    const client = await plane.client();
    client.send(post('web', 'one') + get('web', '/next'));
    const { connection } = await pod.request(0);
    plane.plane.drain();
    connection.answer(200, 'one');
    expect((await client.answer()).get('connection')).toBe('close');
    expect(await client.rest()).toBe('');
    expect(pod.requests).toHaveLength(1);
  });
});
