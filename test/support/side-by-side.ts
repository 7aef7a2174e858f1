// The real Envoy and our sidecar on one control plane that serves both the same snapshot.
import { ProxyApp } from '../../src/app/proxy-app.ts';
import { systemClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { systemRandom } from '../../src/base/random.ts';
import { PROXY_SETTINGS } from '../../src/config/index.ts';
import { parseSettings } from '../../src/config/parse-settings.ts';
import { sidecarNodeId } from '../../src/model/node-identity.ts';
import type { Snapshot } from '../../src/model/snapshot.ts';
import { SnapshotCache } from '../../src/xds/cache/snapshot-cache.ts';
import { AdsServer } from '../../src/xds/server/ads-server.ts';
import { EnvoyPeer } from './envoy.ts';
import { send } from './routed-request.ts';
import { waitUntil } from './wait-until.ts';

/** Ports of one listener. */
export interface SidePorts {
  readonly envoy: number;
  readonly sidecar: number;
}

export class SideBySide {
  readonly server: AdsServer;
  readonly #sidecar: ProxyApp;
  readonly #envoy: EnvoyPeer;
  /** By listener. */
  readonly #ports = new Map<string, SidePorts>();

  private constructor(server: AdsServer, sidecar: ProxyApp, envoy: EnvoyPeer) {
    this.server = server;
    this.#sidecar = sidecar;
    this.#envoy = envoy;
  }

  /** Resolves when both accept on each listener of `snapshot`. */
  static async start(envoyPath: string, snapshot: Snapshot): Promise<SideBySide> {
    const cache = new SnapshotCache({ resolveView: (node) => node.namespace, snapshotFor: () => snapshot });
    const server = new AdsServer({ host: '127.0.0.1', port: 0, cache, clock: systemClock, log: silentLog });
    const { port } = await server.start();
    const sidecar = createSidecar(port);
    await sidecar.start();
    const nodeId = sidecarNodeId('127.0.0.1', 'envoy', 'default', 'cluster.local');
    const envoy = await EnvoyPeer.start({ path: envoyPath, xdsPort: port, nodeId });
    const both = new SideBySide(server, sidecar, envoy);
    for (const name of snapshot.listeners.keys()) await both.#awaitListener(name);
    return both;
  }

  /** Of a listener of the snapshot. */
  portsOf(listener: string): SidePorts {
    return this.#ports.get(listener) ?? { envoy: 0, sidecar: 0 };
  }

  /** What either has refused of its configuration, as many entries as refusals. */
  get refusals(): readonly unknown[] {
    const answers = this.server.connectedClients().flatMap(({ types }) => types.map(({ nack }) => nack));
    return answers.filter((nack) => nack !== null);
  }

  async close(): Promise<void> {
    await this.#envoy.stop();
    await this.#sidecar.close();
    await this.server.close();
  }

  async #awaitListener(name: string): Promise<void> {
    const envoy = await this.#envoy.listenerPort(name);
    const sidecar = await waitUntil(`the sidecar has the listener ${name}`, () => {
      const listener = this.#sidecar.dataPlane.listeners.find((one) => one.name === name);
      return listener?.listening === true ? (listener.addresses[0]?.port ?? null) : null;
    });
    this.#ports.set(name, { envoy, sidecar });
    // Envoy tells the port before it accepts connections.
    const any = { host: 'nobody.test', path: '/' };
    await waitUntil('Envoy accepts', async () => (await send(envoy, any).catch(() => null)) && true);
  }
}

/** Our sidecar; `env`: further settings. */
export function createSidecar(xdsPort: number, env: Readonly<Record<string, string>> = {}): ProxyApp {
  const settings = parseSettings(PROXY_SETTINGS, {
    SWITCHBOARD_XDS_ADDRESS: `127.0.0.1:${xdsPort}`,
    SWITCHBOARD_ACCESS_LOG: 'off',
    ...env,
  });
  if (!settings.ok) throw new Error(JSON.stringify(settings.issues));
  const outside = { clock: systemClock, random: systemRandom, log: silentLog };
  return new ProxyApp({ settings: settings.value, adminAddress: null, ...outside, onQuit: () => {} });
}
