// The real Envoy and our sidecar on one file that bounds connections: how many of them pods see, and when they are closed.
import { freePorts } from '../../bench/bed/ports.ts';
import { listenerOf, loadAssignment, socketAddress } from '../support/bootstrap-files.ts';
import { httpGet, startEnvoyOn } from '../support/envoy.ts';
import { Http2Backend } from '../support/http2-backend.ts';
import { describeWithPeers } from '../support/peer-suite.ts';
import { type RunningCli, startCli } from '../support/run-cli.ts';
import { named, ScriptedBackend } from '../support/scripted-backend.ts';
import { TempFolder } from '../support/temp-folder.ts';
import { waitUntil } from '../support/wait-until.ts';

const HTTP = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';

/** By name of the cluster, which is the path that leads to it. */
const LIMITS = {
  'three-requests': { max_requests_per_connection: 3 },
  idle: { idle_timeout: '0.4s' },
  old: { max_connection_duration: '0.4s' },
} as const;
type Limit = keyof typeof LIMITS;
const NAMES = Object.keys(LIMITS) as Limit[];

function cluster(name: Limit, http2: boolean, port: number): object {
  const protocol = http2 ? { http2_protocol_options: {} } : { http_protocol_options: {} };
  const own = http2 ? `${name}-h2` : name;
  return {
    ...{ name: own, type: 'STATIC', load_assignment: loadAssignment(own, [['127.0.0.1', port]]) },
    upstream_connection_options: { tcp_keepalive: { keepalive_time: 30, keepalive_interval: 5, keepalive_probes: 3 } },
    typed_extension_protocol_options: {
      [HTTP]: {
        '@type': `type.googleapis.com/${HTTP}`,
        common_http_protocol_options: LIMITS[name],
        explicit_http_config: protocol,
      },
    },
  };
}

function bootstrap(admin: number, http: number, pods: ReadonlyMap<Limit, Pods>): string {
  const clusters = NAMES.flatMap((name) => {
    const { http1, http2 } = pods.get(name) as Pods;
    return [cluster(name, true, http2.port), cluster(name, false, http1.port)];
  });
  const routes = NAMES.flatMap((name) => [
    { match: { path: `/${name}-h2` }, route: { cluster: `${name}-h2` } },
    { match: { path: `/${name}` }, route: { cluster: name } },
  ]);
  return JSON.stringify({
    admin: { address: socketAddress('127.0.0.1', admin) },
    static_resources: {
      listeners: [
        listenerOf('http', http, {
          route_config: { name: 'all', virtual_hosts: [{ name: 'all', domains: ['*'], routes }] },
        }),
      ],
      clusters,
    },
  });
}

interface Pods {
  readonly http1: ScriptedBackend;
  readonly http2: Http2Backend;
}

async function startPods(): Promise<ReadonlyMap<Limit, Pods>> {
  const pods = new Map<Limit, Pods>();
  for (const name of NAMES) {
    const http2 = await Http2Backend.start((stream) => {
      stream.respond({ ':status': 200 });
      stream.end();
    });
    pods.set(name, { http1: await ScriptedBackend.start(named('a')), http2 });
  }
  return pods;
}

describeWithPeers('limits of connections, in Envoy and in the sidecar', ['envoy'], (paths) => {
  const folder = new TempFolder();
  const sides: { http: number; admin: number; pods: ReadonlyMap<Limit, Pods> }[] = [];
  let stopEnvoy: () => Promise<void>;
  let sidecar: RunningCli;

  beforeAll(async () => {
    const [a = 0, b = 0, c = 0, d = 0] = await freePorts(4);
    sides.push({ admin: a, http: b, pods: await startPods() }, { admin: c, http: d, pods: await startPods() });
    for (const [index, { admin, http, pods }] of sides.entries())
      folder.write(`${index}.json`, bootstrap(admin, http, pods));
    sidecar = startCli(['proxy', '-c', folder.at('1.json')]);
    stopEnvoy = await startEnvoyOn(paths['envoy'] ?? '', folder.at('0.json'), b);
    await sidecar.says(/(ready)/i);
  }, 30_000);

  afterAll(async () => {
    await stopEnvoy?.();
    sidecar?.child.kill('SIGKILL');
    await sidecar?.ended;
    for (const { pods } of sides) {
      for (const { http1, http2 } of pods.values()) {
        await http1.close();
        http2.close();
      }
    }
    folder.remove();
  });

  async function ask(side: number, path: string): Promise<void> {
    const { status } = await httpGet(sides[side]?.http ?? 0, path, 'a');
    expect(status).toBe(200);
  }

  async function stat(side: number, name: string): Promise<number> {
    const { body } = await httpGet(sides[side]?.admin ?? 0, '/stats', 'localhost');
    const line = body.split('\n').find((one) => one.startsWith(`${name}: `));
    return Number(line?.slice(name.length + 2) ?? Number.NaN);
  }

  it.each([
    ['HTTP/1.1', 'three-requests'],
    ['HTTP/2', 'three-requests-h2'],
  ])(
    'over %s seven requests take three connections of three, told as upstream_cx_max_requests',
    async (_what, path) => {
      const seen: unknown[] = [];
      for (const side of sides.keys()) {
        for (let sent = 0; sent < 7; sent += 1) await ask(side, `/${path}`);
        const pods = sides[side]?.pods.get('three-requests');
        const connections = path.endsWith('h2') ? pods?.http2.sessions.length : pods?.http1.connections.length;
        seen.push([connections, await stat(side, `cluster.${path}.upstream_cx_max_requests`)]);
      }
      expect(seen).toEqual([
        [3, 2],
        [3, 2],
      ]);
    },
  );

  it.each([
    ['idle', 'upstream_cx_idle_timeout'],
    ['idle-h2', 'upstream_cx_idle_timeout'],
    ['old', 'upstream_cx_max_duration_reached'],
    ['old-h2', 'upstream_cx_max_duration_reached'],
  ])('a connection of %s is closed without being asked, and told as %s', async (path, counter) => {
    for (const side of sides.keys()) {
      await ask(side, `/${path}`);
      await waitUntil(
        'it is closed',
        async () => (await stat(side, `cluster.${path}.upstream_cx_active`)) === 0 || null,
      );
      expect([side, await stat(side, `cluster.${path}.${counter}`)]).toEqual([side, 1]);
    }
  });
});
