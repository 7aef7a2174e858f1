// Promises of limits of retries as circuit breakers say them: so many at a time, and room again as soon as they are answered.
import type { RetryLimitSpec } from '../../../src/model/circuit-breakers-spec.ts';
import type { LivePlane } from '../../support/live-plane.ts';
import { get } from '../../support/raw-client.ts';
import type { Script, ScriptedBackend } from '../../support/scripted-backend.ts';
import { Stage } from '../../support/stage.ts';
import { until } from '../../support/until.ts';

const stage = new Stage();
afterEach(() => stage.close());

/** First attempts fail at once; repeated ones wait until the test answers them. */
const failsFirst: Script = (request, connection) => {
  if (request.get('x-switchboard-attempt') === undefined) connection.answer(503, 'bad');
};

async function planeOf(retries: RetryLimitSpec): Promise<{ plane: LivePlane; backends: ScriptedBackend[] }> {
  const backends = [await stage.backend(failsFirst), await stage.backend(failsFirst)];
  const cluster = { circuitBreakers: { default: { retries } } };
  return { plane: await stage.plane({ services: { web: backends }, cluster }), backends };
}

function held(backends: readonly ScriptedBackend[]) {
  return backends.flatMap(({ requests }) => requests.filter((each) => each.get('x-switchboard-attempt') !== undefined));
}

it('so many retries are in work at a time, further answers are passed on with UO, and there is room when one is answered', async () => {
  const { plane, backends } = await planeOf({ kind: 'number', max: 2 });
  const clients = [await plane.client(), await plane.client(), await plane.client()] as const;
  clients[0].send(get('web'));
  clients[1].send(get('web'));
  await until('two are repeated', () => held(backends).length === 2);
  expect(plane.stat('cluster.web.circuit_breakers.default.rq_retry_open')).toBe(1);
  expect((await clients[2].ask(get('web'))).status).toBe(503);
  expect((await plane.logged(0)).flags).toBe('UO');
  expect(plane.stat('cluster.web.upstream_rq_retry_overflow')).toBe(1);
  // The head of its answer is enough: a stream that goes on for hours is no retry in work.
  held(backends)[0]?.connection.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n');
  await until('there is room', () => plane.stat('cluster.web.circuit_breakers.default.rq_retry_open') === 0);
  clients[2].send(get('web'));
  await until('a third is repeated', () => held(backends).length === 3);
  held(backends)[0]?.connection.send('ok');
  for (const { connection } of held(backends).slice(1)) connection.answer(200, 'ok');
  for (const client of clients) expect((await client.answer()).text).toBe('ok');
});

it('a share counts what is in work, and so many may always be repeated', async () => {
  const { plane, backends } = await planeOf({ kind: 'share', percent: 0, minConcurrent: 1 });
  const clients = [await plane.client(), await plane.client()] as const;
  clients[0].send(get('web'));
  await until('one is repeated', () => held(backends).length === 1);
  expect((await clients[1].ask(get('web'))).status).toBe(503);
  held(backends)[0]?.connection.answer(200, 'ok');
  expect((await clients[0].answer()).text).toBe('ok');
});

it('none is made where there may be none', async () => {
  const { plane, backends } = await planeOf({ kind: 'number', max: 0 });
  expect((await (await plane.client()).ask(get('web'))).status).toBe(503);
  expect(held(backends)).toHaveLength(0);
});

it('a retry that has become a WebSocket is no retry in work any more, however long that lasts', async () => {
  const asks: Script = (request, connection) => {
    if (request.get('x-switchboard-attempt') === undefined) connection.answer(503, 'bad');
    else if (request.get('upgrade') === undefined) connection.answer(200, 'ok');
    else connection.send('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n');
  };
  const plane = await stage.plane({
    services: { web: [await stage.backend(asks), await stage.backend(asks)] },
    cluster: { circuitBreakers: { default: { retries: { kind: 'number', max: 1 } } } },
    action: { retry: { on: ['5xx'], numRetries: 1, statusCodes: [] } },
    routeUpgrades: { echo: true },
  });
  const upgraded = await plane.client();
  upgraded.send(get('web', '/', 'Connection: Upgrade\r\nUpgrade: echo\r\n'));
  expect((await upgraded.answer()).status).toBe(101);
  expect(plane.stat('cluster.web.circuit_breakers.default.rq_retry_open')).toBe(0);
  expect((await (await plane.client()).ask(get('web'))).text).toBe('ok');
});
