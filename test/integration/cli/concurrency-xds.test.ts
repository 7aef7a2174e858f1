// Promises of `switchboard proxy --concurrency 2` towards control planes: one client, one answer, the same configuration in every worker.
import type { ListenerSpec } from '../../../src/model/listener-spec.ts';
import type { DownstreamTlsSpec } from '../../../src/model/tls-spec.ts';
import { envelopes } from '../../support/delta-subscriber.ts';
import { MemoryPlane } from '../../support/memory-plane.ts';
import { get, RawClient } from '../../support/raw-client.ts';
import { sampleSnapshot } from '../../support/sample-snapshot.ts';
import { named, ScriptedBackend } from '../../support/scripted-backend.ts';
import { ScriptedControlPlane } from '../../support/scripted-control-plane.ts';
import { typeOf } from '../../support/type-of.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { describeOnLinux, socketsOf, WorkerSidecar } from '../../support/worker-sidecar.ts';

/** Long enough for any machine that works at all. */
const LONG_MS = 30_000;
const TEST_MS = 90_000;
const ANYWHERE = { host: '127.0.0.1', port: 0 };

const ending: (() => unknown)[] = [];

afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end();
});

async function backend(name: string): Promise<ScriptedBackend> {
  const started = await ScriptedBackend.start(named(name));
  ending.push(() => started.close());
  return started;
}

async function sidecar(xdsPort: number, env: Readonly<Record<string, string>> = {}): Promise<WorkerSidecar> {
  const started = await WorkerSidecar.start(['--concurrency', '2'], {
    SWITCHBOARD_XDS_ADDRESS: `127.0.0.1:${xdsPort}`,
    SWITCHBOARD_OUTBOUND_ADDRESSES: '127.0.0.1:0',
    SWITCHBOARD_ACCESS_LOG: 'off',
    ...env,
  });
  ending.push(() => started.close());
  return started;
}

async function connect(port: number, count: number): Promise<RawClient[]> {
  const connected = await Promise.all(Array.from({ length: count }, () => RawClient.connect(port)));
  ending.push(() => {
    for (const { socket } of connected) socket.destroy();
  });
  return connected;
}

/** Every answer once. */
async function ask(callers: readonly RawClient[], host: string): Promise<ReadonlySet<string>> {
  const answers = await Promise.all(callers.map((client) => client.ask(get(host))));
  return new Set(answers.map(({ status, text }) => (status === 200 ? text : `${status} ${text}`)));
}

/** All types of one Service `web` with one pod. */
function web(port: number, listen = ANYWHERE) {
  return sampleSnapshot({ services: [{ name: 'web', endpoints: [{ host: '127.0.0.1', port }] }], listen });
}

/** A sidecar that holds everything of a control plane that says what the test tells it to. */
async function scripted(port: number): Promise<{ readonly plane: ScriptedControlPlane; readonly side: WorkerSidecar }> {
  const plane = await ScriptedControlPlane.start((one) => one.sendAll(web(port)));
  ending.push(() => plane.close());
  const env = { SWITCHBOARD_XDS_SCOPE: 'all', SWITCHBOARD_WORKER_HANG_TIMEOUT: '60s' };
  return { plane, side: await sidecar(plane.port, env) };
}

describeOnLinux('a sidecar with workers that holds everything', () => {
  it(
    'is ready when every worker serves, and acknowledges a change when every worker has it',
    async () => {
      const [a, b] = [await backend('a'), await backend('b')];
      const { plane, side } = await scripted(a.port);
      const callers = await connect(await side.port(), 32);
      expect(await ask(callers, 'web')).toEqual(new Set(['a /']));
      const nonce = plane.send({ typeUrl: typeOf('EDS').typeUrl, resources: envelopes('EDS', web(b.port), '2') });
      expect(await waitUntil('the answer', () => plane.answerTo(nonce) ?? null, LONG_MS)).toBe('');
      expect(await ask(callers, 'web')).toEqual(new Set(['b /']));
      expect(plane.streams).toBe(1);
    },
    TEST_MS,
  );

  it(
    'serves a change in each worker at once, and only its answer to the control plane waits for the slowest',
    async () => {
      const [a, b] = [await backend('a'), await backend('b')];
      const { plane, side } = await scripted(a.port);
      const port = await side.port();
      const callers = await connect(port, 32);
      await ask(callers, 'web');
      const pid = await side.workerPid(1);
      const slow = socketsOf(pid, port).callers;
      const others = callers.filter(({ socket }) => !slow.has(socket.localPort ?? 0));
      process.kill(pid, 'SIGSTOP');
      const nonce = plane.send({ typeUrl: typeOf('EDS').typeUrl, resources: envelopes('EDS', web(b.port), '2') });
      const look = async () => ((await ask(others, 'web')).has('b /') ? true : null);
      await waitUntil('the other worker has it', look, LONG_MS);
      expect(plane.answerTo(nonce)).toBeUndefined();
      process.kill(pid, 'SIGCONT');
      expect(await waitUntil('the answer', () => plane.answerTo(nonce) ?? null, LONG_MS)).toBe('');
      expect(await ask(callers, 'web')).toEqual(new Set(['b /']));
    },
    TEST_MS,
  );

  it(
    'refuses what its workers refuse, once for all of them, and serves on with what it had; so does the next worker',
    async () => {
      const a = await backend('a');
      const { plane, side } = await scripted(a.port);
      const port = await side.port();
      const snapshot = web(a.port);
      const [listener] = snapshot.listeners.values();
      const spoilt = new Map([['outbound', withTls(listener as ListenerSpec)]]);
      const resources = envelopes('LDS', { ...snapshot, listeners: spoilt }, '2');
      const nonce = plane.send({ typeUrl: typeOf('LDS').typeUrl, resources });
      const answer = await waitUntil('the answer', () => plane.answerTo(nonce) ?? null, LONG_MS);
      expect(answer.match(/cannot be used/g)).toHaveLength(1);
      expect(await ask(await connect(port, 16), 'web')).toEqual(new Set(['a /']));
      const pid = await side.workerPid(2);
      process.kill(pid, 'SIGKILL');
      await side.replaced(2, pid);
      await side.ready();
      expect(await ask(await connect(port, 16), 'web')).toEqual(new Set(['a /']));
    },
    TEST_MS,
  );
});

function withTls(listener: ListenerSpec): ListenerSpec {
  const text = { kind: 'inline', text: 'no PEM' } as const;
  const tls: DownstreamTlsSpec = {
    minVersion: 'TLSv1.2',
    maxVersion: 'TLSv1.3',
    applicationProtocols: [],
    requireClientCertificate: false,
    certificate: { chain: text, privateKey: text },
  };
  return { ...listener, filterChains: listener.filterChains.map((chain) => ({ ...chain, tls })) };
}

describeOnLinux('a sidecar with workers that holds what it dials', () => {
  it(
    'asks once for what callers dial in every worker, has it in a worker that takes the place of another, without a control plane too',
    async () => {
      const a = await backend('a');
      const plane = new MemoryPlane();
      plane.putService('web');
      plane.putSlice('web-1', 'web', a.port);
      await plane.start();
      const side = await sidecar(plane.xdsPort);
      const port = await side.port();
      expect(await ask(await connect(port, 64), 'web')).toEqual(new Set(['a /']));
      const page = (await (await fetch(`http://${plane.admin}/debug/clients`)).json()) as Clients;
      expect(page.clients.map(({ types }) => types.find(({ shortName }) => shortName === 'RDS')?.names)).toEqual([1]);
      expect(await side.stat('control_plane.on_demand_asked')).toBe(1);
      await plane.close();
      const pid = await side.workerPid(1);
      process.kill(pid, 'SIGKILL');
      await side.replaced(1, pid);
      await side.ready();
      expect(await ask(await connect(port, 64), 'web')).toEqual(new Set(['a /']));
      const [miss] = await connect(port, 1);
      expect((await miss?.ask(get('wen')))?.text).toContain('Did you mean "web"?');
    },
    TEST_MS,
  );

  it(
    'asks anew for what every worker had let go of, and follows it again',
    async () => {
      const [a, b] = [await backend('a'), await backend('b')];
      const plane = new MemoryPlane();
      plane.putService('web');
      plane.putSlice('web-1', 'web', a.port);
      await plane.start();
      ending.push(() => plane.close());
      const side = await sidecar(plane.xdsPort, { SWITCHBOARD_ON_DEMAND_IDLE: '300ms' });
      const port = await side.port();
      expect(await ask(await connect(port, 16), 'web')).toEqual(new Set(['a /']));
      const gone = async () => ((await side.stat('control_plane.on_demand_asked')) === 0 ? true : null);
      await waitUntil('nobody dials it any more', gone, LONG_MS);
      plane.putSlice('web-1', 'web', b.port);
      expect(await ask(await connect(port, 16), 'web')).toEqual(new Set(['b /']));
    },
    TEST_MS,
  );

  it(
    'says why what was never dialled cannot be had while there is no control plane',
    async () => {
      const plane = new MemoryPlane();
      plane.putService('web');
      await plane.start();
      const side = await sidecar(plane.xdsPort, { SWITCHBOARD_ON_DEMAND_WAIT: '300ms' });
      await plane.close();
      const [caller] = await connect(await side.port(), 1);
      const answer = await caller?.ask(get('web'));
      expect(answer?.status).toBe(503);
      expect(answer?.text).toMatch(/have not come within 300 ms; control plane 127\.0\.0\.1:\d+: /);
    },
    TEST_MS,
  );
});

interface Clients {
  readonly clients: readonly { readonly types: readonly { readonly shortName: string; readonly names: number }[] }[];
}
