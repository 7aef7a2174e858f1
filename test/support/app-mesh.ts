// A control plane and sidecars as whole programs in the test's process, over real gRPC.
import { ControlPlaneApp } from '../../src/app/control-plane-app.ts';
import { ProxyApp, type ProxyAppOptions } from '../../src/app/proxy-app.ts';
import { type Clock, systemClock } from '../../src/base/clock.ts';
import { type Log, silentLog } from '../../src/base/log.ts';
import { type Random, systemRandom } from '../../src/base/random.ts';
import { PROXY_SETTINGS } from '../../src/config/index.ts';
import { type Environment, parseSettings } from '../../src/config/parse-settings.ts';
import { MemoryRegistry } from '../../src/control/registry/memory.ts';
import { keyOf } from '../../src/kube/objects.ts';
import { parseManifest } from '../../src/kube/parse-manifest.ts';
import { listStats } from '../../src/telemetry/prometheus.ts';
import type { TestAddress } from './live-plane.ts';
import { RawClient } from './raw-client.ts';
import { until } from './until.ts';

const LOOPBACK = { host: '127.0.0.1', port: 0 };

/** A Service on port 80, or at `vip`, whose one endpoint is `port` of 127.0.0.1. */
export function serviceOn(port: number, name: string, namespace = 'default', vip?: TestAddress): string {
  const address = vip === undefined ? '' : `, clusterIP: ${vip.host}`;
  return `apiVersion: v1
kind: Service
metadata: {name: ${name}, namespace: ${namespace}}
spec: {ports: [{name: http, port: ${vip?.port ?? 80}}]${address}}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: ${name}, namespace: ${namespace}, labels: {kubernetes.io/service-name: ${name}}}
addressType: IPv4
endpoints: [{addresses: [127.0.0.1]}]
ports: [{name: http, port: ${port}}]
`;
}

/** Default: the system's. */
export interface SidecarTimes {
  readonly clock?: Clock;
  readonly random?: Random;
  /** Where its connections were going. */
  readonly originalDestination?: NonNullable<ProxyAppOptions['originalDestination']>;
}

interface SeenClients {
  readonly clients: readonly {
    readonly nodeId: string;
    readonly types: readonly { readonly shortName: string; readonly names: number; readonly resources: number }[];
  }[];
}

export class AppMesh {
  readonly registry = new MemoryRegistry();
  readonly #ending: (() => unknown)[] = [];

  /** For `afterEach`. */
  async close(): Promise<void> {
    for (const end of this.#ending.splice(0).reverse()) await end();
  }

  /** Undone with the rest, last come first. */
  atEnd(end: () => unknown): void {
    this.#ending.push(end);
  }

  write(...manifests: readonly string[]): void {
    for (const text of manifests) this.registry.upsert(...parseManifest(text, 'test.yaml').objects);
  }

  remove(text: string): void {
    this.registry.delete(...parseManifest(text, 'test.yaml').objects.map(({ object }) => keyOf(object)));
  }

  async controlPlane(port = 0) {
    const app = new ControlPlaneApp({
      registries: [this.registry],
      xdsAddress: { ...LOOPBACK, port },
      adminAddress: LOOPBACK,
      clusterDomain: 'cluster.local',
      clock: systemClock,
      log: silentLog,
    });
    this.#ending.push(() => app.close());
    const { xds, admin } = await app.start();
    const clients = async () => {
      const response = await fetch(`http://127.0.0.1:${admin.port}/debug/clients`);
      return (await response.json()) as SeenClients;
    };
    return { app, port: xds.port, clients };
  }

  /** Resolves when it is ready. */
  async sidecar(xdsPort: number, env: Environment = {}, log: Log = silentLog, times: SidecarTimes = {}) {
    const settings = parseSettings(PROXY_SETTINGS, {
      SWITCHBOARD_XDS_ADDRESS: `127.0.0.1:${xdsPort}`,
      SWITCHBOARD_OUTBOUND_ADDRESSES: '127.0.0.1:0',
      SWITCHBOARD_ACCESS_LOG: 'off',
      ...env,
    });
    if (!settings.ok) throw new Error(JSON.stringify(settings.issues));
    const { clock = systemClock, random = systemRandom, ...redirected } = times;
    const outside = { clock, random, log, ...redirected };
    const app = new ProxyApp({ settings: settings.value, adminAddress: null, ...outside, onQuit: () => {} });
    this.#ending.push(() => app.close());
    await app.start();
    await until(
      'the sidecar is ready',
      () => app.readiness.ready,
      () => app.readiness.waitingFor,
    );
    const port = () => app.dataPlane.listeners[0]?.addresses[0]?.port ?? 0;
    const client = async (): Promise<RawClient> => {
      const caller = await RawClient.connect(port());
      this.#ending.push(() => caller.socket.destroy());
      return caller;
    };
    const held = () => app.dataPlane.clusters.map(({ name }) => name);
    const stat = (name: string) => listStats([app.dataPlane]).get(`control_plane.${name}`);
    return { app, port, client, held, stat };
  }
}
