// Promises of `switchboard proxy -c FILE` that names its own cluster: requests stay in the zone, whoever carries them, and follow the pods.
import { listenerOf, routesTo, socketAddress } from '../../support/bootstrap-files.ts';
import { get, RawClient } from '../../support/raw-client.ts';
import { named, ScriptedBackend } from '../../support/scripted-backend.ts';
import { TempFolder } from '../../support/temp-folder.ts';
import { WorkerSidecar } from '../../support/worker-sidecar.ts';

const TEST_MS = 90_000;

/** Endpoints of each zone on different addresses of one machine. */
function assignment(
  name: string,
  zones: Readonly<Record<string, number>>,
  ports: Readonly<Record<string, number>>,
): object {
  const endpoints = Object.entries(zones).map(([zone, count], at) => ({
    locality: { zone },
    lb_endpoints: Array.from({ length: count }, (_, index) => ({
      endpoint: { address: socketAddress(`127.0.${at}.${index + 1}`, ports[zone] ?? 9) },
    })),
  }));
  return { cluster_name: name, endpoints };
}

describe('a sidecar whose file names its own cluster', () => {
  const folder = new TempFolder();
  const backends: ScriptedBackend[] = [];
  const ports: Record<string, number> = {};

  beforeAll(async () => {
    for (const zone of ['a', 'b']) {
      const backend = await ScriptedBackend.start(named(zone), '0.0.0.0');
      backends.push(backend);
      ports[zone] = backend.port;
    }
  });

  afterAll(async () => {
    for (const backend of backends) await backend.close();
    folder.remove();
  });

  function write(own: Readonly<Record<string, number>>): string {
    const web = { name: 'web', load_assignment: assignment('web', { a: 3, b: 3 }, ports) };
    const us = { name: 'us', load_assignment: assignment('us', own, {}) };
    const file = {
      node: { id: 'us-1', cluster: 'us', locality: { zone: 'b' } },
      cluster_manager: { local_cluster_name: 'us' },
      // The own cluster may stand behind those that need it.
      static_resources: { listeners: [listenerOf('in', 0, routesTo('web'))], clusters: [web, us] },
    };
    folder.write('bootstrap.json', JSON.stringify(file));
    return folder.at('bootstrap.json');
  }

  it.each([
    ['1', { a: 1, b: 1 }, 'b'],
    ['2', { a: 1, b: 1 }, 'b'],
    ['1', { a: 1, b: 2 }, 'a b'],
  ])(
    'in %s process(es), with %j of its own pods by zone, sends 40 requests to zone %s, and counts them',
    async (concurrency, own, zones) => {
      const sidecar = await WorkerSidecar.start(['-c', write(own), '--concurrency', concurrency], {
        SWITCHBOARD_ACCESS_LOG: 'off',
      });
      try {
        const port = await sidecar.port();
        const seen = new Set<string>();
        // Connections of their own: with workers, they are spread over them.
        for (let asked = 0; asked < 40; asked += 1) {
          const client = await RawClient.connect(port);
          seen.add((await client.ask(get('web'))).text[0] ?? '');
          client.socket.destroy();
        }
        expect([...seen].sort().join(' ')).toBe(zones);
        const counted = ['all_directly', 'sampled', 'cross_zone'].map((name) =>
          sidecar.stat(`cluster.web.lb_zone_routing_${name}`),
        );
        const [directly = 0, sampled = 0, crossed = 0] = await Promise.all(counted);
        expect([directly, sampled + crossed]).toEqual(zones === 'b' ? [40, 0] : [0, 40]);
      } finally {
        await sidecar.close();
      }
    },
    TEST_MS,
  );
});
