// A CSDS client made of the public API's own files, as gRPC's xDS client brings them: nothing of ours reads what we wrote.
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import {
  type ClientDuplexStream,
  credentials,
  type GrpcObject,
  loadPackageDefinition,
  type ServiceClientConstructor,
  type ServiceError,
} from '@grpc/grpc-js';
import { RESOURCE_TYPES } from '../../src/xds/resources/index.ts';
import { waitUntil } from './wait-until.ts';

const PACKAGE = new URL('../../node_modules/@grpc/grpc-js-xds/', import.meta.url);
const SERVICE = 'envoy/service/status/v3/csds.proto';
const LIMIT_MS = 5_000;

export interface ResourceConfig {
  readonly type_url: string;
  readonly name: string;
  readonly version_info: string;
  readonly xds_config: { readonly type_url: string; readonly value: Buffer } | null;
  readonly config_status: string;
  readonly client_status: string;
  readonly error_state: { readonly details: string; readonly version_info: string } | null;
  readonly is_static_resource: boolean;
}

export interface ClientConfig {
  readonly node: { readonly id: string } | null;
  readonly generic_xds_configs: readonly ResourceConfig[];
}

interface Response {
  readonly config: readonly ClientConfig[];
}

let service: ServiceClientConstructor | null = null;

/** Once a process: it takes a while. */
function loadService(): ServiceClientConstructor {
  const { loadSync } = createRequire(new URL('package.json', PACKAGE))('@grpc/proto-loader');
  const roots = ['envoy-api', 'xds', 'protoc-gen-validate', 'googleapis'];
  const includeDirs = roots.map((root) => fileURLToPath(new URL(`deps/${root}/`, PACKAGE)));
  const how = { keepCase: true, longs: String, enums: String, defaults: true, oneofs: true, includeDirs };
  const root = loadPackageDefinition(loadSync(SERVICE, how));
  const found = ['envoy', 'service', 'status', 'v3'].reduce((at, name) => at[name] as GrpcObject, root);
  return found['ClientStatusDiscoveryService'] as ServiceClientConstructor;
}

export class CsdsCaller {
  readonly #client: InstanceType<ServiceClientConstructor>;

  /** `host:port`. */
  constructor(address: string) {
    service ??= loadService();
    this.#client = new service(address, credentials.createInsecure(), { 'grpc.use_local_subchannel_pool': 1 });
  }

  /** Rejects with gRPC's error (`code`, `details`). */
  fetch(request: object = {}): Promise<readonly ClientConfig[]> {
    const call = this.#client['FetchClientStatus'] as (...args: unknown[]) => void;
    return new Promise((resolve, reject) => {
      call.call(
        this.#client,
        request,
        { deadline: Date.now() + LIMIT_MS },
        (error: ServiceError | null, response: Response) => (error === null ? resolve(response.config) : reject(error)),
      );
    });
  }

  /** Answers to `requests`, one by one on one stream. */
  async stream(...requests: readonly object[]): Promise<readonly (readonly ClientConfig[])[]> {
    const open = this.#client['StreamClientStatus'] as () => ClientDuplexStream<object, Response>;
    const call = open.call(this.#client);
    const answers: (readonly ClientConfig[])[] = [];
    const errors: Error[] = [];
    call.on('data', ({ config }: Response) => answers.push(config));
    call.on('error', (error) => errors.push(error));
    for (const [index, request] of requests.entries()) {
      call.write(request);
      await waitUntil('an answer', () => answers.length > index || errors.length > 0 || null);
    }
    call.end();
    const [error] = errors;
    if (error !== undefined) throw error;
    return answers;
  }

  close(): void {
    this.#client.close();
  }
}

/** The resource itself as the sidecar would read it; null where it was left out. */
export function contentOf({ xds_config: any }: ResourceConfig): unknown {
  if (any === null) return null;
  const { result } = typeOfUrl(any.type_url).decode(any.value);
  return result.ok ? result.value : result.issues;
}

function typeOfUrl(typeUrl: string) {
  const type = RESOURCE_TYPES.find((candidate) => candidate.typeUrl === typeUrl);
  if (type === undefined) throw new Error(`no resource type ${typeUrl}`);
  return type;
}

/** `CDS name: ACKED`, sorted: what a client says of each resource, or the control plane where it is the one that says it. */
export function summarize({ generic_xds_configs: configs }: ClientConfig): string[] {
  return configs
    .map(({ type_url, name, client_status, config_status, is_static_resource }) => {
      const status = is_static_resource ? 'STATIC' : config_status === 'UNKNOWN' ? client_status : config_status;
      return `${type_url.split('.').at(-1)} ${name}: ${status}`;
    })
    .sort();
}
