// What a live listener does with the connections of one filter chain.
import type { Socket } from 'node:net';
import type { SocketAddressSpec } from '../../model/listener-spec.ts';
import type { StatSink } from '../../telemetry/stats.ts';

export interface ConnectionChain {
  /** Requests or connections in work, whatever a drain has to wait for. */
  readonly active: number;
  /** Sockets that it has taken and that are not closed. */
  readonly connections: number;
  /**
   * Takes the socket for good. Bytes that were read of it have been put back. `originalDestination`: where it was going, null = it was not
   * redirected.
   */
  accept(socket: Socket, originalDestination: SocketAddressSpec | null): void;
  /** No new work is wanted: what is idle closes now, the rest when it is done. */
  drain(): void;
  /** Ends everything at once. */
  close(): void;
  collect(sink: StatSink): void;
}
