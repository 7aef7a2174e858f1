// What docs/guides/xds-clients.md shows: one file that takes everything from our control plane, in the real Envoy and in our sidecar.
import { readFileSync } from 'node:fs';
import { freePort } from '../../bench/bed/ports.ts';
import { CsdsCaller, summarize } from '../support/csds-caller.ts';
import { httpGet, startEnvoyOn } from '../support/envoy.ts';
import { MemoryPlane } from '../support/memory-plane.ts';
import { describeWithPeers } from '../support/peer-suite.ts';
import { runCli, startCli } from '../support/run-cli.ts';
import { named, ScriptedBackend } from '../support/scripted-backend.ts';
import { TempFolder } from '../support/temp-folder.ts';

const FILE = new URL('../../examples/bootstrap/all-from-mesh.yaml', import.meta.url);
const PODS = ['one', 'two'];

describeWithPeers('A client that has everything from our control plane', ['envoy'], (paths) => {
  const folder = new TempFolder();
  const plane = new MemoryPlane();
  const ending: (() => unknown)[] = [];
  let port: number;
  let ownAdmin: number;

  /** Starts the program that is to be the client; it listens on `port` when this resolves. */
  const PROGRAMS: Readonly<Record<string, (file: string) => Promise<() => Promise<unknown>>>> = {
    envoy: (file) => startEnvoyOn(paths['envoy'] ?? '', file, port),
    sidecar: async (file) => {
      const { child, ended, says } = startCli(['proxy', '-c', file]);
      await says(/listening listener=outbound/);
      return () => {
        child.kill('SIGTERM');
        return ended;
      };
    },
  };

  beforeAll(async () => {
    plane.putService('my-api-service');
    for (const name of PODS) {
      const backend = await ScriptedBackend.start(named(name));
      ending.push(() => backend.close());
      plane.putSlice(name, 'my-api-service', backend.port);
    }
    ending.push(() => plane.close());
    await plane.start();
    port = await freePort();
    ownAdmin = await freePort();
    const text = readFileSync(FILE, 'utf8')
      .replace('15010', String(plane.xdsPort))
      .replace('127.0.0.1:15101', `127.0.0.1:${port}`)
      .replace('9902', String(ownAdmin));
    folder.write('all-from-mesh.yaml', text);
  });

  afterAll(async () => {
    for (const end of ending.splice(0).reverse()) await end();
    folder.remove();
  });

  it.each(Object.keys(PROGRAMS))(
    '%s balances, and `status --wait` and CSDS see it in sync',
    async (program) => {
      const stop = await PROGRAMS[program]?.(folder.at('all-from-mesh.yaml'));
      ending.push(() => stop?.());
      const answers: string[] = [];
      for (let call = 0; call < 4; call += 1) answers.push((await httpGet(port, '/data', 'my-api-service')).body);
      expect(PODS.map((pod) => answers.filter((answer) => answer.includes(pod)).length)).toEqual([2, 2]);
      const waited = await runCli(['status', '--control-plane', plane.admin, '--wait', '--timeout', '20s']);
      expect(waited).toMatchObject({ code: 0, stdout: expect.stringMatching(/^visitor {2,}default( {2,}SYNCED){4}/m) });
      const caller = new CsdsCaller(plane.admin);
      ending.push(() => caller.close());
      const [config] = await caller.fetch({ node_matchers: [{ node_id: { contains: '~visitor.' } }] });
      if (config === undefined) throw new Error('CSDS does not know it');
      expect(new Set(summarize(config).map((line) => line.split(': ')[1]))).toEqual(new Set(['SYNCED']));
      await stop?.();
    },
    40_000,
  );
});
