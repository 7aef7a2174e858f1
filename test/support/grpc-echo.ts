// A gRPC service of all four kinds of calls, with grpc-js on both ends; messages are plain bytes.
import {
  Client,
  type ClientOptions,
  credentials,
  type handleBidiStreamingCall,
  type handleClientStreamingCall,
  type handleServerStreamingCall,
  type handleUnaryCall,
  Metadata,
  type MethodDefinition,
  Server,
  ServerCredentials,
  type ServiceDefinition,
} from '@grpc/grpc-js';
import type { TestAddress } from './live-plane.ts';

/** Larger than any message of the tests. */
const MAX_MESSAGE_BYTES = 128 * 1024 * 1024;
const LIMITS = {
  'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
  'grpc.max_send_message_length': MAX_MESSAGE_BYTES,
} as const;

const same = (bytes: Buffer): Buffer => bytes;

function method(name: string, requestStream: boolean, responseStream: boolean): MethodDefinition<Buffer, Buffer> {
  return {
    path: `/test.Echo/${name}`,
    requestStream,
    responseStream,
    requestSerialize: same,
    requestDeserialize: same,
    responseSerialize: same,
    responseDeserialize: same,
  };
}

const METHODS = {
  unary: method('Unary', false, false),
  collect: method('Collect', true, false),
  repeat: method('Repeat', false, true),
  chat: method('Chat', true, true),
} satisfies ServiceDefinition;

export interface EchoCalls {
  unary?: handleUnaryCall<Buffer, Buffer>;
  collect?: handleClientStreamingCall<Buffer, Buffer>;
  repeat?: handleServerStreamingCall<Buffer, Buffer>;
  chat?: handleBidiStreamingCall<Buffer, Buffer>;
}

/** What each call does where a test says nothing else. */
const ECHO: Required<EchoCalls> = {
  unary: (call, done) => done(null, call.request),
  collect: (call, done) => {
    const pieces: Buffer[] = [];
    call.on('data', (piece: Buffer) => pieces.push(piece));
    call.on('end', () => done(null, Buffer.concat(pieces)));
  },
  repeat: (call) => {
    for (let i = 0; i < 5; i += 1) call.write(Buffer.concat([call.request, Buffer.from(String(i))]));
    call.end();
  },
  chat: (call) => {
    call.on('data', (piece: Buffer) => call.write(piece));
    call.on('end', () => call.end());
  },
};

export class GrpcEcho implements TestAddress {
  readonly host = '127.0.0.1';
  readonly port: number;
  readonly #server: Server;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.port = port;
  }

  static async start(calls: EchoCalls = {}): Promise<GrpcEcho> {
    const server = new Server(LIMITS);
    server.addService(METHODS, { ...ECHO, ...calls });
    const port = await new Promise<number>((resolve, reject) => {
      server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
        error === null ? resolve(bound) : reject(error),
      );
    });
    return new GrpcEcho(server, port);
  }

  close(): void {
    this.#server.forceShutdown();
  }
}

/** Calls the Service `web` through a sidecar at a port, or dials a name as the environment says. */
export class GrpcCaller extends Client {
  constructor(to: number | string, options: ClientOptions = {}) {
    super(typeof to === 'number' ? `127.0.0.1:${to}` : to, credentials.createInsecure(), {
      ...LIMITS,
      'grpc.default_authority': 'web',
      'grpc.enable_retries': 0,
      ...options,
    });
  }

  unary(message: Buffer, deadlineMs = 20_000, headers: Readonly<Record<string, string>> = {}): Promise<Buffer> {
    const metadata = Metadata.fromHttp2Headers(headers);
    return new Promise((resolve, reject) => {
      const options = { deadline: Date.now() + deadlineMs };
      this.makeUnaryRequest(METHODS.unary.path, same, same, message, metadata, options, (error, answer) =>
        error === null ? resolve(answer ?? Buffer.alloc(0)) : reject(error),
      );
    });
  }

  /** Its answer, and the metadata before that. */
  unaryWith(message: Buffer, metadata: Metadata): Promise<{ readonly text: string; readonly metadata: Metadata }> {
    return new Promise((resolve, reject) => {
      let first = new Metadata();
      const call = this.makeUnaryRequest(METHODS.unary.path, same, same, message, metadata, (error, answer) =>
        error === null ? resolve({ text: String(answer), metadata: first }) : reject(error),
      );
      call.on('metadata', (told: Metadata) => {
        first = told;
      });
    });
  }

  collect(messages: readonly Buffer[]): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const call = this.makeClientStreamRequest(
        METHODS.collect.path,
        same,
        same,
        (error: Error | null, answer?: Buffer) => (error === null ? resolve(answer ?? Buffer.alloc(0)) : reject(error)),
      );
      for (const message of messages) call.write(message);
      call.end();
    });
  }

  repeat(message: Buffer) {
    return this.makeServerStreamRequest(METHODS.repeat.path, same, same, message);
  }

  chat() {
    return this.makeBidiStreamRequest(METHODS.chat.path, same, same);
  }
}
