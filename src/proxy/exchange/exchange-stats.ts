// The numbers of one HTTP connection manager, under Envoy's names.
import type { ErrorCode } from '../../model/errors.ts';
import type { AccessRecord } from '../../telemetry/access-log.ts';
import { ResponseStats } from '../../telemetry/response-stats.ts';
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
  overloadRefusals = 0;
  /** Requests that ended here for their time: the body had not come, nothing moved, the call took too long as a whole. */
  bodyTimeouts = 0;
  idleTimeouts = 0;
  durationTimeouts = 0;
  upgradesTotal = 0;
  upgradesActive = 0;
  upgradesRefused = 0;
  readonly responses = new ResponseStats();

  /** An answer was made here. */
  noteError(code: ErrorCode): void {
    if (code === 'no_route') this.noRoute += 1;
    else if (code === 'overloaded') this.overloadRefusals += 1;
    else if (code === 'upgrade_not_allowed') this.upgradesRefused += 1;
  }

  recordBegin(): void {
    this.requestsTotal += 1;
    this.requestsActive += 1;
  }

  /** An exchange has ended, whatever came of it. */
  recordEnd({ status, durationMs, bytesReceived, bytesSent }: AccessRecord): void {
    this.requestsActive -= 1;
    this.bytesReceived += bytesReceived;
    this.bytesSent += bytesSent;
    if (status > 0) this.responses.record(status, durationMs);
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
    sink.counter('http', prefix, 'downstream_rq_timeout', this.bodyTimeouts);
    sink.counter('http', prefix, 'downstream_rq_idle_timeout', this.idleTimeouts);
    sink.counter('http', prefix, 'downstream_rq_max_duration_reached', this.durationTimeouts);
    sink.counter('http', prefix, 'no_route', this.noRoute);
    sink.counter('http', prefix, 'downstream_rq_overload_close', this.overloadRefusals);
    sink.counter('http', prefix, 'downstream_cx_upgrades_total', this.upgradesTotal);
    sink.gauge('http', prefix, 'downstream_cx_upgrades_active', this.upgradesActive);
    sink.counter('http', prefix, 'downstream_rq_ws_on_non_ws_route', this.upgradesRefused);
    this.responses.collect('http', prefix, 'downstream', sink);
  }
}
