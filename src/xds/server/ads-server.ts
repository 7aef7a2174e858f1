// The ADS server: gRPC streams in, one loop each, and who is connected with which configuration.
import {
  type handleBidiStreamingCall,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServiceDefinition,
  status,
} from '@grpc/grpc-js';
import type { Clock } from '../../base/clock.ts';
import { CodedError } from '../../base/coded-error.ts';
import type { Lifecycle } from '../../base/lifecycle.ts';
import type { Log } from '../../base/log.ts';
import { renderSocketAddress } from '../../model/socket-address.ts';
import { deserializeRequest, SOTW_METHOD_PATH, serializeRequest, silenceGrpcLog } from '../ads-method.ts';
import type { SnapshotCache } from '../cache/snapshot-cache.ts';
import type { DiscoveryRequest } from '../gen/envoy/service/discovery/v3/discovery_pb.ts';
import { AdsStream } from './ads-stream.ts';
import { type ClientStatus, describeClient } from './client-status.ts';
import { SOTW_CODEC } from './sotw-codec.ts';

/** A request names at most `DEFAULT_MAX_NAMES` resources, of some 100 bytes each. */
const MAX_REQUEST_BYTES = 16 * 1024 * 1024;
const DEFAULT_MAX_NAMES = 100_000;
const KEEPALIVE_MS = 30_000;
const KEEPALIVE_TIMEOUT_MS = 10_000;
const CLOSE_GRACE_MS = 100;

export interface AdsServerOptions {
  /** IP literal or name to listen on. */
  readonly host: string;
  /** 0 asks the system for a free one. */
  readonly port: number;
  readonly cache: SnapshotCache;
  readonly clock: Clock;
  readonly log: Log;
  /** Most names that one subscription may have; more end the stream with RESOURCE_EXHAUSTED. */
  readonly maxNames?: number;
}

export interface BoundAddress {
  readonly host: string;
  readonly port: number;
}

type Call = ServerDuplexStream<DiscoveryRequest, Buffer>;

interface Connected {
  readonly call: Call;
  readonly stream: AdsStream<DiscoveryRequest>;
  /** Milliseconds since the Unix epoch. */
  readonly since: number;
}

/** Plain text: for loopback and development until the mesh has identities. */
export class AdsServer implements Lifecycle<BoundAddress> {
  readonly #options: AdsServerOptions;
  readonly #server: Server;
  readonly #connected = new Set<Connected>();
  #stopped = false;

  constructor(options: AdsServerOptions) {
    silenceGrpcLog();
    this.#options = options;
    this.#server = new Server({
      'grpc.max_receive_message_length': MAX_REQUEST_BYTES,
      'grpc.max_send_message_length': -1,
      'grpc.keepalive_time_ms': KEEPALIVE_MS,
      'grpc.keepalive_timeout_ms': KEEPALIVE_TIMEOUT_MS,
      'grpc.enable_channelz': 0,
    });
    const handle: handleBidiStreamingCall<DiscoveryRequest, Buffer> = (call) => this.#accept(call);
    this.#server.addService(SERVICE, { streamAggregatedResources: handle });
  }

  start(): Promise<BoundAddress> {
    const { host, port } = this.#options;
    const address = renderSocketAddress({ host, port });
    return new Promise((resolve, reject) => {
      this.#server.bindAsync(address, ServerCredentials.createInsecure(), (error, bound) => {
        if (error === null) resolve({ host, port: bound });
        else reject(bindError(address, error));
      });
    });
  }

  /** Ends every stream in order, so that clients reconnect at once (to another replica, where there is one). */
  async drain(deadlineMs: number): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    const left = new Promise<void>((resolve) => {
      const cancel = this.#options.clock.after(deadlineMs, resolve);
      this.#server.tryShutdown(() => {
        cancel();
        resolve();
      });
    });
    for (const connected of this.#connected) {
      this.#forget(connected);
      connected.call.end();
    }
    await left;
    this.#server.forceShutdown();
  }

  /** As `drain`, with the shortest of deadlines: forceShutdown alone leaves sockets open (grpc-js 1.14 on Node 26). */
  close(): Promise<void> {
    return this.drain(CLOSE_GRACE_MS);
  }

  /** Every client that has said who it is, oldest first. */
  connectedClients(): readonly ClientStatus[] {
    const clients: ClientStatus[] = [];
    for (const { call, stream, since } of this.#connected) {
      const client = describeClient(stream, call.getPeer(), since);
      if (client !== null) clients.push(client);
    }
    return clients;
  }

  #accept(call: Call): void {
    const { cache, clock, log, maxNames = DEFAULT_MAX_NAMES } = this.#options;
    const peer = {
      send: (response: Buffer) => void call.write(response),
      fail: (reason: keyof typeof FAILURES, details: string) => {
        this.#forget(connected);
        log.warn('a client was turned away', { peer: call.getPeer(), reason: details });
        call.emit('error', { code: FAILURES[reason], details });
      },
    };
    const stream = new AdsStream({ codec: SOTW_CODEC, cache, peer, clock, log, maxNames });
    const connected: Connected = { call, stream, since: clock.wallNow() };
    this.#connected.add(connected);
    call.on('data', (request: DiscoveryRequest) => {
      if (this.#connected.has(connected)) stream.receive(request);
    });
    call.on('end', () => {
      this.#forget(connected);
      call.end();
    });
    call.on('cancelled', () => this.#forget(connected));
    call.on('error', () => this.#forget(connected));
  }

  #forget(connected: Connected): void {
    if (this.#connected.delete(connected)) connected.stream.close();
  }
}

const FAILURES = {
  'invalid-argument': status.INVALID_ARGUMENT,
  'resource-exhausted': status.RESOURCE_EXHAUSTED,
} as const;

/** Responses are bytes already: they were encoded once, not per client. */
const SERVICE: ServiceDefinition = {
  streamAggregatedResources: {
    path: SOTW_METHOD_PATH,
    requestStream: true,
    responseStream: true,
    requestSerialize: serializeRequest,
    requestDeserialize: deserializeRequest,
    responseSerialize: (response: Buffer) => response,
    responseDeserialize: (bytes: Buffer) => bytes,
  },
};

function bindError(address: string, error: Error): CodedError {
  // grpc-js: "No address added out of total 1 resolved errors: [listen EADDRINUSE: address already in use …]".
  const reason = /\[(listen [^\]]*)\]/.exec(error.message)?.[1] ?? error.message;
  return new CodedError(
    /\bE[A-Z]{4,}\b/.exec(reason)?.[0] ?? 'xds_bind_failed',
    `cannot listen for xDS on ${address}: ${reason}`,
    'choose another --xds-address, or stop what uses it',
  );
}
