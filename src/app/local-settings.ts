// Where a local mesh keeps its state and which ports of 127.0.0.1 it takes.
import { existsSync, realpathSync, statSync } from 'node:fs';
import { basename, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { CodedError } from '../base/coded-error.ts';
import { contentHash } from '../base/content-hash.ts';
import type { Environment } from '../config/parse-settings.ts';
import { CLAIM_PORT, type Release } from '../local/listening-claims.ts';
import type { PortProbe } from '../local/port-probe.ts';

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
const SET_DISTANCE = 100;
const MAX_SETS = 150;

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

/** How one supervisor says that a set of ports is its own. */
export interface PortClaims {
  claimPort(host: string, port: number): Promise<Release | null>;
}

/**
 * The usual ones. With `auto`, where one of them is taken, the first set that is free: 15101, 15110, 15114, then 15201 … (they stay below the
 * ports that systems give to outgoing connections). A set is claimed as a whole, so that two that start together never choose the same.
 * Throws a CodedError that names what is taken.
 */
export async function chooseLocalPorts(auto: boolean, probe: PortProbe, claims: PortClaims): Promise<LocalPorts> {
  for (let step = 0; step < (auto ? MAX_SETS : 1); step += 1) {
    const ports = portSet(step);
    const release = await claims.claimPort(LOOPBACK, CLAIM_PORT + step * SET_DISTANCE);
    const taken = release === null ? null : await firstTaken(ports, probe);
    if (release !== null && taken === null) return ports;
    await release?.();
    if (!auto) throw portTaken(ports, taken);
  }
  throw new CodedError(
    'port_taken',
    `${MAX_SETS} sets of ports of ${LOOPBACK} are taken`,
    'end another "switchboard up"',
  );
}

function portSet(step: number): LocalPorts {
  const { frontDoor, xds, admin } = DEFAULT_PORTS;
  const by = step * SET_DISTANCE;
  return { frontDoor: frontDoor + by, xds: xds + by, admin: admin + by };
}

async function firstTaken(ports: LocalPorts, probe: PortProbe): Promise<keyof LocalPorts | null> {
  for (const use of ['frontDoor', 'xds', 'admin'] as const) {
    if ((await probe.stateOf(LOOPBACK, ports[use])) !== 'free') return use;
  }
  return null;
}

/** `use` is null where another supervisor has the set. */
function portTaken(ports: LocalPorts, use: keyof LocalPorts | null): CodedError {
  const what =
    use === null
      ? `the ports ${ports.frontDoor}, ${ports.xds} and ${ports.admin} of ${LOOPBACK} belong to another "switchboard up"`
      : `${LOOPBACK}:${ports[use]} (${USES[use]}) is taken by another program`;
  return new CodedError('port_taken', what, 'end that one, or let switchboard choose with --ports auto');
}
