// Pods that tell who they are and what they were asked, by HTTP and by gRPC, and the Services in front of them.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Metadata } from '@grpc/grpc-js';
import { GrpcEcho } from './grpc-echo.ts';

/** What a pod saw of a request. */
export interface Seen {
  readonly pod: string;
  readonly method: string;
  /** With its query. */
  readonly path: string;
  /** By lower-case name; several fields of one name joined by a comma. */
  readonly headers: Readonly<Record<string, string>>;
}

/** `x-echo-status` of a request says how it is answered; with `x-echo-silence` it is not. */
export class EchoPod {
  readonly name: string;
  readonly port: number;
  readonly grpcPort: number;
  /** By HTTP, so far. */
  requests = 0;
  readonly #http: Server;
  readonly #grpc: GrpcEcho;

  private constructor(name: string, http: Server, grpc: GrpcEcho) {
    this.name = name;
    this.port = (http.address() as AddressInfo).port;
    this.grpcPort = grpc.port;
    this.#http = http;
    this.#grpc = grpc;
  }

  static async start(name: string): Promise<EchoPod> {
    const http = createServer();
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    const grpc = await GrpcEcho.start({
      unary: (call, done) => done(null, Buffer.from(JSON.stringify(seenByGrpc(name, call.metadata)))),
    });
    const pod = new EchoPod(name, http, grpc);
    http.on('request', (request, response) => pod.#answer(request, response));
    return pod;
  }

  close(): void {
    this.#http.close();
    this.#http.closeAllConnections();
    this.#grpc.close();
  }

  #answer(
    { method = '', url: path = '', headers: given, headersDistinct }: IncomingMessage,
    response: ServerResponse,
  ): void {
    this.requests += 1;
    if (given['x-echo-silence'] !== undefined) return;
    response.statusCode = Number(given['x-echo-status'] ?? 200);
    const headers = Object.fromEntries(
      Object.entries(headersDistinct).map(([field, values]) => [field, values?.join(',') ?? '']),
    );
    response.end(JSON.stringify({ pod: this.name, method, path, headers } satisfies Seen));
  }
}

function seenByGrpc(pod: string, metadata: Metadata): Seen {
  const headers = Object.fromEntries(
    Object.keys(metadata.getMap()).map((field) => [field, metadata.get(field).join(',').replaceAll(', ', ',')]),
  );
  return { pod, method: 'POST', path: '/test.Echo/Unary', headers };
}

/** The Service `name` at `vip`, with ports 80, 8080 and 7070, in front of `pods`. */
export function echoService(name: string, vip: string, pods: readonly EchoPod[], namespace = 'shop'): string {
  const ports = [
    '{name: http, port: 80, appProtocol: http}',
    '{name: http-alt, port: 8080, appProtocol: http}',
    '{name: grpc, port: 7070, appProtocol: grpc}',
  ];
  const slices = pods.map(
    (pod) => `---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: ${name}-${pod.name}, namespace: ${namespace}, labels: {kubernetes.io/service-name: ${name}}}
addressType: IPv4
endpoints: [{addresses: [127.0.0.1]}]
ports: [{name: http, port: ${pod.port}}, {name: http-alt, port: ${pod.port}}, {name: grpc, port: ${pod.grpcPort}}]
`,
  );
  return `---
apiVersion: v1
kind: Service
metadata: {name: ${name}, namespace: ${namespace}}
spec: {clusterIP: ${vip}, ports: [${ports.join(', ')}]}
${slices.join('')}`;
}
