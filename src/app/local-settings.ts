// Where a local mesh keeps its state and which ports of 127.0.0.1 it takes.
import { existsSync, realpathSync, statSync } from 'node:fs';
import { basename, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { CodedError } from '../base/coded-error.ts';
import { contentHash } from '../base/content-hash.ts';
import type { Environment } from '../config/parse-settings.ts';
import { findFreePort, type PortProbe } from '../local/port-probe.ts';

export interface LocalPorts {
  /** The first injected pod's sidecar, for people's curl. */
  readonly frontDoor: number;
  readonly xds: number;
  readonly admin: number;
}

const DEFAULT_PORTS: LocalPorts = { frontDoor: 15_001, xds: 15_010, admin: 15_014 };
const USES: Readonly<Record<keyof LocalPorts, string>> = {
  frontDoor: 'where the first sidecar takes calls',
  xds: 'xDS of the control plane',
  admin: 'admin pages of the control plane',
};
const LOOPBACK = '127.0.0.1';

/** The folder of manifests as an absolute path without links. Throws a CodedError that says what is wrong with it. */
export function resolveManifestFolder(folder: string): string {
  const path = resolve(folder);
  if (!existsSync(path))
    throw new CodedError('no_folder', `the folder ${path} does not exist`, 'name a folder of Kubernetes manifests');
  if (!statSync(path).isDirectory()) {
    throw new CodedError('no_folder', `${path} is not a folder`, 'name the folder that the manifest is in');
  }
  return realpathSync(path);
}

/** `asked`, or a folder of its own for each folder of manifests (XDG Base Directory Specification, state). It must lie outside of it. */
export function resolveStateFolder(asked: string | null, folder: string, env: Environment): string {
  const path = asked === null ? defaultStateFolder(folder, env) : resolve(asked);
  const real = existsSync(path) ? realpathSync(path) : path;
  const below = relative(folder, real);
  const isInside = below === '' || !(below === '..' || below.startsWith(`..${sep}`) || isAbsolute(below));
  if (isInside) {
    const remedy = 'give --state a folder outside: what is written there must not be applied with the manifests';
    throw new CodedError('state_inside', `the state folder ${real} is inside ${folder}`, remedy);
  }
  return real;
}

function defaultStateFolder(folder: string, env: Environment): string {
  const base = env['XDG_STATE_HOME'] || (env['HOME'] === undefined ? null : join(env['HOME'], '.local', 'state'));
  if (base === null) {
    throw new CodedError(
      'no_home',
      'neither XDG_STATE_HOME nor HOME is set',
      'say with --state where to keep the state',
    );
  }
  return resolve(base, 'switchboard', `${basename(folder)}-${contentHash(folder).slice(0, 8)}`);
}

/** The fixed ones; with `auto`, a free one for each that is taken. Throws a CodedError that names the first that is taken. */
export async function chooseLocalPorts(auto: boolean, probe: PortProbe): Promise<LocalPorts> {
  const ports = { ...DEFAULT_PORTS };
  for (const use of ['frontDoor', 'xds', 'admin'] as const) {
    if ((await probe.stateOf(LOOPBACK, ports[use])) === 'free') continue;
    if (auto) ports[use] = await findFreePort(LOOPBACK);
    else {
      const what = `${LOOPBACK}:${ports[use]} (${USES[use]}) is taken by another program`;
      throw new CodedError('port_taken', what, 'end that program, or let switchboard choose with --ports auto');
    }
  }
  return ports;
}
