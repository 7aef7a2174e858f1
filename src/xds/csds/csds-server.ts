// The CSDS service over connections that somebody else has accepted: it has no port of its own.
import type { Duplex } from 'node:stream';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  type ConnectionInjector,
  type handleBidiStreamingCall,
  type handleUnaryCall,
  Server,
  ServerCredentials,
  status,
} from '@grpc/grpc-js';
import { ok, type Result, renderIssue } from '../../base/result.ts';
import {
  ClientStatusDiscoveryService,
  type ClientStatusRequest,
  ClientStatusRequestSchema,
  ClientStatusResponseSchema,
} from '../gen/envoy/service/status/v3/csds_pb.ts';
import { silenceGrpcLog } from '../silence-grpc-log.ts';
import { readClientStatusRequest } from './client-status-query.ts';
import type { ClientStatusSource } from './client-status-source.ts';

/** A request names a few nodes. */
const MAX_REQUEST_BYTES = 65_536;

/** Of one connection. */
const MAX_STREAMS = 16;
/** A connection without a call ends after this, and one in a call has to give a sign of life. */
const IDLE_MS = 30_000;

const { typeName, method: METHODS } = ClientStatusDiscoveryService;

const BYTES = {
  requestSerialize: (request: ClientStatusRequest) => Buffer.from(toBinary(ClientStatusRequestSchema, request)),
  requestDeserialize: (bytes: Buffer) => fromBinary(ClientStatusRequestSchema, bytes),
  responseSerialize: (response: Buffer) => response,
  responseDeserialize: (bytes: Buffer) => bytes,
};

export class CsdsServer {
  readonly #source: ClientStatusSource;
  readonly #server: Server;
  readonly #injector: ConnectionInjector;

  constructor(source: ClientStatusSource) {
    silenceGrpcLog();
    this.#source = source;
    this.#server = new Server({
      'grpc.max_receive_message_length': MAX_REQUEST_BYTES,
      'grpc.max_send_message_length': -1,
      'grpc.max_concurrent_streams': MAX_STREAMS,
      'grpc.max_connection_idle_ms': IDLE_MS,
      'grpc.keepalive_time_ms': IDLE_MS,
      'grpc.enable_channelz': 0,
    });
    this.#server.addService(
      {
        fetch: { ...BYTES, path: pathOf(METHODS.fetchClientStatus), requestStream: false, responseStream: false },
        stream: { ...BYTES, path: pathOf(METHODS.streamClientStatus), requestStream: true, responseStream: true },
      },
      { fetch: this.#fetch(), stream: this.#stream() },
    );
    this.#injector = this.#server.createConnectionInjector(ServerCredentials.createInsecure());
  }

  /** Serves a connection that begins with the HTTP/2 preface; what was read of it already has to be put back. */
  serve(connection: Duplex): void {
    this.#injector.injectConnection(connection);
  }

  close(): void {
    this.#server.forceShutdown();
  }

  #fetch(): handleUnaryCall<ClientStatusRequest, Buffer> {
    return ({ request }, reply) => {
      const answer = this.#answer(request);
      if (answer.ok) reply(null, answer.value);
      else reply(refusal(answer));
    };
  }

  #stream(): handleBidiStreamingCall<ClientStatusRequest, Buffer> {
    return (call) => {
      call.on('data', (request: ClientStatusRequest) => {
        const answer = this.#answer(request);
        if (answer.ok) call.write(answer.value);
        else call.emit('error', refusal(answer));
      });
      call.on('end', () => call.end());
      // Whoever asks has left: nobody is there to be told.
      call.on('error', () => {});
    };
  }

  #answer(request: ClientStatusRequest): Result<Buffer> {
    const query = readClientStatusRequest(request);
    if (!query.ok) return query;
    const config = [...this.#source.clientConfigs(query.value)];
    return ok(Buffer.from(toBinary(ClientStatusResponseSchema, create(ClientStatusResponseSchema, { config }))));
  }
}

function pathOf({ name }: { readonly name: string }): string {
  return `/${typeName}/${name}`;
}

function refusal({ issues }: Extract<Result<unknown>, { ok: false }>) {
  return { code: status.INVALID_ARGUMENT, details: issues.map(renderIssue).join('\n') };
}
