// One client of the control plane: an incremental ADS stream over a connection of its own that says yes to everything and keeps nothing.
import { Client, type ClientDuplexStream, credentials, status } from '@grpc/grpc-js';
import { DELTA_PATH, decodeResponse, encodeRequest } from './delta-messages.ts';

/** What is wanted of one type. */
export interface TypePlan {
  readonly typeUrl: string;
  readonly subscribe: readonly string[];
  /** How many resources there are. */
  readonly expected: number;
  /** Not asked for before this type has come; absent: at once. */
  readonly after?: string;
}

export interface SubscriberOptions {
  readonly port: number;
  /** envoy.config.core.v3.Node, in bytes. */
  readonly node: Uint8Array;
  readonly plans: readonly TypePlan[];
  /** Everything has come, and was acknowledged. */
  readonly onSynced: () => void;
  /** After that: these resources have come, and were acknowledged. */
  readonly onNews: (typeUrl: string, names: readonly string[]) => void;
  readonly onFailure: (reason: string) => void;
}

const same = (bytes: Buffer): Buffer => bytes;

export class Subscriber {
  readonly #options: SubscriberOptions;
  readonly #call: ClientDuplexStream<Buffer, Buffer>;
  /** By type, the names that have come; a type leaves when all have. */
  readonly #pending = new Map<string, Set<string>>();
  /** Until it was told. */
  #node: Uint8Array | undefined;

  constructor(options: SubscriberOptions) {
    this.#options = options;
    this.#node = options.node;
    for (const { typeUrl } of options.plans) this.#pending.set(typeUrl, new Set());
    const client = new Client(`127.0.0.1:${options.port}`, credentials.createInsecure(), {
      'grpc.max_receive_message_length': -1,
      'grpc.use_local_subchannel_pool': 1,
      'grpc.enable_channelz': 0,
    });
    this.#call = client.makeBidiStreamRequest(DELTA_PATH, same, same);
    this.#call.on('data', (bytes: Buffer) => this.#receive(bytes));
    this.#call.on('error', (error) => options.onFailure(error.message));
    this.#call.on('status', ({ code, details }) => options.onFailure(`the stream ended: ${status[code]} ${details}`));
    for (const plan of options.plans) if (plan.after === undefined) this.#subscribe(plan);
  }

  #subscribe({ typeUrl, subscribe }: TypePlan): void {
    const node = this.#node === undefined ? {} : { node: this.#node };
    this.#node = undefined;
    this.#call.write(encodeRequest({ ...node, typeUrl, subscribe }));
  }

  #receive(bytes: Buffer): void {
    const { typeUrl, nonce, names } = decodeResponse(bytes);
    this.#call.write(encodeRequest({ typeUrl, nonce }));
    if (this.#pending.size > 0) this.#count(typeUrl, names);
    else this.#options.onNews(typeUrl, names);
  }

  #count(typeUrl: string, names: readonly string[]): void {
    const plan = this.#options.plans.find((candidate) => candidate.typeUrl === typeUrl);
    const seen = this.#pending.get(typeUrl);
    if (plan === undefined || seen === undefined) return;
    for (const name of names) seen.add(name);
    if (seen.size < plan.expected) return;
    this.#pending.delete(typeUrl);
    for (const next of this.#options.plans) if (next.after === typeUrl) this.#subscribe(next);
    if (this.#pending.size === 0) this.#options.onSynced();
  }
}
