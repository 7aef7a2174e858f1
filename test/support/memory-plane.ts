// A control plane on ports of its own, over a registry that the test fills.
import { ControlPlaneApp } from '../../src/app/control-plane-app.ts';
import { systemClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { MemoryRegistry } from '../../src/control/registry/memory.ts';
import { parseManifest } from '../../src/kube/parse-manifest.ts';
import { renderSocketAddress } from '../../src/model/socket-address.ts';

const LOOPBACK = { host: '127.0.0.1', port: 0 };

export class MemoryPlane {
  readonly #registry = new MemoryRegistry();
  #app: ControlPlaneApp | null = null;
  #xdsPort = 0;
  #admin = '';

  get xdsPort(): number {
    return this.#xdsPort;
  }

  /** `host:port` of the admin pages. */
  get admin(): string {
    return this.#admin;
  }

  /** Objects as YAML, from now on; `source` names the file. */
  put(text: string, source = 'mesh.yaml'): void {
    this.#registry.upsert(...parseManifest(text, source).objects);
  }

  putService(name: string, source?: string): void {
    this.put(`apiVersion: v1\nkind: Service\nmetadata: {name: ${name}}\nspec: {ports: [{port: 80}]}\n`, source);
  }

  /** The slice `name` of a Service: 127.0.0.1 on `port`, or nothing where `there` is false. */
  putSlice(name: string, service: string, port: number, there = true): void {
    this.put(`
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: ${name}, labels: {kubernetes.io/service-name: ${service}}}
addressType: IPv4
ports: [{port: ${port}}]
endpoints: ${there ? '[{addresses: [127.0.0.1]}]' : '[]'}
`);
  }

  /** Resolves when clients are answered. */
  async start(): Promise<void> {
    this.#app = new ControlPlaneApp({
      registries: [this.#registry],
      xdsAddress: LOOPBACK,
      adminAddress: LOOPBACK,
      clusterDomain: 'cluster.local',
      clock: systemClock,
      log: silentLog,
    });
    const { xds, admin } = await this.#app.start();
    await this.#app.ready;
    this.#xdsPort = xds.port;
    this.#admin = renderSocketAddress(admin);
  }

  async close(): Promise<void> {
    await this.#app?.close();
  }
}
