// The connections of one TCP proxy: which cluster each goes to, and what they share.
import type { Socket } from 'node:net';
import type { Random } from '../../base/random.ts';
import { WeightedChoice } from '../../base/weighted-choice.ts';
import type { SocketAddressSpec, TcpProxySpec } from '../../model/listener-spec.ts';
import type { StatSink } from '../../telemetry/stats.ts';
import { TcpConnection, type TcpContext } from '../tcp/tcp-connection.ts';
import { TcpStats } from '../tcp/tcp-stats.ts';
import type { ClusterSlot } from '../upstream/cluster.ts';
import type { ConnectionChain } from './connection-chain.ts';

export interface TcpChainOptions extends Omit<TcpContext, 'stats'> {
  readonly random: Random;
}

/** The same slot for the same cluster, always. */
export type SlotOf = (cluster: string) => ClusterSlot;

export class TcpChain implements ConnectionChain {
  readonly #random: Random;
  readonly #context: TcpContext;
  readonly #stats = new TcpStats();
  readonly #connections = new Set<TcpConnection>();
  #spec: TcpProxySpec;
  #clusters: WeightedChoice<ClusterSlot>;

  constructor(spec: TcpProxySpec, slotOf: SlotOf, options: TcpChainOptions) {
    this.#random = options.random;
    this.#context = { ...options, stats: this.#stats };
    this.#spec = spec;
    this.#clusters = compileClusters(spec, slotOf);
  }

  get active(): number {
    return this.#connections.size;
  }

  get connections(): number {
    return this.#connections.size;
  }

  /** For connections to come. */
  update(spec: TcpProxySpec, slotOf: SlotOf): void {
    this.#spec = spec;
    this.#clusters = compileClusters(spec, slotOf);
  }

  accept(socket: Socket, originalDestination: SocketAddressSpec | null): void {
    const connection = new TcpConnection(socket, this.#spec, this.#context, this.#onEnd);
    this.#connections.add(connection);
    connection.start(this.#clusters.choose(this.#random), originalDestination);
  }

  /** Nothing can be said to either side that it would understand: connections go on until they end or are closed. */
  drain(): void {}

  close(): void {
    for (const connection of this.#connections) connection.close();
  }

  collect(sink: StatSink): void {
    this.#stats.collect(this.#spec.statPrefix, sink);
  }

  readonly #onEnd = (connection: TcpConnection): void => {
    this.#connections.delete(connection);
  };
}

function compileClusters({ cluster }: TcpProxySpec, slotOf: SlotOf): WeightedChoice<ClusterSlot> {
  if (typeof cluster === 'string') return new WeightedChoice([slotOf(cluster)], [1]);
  return new WeightedChoice(
    cluster.map(({ name }) => slotOf(name)),
    cluster.map(({ weight }) => weight),
  );
}
