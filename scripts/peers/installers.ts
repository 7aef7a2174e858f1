// How peers are obtained: one installer per kind of package, each taking all the rows that it has to bring.
import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findPeer, PEERS_BIN } from '../../test/support/peers.ts';
import { withServicesOff } from './debian-services.ts';
import { run } from './run.ts';
import type { Peer } from './table.ts';

/** Throws an Error whose message names the remedy; running it again is harmless. */
export type Installer = (peers: readonly Peer[]) => Promise<void>;

export const INSTALLERS: Readonly<Record<Peer['from'], Installer>> = { debian, python, go };

/** Where Debian puts daemons; seldom on the PATH of an ordinary user. */
const SYSTEM_FOLDERS = '/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin';

/** And those of Postgres, of which several versions may be there. */
const POSTGRES_FOLDER = '/usr/lib/postgresql';

function systemFolders(): string {
  const versions = existsSync(POSTGRES_FOLDER) ? readdirSync(POSTGRES_FOLDER).sort().reverse() : [];
  return [SYSTEM_FOLDERS, ...versions.map((version) => `${POSTGRES_FOLDER}/${version}/bin`)].join(':');
}

async function debian(peers: readonly Peer[]): Promise<void> {
  const missing = peers.filter((peer) => !linkFrom(systemFolders(), peer));
  if (missing.length === 0) return;
  const packages = missing.map((peer) => peer.package);
  const byHand = `apt-get install --no-install-recommends ${packages.join(' ')}`;
  if (findPeer('apt-get') === null)
    throw new Error(`no apt-get here; install ${packages.join(', ')} and put them on PATH`);
  if (process.getuid?.() !== 0) throw new Error(`needs root; run: sudo ${byHand}`);
  const quiet = { DEBIAN_FRONTEND: 'noninteractive' };
  await withServicesOff(
    missing.flatMap((peer) => peer.services ?? []),
    async () => {
      await run('apt-get', ['update', '-q'], quiet);
      await run('apt-get', ['install', '-q', '-y', '--no-install-recommends', ...packages], quiet);
    },
  );
  for (const peer of missing) {
    if (!linkFrom(systemFolders(), peer))
      throw new Error(`${peer.package} was installed but brought no ${peer.programs.join(', ')}`);
  }
}

async function python(peers: readonly Peer[]): Promise<void> {
  for (const peer of peers) {
    const version = peer.version.slice(1);
    const home = join(dirname(PEERS_BIN), `${peer.package}-${version}`);
    rmSync(home, { recursive: true, force: true });
    await run('python3', ['-m', 'venv', home]).catch((error: Error) => {
      throw new Error(
        `${error.message}\n  install Python 3.10 or newer with venv (Debian: apt-get install python3-venv)`,
      );
    });
    await run(join(home, 'bin', 'pip'), [
      'install',
      '--no-deps',
      '--disable-pip-version-check',
      `${peer.package}==${version}`,
    ]);
    if (!linkFrom(join(home, 'bin'), peer))
      throw new Error(`${peer.package} ${version} brought no ${peer.programs.join(', ')}`);
  }
}

/** Pins and checksums of what is built stand in the go.mod and go.sum of test/peers, and of its folders. */
const GO_MODULES = fileURLToPath(new URL('../../test/peers', import.meta.url));

async function go(peers: readonly Peer[]): Promise<void> {
  if (findPeer('go') === null)
    throw new Error('no go here; install Go 1.26 or newer (https://go.dev/dl) and put it on PATH');
  for (const peer of peers) {
    const version = peer.version.slice(1);
    const home = join(dirname(PEERS_BIN), `${peer.name}-${version}`);
    const { versionVariable, versionPrefix = '', module = '' } = peer;
    const told = versionVariable === undefined ? [] : ['-ldflags', `-X ${versionVariable}=${versionPrefix}${version}`];
    await run('go', ['-C', join(GO_MODULES, module), 'build', '-trimpath', ...told, '-o', `${home}/`, peer.package], {
      GOFLAGS: '-mod=readonly',
    });
    if (!linkFrom(home, peer)) throw new Error(`${peer.package} was built but brought no ${peer.programs.join(', ')}`);
  }
}

/** Links all programs of `peer` into .peers/bin; false when one of them is not in the folders of `path`. */
function linkFrom(path: string, peer: Peer): boolean {
  const found = peer.programs.map((program) => ({ program, target: findPeer(program, path, '') }));
  mkdirSync(PEERS_BIN, { recursive: true });
  for (const { program, target } of found) {
    if (target === null) return false;
    const link = join(PEERS_BIN, program);
    rmSync(link, { force: true });
    // Relative where it stays in .peers, so that a checkout can be moved.
    symlinkSync(target.startsWith(`${dirname(PEERS_BIN)}/`) ? relative(PEERS_BIN, target) : target, link);
  }
  return true;
}
