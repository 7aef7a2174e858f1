// The programs of ours that a local mesh starts: the control plane, and a sidecar for each injected pod.
import type { Environment } from '../config/parse-settings.ts';
import { RUNTIME_ENVIRONMENT } from '../config/runtime-environment.ts';
import { ZONE_LABEL } from '../kube/pod.ts';
import { NODE_NAME } from '../local/pod-facts.ts';
import { TETHER_FD } from '../local/process-host.ts';
import type { OwnProgram, SidecarPlacement } from '../local/sidecar.ts';

export interface OwnProgramOptions {
  /** What starts Switchboard itself: Node.js, its flags, and the main file. */
  readonly program: readonly string[];
  /** Of the supervisor; only what programs need is handed on. */
  readonly env: Environment;
  readonly xdsAddress: string;
}

const INHERITED = ['PATH', 'HOME', 'USER', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR'] as const;

/** What every process gets of the supervisor's variables: no secrets of the shell, no npm_* of `npm start`. */
export function inheritedVariables(env: Environment): Record<string, string> {
  const variables: Record<string, string> = {};
  for (const name of INHERITED) {
    const value = env[name];
    if (value !== undefined) variables[name] = value;
  }
  return variables;
}

export function sidecarProgram(
  { pod, adminAddress, outboundAddresses }: SidecarPlacement,
  options: OwnProgramOptions,
): OwnProgram {
  return {
    command: [...options.program, 'proxy'],
    env: {
      ...ownVariables(options.env),
      ...sidecarVariables(options.env),
      SWITCHBOARD_XDS_ADDRESS: options.xdsAddress,
      SWITCHBOARD_POD_NAME: pod.name,
      SWITCHBOARD_POD_NAMESPACE: pod.namespace,
      SWITCHBOARD_POD_IP: pod.ip,
      SWITCHBOARD_NODE_NAME: NODE_NAME,
      SWITCHBOARD_ZONE: pod.labels[ZONE_LABEL] ?? '',
      SWITCHBOARD_OUTBOUND_ADDRESSES: outboundAddresses.join(','),
      SWITCHBOARD_ADMIN_ADDRESS: adminAddress,
      SWITCHBOARD_UPSTREAM_SOURCE_ADDRESS: pod.ip,
    },
  };
}

/** `registries` are folders; later ones win. */
export function controlPlaneProgram(
  registries: readonly string[],
  adminAddress: string,
  options: OwnProgramOptions,
): OwnProgram {
  const sources = registries.flatMap((folder) => ['--registry', `file:${folder}`]);
  const addresses = ['--xds-address', options.xdsAddress, '--admin-address', adminAddress];
  return { command: [...options.program, 'control-plane', ...sources, ...addresses], env: ownVariables(options.env) };
}

/** Said to `up`, these are meant for its sidecars. */
const OF_SIDECARS = ['SWITCHBOARD_XDS_SCOPE', 'SWITCHBOARD_CONCURRENCY'] as const;

function sidecarVariables(env: Environment): Record<string, string> {
  return Object.fromEntries(OF_SIDECARS.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
}

function ownVariables(env: Environment): Record<string, string> {
  const variables = { ...RUNTIME_ENVIRONMENT, ...inheritedVariables(env) };
  variables['SWITCHBOARD_PARENT_FD'] = String(TETHER_FD);
  const level = env['SWITCHBOARD_LOG_LEVEL'];
  if (level !== undefined) variables['SWITCHBOARD_LOG_LEVEL'] = level;
  return variables;
}
