// The sidecar with a control plane that fails, vanishes or talks nonsense: it serves what it had, and says why.
import { create, toBinary } from '@bufbuild/protobuf';
import { systemClock } from '../../../src/base/clock.ts';
import { createLog, silentLog } from '../../../src/base/log.ts';
import type { SocketAddressSpec } from '../../../src/model/listener-spec.ts';
import type { Snapshot } from '../../../src/model/snapshot.ts';
import { SnapshotCache } from '../../../src/xds/cache/snapshot-cache.ts';
import { AdsClient, type AdsClientOptions } from '../../../src/xds/client/ads-client.ts';
import { ClusterLoadAssignmentSchema } from '../../../src/xds/gen/envoy/config/endpoint/v3/endpoint_pb.ts';
import { AdsServer } from '../../../src/xds/server/ads-server.ts';
import { BlackHole } from '../../support/black-hole.ts';
import { envelopes } from '../../support/delta-subscriber.ts';
import type { LivePlane } from '../../support/live-plane.ts';
import { get } from '../../support/raw-client.ts';
import { sampleClusterName, sampleSnapshot } from '../../support/sample-snapshot.ts';
import type { Script } from '../../support/scripted-backend.ts';
import { ScriptedControlPlane } from '../../support/scripted-control-plane.ts';
import { Stage } from '../../support/stage.ts';
import { SteadyLoad } from '../../support/steady-load.ts';
import { typeOf } from '../../support/type-of.ts';
import { waitUntil } from '../../support/wait-until.ts';

const WEB = sampleClusterName('web');
const LISTEN = { host: '127.0.0.1', port: 0 };
/** Delays are drawn from [0, bound): nearly none, so that tests do not wait. */
const HASTY = { next: () => 0.01 };

const stage = new Stage();
const ending: (() => unknown)[] = [];
let lines: string[] = [];

afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end();
  await stage.close();
});

function pod(name: string): Script {
  return (_request, connection) => connection.answer(200, JSON.stringify({ pod: name }));
}

function web(...endpoints: SocketAddressSpec[]): Snapshot {
  return sampleSnapshot({ services: [{ name: 'web', endpoints }], listen: LISTEN });
}

/** A data plane that follows the control plane on `port`. */
async function sidecar(port: number, options: Partial<AdsClientOptions> = {}) {
  const plane = await stage.plane({});
  lines = [];
  const client = new AdsClient({
    address: `127.0.0.1:${port}`,
    node: { id: 'sidecar', namespace: 'default', outboundAddresses: [] },
    sink: plane.plane,
    clock: systemClock,
    random: HASTY,
    log: createLog({ clock: systemClock, level: 'info', format: 'text', sink: (line) => lines.push(line) }),
    ...options,
  });
  ending.push(() => client.close());
  client.start();
  return { plane, client };
}

function loadOn(plane: LivePlane, perSecond: number): SteadyLoad {
  const load = new SteadyLoad(`127.0.0.1:${plane.port}`, 'http://web/', perSecond);
  ending.push(() => load.stop());
  return load;
}

const serves = (plane: LivePlane) =>
  waitUntil(
    'the sidecar serves',
    () =>
      (plane.plane.clusters.some(({ warm }) => warm) &&
        plane.plane.routeTables.some(({ spec }) => spec.virtualHosts.length > 0)) ||
      null,
  );

async function ask(plane: LivePlane): Promise<string> {
  const client = await plane.client();
  return (await client.ask(get('web'))).text;
}

describe.each(['delta', 'sotw'] as const)('a control plane that is killed and comes back, %s', (protocol) => {
  it('costs no request under load, and what changed meanwhile arrives', async () => {
    const [one, two] = [await stage.backend(pod('one')), await stage.backend(pod('two'))];
    let snapshot = web(one);
    const serve = async (port: number) => {
      const cache = new SnapshotCache({ resolveView: () => 'all', snapshotFor: () => snapshot });
      const server = new AdsServer({ host: '127.0.0.1', port, cache, clock: systemClock, log: silentLog });
      ending.push(() => server.close());
      return { server, port: (await server.start()).port };
    };
    let { server, port } = await serve(0);
    const { plane, client } = await sidecar(port, { protocol });
    await serves(plane);
    const load = loadOn(plane, 200);
    for (let round = 0; round < 3; round += 1) {
      await server.close();
      await waitUntil('the loss is noticed', () => (client.status().connected ? null : true));
      const before = load.answered;
      await waitUntil('20 answers without a control plane', () => load.answered >= before + 20 || null);
      snapshot = web(round % 2 === 0 ? two : one);
      ({ server } = await serve(port));
      const newest = round % 2 === 0 ? 'two' : 'one';
      const since = performance.now();
      await waitUntil('the newest pod answers', () => (load.lastAnswers.get(newest) ?? 0) > since || null);
    }
    await load.stop();
    expect(load.failures).toEqual([]);
  }, 20_000);
});

describe('a control plane that vanishes without a word', () => {
  it('is missed after a keepalive, costs no request, and is heard again', async () => {
    const [one, two] = [await stage.backend(pod('one')), await stage.backend(pod('two'))];
    let snapshot = web(one);
    const cache = new SnapshotCache({ resolveView: () => 'all', snapshotFor: () => snapshot });
    const server = new AdsServer({ host: '127.0.0.1', port: 0, cache, clock: systemClock, log: silentLog });
    ending.push(() => server.close());
    const hole = await BlackHole.before((await server.start()).port);
    ending.push(() => hole.close());
    const { plane, client } = await sidecar(hole.port, { keepaliveMs: 30, keepaliveTimeoutMs: 30 });
    await serves(plane);
    const load = loadOn(plane, 200);
    hole.swallow();
    await waitUntil('the loss', () => (client.status().connected ? null : true));
    expect(client.status().lastError).toMatch(/^control plane 127\.0\.0\.1:\d+: /);
    expect(lines.join('\n')).toMatch(/the last good configuration stays .*reason=/);
    snapshot = web(two);
    cache.refresh();
    hole.heal();
    await waitUntil('the newest pod answers', () => load.firstAnswers.has('two') || null);
    await load.stop();
    expect(load.failures).toEqual([]);
  });

  it('while dialled is given up in time, and the dialling goes on', async () => {
    const control = await ScriptedControlPlane.start();
    ending.push(() => control.close());
    const hole = await BlackHole.before(control.port);
    ending.push(() => hole.close());
    hole.swallow();
    const { client } = await sidecar(hole.port, { connectTimeoutMs: 40 });
    const reason = await waitUntil('a failure', () => client.status().lastError);
    expect(reason).toBe(`control plane 127.0.0.1:${hole.port}: no connection within 40 ms`);
    hole.heal();
    await waitUntil('a stream', () => control.requests.length > 0 || null);
  });
});

describe('a control plane that talks nonsense', () => {
  async function scene(options: Partial<AdsClientOptions> = {}) {
    const backend = await stage.backend(pod('one'));
    const control = await ScriptedControlPlane.start();
    ending.push(() => control.close());
    const { plane, client } = await sidecar(control.port, options);
    await waitUntil('a stream', () => control.requests.length > 0 || null);
    control.sendAll(web(backend));
    await serves(plane);
    return { control, plane, client };
  }

  const answer = (control: ScriptedControlPlane, nonce: string) =>
    waitUntil('an answer', () => control.answerTo(nonce) ?? null);

  it('in bytes that are no message: the stream is given up, with the reason, and a new one begun', async () => {
    const { control, plane, client } = await scene();
    for (let round = 0; round < 5; round += 1) {
      const before = control.streams;
      control.sendBytes(Buffer.from('not a DeltaDiscoveryResponse'));
      const reason = await waitUntil('a reason', () => client.status().lastError);
      expect(reason).toMatch(/: Response message parsing error: /);
      await waitUntil('a new stream', () => control.streams > before || null);
    }
    expect(lines.join('\n')).toContain('the last good configuration stays');
    expect(await ask(plane)).toBe('{"pod":"one"}');
  });

  it('in types that nobody asked for: they are passed over, and named in the log and in the status', async () => {
    const { control, plane, client } = await scene();
    control.send({ typeUrl: 'type.googleapis.com/envoy.service.runtime.v3.Runtime', resources: [{ name: 'x' }] });
    await waitUntil('a line', () => lines.some((line) => line.includes('v3.Runtime')) || null);
    expect(client.status().stray).toEqual(['type.googleapis.com/envoy.service.runtime.v3.Runtime']);
    expect(await ask(plane)).toBe('{"pod":"one"}');
  });

  it('in resources of another type, names that come twice and endpoints without address: one NACK tells each', async () => {
    const { control, plane, client } = await scene();
    const [cluster] = envelopes('CDS', web());
    const [listener] = envelopes('LDS', web());
    const mixed = await answer(
      control,
      control.send({
        typeUrl: typeOf('CDS').typeUrl,
        resources: [{ ...listener, name: WEB, version: '2' }, cluster ?? {}, cluster ?? {}],
      }),
    );
    expect(mixed.split('\n')).toEqual([
      expect.stringContaining('resources[0]: is a type.googleapis.com/envoy.config.listener.v3.Listener'),
      expect.stringContaining(`resources[1]: repeats cluster "${WEB}"`),
      expect.stringContaining(`resources[2]: repeats cluster "${WEB}"`),
    ]);
    const lbEndpoints = [{ hostIdentifier: { case: 'endpoint' as const, value: {} } }];
    const assignment = create(ClusterLoadAssignmentSchema, { clusterName: WEB, endpoints: [{ lbEndpoints }] });
    const value = toBinary(ClusterLoadAssignmentSchema, assignment);
    const { typeUrl } = typeOf('EDS');
    const homeless = await answer(
      control,
      control.send({ typeUrl, resources: [{ name: WEB, version: '2', resource: { typeUrl, value } }] }),
    );
    expect(homeless).toContain('endpoints[0].lb_endpoints[0].endpoint.address');
    expect(client.status().refused.map(({ type, name }) => `${type} ${name}`)).toEqual([`CDS ${WEB}`, `EDS ${WEB}`]);
    expect(await ask(plane)).toBe('{"pod":"one"}');
  });

  it('by leaving out what routes lead to: they wait, and the old ones serve', async () => {
    const { control, plane, client } = await scene();
    const both = sampleSnapshot({
      services: ['web', 'new'].map((name) => ({ name, endpoints: [] })),
      listen: LISTEN,
    });
    await answer(control, control.send({ typeUrl: typeOf('RDS').typeUrl, resources: envelopes('RDS', both, '2') }));
    expect(plane.plane.held()).toEqual([`routes "proxy/default" wait for cluster "${sampleClusterName('new')}"`]);
    expect(client.status().refused).toEqual([]);
    expect(await ask(plane)).toBe('{"pod":"one"}');
  });

  it('over and over leaves no socket behind', async () => {
    const { control } = await scene({ backoff: { baseMs: 1, maxMs: 5 } });
    const sockets = () => process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap').length;
    const before = sockets();
    for (let round = 0; round < 50; round += 1) {
      const { streams } = control;
      control.sendBytes(Buffer.from([0xff]));
      await waitUntil('a new stream', () => control.streams > streams || null);
    }
    await waitUntil('old sockets are gone', () => sockets() <= before + 2 || null);
  }, 20_000);
});

describe('100,000 endpoints in one cluster', () => {
  it('arrive, serve and change', async () => {
    const backend = await stage.backend(pod('one'));
    const many = Array.from({ length: 100_000 }, (_, i) => ({
      host: `127.${66 + Math.floor(i / 65_536)}.${Math.floor(i / 256) % 256}.${i % 256}`,
      port: 9,
    }));
    let snapshot = web(...many);
    const cache = new SnapshotCache({ resolveView: () => 'all', snapshotFor: () => snapshot });
    const server = new AdsServer({ host: '127.0.0.1', port: 0, cache, clock: systemClock, log: silentLog });
    ending.push(() => server.close());
    const { plane } = await sidecar((await server.start()).port);
    const count = () => plane.plane.clusters.find(({ name }) => name === WEB)?.endpointCount;
    await waitUntil('all are there', () => count() === 100_000 || null, 15_000);
    snapshot = web(backend);
    cache.refresh();
    await waitUntil('one is left', () => count() === 1 || null);
    expect(await ask(plane)).toBe('{"pod":"one"}');
  }, 30_000);
});
