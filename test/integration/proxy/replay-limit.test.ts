// Promises of bodies that are longer than what is kept of them: they stream on whole, and their requests are tried once, whatever the reason to try again.
import type { RetryPolicySpec } from '../../../src/model/retry-policy-spec.ts';
import type { LivePlane } from '../../support/live-plane.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { post } from '../../support/raw-client.ts';
import type { BackendConnection, Script, ScriptedBackend } from '../../support/scripted-backend.ts';
import { Stage } from '../../support/stage.ts';
import { until } from '../../support/until.ts';

const stage = new Stage();
afterEach(() => stage.close());

const KEPT = 1_000;
const RETRY: RetryPolicySpec = {
  ...{ on: ['5xx', 'retriable-headers', 'unavailable'], numRetries: 2, statusCodes: [] },
  answerHeaders: [{ name: 'x-again', match: { kind: 'present', value: true } }],
  perTryTimeoutMs: 100,
};

type End = readonly [name: string, end: (connection: BackendConnection) => void, status: number];
const silence = (): void => {};
const ENDS: readonly End[] = [
  ['a status', (connection) => connection.answer(503), 503],
  ['a header', (connection) => connection.answer(200, '', 'x-again: 1\r\n'), 200],
  ['a status of gRPC', (connection) => connection.answer(200, '', 'grpc-status: 14\r\n'), 200],
  ['a reset', (connection) => connection.reset(), 503],
  ['an early end', (connection) => connection.end(), 503],
  ['silence', silence, 504],
];

interface Scene {
  readonly end: End[1];
  readonly plane: LivePlane;
  readonly clock: ManualClock;
  readonly backends: readonly ScriptedBackend[];
  /** The bodies that pods got whole. */
  readonly bodies: string[];
}

async function scene(end: End[1], retry = RETRY): Promise<Scene> {
  const bodies: string[] = [];
  const script: Script = async (request, connection) => {
    bodies.push(String((await request.body).body));
    end(connection);
  };
  const backends = [await stage.backend(script), await stage.backend(script), await stage.backend(script)];
  const clock = new ManualClock();
  const plane = await stage.plane({ services: { web: backends }, action: { retry }, replayBytes: KEPT, clock });
  return { end, plane, clock, backends, bodies };
}

/** Sends it, and lets time pass where nothing else ends an attempt. */
async function statusOf({ end, plane, clock, bodies }: Scene, body: string, attempts: number): Promise<number> {
  const client = await plane.client();
  client.send(post('web', body));
  for (let count = 1; count <= attempts; count += 1) {
    await until(`attempt ${count} has come whole`, () => bodies.length >= count);
    if (end === silence) clock.advance(100);
  }
  return (await client.answer()).status;
}

it.each(ENDS)('a body that fits goes with each of three attempts after %s', async (_, end, status) => {
  const at = await scene(end);
  const body = 'x'.repeat(KEPT);
  expect(await statusOf(at, body, 3)).toBe(status);
  expect(at.bodies).toEqual([body, body, body]);
});

it.each(ENDS)('a body that does not fit goes once, and %s is the end', async (_, end, status) => {
  const at = await scene(end);
  const body = 'y'.repeat(KEPT + 1);
  expect(await statusOf(at, body, 1)).toBe(status);
  expect(at.bodies).toEqual([body]);
  // Not for the number of attempts, nor for the budget.
  expect((await at.plane.logged(0)).flags).not.toMatch(/URX|UO/);
});

it('a body that does not fit is not hedged: its one attempt goes on', async () => {
  const at = await scene(() => {}, { ...RETRY, hedgeOnPerTryTimeout: true });
  const client = await at.plane.client();
  client.send(post('web', 'z'.repeat(KEPT * 10)));
  await until('it has come whole', () => at.bodies.length === 1);
  at.clock.advance(1_000);
  at.backends.find(({ requests }) => requests.length > 0)?.connections[0]?.answer(200, 'late');
  expect((await client.answer()).text).toBe('late');
  expect(at.bodies).toHaveLength(1);
});
