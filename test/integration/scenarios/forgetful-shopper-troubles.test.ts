// The forgetful shopper in bad times: a control plane or a sidecar that starts anew in the middle of a rolling restart, and a pod that is ejected.
import type { Endpoint } from '../../../src/proxy/endpoint/endpoint.ts';
import { listStats } from '../../../src/telemetry/prometheus.ts';
import { AppMesh } from '../../support/app-mesh.ts';
import { Rollout, type RolloutPod, scriptedPod } from '../../support/rollout.ts';
import { Town, type Way } from '../../support/shoppers.ts';
import { until } from '../../support/until.ts';
import { CART, overHttp1 } from '../../support/ways-to-shop.ts';

const SHOPPERS = 200;
const PODS = 4;
const LANES = 4;

type Sidecar = Awaited<ReturnType<AppMesh['sidecar']>>;

/** Waits for what needs a few tries of clients to connect. */
async function untilSlow(what: string, condition: () => boolean): Promise<void> {
  for (let turn = 0; turn < 7; turn += 1) {
    try {
      await until(what, condition);
      return;
    } catch {
      // Once more: the machine may be busy.
    }
  }
  await until(what, condition);
}

let mesh: AppMesh;
let rollout: Rollout;

beforeEach(() => {
  mesh = new AppMesh();
  rollout = new Rollout(mesh, scriptedPod, { annotations: `switchboard.dev/affinity: 'cookie:${CART}'` });
  mesh.atEnd(() => rollout.close());
});

afterEach(() => mesh.close());

const endpointsOf = ({ app }: Sidecar): Endpoint[] =>
  app.dataPlane.clusters.flatMap((cluster) => [...cluster.endpoints]);
const knows = (sidecar: Sidecar, { name }: RolloutPod) =>
  endpointsOf(sidecar).some(({ spec }) => spec.pod?.name === name);

const laneOf = (...sidecars: readonly Sidecar[]): Promise<Way[]> =>
  Promise.all(sidecars.map(({ port }) => overHttp1(port(), (end) => mesh.atEnd(end))));

async function connect(town: Town, ...sidecars: readonly Sidecar[]): Promise<void> {
  town.connect(await Promise.all(Array.from({ length: LANES }, () => laneOf(...sidecars))));
}

/** One pod of the rollout, as Kubernetes does it. */
async function replace(town: Town, old: RolloutPod, sidecars: readonly Sidecar[]): Promise<RolloutPod> {
  const fresh = await rollout.add('green');
  await untilSlow('all know the new pod', () => sidecars.every((one) => knows(one, fresh)));
  rollout.terminate(old);
  await town.shop(town.of(old));
  const its = town.of(old);
  town.gone.add(old.name);
  await Promise.all([rollout.remove(old), town.shop(its)]);
  await untilSlow('all know that it is gone', () => sidecars.every((one) => !knows(one, old)));
  await town.shop(its);
  return fresh;
}

async function begun(...sidecars: readonly Sidecar[]): Promise<Town> {
  const town = new Town(SHOPPERS);
  await connect(town, ...sidecars);
  await town.shop(town.shoppers);
  await town.shop(town.shoppers);
  expect(new Set(town.shoppers.map(({ home }) => home)).size).toBe(PODS);
  return town;
}

it('a sidecar whose control plane is away moves nobody: pods that it does not know may be new. When that is back, all goes on', async () => {
  await rollout.start(PODS, 'blue');
  const [near, far] = [await mesh.controlPlane(), await mesh.controlPlane()];
  const [left, right] = [await mesh.sidecar(near.port), await mesh.sidecar(far.port)];
  const town = await begun(left, right);
  const [first, ...others] = [...rollout.pods] as [RolloutPod, ...RolloutPod[]];
  await replace(town, first, [left, right]);

  await near.app.close();
  const [second, ...rest] = others as [RolloutPod, ...RolloutPod[]];
  const its = town.of(second);
  // Who has moved to it is away where it is not known, and at home again where it is.
  town.sick.add(`shop-green-${PODS + 2}`);
  const fresh = await replace(town, second, [right]);
  for (let turn = 0; turn < 4; turn += 1) await town.shop(its);
  expect(town.strays).toEqual([]);
  expect(its.filter(({ moves }) => moves !== 1)).toEqual([]);
  expect(its.filter(({ home, away }) => home === fresh.name && away > 1).length).toBeGreaterThan(0);

  const again = await mesh.controlPlane(near.port);
  await untilSlow('the sidecar is connected again', () => knows(left, rollout.pods.at(-1) as RolloutPod));
  town.sick.clear();
  expect(again.port).toBe(near.port);
  for (const old of rest) await replace(town, old, [left, right]);
  await town.shop(town.shoppers);
  expect(town.strays).toEqual([]);
  expect(town.shoppers.filter(({ moves }) => moves !== 1)).toEqual([]);
}, 120_000);

it('a sidecar that starts in the middle of a rollout knows all sessions that others have begun', async () => {
  await rollout.start(PODS, 'blue');
  const plane = await mesh.controlPlane();
  const [left, right] = [await mesh.sidecar(plane.port), await mesh.sidecar(plane.port)];
  const town = await begun(left, right);
  const [first, ...others] = [...rollout.pods] as [RolloutPod, ...RolloutPod[]];
  await replace(town, first, [left, right]);
  await left.app.close();
  const again = await mesh.sidecar(plane.port);
  await connect(town, again, right);
  await town.shop(town.shoppers);
  await town.shop(town.shoppers);
  for (const old of others) await replace(town, old, [again, right]);
  await town.shop(town.shoppers);
  expect(town.strays).toEqual([]);
  expect(town.shoppers.filter(({ moves }) => moves !== 1)).toEqual([]);
  expect(town.shoppers.filter(({ home }) => !home.startsWith('shop-green-'))).toEqual([]);
}, 120_000);

const EJECTIONS = 'cluster.outbound|80|shop.default.svc.cluster.local.outlier_detection.ejections_enforced_total';
const POLICY = `---
apiVersion: switchboard.dev/v1alpha1
kind: TrafficPolicy
metadata: {name: shop, namespace: default}
spec:
  targetRefs: [{name: shop}]
  retries: {attempts: 2, retryOn: [gateway-error, connect-failure, reset], backoff: {baseInterval: 1ms}, budget: {percent: 100, minConcurrent: 100}}
  outlierDetection: {consecutiveGatewayFailure: 3, interval: 100ms, baseEjectionTime: 200ms, maxEjectionPercent: 50, returnWindow: 0s}
`;

it('a pod that is ejected in the middle of a rollout keeps its sessions, which others answer for, and gets them back', async () => {
  await rollout.start(PODS, 'blue');
  mesh.write(POLICY);
  const plane = await mesh.controlPlane();
  const [left, right] = [await mesh.sidecar(plane.port), await mesh.sidecar(plane.port)];
  const town = await begun(left, right);
  const [first, ...others] = [...rollout.pods] as [RolloutPod, ...RolloutPod[]];
  const sick = others.at(-1) as RolloutPod;
  const its = town.of(sick);
  town.sick.add(sick.name);
  const { script } = sick.backend;
  sick.backend.script = (_request, connection) => connection.answer(503, 'sick');
  await town.shop(its);
  await town.shop(its);
  const ejections = [left, right].map(({ app }) => listStats([app.dataPlane]).get(EJECTIONS) ?? 0);
  expect(Math.min(...ejections)).toBeGreaterThan(0);
  expect(its.filter(({ away }) => away === 0)).toEqual([]);
  await replace(town, first, [left, right]);
  await town.shop(town.shoppers);
  // It is well again, and let in when its time is over.
  sick.backend.script = script;
  await untilSlow('it is let in again', () => ![left, right].some((one) => ejectedAt(one, sick)));
  town.sick.clear();
  const aways = its.map(({ away }) => away);
  await town.shop(its);
  await town.shop(its);
  expect(its.map(({ away }) => away)).toEqual(aways);
  expect(its.filter(({ home, moves }) => home !== sick.name || moves !== 0)).toEqual([]);
  for (const old of others) await replace(town, old, [left, right]);
  await town.shop(town.shoppers);
  expect(town.strays).toEqual([]);
  expect(town.shoppers.filter(({ moves }) => moves !== 1)).toEqual([]);
}, 120_000);

function ejectedAt(sidecar: Sidecar, { name }: RolloutPod): boolean {
  return endpointsOf(sidecar).some(({ spec, outlier }) => spec.pod?.name === name && outlier?.ejection != null);
}
