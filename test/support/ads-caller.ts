// A gRPC client that says what a test tells it to, byte for byte, to any discovery method of a server.
import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { Client, type ClientDuplexStream, credentials, type StatusObject } from '@grpc/grpc-js';
import {
  DeltaDiscoveryRequestSchema,
  type DeltaDiscoveryResponse,
  DeltaDiscoveryResponseSchema,
  DiscoveryRequestSchema,
  type DiscoveryResponse,
  DiscoveryResponseSchema,
} from '../../src/xds/gen/envoy/service/discovery/v3/discovery_pb.ts';
import { waitUntil } from './wait-until.ts';

export const ADS = '/envoy.service.discovery.v3.AggregatedDiscoveryService';

const same = (bytes: Buffer): Buffer => bytes;

export class AdsCaller {
  readonly received: Buffer[] = [];
  /** Set when the stream has ended. */
  status: StatusObject | null = null;
  readonly #client: Client;
  readonly #call: ClientDuplexStream<Buffer, Buffer>;

  /** `path`: of the method, e.g. `${ADS}/StreamAggregatedResources`. */
  constructor(port: number, path: string, host = '127.0.0.1') {
    this.#client = new Client(`${host}:${port}`, credentials.createInsecure(), {
      'grpc.max_receive_message_length': -1,
      // A connection of its own.
      'grpc.use_local_subchannel_pool': 1,
    });
    this.#call = this.#client.makeBidiStreamRequest(path, same, same);
    this.#call.on('data', (bytes: Buffer) => this.received.push(bytes));
    this.#call.on('status', (status: StatusObject) => {
      this.status = status;
    });
    this.#call.on('error', () => {});
  }

  write(bytes: Buffer): void {
    this.#call.write(bytes);
  }

  ask(request: MessageInitShape<typeof DiscoveryRequestSchema>): void {
    this.write(Buffer.from(toBinary(DiscoveryRequestSchema, create(DiscoveryRequestSchema, request))));
  }

  askDelta(request: MessageInitShape<typeof DeltaDiscoveryRequestSchema>): void {
    this.write(Buffer.from(toBinary(DeltaDiscoveryRequestSchema, create(DeltaDiscoveryRequestSchema, request))));
  }

  /** Stops to read: what the server sends fills its buffers. */
  pause(): void {
    this.#call.pause();
  }

  resume(): void {
    this.#call.resume();
  }

  /** The first response that has not been taken yet. */
  async next(): Promise<DiscoveryResponse> {
    return fromBinary(DiscoveryResponseSchema, await this.#take());
  }

  async nextDelta(limitMs?: number): Promise<DeltaDiscoveryResponse> {
    return fromBinary(DeltaDiscoveryResponseSchema, await this.#take(limitMs));
  }

  ended(): Promise<StatusObject> {
    return waitUntil('the stream has ended', () => this.status);
  }

  close(): void {
    this.#call.cancel();
    this.#client.close();
  }

  #take(limitMs?: number): Promise<Buffer> {
    return waitUntil('a response', () => this.received.shift() ?? null, limitMs);
  }
}
