// The real Envoy and our sidecar on one file with circuit breakers: who is answered, who waits, who is refused, and what is counted.
import { once } from 'node:events';
import { freePorts } from '../../bench/bed/ports.ts';
import { listenerOf, loadAssignment, socketAddress } from '../support/bootstrap-files.ts';
import { httpGet, startEnvoyOn } from '../support/envoy.ts';
import { describeWithPeers } from '../support/peer-suite.ts';
import { RawClient } from '../support/raw-client.ts';
import { type RunningCli, startCli } from '../support/run-cli.ts';
import { ScriptedBackend } from '../support/scripted-backend.ts';
import { TempFolder } from '../support/temp-folder.ts';
import { waitUntil } from '../support/wait-until.ts';

interface Ports {
  readonly admin: number;
  readonly http: number;
  readonly tcp: number;
}

/** By path and name of the cluster. Priorities are DEFAULT = 0 and HIGH = 1. */
const CLUSTERS: Readonly<Record<string, object>> = {
  '/one-connection': { thresholds: [{ max_connections: 1, max_pending_requests: 1 }] },
  '/one-request': { thresholds: [{ max_requests: 1 }] },
  '/nobody-waits': { thresholds: [{ max_pending_requests: 0 }] },
  '/one-of-each': { thresholds: [{ max_connections: 1, max_pending_requests: 1, max_requests: 1 }] },
  '/high': { thresholds: [{ max_requests: 0 }, { priority: 'HIGH', max_requests: 1 }] },
  '/no-pool': { thresholds: [{ max_connection_pools: 0 }] },
  '/one-pool': { thresholds: [{ max_connection_pools: 1 }] },
  '/per-host': { per_host_thresholds: [{ max_connections: 1 }], thresholds: [{ max_pending_requests: 1 }] },
  '/tcp': { thresholds: [{ max_connections: 1 }] },
};

function bootstrap({ admin, http, tcp }: Ports, backend: number): string {
  const names = Object.keys(CLUSTERS);
  const routes = names.map((name) => ({
    match: { prefix: name },
    route: { cluster: name, ...(name === '/high' ? { priority: 'HIGH' } : {}) },
  }));
  const proxy = { '@type': 'type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy' };
  const filters = [{ name: 'tcp', typed_config: { ...proxy, stat_prefix: 'tcp', cluster: '/tcp' } }];
  return JSON.stringify({
    admin: { address: socketAddress('127.0.0.1', admin) },
    static_resources: {
      listeners: [
        listenerOf('http', http, {
          route_config: { name: 'all', virtual_hosts: [{ name: 'all', domains: ['*'], routes }] },
        }),
        { name: 'tcp', address: socketAddress('127.0.0.1', tcp), filter_chains: [{ filters }] },
      ],
      clusters: names.map((name) => ({
        ...{ name, type: 'STATIC', connect_timeout: '5s', circuit_breakers: CLUSTERS[name] },
        load_assignment: loadAssignment(name, [['127.0.0.1', backend]]),
      })),
    },
  });
}

/** Of a cluster of `name`, after all is over. */
const COUNTED = [
  'upstream_cx_overflow',
  'upstream_rq_pending_overflow',
  'upstream_rq_active_overflow',
  'upstream_cx_pool_overflow',
];
const WHILE = ['cx_open', 'rq_open', 'rq_pending_open', 'cx_pool_open'];

describeWithPeers('circuit breakers, in Envoy and in the sidecar', ['envoy'], (paths) => {
  const folder = new TempFolder();
  const backends: ScriptedBackend[] = [];
  const ports: Ports[] = [];
  let stopEnvoy: () => Promise<void>;
  let sidecar: RunningCli;

  beforeAll(async () => {
    const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = await freePorts(6);
    ports.push({ admin: a, http: b, tcp: c }, { admin: d, http: e, tcp: f });
    for (const [index, name] of ['envoy.json', 'ours.json'].entries()) {
      const backend = await ScriptedBackend.start(() => {});
      backends.push(backend);
      folder.write(name, bootstrap(ports[index] as Ports, backend.port));
    }
    sidecar = startCli(['proxy', '-c', folder.at('ours.json')]);
    stopEnvoy = await startEnvoyOn(paths['envoy'] ?? '', folder.at('envoy.json'), b);
    await sidecar.says(/(ready)/i);
  }, 30_000);

  afterAll(async () => {
    await stopEnvoy?.();
    sidecar?.child.kill('SIGKILL');
    await sidecar?.ended;
    for (const backend of backends) await backend.close();
    folder.remove();
  });

  async function stat(admin: number, name: string): Promise<string> {
    const { body } = await httpGet(admin, '/stats', 'localhost');
    return (
      body
        .split('\n')
        .find((line) => line.startsWith(`${name}: `))
        ?.slice(name.length + 2)
        .trim() ?? 'absent'
    );
  }

  /** Three callers, one after the other, none of whom the pod answers before all have asked. */
  async function outcome(side: number, path: string): Promise<unknown> {
    const { admin, http } = ports[side] as Ports;
    const backend = backends[side] as ScriptedBackend;
    const before = backend.requests.length;
    const answers: number[] = [];
    const clients: RawClient[] = [];
    for (let index = 0; index < 3; index += 1) {
      const client = await RawClient.connect(http);
      clients.push(client);
      const began = await stat(admin, 'http.http.downstream_rq_total');
      client.send(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
      void client.answer().then(({ status }) => answers.push(status));
      await waitUntil('it has asked', async () =>
        (await stat(admin, 'http.http.downstream_rq_total')) === began ? null : true,
      );
      // The first one gets its connection before the next one asks.
      if (index === 0)
        await waitUntil('it is at the pod', () => backend.requests.length + answers.length > before || null);
    }
    const open: string[] = [];
    // A limit of 0 is reached from the start: Envoy says so only once something has been in use.
    const untold = { '/nobody-waits': 'rq_pending_open', '/no-pool': 'cx_pool_open' }[path];
    for (const name of WHILE.filter((one) => one !== untold)) {
      open.push(await stat(admin, `cluster.${path}.circuit_breakers.${path === '/high' ? 'high' : 'default'}.${name}`));
    }
    const refused = answers.length;
    await waitUntil('all are answered', () => {
      for (const { connection } of backend.requests.splice(before)) connection.answer(200);
      return answers.length === clients.length || null;
    });
    for (const client of clients) client.socket.destroy();
    const counted = [];
    for (const name of COUNTED) counted.push(await stat(admin, `cluster.${path}.${name}`));
    return { refused, answers: answers.toSorted(), open, counted };
  }

  it.each(Object.keys(CLUSTERS).filter((name) => name !== '/tcp'))(
    'three callers of %s fare alike',
    async (path) => {
      expect(await outcome(1, path)).toEqual(await outcome(0, path));
    },
    20_000,
  );

  it('a second connection of TCP beyond max_connections of 1 is closed by both, and counted', async () => {
    const seen = [];
    for (const [side, { admin, tcp }] of ports.entries()) {
      const backend = backends[side] as ScriptedBackend;
      const first = await RawClient.connect(tcp);
      first.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
      const held = backend.requests.length;
      await backend.request(held);
      const second = await RawClient.connect(tcp);
      expect(await second.rest()).toBe('');
      second.socket.destroy();
      seen.push(await stat(admin, 'cluster./tcp.upstream_cx_overflow'));
      first.socket.destroy();
      await once(first.socket, 'close');
    }
    expect(seen[1]).toBe(seen[0]);
    expect(seen[0]).toBe('1');
  });
});
