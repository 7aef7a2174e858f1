// The forgetful shopper: 1,000 sessions by cookie, five pods that are all replaced in a rolling restart, two control planes, two sidecars that
// share nothing, and shoppers whose requests go through either. Nobody changes pod before his pod is gone, and each moves once.
import type { Endpoint } from '../../../src/proxy/endpoint/endpoint.ts';
import { AppMesh } from '../../support/app-mesh.ts';
import { get } from '../../support/raw-client.ts';
import { Rollout, type RolloutPod, scriptedPod } from '../../support/rollout.ts';
import { Town } from '../../support/shoppers.ts';
import { until } from '../../support/until.ts';
import { CART, overHttp1 } from '../../support/ways-to-shop.ts';

const SHOPPERS = 1_000;
const PODS = 5;
/** How many ask at a time, each over a connection of its own to each sidecar. */
const LANES = 8;
const mesh = new AppMesh();
const rollout = new Rollout(mesh, scriptedPod, { annotations: `switchboard.dev/affinity: 'cookie:${CART}'` });
afterAll(async () => {
  await mesh.close();
  await rollout.close();
});

it('1,000 sessions live through a rolling restart of all pods: none moves before its pod is gone, each moves once', async () => {
  await rollout.start(PODS, 'blue');
  const planes = [await mesh.controlPlane(), await mesh.controlPlane()];
  const sidecars = await Promise.all(planes.map(({ port }) => mesh.sidecar(port)));
  const lanes = await Promise.all(
    Array.from({ length: LANES }, () =>
      Promise.all(sidecars.map(({ port }) => overHttp1(port(), (end) => mesh.atEnd(end)))),
    ),
  );
  const endpoints = (): Endpoint[][] =>
    sidecars.map(({ app }) => app.dataPlane.clusters.flatMap((cluster) => [...cluster.endpoints]));
  const everywhere = (what: string, holds: (all: readonly Endpoint[]) => boolean) =>
    until(
      `both sidecars know ${what}`,
      () => endpoints().every(holds),
      () => endpoints().map((all) => all.length),
    );
  const knowsOf = (pod: RolloutPod) => (all: readonly Endpoint[]) =>
    all.some(({ spec, health }) => spec.pod?.name === pod.name && health === 'healthy');

  const town = new Town(SHOPPERS);
  town.connect(lanes);
  await town.shop(town.shoppers);
  await everywhere('five pods', (all) => all.length === PODS);
  await town.shop(town.shoppers);
  expect(town.shoppers.filter(({ home }) => !home.startsWith('shop-blue-'))).toEqual([]);
  expect(new Set(town.shoppers.map(({ home }) => home)).size).toBe(PODS);

  for (const old of [...rollout.pods]) {
    const fresh = await rollout.add('green');
    await everywhere('the new pod', knowsOf(fresh));
    rollout.terminate(old);
    await everywhere('that it ends', (all) =>
      all.some(({ spec, health }) => spec.pod?.name === old.name && health === 'draining'),
    );
    const its = town.of(old);
    expect(its.length).toBeGreaterThan(0);
    // The grace: it serves those that are its own, and nobody new.
    await town.shop(its);
    expect(its.filter(({ home }) => home !== old.name)).toEqual([]);
    const visitors = Town.strangers(6);
    await town.shop(visitors);
    expect(visitors.filter(({ home }) => home === old.name)).toEqual([]);
    town.gone.add(old.name);
    // Nobody waits until the sidecars have heard of it.
    await Promise.all([rollout.remove(old), town.shop(its)]);
    await everywhere('that it is gone', (all) => all.every(({ spec }) => spec.pod?.name !== old.name));
    await town.shop(its);
  }
  await town.shop(town.shoppers);

  expect(town.strays).toEqual([]);
  expect(town.shoppers.filter(({ moves }) => moves !== 1)).toEqual([]);
  expect(town.shoppers.filter(({ home }) => !home.startsWith('shop-green-'))).toEqual([]);
}, 120_000);

it('requests of one session that come together go to one pod through either sidecar, and get one token', async () => {
  const planes = [await mesh.controlPlane(), await mesh.controlPlane()];
  const sidecars = await Promise.all(planes.map(({ port }) => mesh.sidecar(port)));
  const [first] = sidecars;
  const before = await (await first?.client())?.ask(get('shop', '/cart'));
  const old = rollout.pods.find(({ name }) => name === before?.text) as RolloutPod;
  // Both hold the Service before its pod goes.
  for (const sidecar of sidecars) await (await sidecar.client()).ask(get('shop'));
  await rollout.remove(old);
  await until('both know', () =>
    sidecars.every(({ app }) => app.dataPlane.clusters.every((cluster) => cluster.endpointCount === PODS - 1)),
  );
  const cookie = `Cookie: ${(before?.get('set-cookie') ?? '').split(';')[0]}\r\n`;
  const together = await Promise.all(
    Array.from({ length: 10 }, async (_, index) => {
      const client = await sidecars[index % 2]?.client();
      return client?.ask(get('shop', '/cart', cookie));
    }),
  );
  expect(new Set(together.map((answer) => answer?.text)).size).toBe(1);
  expect(new Set(together.map((answer) => answer?.get('set-cookie'))).size).toBe(1);
  expect(together[0]?.get('x-switchboard-session')).toBe('moved');
});
