// Promises of copies whose mirror misbehaves, leaves, or is taken away while a body is on its way: the caller notices nothing, and nothing stays behind.
import type { LivePlane } from '../../support/live-plane.ts';
import { chunk, get, post, type RawClient } from '../../support/raw-client.ts';
import type { BackendConnection, Script, ScriptedBackend } from '../../support/scripted-backend.ts';
import { Stage } from '../../support/stage.ts';
import { turns, until } from '../../support/until.ts';

const stage = new Stage();
afterEach(() => stage.close());

const length: Script = async (request, connection) => {
  const { body } = await request.body;
  connection.answer(200, String(body.length));
};

interface Scene {
  readonly plane: LivePlane;
  readonly mirror: ScriptedBackend;
  readonly client: RawClient;
}

async function scene(script: Script): Promise<Scene> {
  const [web, mirror] = [await stage.backend(length), await stage.backend(script)];
  const plane = await stage.plane({
    services: { web: [web], mirror: [mirror] },
    action: { mirrors: [{ cluster: 'mirror', percent: 100 }] },
  });
  return { plane, mirror, client: await plane.client() };
}

const stat = (plane: LivePlane, name: string): number => plane.stat(`cluster.mirror.mirror.${name}`);

async function nothingStays(plane: LivePlane, total: number): Promise<void> {
  await until(
    'no copy is in work',
    () => stat(plane, 'rq_active') === 0,
    () => stat(plane, 'rq_active'),
  );
  const ended = ['rq_answered', 'rq_failed', 'rq_dropped', 'rq_cancelled'].map((name) => stat(plane, name));
  expect(ended.reduce((sum, count) => sum + count, 0)).toBe(total);
  for (const cluster of plane.plane.clusters) {
    if (cluster.name === 'mirror') expect(cluster.mirror.bodies.bytes).toBe(0);
  }
}

type Deed = (pod: BackendConnection) => void;

/** One after the other. */
function both(...deeds: readonly Deed[]): Deed {
  return (pod) => {
    for (const deed of deeds) deed(pod);
  };
}

const says =
  (text: string): Deed =>
  (pod) =>
    pod.send(text);
const answers =
  (status: number, body = '', fields = ''): Deed =>
  (pod) =>
    pod.answer(status, body, fields);
const ends: Deed = (pod) => pod.end();
const resets: Deed = (pod) => pod.reset();

const MISCHIEF: readonly (readonly [string, Deed])[] = [
  ['answers before the body has come', answers(200, 'early')],
  ['answers early and closes', both(answers(413, '', 'Connection: close\r\n'), ends)],
  ['resets the connection', resets],
  ['closes without a word', ends],
  ['sends garbage', says('\0\0 no HTTP at all\r\n\r\n')],
  ['sends half a head and closes', both(says('HTTP/1.1 200 OK\r\nConte'), ends)],
  ['breaks its answer off', both(says('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf'), resets)],
  ['answers twice', both(answers(200, 'one'), answers(200, 'two'))],
  ['switches protocols', says('HTTP/1.1 101 Go\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n\x01\x02')],
  ['sends more than it says', says('HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nfar more than one')],
  ['answers without end', says(`HTTP/1.1 200 OK\r\nContent-Length: 900000\r\n\r\n${'x'.repeat(500_000)}`)],
];

describe.each(MISCHIEF)('a mirror that %s', (_, act) => {
  it.each([
    ['with a length', 'Content-Length: 40', (text: string) => text, ''],
    ['in chunks', 'Transfer-Encoding: chunked', chunk, '0\r\n\r\n'],
  ])('while a body %s is on its way', async (_kind, field, piece, end) => {
    const { plane, mirror, client } = await scene((_request, connection) => act(connection));
    client.send(`POST / HTTP/1.1\r\nHost: web\r\n${field}\r\n\r\n${piece('0123456789')}`);
    await mirror.request(0);
    for (let count = 0; count < 3; count += 1) {
      await turns(5);
      client.send(piece('0123456789'));
    }
    client.send(end);
    expect((await client.answer()).text).toBe('40');
    await nothingStays(plane, 1);
  });

  it('while there is no body', async () => {
    const { plane, client } = await scene((_request, connection) => act(connection));
    for (let count = 0; count < 3; count += 1) expect((await client.ask(get('web'))).text).toBe('0');
    await nothingStays(plane, 3);
  });
});

describe('while bodies are copied', () => {
  const TAKEN: readonly (readonly [string, (plane: LivePlane) => void])[] = [
    ['the pods of the mirror go', (plane) => plane.setEndpoints('mirror', [])],
    ['the cluster of the mirror goes', (plane) => plane.apply({ clusters: { upserted: [], removed: ['mirror'] } })],
    [
      'its routes lose the mirror',
      (plane) => plane.apply({ routes: { upserted: [plane.routes(['web'])], removed: [] } }),
    ],
  ];

  it.each(TAKEN)('%s: the request goes on', async (_, take) => {
    const { plane, mirror, client } = await scene(() => {});
    client.send('PUT / HTTP/1.1\r\nHost: web\r\nContent-Length: 8\r\n\r\nhalf');
    const copy = await mirror.request(0);
    const target = plane.plane.clusters.find(({ name }) => name === 'mirror')?.mirror;
    take(plane);
    client.send('half');
    expect((await client.answer()).text).toBe('8');
    copy.connection.answer(200);
    await until('no copy is in work', () => target?.stats.active === 0);
    expect(target?.bodies.bytes).toBe(0);
  });
});

it('200 requests with bodies whose callers leave at any moment leave no copy and no byte of one', async () => {
  const { plane, client: idle } = await scene(async (request, connection) => {
    await request.body.catch(() => {});
    connection.answer(200);
  });
  idle.end();
  for (let round = 0; round < 10; round += 1) {
    const clients = await Promise.all(Array.from({ length: 20 }, () => plane.client()));
    for (const [index, client] of clients.entries()) {
      client.send(post('web', 'x'.repeat(1_000)).slice(0, 50 + index * 55));
    }
    await turns(round * 2);
    for (const client of clients) client.reset();
    await plane.quiet();
  }
  await nothingStays(plane, stat(plane, 'rq_total'));
}, 20_000);
