// CSDS on the control plane's admin port: what each client was sent, and what it said to that, as /debug/clients and `status` say.
import { ControlPlaneApp } from '../../../src/app/control-plane-app.ts';
import { systemClock } from '../../../src/base/clock.ts';
import { silentLog } from '../../../src/base/log.ts';
import { MemoryRegistry } from '../../../src/control/registry/memory.ts';
import { parseManifest } from '../../../src/kube/parse-manifest.ts';
import { renderSocketAddress } from '../../../src/model/socket-address.ts';
import { CLUSTER_TYPE } from '../../../src/xds/resources/cluster.ts';
import { ENDPOINT_TYPE } from '../../../src/xds/resources/endpoint.ts';
import { ADS, AdsCaller } from '../../support/ads-caller.ts';
import { type ClientConfig, CsdsCaller, summarize } from '../../support/csds-caller.ts';
import { waitUntil } from '../../support/wait-until.ts';

const LOOPBACK = { host: '127.0.0.1', port: 0 };
const WEB = 'outbound|80|web.default.svc.cluster.local';
const CDS = CLUSTER_TYPE.typeUrl;
const EDS = ENDPOINT_TYPE.typeUrl;

function service(name: string): string {
  return `apiVersion: v1\nkind: Service\nmetadata: {name: ${name}}\nspec: {ports: [{port: 80}]}\n`;
}

const ending: (() => unknown)[] = [];
let registry: MemoryRegistry;
let xdsPort: number;
let admin: string;
let caller: CsdsCaller;

function put(name: string): void {
  registry.upsert(...parseManifest(service(name), `apps/${name}.yaml`).objects);
}

function connect(id: string): AdsCaller {
  const client = new AdsCaller(xdsPort, `${ADS}/DeltaAggregatedResources`);
  ending.push(() => client.close());
  client.askDelta({ node: { id }, typeUrl: CDS });
  return client;
}

/** What CSDS says of the client when it says `line`. */
function seen(id: string, line: string): Promise<ClientConfig> {
  return waitUntil(line, async () => {
    const [config] = await caller.fetch({ node_matchers: [{ node_id: { exact: id } }] });
    return config !== undefined && summarize(config).includes(line) ? config : null;
  });
}

beforeEach(async () => {
  registry = new MemoryRegistry();
  put('web');
  const app = new ControlPlaneApp({
    registries: [registry],
    xdsAddress: LOOPBACK,
    adminAddress: LOOPBACK,
    clusterDomain: 'cluster.local',
    clock: systemClock,
    log: silentLog,
  });
  ending.push(() => app.close());
  const bound = await app.start();
  await app.ready;
  xdsPort = bound.xds.port;
  admin = renderSocketAddress(bound.admin);
  caller = new CsdsCaller(admin);
  ending.push(() => caller.close());
});

afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end();
});

describe('CSDS of the control plane', () => {
  it('knows nobody while nobody is connected', async () => {
    expect(await caller.fetch()).toEqual([]);
  });

  it('tells what was sent and not answered, then what was, and what was never asked for', async () => {
    const client = connect('a');
    const { nonce } = await client.nextDelta();
    expect(summarize(await seen('a', `Cluster ${WEB}: STALE`))).toEqual([
      `Cluster ${WEB}: STALE`,
      // The cluster has endpoints, and the client has not asked for any.
      'ClusterLoadAssignment : NOT_SENT',
    ]);
    client.askDelta({ typeUrl: CDS, responseNonce: nonce });
    client.askDelta({ typeUrl: EDS, resourceNamesSubscribe: [WEB, 'nothing'] });
    const endpoints = await client.nextDelta();
    client.askDelta({ typeUrl: EDS, responseNonce: endpoints.nonce });
    const config = await seen('a', `ClusterLoadAssignment ${WEB}: SYNCED`);
    expect(config.node).toMatchObject({ id: 'a', metadata: { fields: { NAMESPACE: { stringValue: 'default' } } } });
    expect(summarize(config)).toEqual([
      `Cluster ${WEB}: SYNCED`,
      'ClusterLoadAssignment nothing: NOT_SENT',
      `ClusterLoadAssignment ${WEB}: SYNCED`,
    ]);
    const [cluster] = config.generic_xds_configs;
    expect(cluster).toMatchObject({ client_status: 'UNKNOWN', xds_config: { type_url: CDS } });
    const [sent] = endpoints.resources;
    expect(config.generic_xds_configs[2]).toMatchObject({ version_info: sent?.version, is_static_resource: false });
  });

  it('tells what is refused, why, and in which line it was written', async () => {
    const client = connect('picky');
    const { nonce } = await client.nextDelta();
    client.askDelta({ typeUrl: CDS, responseNonce: nonce, errorDetail: { code: 3, message: `${WEB}: not this one` } });
    const config = await seen('picky', `Cluster ${WEB}: ERROR`);
    expect(config.generic_xds_configs[0]).toMatchObject({
      error_state: {
        details: `${WEB}: not this one\n(from Service default/web at apps/web.yaml:4)`,
        version_info: expect.stringMatching(/^[0-9a-f]{16}$/),
      },
    });
  });

  it('says as much as /debug/clients, of each client', async () => {
    for (const id of ['a', 'b']) {
      const client = connect(id);
      client.askDelta({ typeUrl: CDS, responseNonce: (await client.nextDelta()).nonce });
      await seen(id, `Cluster ${WEB}: SYNCED`);
    }
    put('later');
    const later = `Cluster ${WEB.replace('web', 'later')}: STALE`;
    await seen('a', later);
    await seen('b', later);
    const page = (await (await fetch(`http://${admin}/debug/clients`)).json()) as {
      clients: { nodeId: string; types: { shortName: string; state: string }[] }[];
    };
    const states = page.clients.map(({ nodeId, types }) => `${nodeId} ${types.map(({ state }) => state).join(' ')}`);
    expect(states).toEqual(['a STALE NOT_SENT', 'b STALE NOT_SENT']);
    const configs = await caller.fetch({ exclude_resource_contents: true });
    const worst = configs.map((config) => [
      config.node?.id,
      ...new Set(summarize(config).map((line) => line.split(': ')[1])),
    ]);
    expect(worst).toEqual([
      ['a', 'STALE', 'SYNCED', 'NOT_SENT'],
      ['b', 'STALE', 'SYNCED', 'NOT_SENT'],
    ]);
    expect(configs[0]?.generic_xds_configs[0]?.xds_config).toBeNull();
  });
});
