// Promises of upgrades that wait for their answer: whatever happens to caller, pod or configuration meanwhile, each side is told, and nothing stays.
import { once } from 'node:events';
import type { LivePlane } from '../../support/live-plane.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import type { RawAnswer, RawClient } from '../../support/raw-client.ts';
import { type BackendConnection, type ScriptedBackend, silent } from '../../support/scripted-backend.ts';
import { turns, until } from '../../support/until.ts';
import { echoUpgrade, UpgradeStage } from '../../support/upgrade-stage.ts';
import { asking, switchedOver, switching } from '../../support/upgrades.ts';

const up = new UpgradeStage();
afterEach(() => up.close());

function failure(answer: RawAnswer): string {
  return `${answer.status} ${answer.get('x-switchboard-error')}`;
}

interface Scene {
  readonly plane: LivePlane;
  readonly backend: ScriptedBackend;
  readonly client: RawClient;
  /** Of the pod, which has read the request and said nothing. */
  readonly connection: BackendConnection;
}

async function unanswered(plane: Partial<Parameters<UpgradeStage['plane']>[1]> = {}): Promise<Scene> {
  const backend = await up.stage.backend(silent);
  const live = await up.plane([backend], { http: { upgrades: { websocket: true } }, ...plane });
  const client = await live.client();
  client.send(asking());
  const { connection } = await backend.request(0);
  return { plane: live, backend, client, connection };
}

describe('an unanswered upgrade whose pod', () => {
  it.each<[string, (connection: BackendConnection) => void]>([
    ['ends the connection', (connection) => connection.end()],
    ['resets it', (connection) => connection.reset()],
    [
      'says half a 101 and ends it',
      (connection) => {
        connection.send(switching().slice(0, 40));
        connection.end();
      },
    ],
  ])('%s is 503 UC, and the caller may go on', async (_what, act) => {
    const { plane, backend, client, connection } = await unanswered();
    act(connection);
    expect(failure(await client.answer())).toBe('503 UC upstream_connection_termination');
    backend.script = (request, next) => {
      next.send(switching());
      return switchedOver(request.connection);
    };
    client.send(asking());
    expect((await client.answer()).status).toBe(101);
    expect((await plane.logged(0)).attempts).toBe(1);
  });

  it('says nothing for the idle timeout is 504 UT', async () => {
    const clock = new ManualClock();
    const { client, connection } = await unanswered({ clock, streamIdleTimeoutMs: 1_000 });
    for (let i = 0; i < 2; i += 1) clock.advance(1_000);
    expect(failure(await client.answer())).toBe('504 UT upstream_timeout');
    await connection.closed;
  });

  it('of HTTP/2 resets the stream is 503 UC, where it refuses the stream another one is asked', async () => {
    const resetting = await up.http2Pod((stream) => stream.close(2));
    const plane = await up.http2Plane([resetting]);
    const client = await plane.client();
    expect(failure(await client.ask(asking()))).toBe('503 UC upstream_connection_termination');
    const refusing = await up.http2Pod((stream) => stream.close(7));
    plane.setEndpoints('web', [refusing, await up.http2Pod(echoUpgrade)]);
    for (let i = 0; i < 2; i += 1) {
      const next = await plane.client();
      next.send(asking());
      expect((await next.answer()).status).toBe(101);
    }
    expect(refusing.requests.length).toBeGreaterThan(0);
  });
});

describe('an unanswered upgrade whose caller', () => {
  it.each<[string, (client: RawClient) => void]>([
    ['ends its side', (client) => client.end()],
    ['resets', (client) => client.reset()],
  ])('%s is DC, and its pod is let go', async (_what, act) => {
    const { plane, client, connection } = await unanswered();
    act(client);
    await connection.closed;
    expect((await plane.logged(0)).flags).toBe('DC');
    await plane.quiet();
  });

  it.each([8, 0])('of HTTP/2 resets the stream with %d is DC, and its pod is let go', async (code) => {
    const backend = await up.stage.backend(silent);
    const plane = await up.plane([backend]);
    const stream = await up.asked(plane);
    stream.write('early');
    const { connection } = await backend.request(0);
    stream.close(code);
    await connection.closed;
    expect((await plane.logged(0)).flags).toBe('DC');
  });

  it('of HTTP/2 leaves before its pod of HTTP/2 has answered resets the stream there', async () => {
    const pod = await up.http2Pod(() => {});
    const plane = await up.http2Plane([pod]);
    const stream = await up.asked(plane);
    await until('the pod is asked', () => pod.streams.length === 1);
    stream.close(8);
    const [theirs] = pod.streams;
    if (theirs?.closed === false) await once(theirs, 'close');
    expect(theirs?.rstCode).toBe(8);
    expect(plane.stat('cluster.web.upstream_cx_active')).toBe(1);
  });
});

describe('an unanswered upgrade', () => {
  it('is opened although its endpoint, cluster and routes have gone and the sidecar drains', async () => {
    const { plane, client, connection } = await unanswered();
    plane.apply({ routes: { upserted: [plane.routes([])], removed: [] } });
    plane.setEndpoints('web', []);
    plane.apply({ clusters: { upserted: [], removed: ['web'] }, endpoints: { upserted: [], removed: ['web'] } });
    plane.plane.drain();
    await turns(10);
    connection.send(switching());
    expect((await client.answer()).status).toBe(101);
    client.send('hello');
    expect(String(await connection.reader.exactly(5))).toBe('hello');
    connection.end();
    client.end();
    await plane.quiet();
  });

  it('ends when the data plane closes', async () => {
    const { plane, client, connection } = await unanswered();
    plane.plane.close();
    await connection.closed;
    expect(await client.rest()).toBe('');
  });
});
