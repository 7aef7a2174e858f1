// Databases that nobody here wrote, each in a folder of its own on a free port of loopback, for tests of what passes through.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, copyFileSync, mkdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { freePort } from './free-port.ts';
import type { TestAddress } from './live-plane.ts';
import type { PeerPaths } from './peer-suite.ts';
import { TempFolder } from './temp-folder.ts';

const FIXTURES = join(import.meta.dirname, '../fixtures/tls');
/** `nobody` on Debian: these refuse to run as root. */
const ORDINARY = 65_534;
const START_MS = 30_000;

export interface DatabaseServer extends TestAddress {
  close(): Promise<void>;
}

/** Postgres and MariaDB take TLS as well, all by the certificates of test/fixtures/tls. */
export type StartServer = (paths: PeerPaths) => Promise<DatabaseServer>;

export const startRedis: StartServer = (paths) =>
  start((folder, port) => [
    paths['redis-server'] ?? '',
    ...['--bind', '127.0.0.1', '--port', String(port), '--dir', folder, '--save', '', '--enable-debug-command', 'yes'],
  ]);

/** Its port speaks TLS from the first byte on, and nothing else. */
export const startRedisWithTls: StartServer = (paths) =>
  start((folder, port) => [
    paths['redis-server'] ?? '',
    ...['--bind', '127.0.0.1', '--port', '0', '--tls-port', String(port), '--dir', folder, '--save', ''],
    ...['--tls-cert-file', `${folder}/tls.crt`, '--tls-key-file', `${folder}/tls.key`, '--tls-auth-clients', 'no'],
  ]);

export const startPostgres: StartServer = (paths) =>
  start((folder, port) => {
    const data = join(folder, 'data');
    const init = ['-D', data, '-U', 'app', '--auth=trust', '--no-sync', '--no-locale', '-E', 'UTF8'];
    run(paths['initdb'] ?? '', init);
    const settings = ['fsync=off', 'ssl=on', `ssl_cert_file=${folder}/tls.crt`, `ssl_key_file=${folder}/tls.key`];
    return [
      ...[paths['postgres'] ?? '', '-D', data, '-p', String(port), '-h', '127.0.0.1', '-k', ''],
      ...settings.flatMap((setting) => ['-c', setting]),
    ];
  });

export const startMariadb: StartServer = (paths) =>
  start((folder, port) => {
    const data = `--datadir=${join(folder, 'data')}`;
    run(paths['mariadb-install-db'] ?? '', [
      '--no-defaults',
      data,
      '--auth-root-authentication-method=normal',
      '--skip-test-db',
    ]);
    return [
      ...[paths['mariadbd'] ?? '', '--no-defaults', data, `--port=${port}`, '--bind-address=127.0.0.1'],
      ...[`--socket=${folder}/socket`, `--ssl-cert=${folder}/tls.crt`, `--ssl-key=${folder}/tls.key`],
      ...['--skip-name-resolve', '--innodb-flush-log-at-trx-commit=0', '--performance-schema=OFF'],
    ];
  });

async function start(command: (folder: string, port: number) => readonly string[]): Promise<DatabaseServer> {
  const folder = new TempFolder();
  mkdirSync(folder.at('data'), { mode: 0o700 });
  copyFileSync(join(FIXTURES, 'server.pem'), folder.at('tls.crt'));
  copyFileSync(join(FIXTURES, 'server.key'), folder.at('tls.key'));
  chmodSync(folder.at('tls.key'), 0o600);
  if (process.getuid?.() === 0)
    for (const name of ['.', 'data', 'tls.key']) chownSync(folder.at(name), ORDINARY, ORDINARY);
  const port = await freePort();
  const [program = '', ...args] = command(folder.path, port);
  const child = spawn(program, args, { ...ordinary(), cwd: folder.path, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (bytes: Buffer) => {
      said = `${said}${bytes}`.slice(-2_000);
    });
  }
  try {
    await accepts(port, child, () => said);
  } catch (error) {
    await stop(child);
    folder.remove();
    throw error;
  }
  return {
    ...{ host: '127.0.0.1', port },
    close: async () => {
      await stop(child);
      folder.remove();
    },
  };
}

function ordinary(): { readonly uid?: number; readonly gid?: number } {
  return process.getuid?.() === 0 ? { uid: ORDINARY, gid: ORDINARY } : {};
}

function run(program: string, args: readonly string[]): void {
  execFileSync(program, [...args], { ...ordinary(), cwd: '/', stdio: ['ignore', 'ignore', 'pipe'] });
}

async function accepts(port: number, child: ChildProcess, said: () => string): Promise<void> {
  const deadline = performance.now() + START_MS;
  while (performance.now() < deadline && child.exitCode === null) {
    const socket = connect({ port, host: '127.0.0.1' });
    const answer = await Promise.race([
      once(socket, 'connect').then(() => true),
      once(socket, 'error').then(() => false),
    ]).catch(() => false);
    socket.destroy();
    if (answer) return;
    // Their starts take seconds; looking at every turn would take them from it.
    await new Promise((resolve) => {
      setTimeout(resolve, 50);
    });
  }
  throw new Error(`it does not accept connections:\n${said()}`);
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}
