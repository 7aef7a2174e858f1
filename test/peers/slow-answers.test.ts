// One bootstrap file in the real Envoy and in our sidecar: how long answers take that response_rate_limit slows down.
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { freePorts } from '../../bench/bed/ports.ts';
import { listenerOf, loadAssignment, socketAddress } from '../support/bootstrap-files.ts';
import { httpGet } from '../support/envoy.ts';
import { describeWithPeers } from '../support/peer-suite.ts';
import { playBoth } from '../support/play-both.ts';
import { TempFolder } from '../support/temp-folder.ts';

const TYPES = 'type.googleapis.com/envoy.extensions.filters.http';
const ALL = { numerator: 100 };
const FIELD = 'x-envoy-fault-throughput-response';

/** Path, header fields, and how long it takes at the least, ms; the pod sends 40 KiB. */
const CASES: readonly (readonly [path: string, fields: Readonly<Record<string, string>>, leastMs: number])[] = [
  // Of 20 slices of 3.2 KiB each 50 ms: the first one at once, eleven more for the others.
  ['/fixed', {}, 550],
  ['/by-header', { [FIELD]: '100' }, 300],
  ['/by-header', { [FIELD]: '200' }, 100],
  ['/by-header', {}, 0],
  ['/by-header', { [FIELD]: '0' }, 0],
  ['/by-header', { [FIELD]: '100', [`${FIELD}-percentage`]: '0' }, 0],
  ['/never', {}, 0],
];
const LIMITS: Readonly<Record<string, object>> = {
  '/fixed': { fixed_limit: { limit_kbps: 64 }, percentage: ALL },
  '/by-header': { header_limit: {}, percentage: ALL },
  '/never': { fixed_limit: { limit_kbps: 1 }, percentage: { numerator: 0 } },
};

function bootstrap(pod: number, port: number, admin: number): object {
  const fault = (config: object) => ({ '@type': `${TYPES}.fault.v3.HTTPFault`, ...config });
  const routes = Object.entries(LIMITS).map(([prefix, limit]) => ({
    match: { prefix },
    route: { cluster: 'pod' },
    typed_per_filter_config: { fault: fault({ response_rate_limit: limit }) },
  }));
  const http_filters = [
    { name: 'fault', typed_config: fault({}) },
    { name: 'router', typed_config: { '@type': `${TYPES}.router.v3.Router` } },
  ];
  const hosts = [{ name: 'all', domains: ['*'], routes }];
  return {
    admin: { address: socketAddress('127.0.0.1', admin) },
    static_resources: {
      listeners: [listenerOf('in', port, { http_filters, route_config: { name: 'all', virtual_hosts: hosts } })],
      clusters: [{ name: 'pod', type: 'STATIC', load_assignment: loadAssignment('pod', [['127.0.0.1', pod]]) }],
    },
  };
}

describeWithPeers('Answers that are slowed down, in Envoy and in the sidecar', ['envoy'], (paths) => {
  const folder = new TempFolder();
  const body = Buffer.alloc(40_960, 'abc');
  const pod = createServer((_call, answer) => answer.end(body));
  /** What each case took, ms, and how many were slowed down. */
  const seen = new Map<string, { readonly took: readonly number[]; readonly injected: string }>();

  function ask(port: number, path: string, headers: Readonly<Record<string, string>>): Promise<number> {
    const startedAt = performance.now();
    return new Promise((resolve, reject) => {
      const call = request({ host: '127.0.0.1', port, path, headers, agent: false }, (response) => {
        const pieces: Buffer[] = [];
        response.on('data', (piece: Buffer) => pieces.push(piece));
        response.on('error', reject);
        response.on('end', () => {
          if (Buffer.concat(pieces).equals(body)) resolve(performance.now() - startedAt);
          else reject(new Error('it is not what the pod has sent'));
        });
      });
      call.on('error', reject);
      call.end();
    });
  }

  async function play(who: string, port: number, admin: number): Promise<void> {
    const took = await Promise.all(CASES.map(([path, fields]) => ask(port, path, fields)));
    const { body: stats } = await httpGet(admin, '/stats', 'localhost');
    const injected = /fault\.response_rl_injected: ([0-9]+)/.exec(stats)?.[1] ?? 'none';
    seen.set(who, { took, injected });
  }

  beforeAll(async () => {
    await new Promise<void>((resolve) => pod.listen(0, '127.0.0.1', resolve));
    const [port = 0, admin = 0] = await freePorts(2);
    folder.write('bootstrap.json', JSON.stringify(bootstrap((pod.address() as AddressInfo).port, port, admin)));
    await playBoth(paths, folder.at('bootstrap.json'), port, (who) => play(who, port, admin));
  }, 60_000);

  afterAll(() => {
    pod.close();
    pod.closeAllConnections();
    folder.remove();
  });

  it.each(CASES.map(([path, fields, leastMs], index) => [path, JSON.stringify(fields), leastMs, index] as const))(
    '%s with %s takes both %d ms at least',
    (_path, _fields, leastMs, index) => {
      for (const who of ['envoy', 'sidecar']) {
        // Timers of Envoy may be a few milliseconds early.
        expect(seen.get(who)?.took[index] ?? 0).toBeGreaterThanOrEqual(leastMs * 0.9);
      }
    },
  );

  it('count the same three of them as slowed down', () => {
    expect([seen.get('envoy')?.injected, seen.get('sidecar')?.injected]).toEqual(['3', '3']);
  });
});
