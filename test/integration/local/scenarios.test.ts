// The scenarios "the rescheduled pod" and "scale up, scale down" under 200 calls a second: no call fails.
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { TEST_POD_CIDR } from '../../support/local-scene.ts';
import { type RunningCli, startCli } from '../../support/run-cli.ts';
import { SteadyLoad } from '../../support/steady-load.ts';
import { TempFolder } from '../../support/temp-folder.ts';
import { waitUntil } from '../../support/wait-until.ts';

const EXAMPLE = fileURLToPath(new URL('../../../examples/my-api', import.meta.url));
const PER_SECOND = 200;
/** Machines that run tests are busy; what is promised is a second after readiness. */
const TRAFFIC_WITHIN_MS = 1_000;

/** For so long the control plane stands still while pods go. */
const LATE_MS = 700;

const folder = new TempFolder();
const state = new TempFolder();
let up: RunningCli;
let load: SteadyLoad;
let loadBegan = 0;
/** When each pod was told to be ready, by the first time that was seen, ms. */
const readyAt = new Map<string, number>();

beforeAll(async () => {
  cpSync(EXAMPLE, folder.path, { recursive: true });
  up = startCli(['up', folder.path, '--state', state.path, '--ports', 'auto', '--pod-cidr', TEST_POD_CIDR]);
  up.child.stdout?.on('data', () => {
    for (const [, pod = ''] of up.output().matchAll(/^pod (my-api-\w+) ready /gm)) {
      if (!readyAt.has(pod)) readyAt.set(pod, performance.now());
    }
  });
  const [proxy = '', url = ''] = await up.says(/\ncurl -x http:\/\/(\S+) (\S+)\n/);
  load = new SteadyLoad(proxy, url, PER_SECOND);
  loadBegan = performance.now();
}, 20_000);

afterAll(async () => {
  // There is no load when the mesh has not come up.
  if (loadBegan > 0) await load.stop();
  up.child.kill('SIGTERM');
  await up.ended;
  folder.remove();
  state.remove();
});

function edit(file: string, from: string | RegExp, to: string): void {
  const path = folder.at(file);
  writeFileSync(path, readFileSync(path, 'utf8').replace(from, to));
}

function signal(what: string, name: NodeJS.Signals): void {
  const records = JSON.parse(readFileSync(state.at('processes.json'), 'utf8')) as { pid: number; what: string }[];
  const record = records.find((candidate) => candidate.what.includes(what));
  if (record === undefined) throw new Error(`${what} is not among ${records.map((one) => one.what).join(', ')}`);
  process.kill(record.pid, name);
}

function kill(what: string): void {
  signal(what, 'SIGKILL');
}

/** Waits for a line that comes after this call. */
function nextLine(pattern: RegExp): Promise<true> {
  const from = up.output().length;
  return waitUntil(`${pattern}`, () => (pattern.test(up.output().slice(from)) ? true : null), 20_000);
}

/** The load goes on for so many answers more. */
function answers(count: number): Promise<true> {
  const from = load.answered;
  return waitUntil(`${count} answers`, () => (load.answered + load.failures.length >= from + count ? true : null));
}

describe('under 200 calls a second no call fails', () => {
  afterEach(() => expect(load.failures.slice(0, 5)).toEqual([]));

  it('when a backend is killed and comes back', async () => {
    const back = nextLine(/all 4 pods up/);
    kill('pod default/my-api');
    await back;
    await answers(50);
  }, 20_000);

  it('when 3 pods become 10, and each takes traffic within a second of its readiness', async () => {
    const settled = nextLine(/all 11 pods up/);
    edit('deployment.yaml', 'replicas: 3', 'replicas: 10');
    await settled;
    await answers(200);
    const added = [...readyAt].filter(([, at]) => at > loadBegan);
    expect(added).toHaveLength(7);
    for (const [pod, at] of added) {
      expect((load.firstAnswers.get(pod) ?? Number.NaN) - at).toBeLessThan(TRAFFIC_WITHIN_MS);
    }
  }, 20_000);

  it(`when 10 pods become 2, which the sidecar hears ${LATE_MS} ms late; answers come from those 2 alone from then on`, async () => {
    const settled = nextLine(/all 3 pods up/);
    signal('control plane', 'SIGSTOP');
    edit('deployment.yaml', 'replicas: 10', 'replicas: 2');
    // Pods are stopped 300 ms after it is said that they go.
    await new Promise((resolve) => setTimeout(resolve, LATE_MS));
    signal('control plane', 'SIGCONT');
    await settled;
    const from = performance.now();
    await answers(100);
    expect([...load.lastAnswers.values()].filter((at) => at > from)).toHaveLength(2);
  }, 20_000);

  it('when every pod is replaced by one of a new template', async () => {
    const before = new Set(readyAt.keys());
    const settled = nextLine(/all 3 pods up/);
    edit('deployment.yaml', 'periodSeconds: 2', 'periodSeconds: 3');
    await settled;
    const from = performance.now();
    await answers(100);
    const answering = [...load.lastAnswers].filter(([, at]) => at > from).map(([pod]) => pod);
    expect(answering.filter((pod) => before.has(pod))).toEqual([]);
    expect(answering).toHaveLength(2);
  }, 20_000);

  it('when the control plane is killed, and the change that comes after it counts', async () => {
    const back = nextLine(/the control plane serves again/);
    kill('control plane');
    await back;
    const settled = nextLine(/all 4 pods up/);
    edit('deployment.yaml', 'replicas: 2', 'replicas: 3');
    await settled;
    const from = performance.now();
    await waitUntil(
      'three pods answer',
      () => ([...load.lastAnswers.values()].filter((at) => at > from).length === 3 ? true : null),
      10_000,
    );
  }, 30_000);
});
