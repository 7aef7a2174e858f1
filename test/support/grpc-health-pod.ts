// A pod with gRPC's health service, which says what it is told to; with TLS by the certificates of the fixtures, or without.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Metadata, Server, ServerCredentials } from '@grpc/grpc-js';
import type { TestAddress } from './live-plane.ts';

const FOLDER = join(import.meta.dirname, '../fixtures/tls');
const pem = (name: string): Buffer => readFileSync(join(FOLDER, name));

export interface GrpcHealthPod extends TestAddress {
  /** SERVING = 1, NOT_SERVING = 2. */
  status: number;
  /** Names of services. */
  readonly asked: string[];
  /** What came with each of them. */
  readonly metadata: Metadata[];
  close(): void;
}

/** `asksClients`: whoever shows no certificate that `ca` has signed is not talked to. */
export async function grpcHealthPod(tls?: { readonly asksClients: boolean }): Promise<GrpcHealthPod> {
  const server = new Server();
  const asked: string[] = [];
  const metadata: Metadata[] = [];
  const pod = { status: 1 };
  server.addService(
    {
      Check: {
        path: '/grpc.health.v1.Health/Check',
        ...{ requestStream: false, responseStream: false },
        ...{ requestSerialize: (bytes: Buffer) => bytes, requestDeserialize: (bytes: Buffer) => bytes },
        ...{ responseSerialize: (bytes: Buffer) => bytes, responseDeserialize: (bytes: Buffer) => bytes },
      },
    },
    {
      Check: (call: { request: Buffer; metadata: Metadata }, done: (error: null, answer: Buffer) => void) => {
        metadata.push(call.metadata);
        asked.push(call.request.subarray(2).toString());
        done(null, Buffer.from([8, pod.status]));
      },
    },
  );
  const pair = { cert_chain: pem('server.pem'), private_key: pem('server.key') };
  const credentials =
    tls === undefined
      ? ServerCredentials.createInsecure()
      : ServerCredentials.createSsl(pem('ca.pem'), [pair], tls.asksClients);
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', credentials, (error, bound) => (error === null ? resolve(bound) : reject(error))),
  );
  return Object.assign(pod, { host: '127.0.0.1', port, asked, metadata, close: () => server.forceShutdown() });
}
