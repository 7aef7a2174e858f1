// The numbers of one TCP proxy, under Envoy's names.
import type { StatSink } from '../../telemetry/stats.ts';

export class TcpStats {
  connectionsTotal = 0;
  connectionsActive = 0;
  noRoute = 0;
  bytesReceived = 0;
  bytesSent = 0;
  pauses = 0;
  idleTimeouts = 0;

  /** Source of the names: Envoy's TCP proxy statistics. Bytes and pauses are counted when a connection has ended. */
  collect(prefix: string, sink: StatSink): void {
    sink.counter('tcp', prefix, 'downstream_cx_total', this.connectionsTotal);
    sink.counter('tcp', prefix, 'downstream_cx_no_route', this.noRoute);
    sink.counter('tcp', prefix, 'downstream_cx_rx_bytes_total', this.bytesReceived);
    sink.counter('tcp', prefix, 'downstream_cx_tx_bytes_total', this.bytesSent);
    sink.counter('tcp', prefix, 'downstream_flow_control_paused_reading_total', this.pauses);
    sink.counter('tcp', prefix, 'idle_timeout', this.idleTimeouts);
  }
}
