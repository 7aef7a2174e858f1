// @hot
// The numbers of one HTTP connection manager, under Envoy's names.
import { Histogram } from '../../telemetry/histogram.ts';
import type { StatSink } from '../../telemetry/stats.ts';

export class ExchangeStats {
  connectionsTotal = 0;
  connectionsActive = 0;
  requestsTotal = 0;
  requestsActive = 0;
  bytesReceived = 0;
  bytesSent = 0;
  protocolErrors = 0;
  resets = 0;
  noRoute = 0;
  /** Answers by the first digit of their status, 1–5. */
  readonly responses = new Float64Array(6);
  readonly requestTime = new Histogram();

  recordResponse(status: number, durationMs: number): void {
    const codeClass = Math.floor(status / 100);
    this.responses[codeClass] = (this.responses[codeClass] as number) + 1;
    this.requestTime.record(durationMs);
  }

  /** Source of the names: Envoy's HTTP connection manager statistics. */
  collect(prefix: string, sink: StatSink): void {
    sink.counter('http', prefix, 'downstream_cx_total', this.connectionsTotal);
    sink.gauge('http', prefix, 'downstream_cx_active', this.connectionsActive);
    sink.counter('http', prefix, 'downstream_rq_total', this.requestsTotal);
    sink.gauge('http', prefix, 'downstream_rq_active', this.requestsActive);
    sink.counter('http', prefix, 'downstream_cx_rx_bytes_total', this.bytesReceived);
    sink.counter('http', prefix, 'downstream_cx_tx_bytes_total', this.bytesSent);
    sink.counter('http', prefix, 'downstream_cx_protocol_error', this.protocolErrors);
    sink.counter('http', prefix, 'downstream_rq_rx_reset', this.resets);
    sink.counter('http', prefix, 'no_route', this.noRoute);
    for (let codeClass = 1; codeClass <= 5; codeClass += 1) {
      sink.counter('http', prefix, `downstream_rq_${codeClass}xx`, this.responses[codeClass] as number);
    }
    sink.histogram('http', prefix, 'downstream_rq_time', this.requestTime);
  }
}
