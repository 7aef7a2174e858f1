// The real Envoy and our sidecar on one file that names their own cluster: which zones get how much, and what is counted.
import { once } from 'node:events';
import { Agent, createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { freePorts } from '../../bench/bed/ports.ts';
import { listenerOf, socketAddress } from '../support/bootstrap-files.ts';
import { httpGet, startEnvoyOn } from '../support/envoy.ts';
import { describeWithPeers } from '../support/peer-suite.ts';
import { type RunningCli, startCli } from '../support/run-cli.ts';
import { TempFolder } from '../support/temp-folder.ts';
import { waitUntil } from '../support/wait-until.ts';

interface Ports {
  readonly admin: number;
  readonly http: number;
}

/** Numbers of endpoints by zone; `!` before one: sick, `~`: degraded; `*` behind it: their weight. */
type Zones = Readonly<Record<string, readonly string[]>>;

const CALLERS: Zones = { a: ['2'], b: ['1'], c: ['1'] };

interface Called {
  readonly zones: Zones;
  readonly policy?: object;
  /** Percent of requests by zone. */
  readonly shares: Readonly<Record<string, number>>;
}

const zoneAware = (config: object): object => ({ common_lb_config: { zone_aware_lb_config: config } });
function policyOf(config: object): object {
  const type = 'type.googleapis.com/envoy.extensions.load_balancing_policies.random.v3.Random';
  const typed = { '@type': type, locality_lb_config: { zone_aware_lb_config: config } };
  return { load_balancing_policy: { policies: [{ typed_extension_config: { name: 'random', typed_config: typed } }] } };
}

const even = { a: ['4'], b: ['2'], c: ['2'] };

/** By path and name of the cluster. */
const CLUSTERS: Readonly<Record<string, Called>> = {
  '/all-stay': { zones: even, shares: { a: 100 } },
  '/more-than-enough': { zones: { a: ['6'], b: ['1'] }, shares: { a: 100 } },
  '/half-stays': { zones: { a: ['2'], b: ['4'], c: ['2'] }, shares: { a: 50, b: 50 } },
  '/by-room': { zones: { a: ['1'], b: ['3'], c: ['4'] }, shares: { a: 25, b: 25, c: 50 } },
  '/nobody-here': { zones: { b: ['4'], c: ['2'] }, shares: { b: 83.33, c: 16.67 } },
  '/sick-here': { zones: { a: ['!2'], b: ['4'], c: ['2'] }, shares: { b: 83.33, c: 16.67 } },
  '/too-small': { zones: { a: ['2'], b: ['2'] }, shares: { a: 50, b: 50 } },
  '/small-is-enough': {
    zones: { a: ['2'], b: ['2'] },
    policy: zoneAware({ min_cluster_size: 4 }),
    shares: { a: 100 },
  },
  '/half-of-them': {
    zones: even,
    policy: zoneAware({ routing_enabled: { value: 50 } }),
    shares: { a: 75, b: 12.5, c: 12.5 },
  },
  '/by-chance': { zones: { a: ['2'], b: ['4'], c: ['2'] }, policy: { lb_policy: 'RANDOM' }, shares: { a: 50, b: 50 } },
  '/forced': {
    zones: { a: ['1'], b: ['6'] },
    policy: policyOf({ force_locality_direct_routing: true }),
    shares: { a: 100 },
  },
  '/forced-from-two': {
    zones: { a: ['1'], b: ['7'] },
    policy: policyOf({ force_local_zone: { min_size: 2 } }),
    shares: { a: 25, b: 75 },
  },
  '/by-weight': {
    zones: { a: ['2*3'], b: ['6'] },
    policy: policyOf({ locality_basis: 'HEALTHY_HOSTS_WEIGHT' }),
    shares: { a: 100 },
  },
  '/degraded-ones': {
    zones: { a: ['2', '~4'], b: ['2', '~4'] },
    policy: zoneAware({ min_cluster_size: 4 }),
    shares: { a: 100 },
  },
  '/fails-in-panic': {
    zones: { a: ['2', '!4'], b: ['2', '!4'] },
    policy: zoneAware({ fail_traffic_on_panic: true }),
    shares: { none: 100 },
  },
};

const REQUESTS = 600;
const PARALLEL = 8;
/** Percent that a share may be off: more than five standard deviations of REQUESTS drawings. */
const TOLERANCE = 11;

/** Of a cluster. */
const COUNTED = ['lb_zone_routing_all_directly', 'lb_zone_cluster_too_small'];
const DRAWN = ['lb_zone_routing_sampled', 'lb_zone_routing_cross_zone'];

function assignment(name: string, zones: Zones, port: (zone: string) => number): object {
  const endpoints = Object.entries(zones).map(([zone, counts], at) => ({
    locality: { zone },
    lb_endpoints: counts.flatMap((text, group) => {
      const [count = '', weight = '1'] = text.replace(/[!~]/, '').split('*');
      return Array.from({ length: Number(count) }, (_, index) => ({
        // One port on as many addresses as there are endpoints.
        endpoint: { address: socketAddress(`127.0.${at + 1}.${group * 10 + index + 1}`, port(zone)) },
        load_balancing_weight: Number(weight),
        ...(text.startsWith('!') ? { health_status: 'UNHEALTHY' } : {}),
        ...(text.startsWith('~') ? { health_status: 'DEGRADED' } : {}),
      }));
    }),
  }));
  return { cluster_name: name, endpoints };
}

function bootstrap({ admin, http }: Ports, port: (zone: string) => number): string {
  const routes = Object.keys(CLUSTERS).map((name) => ({ match: { path: name }, route: { cluster: name } }));
  const clusters = Object.entries(CLUSTERS).map(([name, { zones, policy = {} }]) => ({
    ...{ name, type: 'STATIC', connect_timeout: '5s', ...policy },
    load_assignment: assignment(name, zones, port),
  }));
  const own = { name: 'us', type: 'STATIC', connect_timeout: '5s' };
  return JSON.stringify({
    node: { id: 'us-1', cluster: 'us', locality: { zone: 'a' } },
    cluster_manager: { local_cluster_name: 'us' },
    admin: { address: socketAddress('127.0.0.1', admin) },
    static_resources: {
      listeners: [
        listenerOf('http', http, {
          route_config: { name: 'all', virtual_hosts: [{ name: 'all', domains: ['*'], routes }] },
        }),
      ],
      clusters: [{ ...own, load_assignment: assignment('us', CALLERS, () => 9) }, ...clusters],
    },
  });
}

describeWithPeers('zone-aware routing, in Envoy and in the sidecar', ['envoy'], (paths) => {
  const folder = new TempFolder();
  const backends = new Map<string, Server>();
  const agents: Agent[] = [];
  const ports: Ports[] = [];
  let stopEnvoy: () => Promise<void>;
  let sidecar: RunningCli;

  beforeAll(async () => {
    const [a = 0, b = 0, c = 0, d = 0] = await freePorts(4);
    ports.push({ admin: a, http: b }, { admin: c, http: d });
    for (const zone of ['a', 'b', 'c']) {
      const server = createServer((_request, response) => response.end(zone));
      server.listen(0, '0.0.0.0');
      await once(server, 'listening');
      backends.set(zone, server);
    }
    const port = (zone: string): number => ((backends.get(zone) as Server).address() as AddressInfo).port;
    folder.write('envoy.json', bootstrap(ports[0] as Ports, port));
    folder.write('ours.json', bootstrap(ports[1] as Ports, port));
    sidecar = startCli(['proxy', '-c', folder.at('ours.json')]);
    stopEnvoy = await startEnvoyOn(paths['envoy'] ?? '', folder.at('envoy.json'), b);
    await sidecar.says(/(ready)/i);
  }, 30_000);

  afterAll(async () => {
    for (const agent of agents) agent.destroy();
    await stopEnvoy?.();
    sidecar?.child.kill('SIGKILL');
    await sidecar?.ended;
    for (const server of backends.values()) {
      server.closeAllConnections();
      server.close();
    }
    folder.remove();
  });

  /** The zone that answers. */
  function ask(port: number, path: string, agent: Agent): Promise<string> {
    return new Promise((resolve, reject) => {
      const call = request({ host: '127.0.0.1', port, path, agent }, (response) => {
        let body = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          body += chunk;
        });
        response.on('end', () => resolve(response.statusCode === 200 ? body : 'none'));
      });
      call.on('error', reject);
      call.end();
    });
  }

  /** Percent by zone. */
  async function sharesOf(port: number, path: string): Promise<Record<string, number>> {
    const agent = new Agent({ keepAlive: true, maxSockets: PARALLEL });
    agents.push(agent);
    const shares: Record<string, number> = {};
    for (let asked = 0; asked < REQUESTS; asked += PARALLEL) {
      const zones = await Promise.all(Array.from({ length: PARALLEL }, () => ask(port, path, agent)));
      for (const zone of zones) shares[zone] = (shares[zone] ?? 0) + 100 / REQUESTS;
    }
    agent.destroy();
    return shares;
  }

  async function statsOf(admin: number, path: string, names: readonly string[]): Promise<number[]> {
    const { body } = await httpGet(admin, '/stats', 'localhost');
    const lines = body.split('\n');
    return names.map((name) =>
      Number(lines.find((line) => line.startsWith(`cluster.${path}.${name}: `))?.split(': ')[1]),
    );
  }

  it.each(Object.entries(CLUSTERS))(
    'requests to %s go to the same zones, as many as the zones have room for',
    async (path, { shares }) => {
      for (const { admin, http } of ports) {
        const [directly] = await statsOf(admin, path, ['lb_zone_routing_all_directly']);
        expect(directly).toBe(0);
        const seen = await sharesOf(http, path);
        const zones = Object.keys(shares);
        expect(Object.keys(seen).sort()).toEqual(zones.toSorted());
        for (const zone of zones) {
          const off = Math.abs((seen[zone] ?? 0) - (shares[zone] ?? 0));
          expect(off).toBeLessThan(zones.length === 1 ? 0.001 : TOLERANCE);
        }
      }
      // What is drawn agrees in sum; all others exactly.
      const drawn: number[] = [];
      const counted: boolean[][] = [];
      for (const { admin } of ports) {
        drawn.push((await statsOf(admin, path, DRAWN)).reduce((sum, one) => sum + one, 0));
        counted.push((await statsOf(admin, path, COUNTED)).map((count) => count > 0));
      }
      expect(counted[1]).toEqual(counted[0]);
      if (path !== '/half-of-them') expect(drawn[1]).toBe(drawn[0]);
    },
    60_000,
  );

  it('all of them that stay are counted by both, one by one', async () => {
    for (const { admin } of ports) {
      const name = ['lb_zone_routing_all_directly'];
      const counted = await waitUntil('all are counted', async () => {
        const [count = 0] = await statsOf(admin, '/all-stay', name);
        return count >= REQUESTS ? count : null;
      });
      expect(counted).toBe(REQUESTS);
    }
  });
});
