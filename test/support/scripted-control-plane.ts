// A control plane that sends what a test tells it to, byte for byte, to clients of incremental ADS.
import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { Server, ServerCredentials, type ServerDuplexStream } from '@grpc/grpc-js';
import type { Snapshot } from '../../src/model/snapshot.ts';
import {
  type DeltaDiscoveryRequest,
  DeltaDiscoveryRequestSchema,
  DeltaDiscoveryResponseSchema,
} from '../../src/xds/gen/envoy/service/discovery/v3/discovery_pb.ts';
import { envelopes } from './delta-subscriber.ts';
import { typeOf } from './type-of.ts';

type Call = ServerDuplexStream<Buffer, Buffer>;

const same = (bytes: Buffer): Buffer => bytes;
const PATH = '/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources';

export class ScriptedControlPlane {
  readonly port: number;
  /** All that clients have said, oldest first. */
  readonly requests: DeltaDiscoveryRequest[] = [];
  /** How many streams there have been. */
  streams = 0;
  readonly #server: Server;
  readonly #open: Set<Call>;
  #nonce = 0;

  private constructor(server: Server, port: number, open: Set<Call>) {
    this.#server = server;
    this.port = port;
    this.#open = open;
  }

  /** `onStream` is called with each new stream. */
  static async start(onStream: (plane: ScriptedControlPlane) => void = () => {}): Promise<ScriptedControlPlane> {
    const server = new Server({ 'grpc.max_send_message_length': -1 });
    const open = new Set<Call>();
    const all = (call: Call): void => {
      open.add(call);
      plane.streams += 1;
      call.on('data', (bytes: Buffer) => plane.requests.push(fromBinary(DeltaDiscoveryRequestSchema, bytes)));
      for (const event of ['cancelled', 'error', 'end']) call.on(event, () => open.delete(call));
      onStream(plane);
    };
    const serialize = { requestSerialize: same, requestDeserialize: same, responseSerialize: same };
    const streamed = { path: PATH, requestStream: true, responseStream: true, responseDeserialize: same };
    server.addService({ all: { ...streamed, ...serialize } }, { all });
    const port = await new Promise<number>((resolve, reject) => {
      server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
        error === null ? resolve(bound) : reject(error),
      );
    });
    const plane = new ScriptedControlPlane(server, port, open);
    return plane;
  }

  /** To every open stream. */
  sendBytes(bytes: Buffer): void {
    for (const call of this.#open) call.write(bytes);
  }

  send(response: MessageInitShape<typeof DeltaDiscoveryResponseSchema>): string {
    this.#nonce += 1;
    const nonce = `n${this.#nonce}`;
    const message = create(DeltaDiscoveryResponseSchema, { ...response, nonce });
    this.sendBytes(Buffer.from(toBinary(DeltaDiscoveryResponseSchema, message)));
    return nonce;
  }

  /** All types of `snapshot`, in push order. */
  sendAll(snapshot: Snapshot): void {
    for (const type of ['CDS', 'EDS', 'LDS', 'RDS']) {
      this.send({ typeUrl: typeOf(type).typeUrl, resources: envelopes(type, snapshot) });
    }
  }

  /** What the client said to the response of `nonce`: '' = yes; undefined: nothing so far. */
  answerTo(nonce: string): string | undefined {
    const answer = this.requests.find((request) => request.responseNonce === nonce);
    return answer === undefined ? undefined : (answer.errorDetail?.message ?? '');
  }

  close(): void {
    this.#server.forceShutdown();
  }
}
