// A real Envoy as a client of a control plane under test.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitUntil } from './wait-until.ts';

export interface EnvoyOptions {
  /** The program. */
  readonly path: string;
  /** Port of the control plane on 127.0.0.1. */
  readonly xdsPort: number;
  readonly nodeId: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** How it speaks with the control plane: `GRPC` (state of the world, the default) or `DELTA_GRPC`, aggregated. */
  readonly apiType?: 'GRPC' | 'DELTA_GRPC';
  /** The group that it runs as; default: ours. */
  readonly gid?: number;
  /** Where it is, and the load assignment of its own cluster, which the control plane has; default: it does not know. */
  readonly home?: { readonly zone: string; readonly serviceName: string };
}

/** `[host, port]` of its listeners, by name. */
export type ListenerPorts = ReadonlyMap<string, number>;

export class EnvoyPeer {
  readonly #child: ChildProcess;
  readonly #folder: string;
  #log = '';
  #adminPort = 0;

  private constructor(options: EnvoyOptions) {
    this.#folder = mkdtempSync(join(tmpdir(), 'switchboard-envoy-'));
    const config = join(this.#folder, 'bootstrap.json');
    writeFileSync(config, JSON.stringify(bootstrap(options)));
    const args = ['-c', config, '--use-dynamic-base-id', '--concurrency', '1', '--log-level', 'warning'];
    this.#child = spawn(options.path, [...args, '--admin-address-path', this.#adminFile], {
      stdio: ['ignore', 'ignore', 'pipe'],
      ...(options.gid === undefined ? {} : { gid: options.gid }),
    });
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.#log = (this.#log + chunk.toString()).slice(-10_000);
    });
  }

  /** Resolves when its admin API answers. */
  static async start(options: EnvoyOptions): Promise<EnvoyPeer> {
    const envoy = new EnvoyPeer(options);
    try {
      envoy.#adminPort = await waitUntil('Envoy tells its admin port', () => envoy.#readAdminPort(), 15_000);
      return envoy;
    } catch (error) {
      await envoy.stop();
      throw new Error(`${String(error)}\n${envoy.#log}`);
    }
  }

  /** The last lines of its log. */
  get log(): string {
    return this.#log;
  }

  async admin(path: string): Promise<string> {
    return (await httpGet(this.#adminPort, path, 'localhost')).body;
  }

  /** The port of a listener, once it is there. */
  listenerPort(name: string): Promise<number> {
    return waitUntil(`Envoy has the listener ${name}`, async () => {
      const { listener_statuses: found = [] } = JSON.parse(
        await this.admin('/listeners?format=json'),
      ) as ListenerStatuses;
      return found.find((status) => status.name === name)?.local_address.socket_address.port_value ?? null;
    });
  }

  async stop(): Promise<void> {
    await end(this.#child);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  get #adminFile(): string {
    return join(this.#folder, 'admin-address');
  }

  #readAdminPort(): number | null {
    if (this.#child.exitCode !== null) throw new Error(`Envoy ended with ${this.#child.exitCode}`);
    try {
      const port = Number(readFileSync(this.#adminFile, 'utf8').split(':').at(-1));
      return port > 0 ? port : null;
    } catch {
      return null;
    }
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await exited;
}

/** An Envoy on a file of its own, as it is. Resolves with what ends it, once something accepts on `port` of 127.0.0.1. */
export async function startEnvoyOn(path: string, file: string, port: number): Promise<() => Promise<void>> {
  const args = ['-c', file, '--use-dynamic-base-id', '--concurrency', '1', '--log-level', 'warning'];
  const child = spawn(path, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  child.stderr.on('data', (chunk: Buffer) => {
    log = (log + chunk.toString()).slice(-10_000);
  });
  try {
    await waitUntil(`Envoy accepts on ${port}`, () => connects(port), 15_000);
  } catch (error) {
    await end(child);
    throw new Error(`${String(error)}\n${log}`);
  }
  return () => end(child);
}

/** Whether something accepts on `port` of 127.0.0.1; null = not yet. */
export function connects(port: number): Promise<true | null> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => resolve(null));
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
}

interface ListenerStatuses {
  readonly listener_statuses?: readonly {
    readonly name: string;
    readonly local_address: { readonly socket_address: { readonly port_value: number } };
  }[];
}

export interface Answer {
  readonly status: number;
  readonly body: string;
}

/** A GET over a connection of its own. */
export function httpGet(port: number, path: string, host: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const call = request({ host: '127.0.0.1', port, path, headers: { host }, agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        body += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
      response.on('error', reject);
    });
    call.on('error', reject);
    call.end();
  });
}

function bootstrap(options: EnvoyOptions): object {
  const ads = { ads: {}, resource_api_version: 'V3' };
  const { home } = options;
  const own = { name: 'own', type: 'EDS', eds_cluster_config: { service_name: home?.serviceName, eds_config: ads } };
  return {
    node: {
      ...{ id: options.nodeId, cluster: 'test', metadata: options.metadata ?? {} },
      ...(home === undefined ? {} : { locality: { zone: home.zone } }),
    },
    ...(home === undefined ? {} : { cluster_manager: { local_cluster_name: 'own' } }),
    admin: { address: socketAddress(0) },
    dynamic_resources: {
      ads_config: {
        api_type: options.apiType ?? 'GRPC',
        transport_api_version: 'V3',
        grpc_services: [{ envoy_grpc: { cluster_name: 'xds' } }],
      },
      cds_config: ads,
      lds_config: ads,
    },
    static_resources: { clusters: [xdsCluster(options.xdsPort), ...(home === undefined ? [] : [own])] },
  };
}

function xdsCluster(port: number): object {
  const options = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';
  return {
    name: 'xds',
    type: 'STATIC',
    connect_timeout: '1s',
    typed_extension_protocol_options: {
      [options]: { '@type': `type.googleapis.com/${options}`, explicit_http_config: { http2_protocol_options: {} } },
    },
    load_assignment: {
      cluster_name: 'xds',
      endpoints: [{ lb_endpoints: [{ endpoint: { address: socketAddress(port) } }] }],
    },
  };
}

function socketAddress(port: number): object {
  return { socket_address: { address: '127.0.0.1', port_value: port } };
}
