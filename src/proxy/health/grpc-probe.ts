// Asks an endpoint by gRPC's health service, through grpc-js. Loaded when the first cluster has such checks.
import { Client, type ClientUnaryCall, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import type { GrpcCheckSpec } from '../../model/health-check-spec.ts';
import { OwnHandshakes } from './own-handshakes.ts';
import { type CheckAnswer, type CheckTarget, PASSED, type Probe, type ProbeContext } from './probe.ts';

/** Source: grpc/grpc doc/health-checking.md. */
const METHOD = '/grpc.health.v1.Health/Check';
const SERVING = 1;
const STATUSES = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'];
/** Field 1 with a length, field 1 as a number. */
const SERVICE_TAG = 0x0a;
const STATUS_TAG = 0x08;
/** End of the names of fields that hold bytes. Source: gRPC over HTTP/2, Binary-Header. */
const BINARY = '-bin';
/** Nothing of the service has answered. */
const UNREACHABLE: readonly status[] = [status.UNAVAILABLE, status.CANCELLED, status.DEADLINE_EXCEEDED];

type Done = (answer: CheckAnswer) => void;

export class GrpcProbe implements Probe {
  readonly #check: GrpcCheckSpec;
  readonly #context: ProbeContext;
  #client: Client | null = null;
  #address = '';
  #call: ClientUnaryCall | null = null;
  /** The check in work; 0 = none. */
  #asked = 0;
  #checks = 0;

  constructor(check: GrpcCheckSpec, context: ProbeContext) {
    this.#check = check;
    this.#context = context;
  }

  check(target: CheckTarget, done: Done): void {
    this.#checks += 1;
    const asked = this.#checks;
    this.#asked = asked;
    const { service } = this.#check;
    const metadata = metadataOf(this.#check);
    const client = this.#clientOf(target);
    this.#call = client.makeUnaryRequest(METHOD, encodeRequest, decodeStatus, service, metadata, (error, serving) => {
      if (this.#asked !== asked) return;
      this.#asked = 0;
      if (error !== null || !this.#context.keepsConnection) this.#drop();
      done(error === null ? judge(serving ?? 0) : judgeError(error));
    });
  }

  abandon(): void {
    this.#asked = 0;
    this.#call?.cancel();
    this.#call = null;
    this.#drop();
  }

  close(): void {
    this.abandon();
  }

  #clientOf({ host, port, authority }: CheckTarget): Client {
    const address = `${host.includes(':') ? `ipv6:[${host}]` : `ipv4:${host}`}:${port}`;
    if (this.#client !== null && this.#address === address) return this.#client;
    this.#drop();
    this.#address = address;
    this.#client = new Client(address, new OwnHandshakes(this.#context.secure), {
      'grpc.default_authority': this.#check.authority ?? authority,
      'grpc.primary_user_agent': 'Switchboard/HC',
      // Its connections are of this client alone, and it is not tried again behind our back.
      'grpc.use_local_subchannel_pool': 1,
      'grpc.enable_retries': 0,
      'grpc.service_config_disable_resolution': 1,
    });
    return this.#client;
  }

  #drop(): void {
    this.#client?.close();
    this.#client = null;
  }
}

/** What names of binary fields carry is base64 in configuration, as on the wire. Throws where gRPC cannot say it. */
function metadataOf({ metadata: fields = [] }: GrpcCheckSpec): Metadata {
  const metadata = new Metadata();
  for (const { name, value } of fields) {
    metadata.add(name, name.toLowerCase().endsWith(BINARY) ? Buffer.from(value, 'base64') : value);
  }
  return metadata;
}

function judge(serving: number): CheckAnswer {
  if (serving === SERVING) return PASSED;
  return { outcome: 'failed', detail: `gRPC health: ${STATUSES[serving] ?? serving}`, degraded: false };
}

function judgeError({ code, details }: ServiceError): CheckAnswer {
  const detail = `gRPC ${status[code] ?? code}: ${details}`;
  return { outcome: UNREACHABLE.includes(code) ? 'unreachable' : 'failed', detail, degraded: false };
}

/** HealthCheckRequest. */
export function encodeRequest(service: string): Buffer {
  const name = Buffer.from(service);
  if (name.length === 0) return name;
  const length: number[] = [];
  for (let rest = name.length; ; rest >>>= 7) {
    length.push(rest > 127 ? (rest & 127) | 128 : rest);
    if (rest <= 127) break;
  }
  return Buffer.concat([Buffer.from([SERVICE_TAG, ...length]), name]);
}

/** Of a HealthCheckResponse; 0 = unknown, or nothing that says so. */
export function decodeStatus(bytes: Buffer): number {
  return bytes[0] === STATUS_TAG ? (bytes[1] ?? 0) : 0;
}
