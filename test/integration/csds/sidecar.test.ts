// CSDS on a sidecar's admin port: it tells what the sidecar holds, refuses and misses, as /config_dump and /xds do.
import { once } from 'node:events';
import { connect } from 'node:net';
import { textResponse } from '../../../src/admin/admin-route.ts';
import { AdminServer } from '../../../src/admin/admin-server.ts';
import { Csds } from '../../../src/app/csds.ts';
import { systemClock } from '../../../src/base/clock.ts';
import { silentLog } from '../../../src/base/log.ts';
import { renderIssue } from '../../../src/base/result.ts';
import type { SocketAddressSpec } from '../../../src/model/listener-spec.ts';
import { EMPTY_SNAPSHOT } from '../../../src/model/snapshot.ts';
import { renderSocketAddress } from '../../../src/model/socket-address.ts';
import { AdsClient, type AdsClientOptions } from '../../../src/xds/client/ads-client.ts';
import { sidecarStatus } from '../../../src/xds/csds/held-configs.ts';
import { type ClientConfig, CsdsCaller, contentOf, type ResourceConfig, summarize } from '../../support/csds-caller.ts';
import { envelopes, NotingSink } from '../../support/delta-subscriber.ts';
import { sampleClusterName, sampleSnapshot } from '../../support/sample-snapshot.ts';
import { ScriptedControlPlane } from '../../support/scripted-control-plane.ts';
import { typeOf } from '../../support/type-of.ts';
import { waitUntil } from '../../support/wait-until.ts';

const WEB = sampleClusterName('web');
const SNAPSHOT = sampleSnapshot({ services: [{ name: 'web', endpoints: [{ host: '127.1.0.1', port: 8080 }] }] });
const ROUTES = 'proxy/default';

const ending: (() => unknown)[] = [];
let control: ScriptedControlPlane;
let client: AdsClient;
let bound: SocketAddressSpec;
let caller: CsdsCaller;

async function start(options: Partial<AdsClientOptions> = {}, statics = EMPTY_SNAPSHOT): Promise<void> {
  control = await ScriptedControlPlane.start();
  ending.push(() => control.close());
  client = new AdsClient({
    address: `127.0.0.1:${control.port}`,
    node: {
      id: 'sidecar~10.0.0.1~web-1.default~default.svc.cluster.local',
      namespace: 'default',
      outboundAddresses: [],
    },
    metadata: { WORKLOAD: 'web' },
    sink: new NotingSink(),
    clock: systemClock,
    random: { next: () => 0 },
    log: silentLog,
    ...options,
  });
  ending.push(() => client.close());
  client.start();
  await serve(new Csds(sidecarStatus(client, statics)));
  await waitUntil('a stream', () => control.requests.length > 0 || null);
}

async function serve(csds: Csds): Promise<void> {
  ending.push(() => csds.close());
  const routes = [{ method: 'GET' as const, path: '/ready', doc: 'Ready.', handle: () => textResponse('LIVE\n') }];
  const address = { host: '127.0.0.1', port: 0 };
  const admin = new AdminServer({ address, routes, http2: csds.serve, clock: systemClock, log: silentLog });
  ending.push(() => admin.close());
  bound = await admin.start();
  caller = new CsdsCaller(renderSocketAddress(bound));
  ending.push(() => caller.close());
}

async function only() {
  const [config, ...others] = await caller.fetch();
  if (config === undefined || others.length > 0) throw new Error('expected one client');
  return config;
}

function find({ generic_xds_configs: configs }: ClientConfig, wanted: (config: ResourceConfig) => boolean) {
  const config = configs.find(wanted);
  if (config === undefined) throw new Error('no such resource');
  return config;
}

const answered = (nonce: string) => waitUntil('an answer', () => control.answerTo(nonce) ?? null);

afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end();
});

describe('CSDS of a sidecar', () => {
  it('tells who it is, and every resource that it holds with version and content', async () => {
    await start();
    control.sendAll(SNAPSHOT);
    await waitUntil('everything', () => client.synced || null);
    const config = await only();
    expect(config.node).toMatchObject({ id: expect.stringMatching(/^sidecar~/), user_agent_name: 'switchboard' });
    expect(summarize(config)).toEqual([
      `Cluster ${WEB}: ACKED`,
      `ClusterLoadAssignment ${WEB}: ACKED`,
      'Listener outbound: ACKED',
      `RouteConfiguration ${ROUTES}: ACKED`,
    ]);
    const cluster = find(config, ({ type_url }) => type_url.endsWith('.Cluster'));
    expect(cluster).toMatchObject({ version_info: '1', config_status: 'UNKNOWN' });
    expect(contentOf(cluster)).toEqual(SNAPSHOT.clusters.get(WEB));
  });

  it('tells what is refused, with every reason, and what is in use instead', async () => {
    await start();
    control.sendAll(SNAPSHOT);
    await waitUntil('everything', () => client.synced || null);
    const { typeUrl } = typeOf('EDS');
    const broken = { typeUrl, value: new Uint8Array([0xff]) };
    await answered(control.send({ typeUrl, resources: [{ name: WEB, version: '2', resource: broken }] }));
    const config = find(await only(), ({ client_status }) => client_status === 'NACKED');
    const [refused] = client.status().refused;
    expect(config).toMatchObject({
      name: WEB,
      version_info: '1',
      error_state: { version_info: '2', details: refused?.issues.map(renderIssue).join('\n') },
    });
    expect(contentOf(config)).toEqual(SNAPSHOT.endpoints.get(WEB));
  });

  it('tells what was asked for and has not come, does not exist, or did not come in time', async () => {
    await start({ fetchTimeoutMs: 150 });
    const [cluster] = envelopes('CDS', SNAPSHOT);
    await answered(control.send({ typeUrl: typeOf('CDS').typeUrl, resources: [cluster ?? {}] }));
    expect(summarize(await only())).toEqual([
      `Cluster ${WEB}: ACKED`,
      `ClusterLoadAssignment ${WEB}: REQUESTED`,
      'Listener *: REQUESTED',
    ]);
    await answered(control.send({ typeUrl: typeOf('EDS').typeUrl, removedResources: [WEB] }));
    await waitUntil('a timeout', () => client.status().missing.length > 1 || null);
    expect(summarize(await only())).toEqual([
      `Cluster ${WEB}: ACKED`,
      `ClusterLoadAssignment ${WEB}: DOES_NOT_EXIST`,
      // TIMEOUT, which is younger than the files that the caller reads by.
      'Listener *: 6',
    ]);
  });

  it('leaves contents out for those who do not want them', async () => {
    await start();
    control.sendAll(SNAPSHOT);
    await waitUntil('everything', () => client.synced || null);
    const [config] = await caller.fetch({ exclude_resource_contents: true });
    expect(config?.generic_xds_configs.map(contentOf)).toEqual([null, null, null, null]);
  });

  it('tells what stands in a file as static, also where there is no control plane', async () => {
    await serve(new Csds(sidecarStatus(null, SNAPSHOT)));
    const config = await only();
    expect(summarize(config)).toEqual([
      `Cluster ${WEB}: STATIC`,
      `ClusterLoadAssignment ${WEB}: STATIC`,
      'Listener outbound: STATIC',
      `RouteConfiguration ${ROUTES}: STATIC`,
    ]);
    expect(contentOf(find(config, ({ name }) => name === WEB))).toEqual(SNAPSHOT.clusters.get(WEB));
  });

  it('answers each request of a stream with what is true then', async () => {
    await start();
    control.sendAll(SNAPSHOT);
    await waitUntil('everything', () => client.synced || null);
    const answers = await caller.stream({}, { node_matchers: [{ node_id: { prefix: 'other' } }] }, {});
    expect(answers.map((configs) => configs.length)).toEqual([1, 0, 1]);
  });

  it.each([
    [{ node_id: { exact: 'sidecar~10.0.0.1~web-1.default~default.svc.cluster.local' } }, 1],
    [{ node_id: { prefix: 'SIDECAR~', ignore_case: true } }, 1],
    [{ node_id: { suffix: '.local' } }, 1],
    [{ node_id: { contains: 'web-2' } }, 0],
    [{ node_id: { safe_regex: { regex: '.*~web-[0-9]\\.default~.*' } } }, 1],
  ])('answers for nodes that match %j: %i', async (matcher, count) => {
    await start();
    expect(await caller.fetch({ node_matchers: [matcher] })).toHaveLength(count);
  });

  it.each([
    [{ node_id: { safe_regex: { regex: '(' } } }, /node_matchers\[0\]\.node_id\.safe_regex\.regex: /],
    [{ node_id: { prefix: '' } }, /node_matchers\[0\]\.node_id\.prefix: is empty/],
    [
      { node_metadatas: [{ path: [{ key: 'a' }] }] },
      /node_matchers\[0\]: has more than a node_id; match by node_id alone/,
    ],
  ])('refuses the matcher %j and says why', async (matcher, details) => {
    await start();
    const request = { node_matchers: [matcher] };
    await expect(caller.fetch(request)).rejects.toMatchObject({ code: 3, details: expect.stringMatching(details) });
    await expect(caller.stream(request)).rejects.toMatchObject({ code: 3, details: expect.stringMatching(details) });
  });
});

describe('the port that CSDS shares with the admin pages', () => {
  const page = async () => (await fetch(`http://${renderSocketAddress(bound)}/ready`)).text();

  it('serves both, in any order', async () => {
    await start();
    expect(await page()).toBe('LIVE\n');
    await caller.fetch();
    expect(await page()).toBe('LIVE\n');
  });

  it('takes requests and prefaces that come byte by byte', async () => {
    await start();
    const socket = connect(bound.port, bound.host).setNoDelay(true);
    ending.push(() => socket.destroy());
    let said = '';
    socket.on('data', (chunk: Buffer) => {
      said += chunk.toString('latin1');
    });
    for (const byte of 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n') {
      socket.write(byte);
      await new Promise((resolve) => setImmediate(resolve));
    }
    // A SETTINGS frame: type 4 on stream 0.
    await waitUntil('a frame', () => said[3] === '\x04' || null);
    const other = connect(bound.port, bound.host).setNoDelay(true);
    ending.push(() => other.destroy());
    for (const byte of 'POST /ready HTTP/1.1\r\nHost: localhost\r\n\r\n') {
      other.write(byte);
      await new Promise((resolve) => setImmediate(resolve));
    }
    const [answer] = await once(other, 'data');
    expect(String(answer)).toMatch(/^HTTP\/1\.1 405 /);
  });

  it('survives garbage after the preface, and clients that leave at any moment', async () => {
    await start();
    for (const bytes of [
      '',
      'P',
      'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
      'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\xff\xff\xff\xff\xff\xff\xff\xff\xff',
    ]) {
      const socket = connect(bound.port, bound.host);
      await once(socket, 'connect');
      socket.on('error', () => {}).resume();
      socket.end(bytes, 'latin1');
      await once(socket, 'close');
    }
    expect(await caller.fetch()).toHaveLength(1);
    expect(await page()).toBe('LIVE\n');
  });

  it('closes what is open on it, also before it said what it is', async () => {
    await start();
    const silent = connect(bound.port, bound.host);
    await once(silent, 'connect');
    await caller.fetch();
    const closed = once(silent, 'close');
    for (const end of ending.splice(0).reverse()) await end();
    await closed;
  });
});
