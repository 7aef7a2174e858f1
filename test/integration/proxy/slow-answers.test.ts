// Promises of response_rate_limit on real sockets: answers that come slowly on purpose, with back-pressure, and what ends them.
import type { FaultSpec } from '../../../src/model/fault-spec.ts';
import { ALWAYS } from '../../../src/model/fraction-spec.ts';
import { Http2Caller } from '../../support/http2-caller.ts';
import { LISTENER, type LivePlane, type LivePlaneOptions } from '../../support/live-plane.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { chunk, get } from '../../support/raw-client.ts';
import type { Script, ScriptedBackend } from '../../support/scripted-backend.ts';
import { Stage } from '../../support/stage.ts';
import { turns, until } from '../../support/until.ts';

const stage = new Stage();
afterEach(() => stage.close());

/** Slices of 1 KiB. */
const SLOW: FaultSpec = { pace: { limit: { kind: 'fixed', kibPerSecond: 20 }, share: ALWAYS } };
const BY_HEADER: FaultSpec = { pace: { limit: { kind: 'by-header' }, share: ALWAYS } };
const BODY = 'x'.repeat(5_000);
const answers: Script = (_request, connection) => connection.answer(200, BODY);

interface Scene {
  readonly plane: LivePlane;
  readonly clock: ManualClock;
  readonly backend: ScriptedBackend;
}

async function sceneOf(fault: FaultSpec, script: Script = answers, options: LivePlaneOptions = {}): Promise<Scene> {
  const clock = new ManualClock();
  const backend = await stage.backend(script);
  const filters = [{ name: 'fault', config: { kind: 'fault' as const, fault } }];
  const plane = await stage.plane({ clock, services: { web: [backend] }, ...options, http: { filters } });
  return { plane, clock, backend };
}

const stat = (plane: LivePlane, name: string): number => plane.stat(`http.${LISTENER}.fault.${name}`);

/** Lets time pass until `ended`. */
async function pass(clock: ManualClock, ended: () => boolean): Promise<number> {
  let slices = 0;
  for (; !ended(); slices += 1) {
    clock.advance(50);
    await turns(5);
  }
  return slices;
}

describe('an answer that is slowed down', () => {
  it('of 5,000 bytes takes four slices of 50 ms at 20 KiB a second, and is one fault until its end', async () => {
    const { plane, clock } = await sceneOf(SLOW);
    const client = await plane.client();
    client.send(get('web'));
    await until('its first slice is there', () => client.socket.bytesRead > 1_024);
    for (let slice = 0; slice < 3; slice += 1) {
      const before = client.socket.bytesRead;
      clock.advance(50);
      await until('a slice has come', () => client.socket.bytesRead > before);
      expect(client.socket.bytesRead - before).toBe(1_024);
    }
    expect([stat(plane, 'active_faults'), stat(plane, 'response_rl_injected'), plane.log.length]).toEqual([1, 1, 0]);
    clock.advance(50);
    expect((await client.answer()).text).toBe(BODY);
    expect(stat(plane, 'active_faults')).toBe(0);
    expect(await plane.logged(0)).toMatchObject({ status: 200, bytesSent: 5_000, durationMs: 200, flags: '' });
  });

  it('is followed by the next one of its connection', async () => {
    const { plane, clock } = await sceneOf(SLOW);
    const client = await plane.client();
    client.send(get('web') + get('web'));
    const texts: string[] = [];
    const both = (async () => {
      for (let i = 0; i < 2; i += 1) texts.push((await client.answer()).text);
    })();
    await pass(clock, () => texts.length === 2);
    await both;
    expect(texts).toEqual([BODY, BODY]);
  });

  it('brings its trailers behind its body', async () => {
    const { plane, clock } = await sceneOf(SLOW, (_request, connection) =>
      connection.send(
        `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: x-sum\r\n\r\n${chunk(BODY)}0\r\nx-sum: 7\r\n\r\n`,
      ),
    );
    const client = await plane.client();
    client.send(get('web', '/', 'TE: trailers\r\n'));
    let ended = false;
    const answer = client.answer().finally(() => (ended = true));
    await pass(clock, () => ended);
    const { text, trailers } = await answer;
    expect([text, trailers]).toEqual([BODY, ['x-sum: 7']]);
  });

  it('outlasts the timeout of its route once the pod has sent all of it', async () => {
    const { plane, clock } = await sceneOf(SLOW, answers, { action: { timeoutMs: 100 } });
    const client = await plane.client();
    client.send(get('web'));
    await until('its first slice is there', () => client.socket.bytesRead > 1_024);
    let ended = false;
    const answer = client.answer().finally(() => (ended = true));
    await pass(clock, () => ended);
    expect((await answer).text).toBe(BODY);
  });

  it('keeps a pod waiting that sends faster: of 40 MB most is still there', async () => {
    const { plane, backend } = await sceneOf(SLOW, (_request, connection) =>
      connection.answer(200, 'y'.repeat(40_000_000)),
    );
    const client = await plane.client();
    client.send(get('web'));
    await until('its first slice is there', () => client.socket.bytesRead > 1_024);
    const pod = backend.connections[0]?.socket;
    await turns(50);
    expect(pod?.writableLength ?? 0).toBeGreaterThan(20_000_000);
    expect(client.socket.bytesRead).toBeLessThan(3_000);
    client.reset();
    await until('it is over', () => stat(plane, 'active_faults') === 0);
    expect(plane.stat('cluster.web.upstream_rq_active')).toBe(0);
  });

  it('whose caller leaves while the rest is kept is over at once', async () => {
    const { plane, clock } = await sceneOf(SLOW);
    const client = await plane.client();
    client.send(get('web'));
    await until('its first slice is there', () => client.socket.bytesRead > 1_024);
    client.reset();
    await until('it is over', () => stat(plane, 'active_faults') === 0);
    expect((await plane.logged(0)).flags).toBe('DC');
    clock.advance(1_000);
    expect(plane.log).toHaveLength(1);
  });

  it('whose pod breaks off is cut off, and what is kept of it goes nowhere', async () => {
    const { plane, clock } = await sceneOf(SLOW, async (_request, connection) => {
      connection.send(`HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n${BODY}`);
      await turns(20);
      connection.reset();
    });
    const client = await plane.client();
    client.send(get('web'));
    await expect(client.answer()).rejects.toThrow();
    clock.advance(1_000);
    expect(stat(plane, 'active_faults')).toBe(0);
  });

  it('over HTTP/2 leaves the others of its connection alone', async () => {
    const { plane, clock } = await sceneOf(BY_HEADER);
    const caller = new Http2Caller(plane.port);
    let ended = false;
    const slow = caller.ask('web', { 'x-envoy-fault-throughput-response': '20' }).finally(() => (ended = true));
    const quick = await caller.ask('web');
    expect([quick.body.toString(), ended]).toEqual([BODY, false]);
    await pass(clock, () => ended);
    expect((await slow).body.toString()).toBe(BODY);
    caller.close();
  });
});

describe('a request that says how slow', () => {
  it.each(['', 'x-envoy-fault-throughput-response: 0\r\n', 'x-envoy-fault-throughput-response: slow\r\n'])(
    'in no way that can be understood (%j) is answered at once',
    async (fields) => {
      const { plane } = await sceneOf(BY_HEADER);
      expect((await (await plane.client()).ask(get('web', '/', fields))).text).toBe(BODY);
      expect(stat(plane, 'response_rl_injected')).toBe(0);
    },
  );

  it('and that it happens never, has its way', async () => {
    const { plane } = await sceneOf(BY_HEADER);
    const fields = 'x-envoy-fault-throughput-response: 1\r\nx-envoy-fault-throughput-response-percentage: 0\r\n';
    expect((await (await plane.client()).ask(get('web', '/', fields))).text).toBe(BODY);
  });
});
