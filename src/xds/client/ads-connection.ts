// One gRPC connection with one ADS stream on it, from dialling to its end.
import {
  Client,
  type ClientDuplexStream,
  connectivityState,
  credentials,
  type ServiceError,
  status,
} from '@grpc/grpc-js';
import type { Cancel, Clock } from '../../base/clock.ts';
import { silenceGrpcLog } from '../silence-grpc-log.ts';
import type { ClientCodec, Delivery } from './client-codec.ts';

/** 100,000 endpoints in one response exceed gRPC's 4 MiB many times. */
const MAX_RESPONSE_BYTES = 256 * 1024 * 1024;

export interface ConnectionOptions {
  /** `host:port`. */
  readonly address: string;
  readonly codec: Pick<ClientCodec, 'methodPath' | 'read' | 'variant'>;
  readonly clock: Clock;
  /** A connection that is not made within this time is given up. */
  readonly connectTimeoutMs: number;
  /** A silent connection is probed after this time, and given up when the probe is not answered in `keepaliveTimeoutMs`. */
  readonly keepaliveMs: number;
  readonly keepaliveTimeoutMs: number;
}

export interface ConnectionEvents {
  delivery(delivery: Delivery): void;
  /** Called once, also for a connection that never came about; not after `close`. `inOrder`: the other end meant it. */
  ended(reason: string, inOrder: boolean): void;
}

/** One stream to the control plane, as the client sees it. */
export interface Connection {
  /** Does nothing when the stream has ended. */
  send(request: Buffer): void;
  close(): void;
}

/** Each connection is a channel of its own, never made again by gRPC: when and how often to dial is the client's own decision. */
export class AdsConnection implements Connection {
  readonly #options: ConnectionOptions;
  readonly #events: ConnectionEvents;
  readonly #client: Client;
  readonly #call: ClientDuplexStream<Buffer, Delivery>;
  readonly #stopTimer: Cancel;
  #open = true;

  constructor(options: ConnectionOptions, events: ConnectionEvents) {
    silenceGrpcLog();
    this.#options = options;
    this.#events = events;
    this.#client = new Client(options.address, credentials.createInsecure(), channelOptions(options));
    const { codec } = options;
    this.#call = this.#client.makeBidiStreamRequest(codec.methodPath, (request: Buffer) => request, codec.read);
    this.#call.on('data', (delivery: Delivery) => {
      if (this.#open) this.#events.delivery(delivery);
    });
    this.#call.on('error', (error: ServiceError) => this.#end(plainReason(error, codec.variant), false));
    this.#call.on('end', () => this.#end('the control plane ended the stream', true));
    this.#stopTimer = options.clock.after(options.connectTimeoutMs, () => this.#checkConnected());
  }

  send(request: Buffer): void {
    if (this.#open) this.#call.write(request);
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#stopTimer();
    this.#call.cancel();
    this.#client.close();
  }

  #checkConnected(): void {
    if (this.#client.getChannel().getConnectivityState(false) === connectivityState.READY) return;
    this.#end(`no connection within ${this.#options.connectTimeoutMs} ms`, false);
  }

  #end(reason: string, inOrder: boolean): void {
    if (!this.#open) return;
    this.close();
    this.#events.ended(reason, inOrder);
  }
}

/** grpc-js wraps the system's reason: "No connection established. Last error: Error: connect ECONNREFUSED …. Resolution note: ". */
function plainReason(error: ServiceError, variant: ClientCodec['variant']): string {
  if (error.code === status.UNIMPLEMENTED && variant === 'delta') {
    return 'it does not speak incremental xDS; set SWITCHBOARD_XDS_PROTOCOL=sotw';
  }
  const text = error.details || error.message;
  const [, wrapped = text] = text.split('Last error: Error: ');
  const [reason = text] = wrapped.split('. Resolution note:');
  return reason;
}

function channelOptions(options: ConnectionOptions) {
  return {
    'grpc.max_receive_message_length': MAX_RESPONSE_BYTES,
    'grpc.keepalive_time_ms': options.keepaliveMs,
    'grpc.keepalive_timeout_ms': options.keepaliveTimeoutMs,
    'grpc.use_local_subchannel_pool': 1,
    'grpc.enable_retries': 0,
    // A sidecar's pod has http_proxy set to the sidecar itself.
    'grpc.enable_http_proxy': 0,
    'grpc.service_config_disable_resolution': 1,
    'grpc.enable_channelz': 0,
  };
}
