// What is sent through a proxy, whatever the protocol.

/** A method, for backends that answer it as gRPC does. */
export const GRPC_PATH = '/bench.Echo/Unary';

export interface Workload {
  readonly name: string;
  /** For people, one line. */
  readonly what: string;
  readonly connections: number;
  readonly method: 'GET' | 'POST';
  /** What the backends have: see bed/nginx.ts. */
  readonly path: '/data' | '/1k' | '/64k' | '/1m' | '/echo' | typeof GRPC_PATH | `/test.Echo/${RpcWorkload['method']}`;
  /** Of each request, or message. */
  readonly bodyBytes: number;
  /** Whether each request has a connection of its own. */
  readonly fresh: boolean;
  /** At once on each connection; not HTTP/1.1. */
  readonly streams?: number;
  /** The load speaks TLS. */
  readonly tls?: boolean;
  /** A call of gRPC: its fields, and a message of `bodyBytes` with its prefix. */
  readonly grpc?: boolean;
  /** A call of gRPC by a client of its own. */
  readonly rpc?: RpcWorkload;
  /** A fixed rate of requests; absent = as many as go. */
  readonly perSecond?: number;
}

/** Of test/fixtures/grpc/echo.proto. */
export interface RpcWorkload {
  readonly method: 'Unary' | 'Repeat' | 'Collect' | 'Chat';
  /** Messages of the client in one call. */
  readonly sends: number;
  /** Messages of the server in one call. */
  readonly answers: number;
}
