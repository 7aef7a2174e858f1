// Promises of max_connection_pools on real sockets: how many pods of a cluster may have connections.
import type { LivePlane } from '../../support/live-plane.ts';
import { get, type RawAnswer } from '../../support/raw-client.ts';
import type { Script, ScriptedBackend } from '../../support/scripted-backend.ts';
import { Stage } from '../../support/stage.ts';
import { until } from '../../support/until.ts';

const stage = new Stage();
afterEach(() => stage.close());

/** Answers when the test says so. */
const held: Script = () => {};

function planeOf(backends: readonly ScriptedBackend[]): Promise<LivePlane> {
  const cluster = { circuitBreakers: { default: { maxConnectionPools: 1, trackRemaining: true as const } } };
  return stage.plane({ cluster, services: { web: backends } });
}

async function ask(plane: LivePlane): Promise<{ readonly answer: Promise<RawAnswer> }> {
  const client = await plane.client();
  return { answer: client.ask(get('web')) };
}

function release({ requests }: ScriptedBackend): void {
  for (const { connection } of requests) connection.answer(200);
}

describe('max_connection_pools', () => {
  it('of 1 refuses what would go to a second pod, with 503 UO, until the first has no connection any more', async () => {
    const backends = [await stage.backend(held), await stage.backend(held)];
    const plane = await planeOf(backends);
    const asked = [await ask(plane), await ask(plane)];
    // One of both, whoever was first.
    const refused = await Promise.race(asked.map(({ answer }) => answer));
    expect([refused.status, refused.get('x-switchboard-error')]).toEqual([503, 'UO upstream_overflow']);
    expect(refused.text).toContain('1 endpoints have connections, as many as max_connection_pools allows');
    expect(plane.stat('cluster.web.upstream_cx_pool_overflow')).toBe(1);
    expect(plane.stat('cluster.web.circuit_breakers.default.cx_pool_open')).toBe(1);
    expect(plane.stat('cluster.web.circuit_breakers.default.remaining_cx_pools')).toBe(0);
    await until('one is at its pod', () => backends.some(({ requests }) => requests.length > 0));
    for (const backend of backends) release(backend);
    const answers = await Promise.all(asked.map(({ answer }) => answer));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 503]);
    for (const backend of backends) for (const connection of backend.connections) connection.end();
    await until('nobody is connected', () => plane.stat('cluster.web.circuit_breakers.default.cx_pool_open') === 0);
  });

  it('lets the same pod have as many connections as it needs', async () => {
    const backend = await stage.backend(held);
    const plane = await planeOf([backend]);
    const asked = [await ask(plane), await ask(plane), await ask(plane)];
    await backend.request(2);
    release(backend);
    expect((await Promise.all(asked.map(({ answer }) => answer))).map(({ status }) => status)).toEqual([200, 200, 200]);
  });
});
