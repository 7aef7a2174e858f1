// CSDS on the control plane's admin port: what each client was sent, and what it said to that, as /debug/clients and `status` say.
import { CLUSTER_TYPE } from '../../../src/xds/resources/cluster.ts';
import { ENDPOINT_TYPE } from '../../../src/xds/resources/endpoint.ts';
import { ADS, AdsCaller } from '../../support/ads-caller.ts';
import { type ClientConfig, CsdsCaller, summarize } from '../../support/csds-caller.ts';
import { MemoryPlane } from '../../support/memory-plane.ts';
import { waitUntil } from '../../support/wait-until.ts';

const WEB = 'outbound|80|web.default.svc.cluster.local';
const CDS = CLUSTER_TYPE.typeUrl;
const EDS = ENDPOINT_TYPE.typeUrl;

const ending: (() => unknown)[] = [];
let plane: MemoryPlane;
let caller: CsdsCaller;

function connect(id: string): AdsCaller {
  const client = new AdsCaller(plane.xdsPort, `${ADS}/DeltaAggregatedResources`);
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
  plane = new MemoryPlane();
  plane.putService('web', 'apps/web.yaml');
  ending.push(() => plane.close());
  await plane.start();
  caller = new CsdsCaller(plane.admin);
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
    plane.putService('later');
    const later = `Cluster ${WEB.replace('web', 'later')}: STALE`;
    await seen('a', later);
    await seen('b', later);
    const page = (await (await fetch(`http://${plane.admin}/debug/clients`)).json()) as {
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
