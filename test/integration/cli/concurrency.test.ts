// Promises of `switchboard proxy --concurrency N`: one sidecar, whose traffic several processes carry.
import { readFileSync } from 'node:fs';
import { listenerOf, loadAssignment, routesTo } from '../../support/bootstrap-files.ts';
import { get, RawClient } from '../../support/raw-client.ts';
import { runCli, startCli } from '../../support/run-cli.ts';
import { named, type Script, ScriptedBackend } from '../../support/scripted-backend.ts';
import { TempFolder } from '../../support/temp-folder.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { describeOnLinux, isAlive, socketsOf, WorkerSidecar } from '../../support/worker-sidecar.ts';

/** Long enough for any machine that works at all. */
const LONG_MS = 30_000;
const TEST_MS = 90_000;

let folder: TempFolder;
const sidecars: WorkerSidecar[] = [];
const backends: ScriptedBackend[] = [];
const clients: RawClient[] = [];

beforeEach(() => {
  folder = new TempFolder();
});

afterEach(async () => {
  for (const client of clients.splice(0)) client.socket.destroy();
  for (const sidecar of sidecars.splice(0)) await sidecar.close();
  for (const backend of backends.splice(0)) await backend.close();
  folder.remove();
});

async function backend(script: Script): Promise<ScriptedBackend> {
  const started = await ScriptedBackend.start(script);
  backends.push(started);
  return started;
}

/** Everything goes to one backend. */
function write(port: number): string {
  const cluster = { name: 'web', load_assignment: loadAssignment('web', [['127.0.0.1', port]]) };
  const staticResources = { listeners: [listenerOf('in', 0, routesTo('web'))], clusters: [cluster] };
  folder.write('bootstrap.yaml', JSON.stringify({ static_resources: staticResources }));
  return folder.at('bootstrap.yaml');
}

/** Two workers in front of a backend that does as `script` says. */
async function start(script: Script, env: Readonly<Record<string, string>> = {}): Promise<WorkerSidecar> {
  const { port } = await backend(script);
  const sidecar = await WorkerSidecar.start(['-c', write(port), '--concurrency', '2'], env);
  sidecars.push(sidecar);
  return sidecar;
}

async function connect(port: number, count: number): Promise<RawClient[]> {
  const connected = await Promise.all(Array.from({ length: count }, () => RawClient.connect(port)));
  clients.push(...connected);
  return connected;
}

/** How many of them got 200. */
async function ask(callers: readonly RawClient[], path = '/'): Promise<number> {
  const answers = await Promise.allSettled(callers.map((client) => client.ask(get('web', path))));
  return answers.filter((answer) => answer.status === 'fulfilled' && answer.value.status === 200).length;
}

/** Each caller asks again as soon as it has its answer, until it gets none. */
class Load {
  answered = 0;
  readonly failed = new Set<RawClient>();
  /** Answers that are none of the backend's. */
  readonly odd: string[] = [];
  readonly #running: Promise<unknown>;
  #stopped = false;

  constructor(callers: readonly RawClient[]) {
    this.#running = Promise.all(callers.map((caller) => this.#run(caller)));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  async #run(caller: RawClient): Promise<void> {
    for (let turn = 0; !this.#stopped; turn += 1) {
      const answer = await caller.ask(get('web', `/${turn}`)).catch(() => null);
      if (answer === null) {
        this.failed.add(caller);
        return;
      }
      this.answered += 1;
      if (answer.text !== `a /${turn}`) this.odd.push(`${answer.status} ${answer.text}`);
    }
  }
}

/** A backend that answers when it is let go. */
function held(): { readonly script: Script; readonly letGo: () => void } {
  let letGo = (): void => {};
  const gate = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const script: Script = async (request, connection) => {
    await gate;
    connection.answer(200, request.target);
  };
  return { script, letGo: () => letGo() };
}

describeOnLinux('switchboard proxy --concurrency 2', () => {
  it(
    'listens in each worker, and not in the primary; connections are spread, and the figures are those of one sidecar',
    async () => {
      const sidecar = await start(named('a'));
      const port = await sidecar.port();
      const pids = (await sidecar.workers()).map(({ pid }) => pid ?? 0);
      expect(pids).toHaveLength(2);
      expect(pids.map((pid) => socketsOf(pid, port).listening)).toEqual([1, 1]);
      expect(socketsOf(sidecar.pid, port).listening).toBe(0);
      const callers = await connect(port, 64);
      expect(await ask(callers)).toBe(64);
      const shares = pids.map((pid) => socketsOf(pid, port).connected);
      expect((shares[0] ?? 0) + (shares[1] ?? 0)).toBe(64);
      // By chance all 64 on one: once in 2^63.
      expect(Math.min(...shares)).toBeGreaterThan(0);
      expect(await sidecar.stat('http.in.downstream_rq_2xx')).toBe(64);
      expect(await sidecar.stat(`listener.127.0.0.1:${port}.downstream_cx_active`)).toBe(64);
      expect(await sidecar.stat('cluster.web.upstream_rq_total')).toBe(64);
      expect(await sidecar.stat('cluster.web.membership_total')).toBe(1);
      expect(await sidecar.page('/clusters')).toContain('::rq_success::64\n');
      expect(await sidecar.page('/listeners')).toBe(`in::127.0.0.1:${port}\n`);
    },
    TEST_MS,
  );

  it(
    'loses the connections of a worker that is killed and no others, replaces it, and counts on',
    async () => {
      const sidecar = await start(named('a'));
      const port = await sidecar.port();
      const callers = await connect(port, 32);
      expect(await ask(callers)).toBe(32);
      expect(await sidecar.stat('http.in.downstream_rq_total')).toBe(32);
      const pid = await sidecar.workerPid(1);
      const lost = socketsOf(pid, port).connected;
      let closed = 0;
      for (const { socket } of callers) socket.once('end', () => (closed += 1));
      process.kill(pid, 'SIGKILL');
      await waitUntil('its callers know', () => (closed === lost ? true : null), LONG_MS);
      const rest = callers.filter(({ socket }) => !socket.readableEnded);
      expect(await ask(rest)).toBe(32 - lost);
      // Who comes now is served, be the next one there yet or not.
      expect(await ask(await connect(port, 8))).toBe(8);
      await sidecar.replaced(1, pid);
      await sidecar.ready();
      expect(await ask(await connect(port, 32))).toBe(32);
      expect(closed).toBe(lost);
      expect(await sidecar.stat('http.in.downstream_rq_total')).toBe(32 + 32 - lost + 8 + 32);
      expect(await sidecar.stat('server.worker_restarts')).toBe(1);
      expect(sidecar.cli.output()).toMatch(
        new RegExp(`a worker has ended: .* worker=1 pid=${pid} because=SIGKILL retryInMs=\\d+`),
      );
    },
    TEST_MS,
  );

  it(
    'is killed in one of its workers under load: who is connected there gets one failure each, nobody else any',
    async () => {
      const sidecar = await start(named('a'));
      const port = await sidecar.port();
      const callers = await connect(port, 32);
      const load = new Load(callers);
      await waitUntil('the load runs', () => (load.answered > 500 ? true : null), LONG_MS);
      const pid = await sidecar.workerPid(1);
      const there = socketsOf(pid, port).callers;
      const lost = callers.filter(({ socket }) => there.has(socket.localPort ?? 0));
      process.kill(pid, 'SIGKILL');
      await sidecar.replaced(1, pid);
      const { answered } = load;
      await waitUntil('the load goes on', () => (load.answered > answered + 500 ? true : null), LONG_MS);
      await load.stop();
      expect(lost.length).toBeGreaterThan(0);
      expect(load.failed).toEqual(new Set(lost));
      expect(load.odd).toEqual([]);
    },
    TEST_MS,
  );

  it(
    'replaces a worker that hangs',
    async () => {
      const sidecar = await start(named('a'), { SWITCHBOARD_WORKER_HANG_TIMEOUT: '1s' });
      const pid = await sidecar.workerPid(2);
      process.kill(pid, 'SIGSTOP');
      await sidecar.replaced(2, pid);
      expect(isAlive(pid)).toBe(false);
      expect(sidecar.cli.output()).toMatch(new RegExp(`a worker hangs and is ended worker=2 pid=${pid} silentMs=\\d+`));
      await sidecar.ready();
      expect(await ask(await connect(await sidecar.port(), 8))).toBe(8);
    },
    TEST_MS,
  );

  it(
    'finishes what is in work in every worker when it is told to stop, takes new work meanwhile, and ends with 0',
    async () => {
      const { script, letGo } = held();
      const sidecar = await start(script);
      const pids = (await sidecar.workers()).map(({ pid }) => pid ?? 0);
      const port = await sidecar.port();
      const before = ask(await connect(port, 16));
      await waitUntil('all are at the backend', () => (backends[0]?.requests.length === 16 ? true : null), LONG_MS);
      sidecar.cli.child.kill('SIGTERM');
      const draining = async () => ((await sidecar.page('/ready')) === 'DRAINING\n' ? true : null);
      await waitUntil('it drains', draining, LONG_MS);
      // Workers answer in order: they have heard of it.
      await sidecar.stat('server.live');
      const during = ask(await connect(port, 8));
      await waitUntil('these too', () => (backends[0]?.requests.length === 24 ? true : null), LONG_MS);
      letGo();
      expect([await before, await during]).toEqual([16, 8]);
      expect(await sidecar.cli.ended).toBe(0);
      expect(pids.filter(isAlive)).toEqual([]);
    },
    TEST_MS,
  );

  it(
    'finishes what is in work when the primary is killed, takes nothing more, and leaves no process behind',
    async () => {
      const { script, letGo } = held();
      const sidecar = await start(script);
      const pids = (await sidecar.workers()).map(({ pid }) => pid ?? 0);
      const port = await sidecar.port();
      const running = ask(await connect(port, 8));
      await waitUntil('all are at the backend', () => (backends[0]?.requests.length === 8 ? true : null), LONG_MS);
      sidecar.cli.child.kill('SIGKILL');
      const refused = async (): Promise<true | null> => {
        const caller = await RawClient.connect(port).catch(() => null);
        caller?.socket.destroy();
        return caller === null ? true : null;
      };
      await waitUntil('the port is left', refused, LONG_MS);
      letGo();
      expect(await running).toBe(8);
      await waitUntil('the workers have ended', () => (pids.some(isAlive) ? null : true), LONG_MS);
    },
    TEST_MS,
  );

  it.each([
    ['a pipe', '/dev/stdout'],
    ['a file', 'access.log'],
  ])(
    'writes each line of its access log whole, whichever worker it comes from, to %s',
    async (_what, target) => {
      const path = target.startsWith('/') ? 'stdout' : folder.at(target);
      const sidecar = await start(named('a'), { SWITCHBOARD_ACCESS_LOG: path });
      let said = '';
      sidecar.cli.child.stdout?.on('data', (bytes: Buffer) => {
        said += bytes.toString();
      });
      // Longer than what a pipe takes in one piece.
      const long = `/${'x'.repeat(6_000)}`;
      const callers = await connect(await sidecar.port(), 16);
      for (let round = 0; round < 20; round += 1) expect(await ask(callers, `${long}?${round}`)).toBe(16);
      sidecar.cli.child.kill('SIGTERM');
      expect(await sidecar.cli.ended).toBe(0);
      const lines = (path === 'stdout' ? said : readFileSync(path, 'utf8')).trimEnd().split('\n');
      const paths = lines.map((line) => (JSON.parse(line) as { path: string }).path);
      const wanted = Array.from({ length: 20 }, (_, round) => Array<string>(16).fill(`${long}?${round}`)).flat();
      expect(paths.sort()).toEqual(wanted.sort());
    },
    TEST_MS,
  );

  it(
    'does not start where a worker cannot write its access log, and says so',
    async () => {
      const { port } = await backend(named('a'));
      const env = { SWITCHBOARD_ACCESS_LOG: '/no/such/folder/access.log' };
      const { code, stderr } = await runCli(['proxy', '-c', write(port), '--concurrency', '2'], env);
      expect(code).toBe(1);
      expect(stderr).toContain('switchboard proxy: ENOENT: no such file or directory');
    },
    TEST_MS,
  );
});

describeOnLinux('switchboard proxy --concurrency', () => {
  it.each(['0', '65', 'many'])(
    'refuses %s with 2',
    async (count) => {
      const { code, stderr } = await runCli(['proxy', '--concurrency', count]);
      expect(code).toBe(2);
      expect(stderr).toBe(
        `switchboard proxy: --concurrency: "${count}" is no number of workers; write a whole number from 1 to 64, or auto\n`,
      );
    },
    TEST_MS,
  );

  it(
    '1 has no workers',
    async () => {
      const { port } = await backend(named('a'));
      const sidecar = await WorkerSidecar.start(['-c', write(port), '--concurrency', '1']);
      sidecars.push(sidecar);
      expect(await sidecar.workers()).toEqual([]);
      expect(socketsOf(sidecar.pid, await sidecar.port()).listening).toBe(1);
    },
    TEST_MS,
  );

  it(
    'is not for people to run a worker by itself',
    async () => {
      const { code, stderr } = await runCli(['proxy-worker', '1']);
      expect(code).toBe(2);
      expect(stderr).toContain("unknown command 'proxy-worker'");
    },
    TEST_MS,
  );

  it(
    'is said by SWITCHBOARD_CONCURRENCY too, and the flag counts',
    async () => {
      const { port } = await backend(named('a'));
      const cli = startCli(['proxy', '-c', write(port), '--concurrency', '1'], {
        SWITCHBOARD_CONCURRENCY: '2',
        SWITCHBOARD_ADMIN_ADDRESS: '127.0.0.1:0',
      });
      await cli.says(/ready (clusters=1)/);
      expect(cli.output()).not.toContain('workers=');
      cli.child.kill('SIGKILL');
      await cli.ended;
    },
    TEST_MS,
  );
});
