// Promises of a second pod of a workload, over real gRPC: what the first one dials it has before anybody dials it.
import { AppMesh, serviceOn } from '../../support/app-mesh.ts';
import { envelopes } from '../../support/delta-subscriber.ts';
import { serviceText, TextMesh } from '../../support/mesh-text.ts';
import { get } from '../../support/raw-client.ts';
import { named, ScriptedBackend } from '../../support/scripted-backend.ts';
import { ScriptedControlPlane } from '../../support/scripted-control-plane.ts';
import { typeOf } from '../../support/type-of.ts';
import { until } from '../../support/until.ts';

let mesh: AppMesh;
let backend: ScriptedBackend;

beforeEach(async () => {
  mesh = new AppMesh();
  backend = await ScriptedBackend.start(named('a'));
  mesh.write(serviceOn(backend.port, 'web'), serviceOn(backend.port, 'cart'), serviceOn(backend.port, 'other'));
});

afterEach(async () => {
  await mesh.close();
  await backend.close();
});

/** A pod of the Deployment `name`, of the revision `hash`. */
function pod(name: string, hash: string, suffix: string): string {
  return `apiVersion: v1
kind: Pod
metadata:
  name: ${name}-${hash}-${suffix}
  namespace: default
  labels: {app: ${name}, version: ${hash}, pod-template-hash: ${hash}}
  ownerReferences: [{kind: ReplicaSet, name: ${name}-${hash}, controller: true}]
spec: {containers: [{name: app, image: app}]}
`;
}

describe.each(['delta', 'sotw'])('a second pod of a workload (%s)', (protocol) => {
  const as = (name: string, more = {}) => ({
    SWITCHBOARD_XDS_PROTOCOL: protocol,
    SWITCHBOARD_POD_NAME: name,
    ...more,
  });

  /** The first pod, which dials `web` and `cart`. */
  async function first(port: number) {
    const sidecar = await mesh.sidecar(port, as('front-5f7-aaaaa'));
    const caller = await sidecar.client();
    for (const name of ['web', 'cart']) expect((await caller.ask(get(name))).text).toBe('a /');
    return sidecar;
  }

  it('is ready with what the first one dials, through a rollout, and answers its first request though the control plane is gone', async () => {
    mesh.write(pod('front', '5f7', 'aaaaa'), pod('front', '9c1', 'bbbbb'));
    const plane = await mesh.controlPlane();
    const one = await first(plane.port);
    expect(one.stat('on_demand_prefetched')).toBe(0);
    const two = await mesh.sidecar(plane.port, as('front-9c1-bbbbb'));
    expect(two.held().sort()).toEqual([
      'outbound|80|cart.default.svc.cluster.local',
      'outbound|80|web.default.svc.cluster.local',
    ]);
    await plane.app.close();
    const caller = await two.client();
    expect((await caller.ask(get('web'))).text).toBe('a /');
    expect((await caller.ask(get('cart.default'))).text).toBe('a /');
    const stats = ['prefetched', 'prefetched_used', 'waits'].map((name) => two.stat(`on_demand_${name}`));
    expect(stats).toEqual([2, 2, 0]);
  });

  it('is told nothing of other workloads, or where the control plane does not know its pod, or where it does not ask', async () => {
    mesh.write(pod('front', '5f7', 'aaaaa'), pod('front', '5f7', 'ccccc'), pod('back', '5f7', 'bbbbb'));
    const plane = await mesh.controlPlane();
    await first(plane.port);
    for (const [name, more] of [
      ['back-5f7-bbbbb', {}],
      ['front-5f7-nobody', {}],
      ['front-5f7-ccccc', { SWITCHBOARD_PREFETCH_WAIT: '0s' }],
    ] as const) {
      const { held } = await mesh.sidecar(plane.port, as(name, more));
      expect(held()).toEqual([]);
    }
  });

  it('lets the control plane see of it what it holds, and that it is in sync', async () => {
    mesh.write(pod('front', '5f7', 'aaaaa'), pod('front', '5f7', 'bbbbb'));
    const plane = await mesh.controlPlane();
    await first(plane.port);
    await mesh.sidecar(plane.port, as('front-5f7-bbbbb'));
    const seen = async () => {
      const { clients } = await plane.clients();
      const second = clients.find(({ nodeId }) => nodeId.includes('bbbbb'));
      return second?.types.map(({ shortName, names }) => `${shortName} ${names}`).sort();
    };
    expect(await seen()).toEqual(['CDS 2', 'EDS 2', 'LDS 0', 'NDS 0', 'RDS 2']);
  });

  it('asks a control plane that comes back for what it holds, and for no hints again', async () => {
    mesh.write(pod('front', '5f7', 'aaaaa'), pod('front', '5f7', 'bbbbb'));
    const plane = await mesh.controlPlane();
    const one = await first(plane.port);
    const two = await mesh.sidecar(plane.port, as('front-5f7-bbbbb'));
    const caller = await one.client();
    await plane.app.close();
    const back = await mesh.controlPlane(plane.port);
    // The first one dials something new: the second one hears nothing of it.
    for (let tries = 0; tries < 50; tries += 1) if ((await caller.ask(get('other'))).status === 200) break;
    for (let tries = 0; tries < 1_000 && (await back.clients()).clients.length < 2; tries += 1)
      await new Promise(setImmediate);
    expect([one.held().length, two.held().length, two.stat('on_demand_prefetched')]).toEqual([3, 2, 2]);
  }, 20_000);
});

it('a control plane that tells names and knows of no hints costs no time: the sidecar is ready with the names', async () => {
  const outboundAddresses = [{ host: '127.0.0.1', port: 0 }];
  const told = new TextMesh(serviceText('ports: [{port: 80}]', 'web')).onDemand({ outboundAddresses });
  const send = (plane: ScriptedControlPlane, type: string) =>
    plane.send({ typeUrl: typeOf(type).typeUrl, resources: envelopes(type, told) });
  const plane = await ScriptedControlPlane.start((one) => send(one, 'LDS'));
  const askedFor = (type: string) => plane.requests.filter(({ typeUrl }) => typeUrl === typeOf(type).typeUrl);
  const starting = mesh.sidecar(plane.port, { SWITCHBOARD_PREFETCH_WAIT: '1h' });
  await until('it asks for names', () => askedFor('NDS').length > 0);
  expect(askedFor('PDS').map((request) => request.resourceNamesSubscribe)).toEqual([['siblings']]);
  send(plane, 'NDS');
  const { stat } = await starting;
  expect([stat('on_demand_names'), stat('on_demand_prefetched')]).toEqual([1, 0]);
  await until('it wants none any more', () => askedFor('PDS').at(-1)?.resourceNamesUnsubscribe[0] === 'siblings');
  plane.close();
});
