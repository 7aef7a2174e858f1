// Promises of `switchboard control-plane` as a process: a folder in, xDS and admin pages out.

import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../support/free-port.ts';
import { type RunningCli, runCli, startCli } from '../../support/run-cli.ts';
import { waitUntil } from '../../support/wait-until.ts';

const FREE = ['--xds-address', '127.0.0.1:0', '--admin-address', '127.0.0.1:0'];

function manifest(addresses: readonly string[]): string {
  return `
apiVersion: v1
kind: Service
metadata: { name: my-api-service }
spec:
  clusterIP: 10.96.0.10
  ports: [{ port: 80, targetPort: 8080 }]
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata:
  name: my-api-service-1
  labels: { kubernetes.io/service-name: my-api-service }
addressType: IPv4
ports: [{ port: 8080 }]
endpoints:
${addresses.map((address) => `  - addresses: [${address}]`).join('\n')}
`;
}

interface Started {
  readonly cli: RunningCli;
  readonly xds: string;
  readonly admin: string;
}

let folder: string;
/** Programs that start one after the other on a machine that has much else to do. */
const LOADED_MS = 60_000;
const running: RunningCli[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'switchboard-cli-'));
  writeFileSync(join(folder, 'my-api.yaml'), manifest(['127.200.0.1', '127.200.0.2']));
});

afterEach(async () => {
  for (const { child, ended } of running.splice(0)) {
    child.kill('SIGKILL');
    await ended;
  }
  rmSync(folder, { recursive: true, force: true });
});

function start(args: readonly string[], env: Readonly<Record<string, string>> = {}): RunningCli {
  const cli = startCli(args, env);
  running.push(cli);
  return cli;
}

async function startControlPlane(env: Readonly<Record<string, string>> = {}): Promise<Started> {
  const cli = start(['control-plane', '--registry', `file:${folder}`, ...FREE], env);
  const [xds = '', admin = ''] = await cli.says(/control plane ready: xds (\S+), admin (\S+)\n/);
  return { cli, xds, admin };
}

async function page(admin: string, path: string): Promise<string> {
  const response = await fetch(`http://${admin}${path}`);
  return `${response.status} ${await response.text()}`;
}

describe('switchboard control-plane', () => {
  it('says in one line where it serves, and is ready then', async () => {
    const { admin } = await startControlPlane();
    expect(await page(admin, '/ready')).toBe('200 LIVE\n');
  });

  it('shows what sidecars are told, who is connected, and its numbers', async () => {
    const { admin } = await startControlPlane();
    const snapshot = await page(admin, '/debug/snapshot?namespace=default');
    expect(snapshot).toContain('outbound|80|my-api-service.default.svc.cluster.local');
    expect(snapshot).toContain('127.200.0.2');
    expect(() => JSON.parse(snapshot.slice(4))).not.toThrow();
    expect(await page(admin, '/debug/clients')).toMatch(
      /^200 .*\n {2}"ready": true,\n {2}"version": \d+,\n {2}"clients": \[\],/,
    );
    expect(await page(admin, '/stats/prometheus')).toContain('\nswitchboard_xds_clients 0\n');
  });

  it('names file and line of what is wrong, and serves what is good', async () => {
    writeFileSync(join(folder, 'broken.yaml'), 'kind: Service\nmetadata: {name: [oops\n');
    const { admin, cli } = await startControlPlane();
    expect(await page(admin, '/debug/issues')).toMatch(/^200 error: \S*broken\.yaml:\d+: /);
    expect(cli.output()).toContain('broken.yaml');
    expect(await page(admin, '/debug/snapshot')).toContain('127.200.0.1');
  });

  it(
    'gives a sidecar that wants all of them its endpoints, and new ones as soon as a file says so',
    async () => {
      const { xds, admin } = await startControlPlane();
      const proxy = start(['proxy', '--eager'], {
        SWITCHBOARD_XDS_ADDRESS: xds,
        SWITCHBOARD_ADMIN_ADDRESS: '127.0.0.1:0',
        SWITCHBOARD_OUTBOUND_ADDRESSES: '127.0.0.1:0',
        SWITCHBOARD_POD_NAME: 'client',
      });
      const [sidecar = ''] = await proxy.says(/started admin=(\S+)/);
      const seen = (address: string) =>
        waitUntil(
          `the sidecar holds ${address}`,
          async () => {
            const { stdout } = await runCli(['endpoints', '--admin', sidecar]);
            return stdout.includes(`my-api-service.default   80     ${address}:8080`) ? true : null;
          },
          LOADED_MS,
        );
      await seen('127.200.0.2');
      expect(await page(admin, '/debug/clients')).toContain('"nodeId": "sidecar~127.0.0.1~client.default~');
      writeFileSync(join(folder, 'my-api.yaml'), manifest(['127.200.0.7']));
      await seen('127.200.0.7');
    },
    LOADED_MS,
  );

  it(
    'ends with 0 on SIGTERM and with its supervisor',
    async () => {
      const first = await startControlPlane();
      first.cli.child.kill('SIGTERM');
      expect(await first.cli.ended).toBe(0);
      const second = await startControlPlane({ SWITCHBOARD_PARENT_FD: '0' });
      second.cli.child.stdin?.end();
      expect(await second.cli.ended).toBe(0);
    },
    LOADED_MS,
  );

  it.each([
    ['--xds-address', 'xDS'],
    ['--admin-address', 'the admin pages'],
  ])(
    'says in one line that the port of %s is taken, by whom, and how to choose another; ends with 1',
    async (flag, what) => {
      const holder = createServer().listen(0, '127.0.0.1');
      await once(holder, 'listening');
      const { port } = holder.address() as { port: number };
      const args = ['control-plane', '--registry', `file:${folder}`, ...FREE, flag, `127.0.0.1:${port}`];
      const { code, stdout, stderr } = await runCli(args);
      holder.close();
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toBe(
        `switchboard control-plane: the port for ${what} is taken: 127.0.0.1:${port}; \`ss -ltnp 'sport = :${port}'\` shows by whom; ` +
          `stop that, or choose another with ${flag}\n`,
      );
    },
  );

  it('asks the API server of the kubeconfig, and says in one line that it cannot be reached, and which', async () => {
    const port = await freePort();
    const cluster = `{name: c, cluster: {server: "http://127.0.0.1:${port}"}}`;
    const path = join(folder, 'kubeconfig');
    writeFileSync(path, `current-context: x\nclusters: [${cluster}]\ncontexts: [{name: x, context: {cluster: c}}]\n`);
    const cli = start(['control-plane', '--registry', 'kubernetes', ...FREE], { KUBECONFIG: path });
    await cli.says(
      new RegExp(
        `error kubernetes: the API server can't be reached: sidecars are told nothing .* of http://127.0.0.1:${port}`,
      ),
    );
    cli.child.kill('SIGTERM');
    expect(await cli.ended).toBe(0);
    expect(
      cli
        .output()
        .split('\n')
        .filter((line) => line.includes(' error ')),
    ).toHaveLength(1);
  });

  it('refuses a kubeconfig that is not there with 2, and says how to name one', async () => {
    const path = join(folder, 'no-kubeconfig');
    const { code, stderr } = await runCli(['control-plane', '--registry', 'kubernetes'], { KUBECONFIG: path });
    expect(code).toBe(2);
    expect(stderr).toContain(`${path}: can't be read: ENOENT`);
    expect(stderr).toContain('name a kubeconfig that this user may read with KUBECONFIG');
  });

  it.each([
    [[], '--registry: no registry is named'],
    [['--registry', 'flie:x'], '"flie" is no registry; did you mean file?'],
    [['--registry', 'file:x', '--xds-address', 'localhost:1'], '--xds-address: "localhost:1" does not begin with'],
    [['--registry', 'file:x', '--cluster-domain', 'A B'], '--cluster-domain: "A B" is not a Kubernetes name'],
  ])('refuses %j with 2', async (args, text) => {
    const { code, stdout, stderr } = await runCli(['control-plane', ...args]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(`switchboard control-plane: `);
    expect(stderr).toContain(text);
  });
});
