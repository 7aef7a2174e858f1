// Promises of sessions and of `sessionAffinity: ClientIP` in a sidecar of two workers: whichever of them a connection reaches, it makes no difference.
import { AppMesh } from '../../support/app-mesh.ts';
import { get, type RawAnswer, RawClient } from '../../support/raw-client.ts';
import { Rollout, type RolloutPod, scriptedPod } from '../../support/rollout.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { describeOnLinux, socketsOf, WorkerSidecar } from '../../support/worker-sidecar.ts';

/** Long enough for any machine that works at all. */
const LONG_MS = 30_000;
const TEST_MS = 90_000;
/** By chance all of them with one worker: once in 2^31. */
const CALLERS = 32;
const CLUSTER = 'cluster.outbound|80|shop.default.svc.cluster.local';

let mesh: AppMesh;

beforeEach(() => {
  mesh = new AppMesh();
});

afterEach(() => mesh.close());

async function rolloutOf(annotations: string, spec = ''): Promise<Rollout> {
  const rollout = new Rollout(mesh, scriptedPod, { annotations, spec });
  mesh.atEnd(() => rollout.close());
  return rollout;
}

async function sidecar(): Promise<WorkerSidecar> {
  const plane = await mesh.controlPlane();
  const started = await WorkerSidecar.start(['--concurrency', '2'], {
    SWITCHBOARD_XDS_ADDRESS: `127.0.0.1:${plane.port}`,
    SWITCHBOARD_OUTBOUND_ADDRESSES: '127.0.0.1:0',
    SWITCHBOARD_ACCESS_LOG: 'off',
  });
  mesh.atEnd(() => started.close());
  return started;
}

async function callersOf(side: WorkerSidecar, count: number, from?: string): Promise<RawClient[]> {
  const port = await side.port();
  const callers = await Promise.all(Array.from({ length: count }, () => RawClient.connect(port, '127.0.0.1', from)));
  mesh.atEnd(() => {
    for (const { socket } of callers) socket.destroy();
  });
  return callers;
}

/** What all callers are answered who hold that cookie. */
function askAll(callers: readonly RawClient[], cookie: string): Promise<RawAnswer[]> {
  return Promise.all(callers.map((caller) => caller.ask(get('shop', '/', `Cookie: ${cookie}\r\n`))));
}

const cookieOf = (answer: RawAnswer) => answer.get('set-cookie')?.split(';')[0] ?? '';
const toldOf = (answer: RawAnswer) => answer.get('x-switchboard-session');

describeOnLinux('a sidecar of two workers', () => {
  it(
    'keeps sessions in either worker, whichever has begun them; they move to one pod, and new names reach both',
    async () => {
      const rollout = await rolloutOf("switchboard.dev/affinity: 'cookie:cart'");
      await rollout.start(4, 'blue');
      const side = await sidecar();
      const callers = await callersOf(side, CALLERS);
      const pids = (await side.workers()).map(({ pid }) => pid ?? 0);
      const shares = pids.map(async (pid) => socketsOf(pid, await side.port()).connected);
      expect(Math.min(...(await Promise.all(shares)))).toBeGreaterThan(0);

      const begun = await Promise.all(callers.slice(0, 8).map((caller) => caller.ask(get('shop'))));
      expect(begun.map(toldOf)).toEqual(begun.map(() => 'new'));
      for (const first of begun) {
        const answers = await askAll(callers, cookieOf(first));
        expect(answers.map((answer) => [answer.text, toldOf(answer)])).toEqual(
          callers.map(() => [first.text, undefined]),
        );
      }
      expect(await side.stat(`${CLUSTER}.session_begun`)).toBe(8);
      expect(await side.stat(`${CLUSTER}.session_kept`)).toBe(8 * CALLERS);

      const [first] = begun as [RawAnswer];
      await rollout.remove(rollout.pods.find(({ name }) => name === first.text) as RolloutPod);
      const moved = await waitUntil(
        'both workers know that the pod is gone',
        async () => {
          const answers = await askAll(callers, cookieOf(first));
          return answers.every((answer) => toldOf(answer) === 'moved') ? answers : null;
        },
        LONG_MS,
      );
      expect(new Set(moved.map(({ text }) => text)).size).toBe(1);
      expect(new Set(moved.map(cookieOf)).size).toBe(1);

      rollout.annotate("switchboard.dev/affinity: 'cookie:basket'");
      const named = async () => {
        const answers = await askAll(callers, 'a=b');
        return answers.every((answer) => cookieOf(answer).startsWith('basket=')) || null;
      };
      await waitUntil('both workers know the new name', named, LONG_MS);
    },
    TEST_MS,
  );

  it(
    'keeps each client with its pod (ClientIP) when pods come, whichever worker his connection reaches, also one that is new',
    async () => {
      const rollout = await rolloutOf('', ', sessionAffinity: ClientIP');
      await rollout.start(1, 'blue');
      const side = await sidecar();
      const addresses = Array.from({ length: 10 }, (_, index) => `127.0.7.${index + 1}`);
      const [old] = rollout.pods as [RolloutPod];
      for (const from of addresses) {
        const [caller] = (await callersOf(side, 1, from)) as [RawClient];
        expect((await caller.ask(get('shop'))).text).toBe(old.name);
      }
      const learnt = () => side.stat(`${CLUSTER}.client_affinity_learnt`);
      const known = async () => (await learnt()) === addresses.length || null;
      await waitUntil('each worker knows the clients of the other', known, LONG_MS);

      for (let index = 0; index < 7; index += 1) await rollout.add('green');
      const eight = async () => (await side.stat(`${CLUSTER}.membership_total`)) === 8 || null;
      await waitUntil('new pods are known', eight, LONG_MS);
      const allOf = async () => {
        const homes = new Set<string>();
        for (const from of addresses) {
          for (const caller of await callersOf(side, 6, from)) homes.add((await caller.ask(get('shop'))).text);
        }
        return [...homes];
      };
      expect(await allOf()).toEqual([old.name]);

      const pid = await side.workerPid(1);
      process.kill(pid, 'SIGKILL');
      await side.replaced(1, pid);
      expect(await allOf()).toEqual([old.name]);
    },
    TEST_MS,
  );
});
