// Promises of `switchboard endpoints`, against an admin server that answers as scripted.
import { once } from 'node:events';
import { createServer } from 'node:net';
import { jsonResponse } from '../../../src/admin/admin-route.ts';
import { AdminServer } from '../../../src/admin/admin-server.ts';
import { silentLog } from '../../../src/base/log.ts';
import { renderSocketAddress } from '../../../src/model/socket-address.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { runCli } from '../../support/run-cli.ts';

function host(address: string, pod: string, requests: number, extra: object = {}): object {
  return {
    address: { socket_address: { address, port_value: 8080 } },
    stats: [
      { name: 'rq_active', type: 'GAUGE', value: '0' },
      { name: 'rq_total', type: 'COUNTER', value: String(requests) },
    ],
    health_status: { eds_health_status: 'HEALTHY' },
    pod: { namespace: 'default', name: pod, uid: pod },
    ...extra,
  };
}

const CLUSTERS = {
  cluster_statuses: [
    {
      name: 'outbound|80|my-api-service.default.svc.cluster.local',
      host_statuses: [
        host('127.1.0.3', 'my-api-b', 11, { last_error: 'ECONNREFUSED' }),
        host('127.1.0.2', 'my-api-a', 12),
      ],
    },
    { name: 'outbound|80|empty.default.svc.cluster.local', host_statuses: [] },
  ],
};
const CLIENTS = {
  clients: [
    { nodeId: 'sidecar~127.1.0.9~client.default~default.svc.cluster.local' },
    { nodeId: 'sidecar~127.200.200.8~other.shop~shop.svc.cluster.local' },
    { nodeId: 'an-envoy' },
  ],
};

let admin: AdminServer;
let address: string;

beforeAll(async () => {
  const page = (path: string, json: unknown) => ({
    method: 'GET' as const,
    path,
    doc: '',
    handle: () => jsonResponse(JSON.stringify(json)),
  });
  admin = new AdminServer({
    address: { host: '127.0.0.1', port: 0 },
    routes: [page('/clusters', CLUSTERS), page('/debug/clients', CLIENTS)],
    clock: new ManualClock(),
    log: silentLog,
  });
  address = renderSocketAddress(await admin.start());
});

afterAll(() => admin.close());

/** An address of this machine where nothing listens. */
async function closedAddress(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return `127.0.0.1:${port}`;
}

describe('switchboard endpoints', () => {
  it('prints a row for each endpoint, sorted, and one for a Service that has none', async () => {
    const { code, stdout, stderr } = await runCli(['endpoints', '--admin', address]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toBe(
      [
        'SERVICE                  PORT   ENDPOINT         POD                HEALTH    ACTIVE   REQUESTS   ERRORS   LAST ERROR',
        'empty.default            80     none',
        'my-api-service.default   80     127.1.0.2:8080   default/my-api-a   healthy   0        12         0',
        'my-api-service.default   80     127.1.0.3:8080   default/my-api-b   healthy   0        11         0        ECONNREFUSED',
        '',
      ].join('\n'),
    );
  });

  it('prints JSON with -o json', async () => {
    const { code, stdout } = await runCli(['endpoints', '--admin', address, '-o', 'json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject([
      { service: 'empty.default', port: 80, endpoints: [] },
      { service: 'my-api-service.default', port: 80, endpoints: [{ address: '127.1.0.2:8080', requests: 12 }, {}] },
    ]);
  });

  it('names the nearest sidecar for a pod that the control plane does not know, and ends with 1', async () => {
    expect(await runCli(['endpoints', '--pod', 'cleint', '--control-plane', address])).toMatchObject({
      code: 1,
      stdout: '',
      stderr: `switchboard endpoints: the control plane at ${address} has no sidecar default/cleint; did you mean default/client?\n`,
    });
    const { stderr } = await runCli(['endpoints', '--pod', 'x/y', '--control-plane', address]);
    expect(stderr).toContain('; it has default/client, shop/other\n');
  });

  it('looks for the sidecar of a pod at the address that the control plane knows', async () => {
    const { code, stderr } = await runCli(['endpoints', '--pod', 'shop/other', '--control-plane', address]);
    expect(code).toBe(1);
    expect(stderr).toContain('the sidecar at 127.200.200.8:15000 cannot be reached: nothing listens there');
  });

  it('says in one line what cannot be reached and what to do, and ends with 1', async () => {
    const closed = await closedAddress();
    expect(await runCli(['endpoints', '--admin', closed])).toMatchObject({
      code: 1,
      stdout: '',
      stderr: `switchboard endpoints: the sidecar at ${closed} cannot be reached: nothing listens there; is it running, and is this its admin address?\n`,
    });
    const { code, stderr } = await runCli(['endpoints', '--pod', 'a/b', '--control-plane', closed]);
    expect(code).toBe(1);
    expect(stderr).toContain('; name the sidecar by --admin, or the control plane by --control-plane\n');
  });

  it.each([
    [['-o', 'yaml'], 'there is no output "yaml"; write -o table or -o json'],
    [['--admin', 'x'], '--admin: "x" is not HOST:PORT'],
    [['--admin', '127.0.0.1:1', '--pod', 'a/b'], '--pod and --admin both name a sidecar; leave one out'],
  ])('refuses %j with 2', async (args, text) => {
    const { code, stderr } = await runCli(['endpoints', ...args]);
    expect(code).toBe(2);
    expect(stderr).toContain(text);
  });
});
