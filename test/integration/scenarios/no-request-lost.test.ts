// The scenarios "the rescheduled pod" and "scale up, scale down": 200 requests a second while pods and the control plane come and go.
import { performance } from 'node:perf_hooks';
import { ExampleMesh } from '../../support/example-mesh.ts';
import { SteadyLoad } from '../../support/steady-load.ts';

const SERVICE = 'my-api-service';
const RATE = 200;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** When `up` said it; the answer's clock is that of the load. */
async function readyAt(mesh: ExampleMesh, pod: string): Promise<number> {
  await mesh.says(new RegExp(`pod ${pod} ready`));
  return performance.now();
}

describe('a Service under 200 requests a second', () => {
  let mesh: ExampleMesh;
  let load: SteadyLoad;

  beforeEach(async () => {
    mesh = new ExampleMesh();
    await mesh.start();
    load = new SteadyLoad(mesh.proxyPort, SERVICE, RATE);
    await pause(500); // The load must have reached every pod before something happens to one.
  }, 30_000);

  afterEach(async () => {
    await load.stop();
    await mesh.stop();
  }, 30_000);

  it('loses no request when a pod is killed, and the pod answers again', async () => {
    const [, pod = ''] = /pod default\/(\S+),/.exec(mesh.kill(/pod default\/my-api-.*container app/)) ?? [];
    const answersBefore = load.tally.pods.get(pod)?.answers ?? 0;
    await mesh.says(new RegExp(`pod ${pod} ready[\\s\\S]*pod ${pod} ready`));
    await pause(1_000);
    const tally = await load.stop();
    expect(tally.failures).toEqual([]);
    expect(tally.pods.get(pod)?.answers).toBeGreaterThan(answersBefore);
    expect(tally.pods.size).toBe(3);
  }, 30_000);

  it('loses no request from 3 to 10 to 2 pods; new pods take traffic within 1 s of readiness', async () => {
    mesh.edit('deployment.yaml', (text) => text.replace('replicas: 3', 'replicas: 10'));
    await mesh.says(/all 11 pods up/);
    const upAt = performance.now();
    await pause(1_000);
    expect(load.tally.pods.size).toBe(10);
    const slowest = Math.max(...[...load.tally.pods.values()].map(({ firstAt }) => firstAt - upAt));
    expect(slowest).toBeLessThan(1_000);
    mesh.edit('deployment.yaml', (text) => text.replace('replicas: 10', 'replicas: 2'));
    await mesh.says(/all 3 pods up/);
    const goneAt = performance.now();
    await pause(500);
    const tally = await load.stop();
    expect(tally.failures).toEqual([]);
    const answering = [...tally.pods.values()].filter(({ lastAt }) => lastAt > goneAt);
    expect(answering).toHaveLength(2);
  }, 30_000);

  it('loses no request when the control plane is killed, and follows changes once it is back', async () => {
    mesh.kill(/control plane/);
    await mesh.says(/the control plane serves again/);
    mesh.edit('deployment.yaml', (text) => text.replace('replicas: 3', 'replicas: 4'));
    const [pod = ''] = await mesh.says(/replicas 3 → 4\npod (\S+) starting/);
    const at = await readyAt(mesh, pod);
    while (!load.tally.pods.has(pod) && performance.now() - at < 10_000) await pause(20);
    const tally = await load.stop();
    expect(tally.failures).toEqual([]);
    expect(tally.pods.has(pod)).toBe(true);
  }, 30_000);
});
