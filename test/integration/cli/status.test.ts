// Promises of `switchboard status`: who is connected, who has the newest, and where what is refused was written.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sidecarNodeId } from '../../../src/model/node-identity.ts';
import { CLUSTER_TYPE } from '../../../src/xds/resources/cluster.ts';
import { ADS, AdsCaller } from '../../support/ads-caller.ts';
import { type RunningCli, runCli, startCli } from '../../support/run-cli.ts';
import { waitUntil } from '../../support/wait-until.ts';

const MANIFEST = `apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  ports:
    - port: 80
---
apiVersion: v1
kind: Service
metadata: {name: other}
spec: {ports: [{port: 80}]}
`;
const WEB = 'outbound|80|web.default.svc.cluster.local';

let folder: string;
let controlPlane: RunningCli;
let xdsPort: number;
let admin: string;
const callers: AdsCaller[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'switchboard-status-'));
  writeFileSync(join(folder, 'web.yaml'), MANIFEST);
  const free = ['--xds-address', '127.0.0.1:0', '--admin-address', '127.0.0.1:0'];
  controlPlane = startCli(['control-plane', '--registry', `file:${folder}`, ...free]);
  const [xds = '', at = ''] = await controlPlane.says(/control plane ready: xds \S+:(\d+), admin (\S+)\n/);
  xdsPort = Number(xds);
  admin = at;
});

afterEach(async () => {
  for (const caller of callers.splice(0)) caller.close();
  await waitUntil('nobody is connected', async () => ((await clients()).length === 0 ? true : null));
});

afterAll(async () => {
  controlPlane.child.kill('SIGKILL');
  await controlPlane.ended;
  rmSync(folder, { recursive: true, force: true });
});

async function clients(): Promise<readonly unknown[]> {
  const page = (await (await fetch(`http://${admin}/debug/clients`)).json()) as { clients: readonly unknown[] };
  return page.clients;
}

/** A client that has been sent its clusters and has not answered yet. */
async function connect(pod: string): Promise<{ caller: AdsCaller; answer: (reason?: string) => void }> {
  const caller = new AdsCaller(xdsPort, `${ADS}/DeltaAggregatedResources`);
  callers.push(caller);
  const { typeUrl } = CLUSTER_TYPE;
  caller.askDelta({ typeUrl, node: { id: sidecarNodeId('10.0.0.1', pod, 'default', 'cluster.local') } });
  const { nonce } = await caller.nextDelta();
  const answer = (reason?: string): void => {
    const errorDetail = reason === undefined ? {} : { errorDetail: { code: 3, message: reason } };
    caller.askDelta({ typeUrl, responseNonce: nonce, ...errorDetail });
    // As a client that knows nothing of endpoints.
    caller.askDelta({ typeUrl: 'type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment' });
  };
  return { caller, answer };
}

function status(...args: readonly string[]) {
  return runCli(['status', '--control-plane', admin, ...args]);
}

describe('switchboard status', () => {
  it('says that nobody is connected', async () => {
    expect(await status()).toMatchObject({
      code: 0,
      stdout: '',
      stderr: 'No client is connected to the control plane.\n',
    });
    expect(await status('--wait')).toMatchObject({ code: 0 });
  });

  it('shows each client by pod, with the state of each type', async () => {
    await connect('b');
    const { answer } = await connect('a');
    answer();
    const table = await waitUntil('the ACK', async () => {
      const { stdout } = await status();
      return /^a .*SYNCED/m.test(stdout) ? stdout : null;
    });
    expect(table.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
      ['POD', 'NAMESPACE', 'CDS', 'EDS', 'LDS', 'RDS', 'PROTOCOL'],
      ['a', 'default', 'SYNCED', 'SYNCED', '-', '-', 'delta ads'],
      // It has clusters and has not asked for their endpoints.
      ['b', 'default', 'STALE', 'NOT SENT', '-', '-', 'delta ads'],
      [''],
    ]);
  });

  it('names what is refused, the reason, and the line of the manifest that it was made from', async () => {
    const { answer } = await connect('picky');
    answer(`Error adding/updating cluster(s) ${WEB}: not this one`);
    const { stdout } = await waitUntil('the NACK', async () => {
      const ended = await status();
      return ended.stdout.includes('ERROR') ? ended : null;
    });
    expect(stdout.trimEnd().split('\n').at(-1)).toBe(
      `default/picky refuses CDS ${WEB} (from Service default/web at ${join(folder, 'web.yaml')}:7): ` +
        `Error adding/updating cluster(s) ${WEB}: not this one`,
    );
    const json = JSON.parse((await status('-o', 'json')).stdout);
    expect(json).toMatchObject([
      { pod: 'picky', synced: false, types: [{ state: 'ERROR', refused: [{ resource: WEB }] }, {}] },
    ]);
  });

  it('waits until every client has the newest', async () => {
    const { answer } = await connect('slow');
    const waiting = status('--wait', '--timeout', '20s');
    setTimeout(answer, 300);
    expect(await waiting).toMatchObject({ code: 0, stdout: expect.stringMatching(/^slow .*SYNCED/m) });
  });

  it('names who does not have the newest when the time is over, and ends with 1', async () => {
    const { answer } = await connect('good');
    answer();
    await connect('late');
    expect(await status('--wait', '--timeout', '500ms')).toMatchObject({
      code: 1,
      stderr:
        'switchboard status: after 500ms 1 of 2 clients do not have the newest configuration: default/late (CDS STALE, EDS NOT SENT)\n',
    });
  });

  it('says that no control plane is there', async () => {
    const { code, stderr } = await runCli(['status', '--control-plane', '127.66.0.9:1']);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr:
        'switchboard status: the control plane at 127.66.0.9:1 cannot be reached: nothing listens there; ' +
        'is it running, and is 127.66.0.9:1 its --admin-address?\n',
    });
  });

  it.each([
    [['-o', 'yaml'], 'there is no output "yaml"'],
    [['--timeout', '5'], '--timeout: "5"'],
  ])('refuses %j with 2', async (args, text) => {
    const { code, stderr } = await status(...args);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(text) });
  });

  it('tells who asks for what is not served, and who was turned away for what he said', async () => {
    const { caller } = await connect('curious');
    caller.askDelta({ typeUrl: 'type.googleapis.com/envoy.service.runtime.v3.Runtime' });
    const bad = new AdsCaller(xdsPort, `${ADS}/DeltaAggregatedResources`);
    callers.push(bad);
    bad.write(Buffer.from('garbage'));
    await bad.ended();
    const { stdout, stderr } = await status();
    expect(stdout).toContain(
      'default/curious asks for type.googleapis.com/envoy.service.runtime.v3.Runtime, which this control plane does not serve\n',
    );
    expect(stderr).toMatch(
      /^127\.0\.0\.1:\d+ was turned away: the request is no envoy\.service\.discovery\.v3\.DeltaDiscoveryRequest: /,
    );
    expect(controlPlane.output()).toMatch(/a client was turned away .*the request is no /);
  });
});
