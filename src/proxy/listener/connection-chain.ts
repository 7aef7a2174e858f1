// What a live listener does with the connections of one filter chain.
import type { Socket } from 'node:net';
import type { StatSink } from '../../telemetry/stats.ts';

export interface ConnectionChain {
  /** Requests or connections in work, whatever a drain has to wait for. */
  readonly active: number;
  /** Takes the socket for good. Bytes that were read of it have been put back. */
  accept(socket: Socket): void;
  /** No new work is wanted: what is idle closes now, the rest when it is done. */
  drain(): void;
  /** Ends everything at once. */
  close(): void;
  collect(sink: StatSink): void;
}
