// Our sidecar, from the bundle, as users run it: its configuration comes over xDS from our control plane, which reads a manifest.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RUNTIME_ENVIRONMENT } from '../../src/config/runtime-environment.ts';
import { freePorts } from '../bed/ports.ts';
import type { ProgramSpec } from '../bed/programs.ts';
import type { Contender, Place, RunningProxy } from '../contender.ts';

export const BUNDLE = fileURLToPath(new URL('../../dist/switchboard.mjs', import.meta.url));
const SERVICE = 'bench.default';

export const switchboard = switchboardSpeaking('http');
/** The same, its Service speaking HTTP/2. */
export const switchboardHttp2 = switchboardSpeaking('kubernetes.io/h2c');

function switchboardSpeaking(appProtocol: string): Contender {
  return {
    name: 'switchboard',
    available: () => (existsSync(BUNDLE) ? null : 'no bundle; run: npm run build'),
    version: () => `node ${process.version}`,
    sets: ['bare', 'equipped'],
    async start(place) {
      const accessLog = join(place.folder, 'access.log');
      const equipped = place.set === 'equipped';
      const env = equipped ? { SWITCHBOARD_ACCESS_LOG: accessLog } : {};
      const proxy = await startSwitchboard(place, { bundle: BUNDLE, appProtocol, env });
      return { ...proxy, ...(equipped ? { accessLog } : {}) };
    },
  };
}

export interface SwitchboardSpec {
  readonly bundle: string;
  /** Of the Service's port, as Kubernetes has it; absent = http. */
  readonly appProtocol?: string;
  /** The sidecar's. */
  readonly nodeOptions?: readonly string[];
  /** The sidecar's. */
  readonly env?: ProgramSpec['env'];
}

export async function startSwitchboard(place: Place, spec: SwitchboardSpec): Promise<RunningProxy> {
  const { bundle, nodeOptions = [], env = {} } = spec;
  const [xds, outbound, admin, controlAdmin] = (await freePorts(4)) as [number, number, number, number];
  const control = await startControlPlane(place, spec, xds, controlAdmin);
  const sidecar = await place.launch({
    command: process.execPath,
    args: [...nodeOptions, bundle, 'proxy'],
    cpus: place.cpus.proxy,
    port: outbound,
    env: {
      ...RUNTIME_ENVIRONMENT,
      SWITCHBOARD_ACCESS_LOG: 'off',
      ...env,
      SWITCHBOARD_XDS_ADDRESS: `127.0.0.1:${xds}`,
      SWITCHBOARD_OUTBOUND_ADDRESSES: `127.0.0.1:${outbound}`,
      SWITCHBOARD_ADMIN_ADDRESS: `127.0.0.1:${admin}`,
    },
  });
  const stop = async (): Promise<void> => {
    await sidecar.stop();
    await control.stop();
  };
  return { port: outbound, pid: sidecar.pid, authority: SERVICE, stop };
}

function startControlPlane(
  { folder, upstreamPorts, cpus, launch }: Place,
  { bundle, appProtocol = 'http' }: SwitchboardSpec,
  xds: number,
  admin: number,
) {
  const manifests = join(folder, 'manifests');
  mkdirSync(manifests);
  writeFileSync(
    join(manifests, 'bench.json'),
    JSON.stringify({ kind: 'List', apiVersion: 'v1', items: objects(upstreamPorts, appProtocol) }),
  );
  const addresses = ['--xds-address', `127.0.0.1:${xds}`, '--admin-address', `127.0.0.1:${admin}`];
  return launch({
    command: process.execPath,
    args: [bundle, 'control-plane', '--registry', `file:${manifests}`, ...addresses],
    cpus: cpus.load,
    port: xds,
  });
}

/** A Service without a selector whose endpoints are written by hand: one slice for each backend, as they differ in their ports. */
function objects(ports: readonly number[], appProtocol: string): readonly object[] {
  const metadata = { name: 'bench', namespace: 'default' };
  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata,
    spec: { ports: [{ name: 'http', port: 80, appProtocol }] },
  };
  const slices = ports.map((port, index) => ({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: `bench-${index}`, namespace: 'default', labels: { 'kubernetes.io/service-name': 'bench' } },
    addressType: 'IPv4',
    ports: [{ name: 'http', port, protocol: 'TCP' }],
    endpoints: [{ addresses: ['127.0.0.1'], conditions: { ready: true } }],
  }));
  return [service, ...slices];
}
