// Promises of `switchboard proxy -c FILE` where the file names a control plane, which is ours: as processes, in both variants of xDS.
import { isIP } from 'node:net';
import { listenerOf, loadAssignment, routesTo } from '../../support/bootstrap-files.ts';
import { httpGet } from '../../support/envoy.ts';
import { type RunningCli, startCli } from '../../support/run-cli.ts';
import { named, ScriptedBackend } from '../../support/scripted-backend.ts';
import { TempFolder } from '../../support/temp-folder.ts';
import { waitUntil } from '../../support/wait-until.ts';

/** A Service whose endpoints are written by hand. */
function manifest(port: number): string {
  return `
apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop }
spec:
  ports: [{ port: 80 }]
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: web-1, namespace: shop, labels: { kubernetes.io/service-name: web } }
addressType: IPv4
ports: [{ port: ${port} }]
endpoints: [{ addresses: [127.0.0.1] }]
`;
}

interface Asked {
  readonly xdsPort: number;
  readonly apiType: string;
  /** What it asks for: cds_config, lds_config. */
  readonly dynamic: object;
  readonly listeners?: readonly object[];
  readonly clusters?: readonly object[];
  readonly metadata?: object;
  /** Where the control plane is: 127.0.0.1 unless it says a name. */
  readonly host?: string;
}

function bootstrap(asked: Asked): string {
  const { xdsPort, apiType, dynamic, listeners = [], clusters = [], metadata = {}, host = '127.0.0.1' } = asked;
  const http2 = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';
  const xds = {
    name: 'xds',
    typed_extension_protocol_options: {
      [http2]: { '@type': `type.googleapis.com/${http2}`, explicit_http_config: { http2_protocol_options: {} } },
    },
    type: isIP(host) === 0 ? 'STRICT_DNS' : 'STATIC',
    load_assignment: loadAssignment('xds', [[host, xdsPort]]),
  };
  const grpcServices = [{ envoy_grpc: { cluster_name: 'xds' } }];
  const adsConfig = { api_type: apiType, transport_api_version: 'V3', grpc_services: grpcServices };
  return JSON.stringify({
    node: { id: `sidecar~127.0.0.1~edge-${apiType}.shop~shop.svc.cluster.local`, cluster: 'edge', metadata },
    dynamic_resources: { ads_config: adsConfig, ...dynamic },
    static_resources: { listeners, clusters: [xds, ...clusters] },
  });
}

const ADS = { ads: {}, resource_api_version: 'V3' };
const RDS = { rds: { route_config_name: 'proxy/shop', config_source: ADS } };

let folder: TempFolder;
let controlPlane: { readonly xdsPort: number; readonly adminPort: number };
const running: RunningCli[] = [];
const backends: ScriptedBackend[] = [];

async function backend(name: string): Promise<number> {
  const started = await ScriptedBackend.start(named(name));
  backends.push(started);
  return started.port;
}

function start(...args: readonly string[]): RunningCli {
  const cli = startCli(args);
  running.push(cli);
  return cli;
}

function startProxy(file: string): RunningCli {
  folder.write('bootstrap.json', file);
  return start('proxy', '-c', folder.at('bootstrap.json'));
}

async function portOf(proxy: RunningCli, listener: string): Promise<number> {
  const [port] = await proxy.says(new RegExp(`listening listener=${listener} address=127\\.0\\.0\\.1:(\\d+)`));
  return Number(port);
}

/** The body of the answer; null while there is no 200. */
async function get(port: number, host: string): Promise<string | null> {
  const { status, body } = await httpGet(port, '/x', host);
  return status === 200 ? body : null;
}

beforeEach(async () => {
  folder = new TempFolder();
  folder.write('manifests/web.yaml', manifest(await backend('a')));
  const addresses = ['--xds-address', '127.0.0.1:0', '--admin-address', '127.0.0.1:0'];
  const cli = start('control-plane', '--registry', `file:${folder.at('manifests')}`, ...addresses);
  const [xdsPort, adminPort] = await cli.says(/ready: xds 127\.0\.0\.1:(\d+), admin 127\.0\.0\.1:(\d+)\n/);
  controlPlane = { xdsPort: Number(xdsPort), adminPort: Number(adminPort) };
});

afterEach(async () => {
  for (const { child, ended } of running.splice(0)) {
    child.kill('SIGKILL');
    await ended;
  }
  for (const one of backends.splice(0)) await one.close();
  folder.remove();
});

describe.each(['GRPC', 'DELTA_GRPC'])('switchboard proxy -c with our control plane, %s', (apiType) => {
  it('routes by the names of the mesh beside a cluster of its own, and follows changes', async () => {
    const own = { name: 'own', load_assignment: loadAssignment('own', [['127.0.0.1', await backend('own')]]) };
    const listeners = [listenerOf('mesh', 0, RDS), listenerOf('own', 0, routesTo('own'))];
    const { xdsPort, adminPort } = controlPlane;
    const proxy = startProxy(bootstrap({ xdsPort, apiType, dynamic: { cds_config: ADS }, listeners, clusters: [own] }));
    const port = await portOf(proxy, 'mesh');
    expect(await waitUntil('the mesh answers', () => get(port, 'web'))).toBe('a /x');
    expect(await get(await portOf(proxy, 'own'), 'any')).toBe('own /x');
    folder.replace('manifests/web.yaml', manifest(await backend('b')));
    await waitUntil('the change arrives', async () => ((await get(port, 'web')) === 'b /x' ? true : null));
    const { body } = await httpGet(adminPort, '/debug/clients', 'localhost');
    expect(body).toContain(`edge-${apiType}.shop`);
  });

  it('takes listeners from it too, where its metadata says, and looks its name up', async () => {
    const metadata = { OUTBOUND_ADDRESSES: ['127.0.0.1:0'] };
    const dynamic = { cds_config: ADS, lds_config: ADS };
    const proxy = startProxy(
      bootstrap({ xdsPort: controlPlane.xdsPort, apiType, dynamic, metadata, host: 'localhost' }),
    );
    const port = await portOf(proxy, 'outbound');
    expect(await waitUntil('the mesh answers', () => get(port, 'web.shop'))).toBe('a /x');
  });
});
