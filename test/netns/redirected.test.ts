// Promises of real REDIRECT rules, in a network namespace of their own: where a connection was going decides what becomes of it.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describeWithPeers } from '../support/peer-suite.ts';
import { findPeer } from '../support/peers.ts';
import { runProgram } from '../support/run-program.ts';

const SCENE = fileURLToPath(new URL('../support/redirected-scene.ts', import.meta.url));

/** Root may make namespaces; others may where the system lets them be root in one. */
const UNSHARE = ['unshare', '--net', ...(process.getuid?.() === 0 ? [] : ['--map-root-user'])] as const;

/** Without a namespace of its own the program is of no use. */
function findInNamespace(program: string): string | null {
  const [command, ...args] = UNSHARE;
  return spawnSync(command, [...args, 'true']).status === 0 ? findPeer(program) : null;
}

describeWithPeers(
  'connections that REDIRECT of iptables sends to the sidecar',
  ['iptables', 'ip'],
  () => {
    it.each([
      ['holds what is dialled', 'on-demand'],
      ['holds everything, with a listener for each address', 'all'],
    ])(
      'of a sidecar that %s go to the Service, pod or host that they were going to',
      async (_what, scope) => {
        const [command, ...args] = UNSHARE;
        const end = await runProgram(command, [...args, process.execPath, SCENE, scope], { limitMs: 25_000 });
        expect(end.stderr).toBe('');
        expect(JSON.parse(end.stdout)).toEqual({
          http: ['10.244.0.1', '10.244.0.2'],
          declared: 'SELECT',
          serverFirst: '220 ready\r\n',
          podItself: '10.244.0.1',
          outside: 'GET / HTTP/1.1\r\nHost: web\r\n\r\n',
          proxyMode: '10.244.0.',
          toItself: '',
          passedOn: 2,
          refused: 1,
        });
      },
      30_000,
    );
  },
  findInNamespace,
);
