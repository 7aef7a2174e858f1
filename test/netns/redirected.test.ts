// Promises of real REDIRECT rules, in a network namespace of their own: where a connection was going decides what becomes of it.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describeWithPeers } from '../support/peer-suite.ts';
import { findPeer } from '../support/peers.ts';
import { runProgram } from '../support/run-program.ts';

const SCENE = fileURLToPath(new URL('../support/redirected-scene.ts', import.meta.url));

/** Root may make namespaces; others may where the system lets them be root in one. */
const IS_ROOT = process.getuid?.() === 0;
const UNSHARE = ['unshare', '--net', ...(IS_ROOT ? [] : ['--map-root-user'])] as const;

/** Without a namespace of its own the program is of no use. */
function findInNamespace(program: string): string | null {
  const [command, ...args] = UNSHARE;
  return spawnSync(command, [...args, 'true']).status === 0 ? findPeer(program) : null;
}

/** What callers see, whatever proxy it is. */
const SEEN = {
  http: ['10.244.0.1', '10.244.0.2'],
  http6: '10.244.0.',
  declared6: 'SELECT',
  declared: 'SELECT',
  serverFirst: '220 ready\r\n',
  podItself: '10.244.0.1',
  outside: 'GET / HTTP/1.1\r\nHost: web\r\n\r\n',
  proxyMode: '10.244.0.',
  passedOn: 2,
};

async function sceneOf(...scene: readonly string[]): Promise<unknown> {
  const [command, ...args] = UNSHARE;
  const end = await runProgram(command, [...args, process.execPath, SCENE, ...scene], { limitMs: 40_000 });
  expect(end.stderr).toBe('');
  return JSON.parse(end.stdout);
}

describeWithPeers(
  'connections that REDIRECT of iptables sends to the sidecar',
  ['iptables', 'ip6tables', 'ip'],
  () => {
    it.each([
      ['holds what is dialled', 'on-demand'],
      ['holds everything, with a listener for each address', 'all'],
    ])(
      'of a sidecar that %s go to the Service, pod or host that they were going to',
      async (_what, scope) => {
        expect(await sceneOf(scope)).toEqual({ ...SEEN, toItself: '', refused: 1 });
      },
      45_000,
    );
  },
  findInNamespace,
);

describeWithPeers(
  'connections that REDIRECT of iptables sends to Envoy',
  ['iptables', 'ip6tables', 'ip', 'envoy'],
  ({ envoy = '' }) => {
    it('go to the Service, pod or host that they were going to, by what our control plane tells it', async () => {
      expect(await sceneOf('all', envoy)).toEqual(SEEN);
    }, 45_000);
  },
  // It is told apart by its group, which only root may choose.
  (program) => (IS_ROOT ? findInNamespace(program) : null),
);
