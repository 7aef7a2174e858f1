// The numbers of one cluster, under Envoy's names.

import { ResponseStats } from '../../telemetry/response-stats.ts';
import type { StatSink } from '../../telemetry/stats.ts';
import { ZoneCounts } from '../balance/zone-counts.ts';

export class ClusterStats {
  connectionsTotal = 0;
  connectionsActive = 0;
  connectFailures = 0;
  connectTimeouts = 0;
  connectAttemptsExceeded = 0;
  /** Idle connections that were closed here for their age, and by the endpoint. */
  idleTimeouts = 0;
  idleCloses = 0;
  /** Connections that took no more requests, as they had carried as many as they may, or were too old. */
  requestLimitsReached = 0;
  agesReached = 0;
  /** Requests that took a new connection, as an idle one might just have been closed by the endpoint. */
  idleSpared = 0;
  requestsTotal = 0;
  requestsActive = 0;
  retries = 0;
  /** Retries by why they are safe: nothing of the request was processed; it is idempotent, or its route says so. */
  retriesUnprocessed = 0;
  retriesRepeated = 0;
  retrySuccesses = 0;
  retryOverflows = 0;
  /** Retries that were not made, as there had been as many as may be. */
  retryLimitsExceeded = 0;
  /** Pauses before retries: drawn, and as answers asked for. */
  retryBackOffs = 0;
  retryBackOffsByAnswer = 0;
  /** Requests that took longer than their routes allow. */
  requestTimeouts = 0;
  /** Tries that were not answered in time, and in which nothing moved. */
  tryTimeouts = 0;
  tryIdleTimeouts = 0;
  resets = 0;
  noHealthy = 0;
  updates = 0;
  updateFailures = 0;
  /** Null = requests of this sidecar do not keep to zones, whatever the cluster says. */
  #zones: ZoneCounts | null = null;
  readonly responses = new ResponseStats();

  /** Of requests that keep to zones; from the first call on they are told. */
  countZones(): ZoneCounts {
    this.#zones ??= new ZoneCounts();
    return this.#zones;
  }

  /** Source of the names: Envoy's cluster statistics. */
  collect(cluster: string, sink: StatSink): void {
    sink.counter('cluster', cluster, 'upstream_cx_total', this.connectionsTotal);
    sink.gauge('cluster', cluster, 'upstream_cx_active', this.connectionsActive);
    sink.counter('cluster', cluster, 'upstream_cx_connect_fail', this.connectFailures);
    sink.counter('cluster', cluster, 'upstream_cx_connect_timeout', this.connectTimeouts);
    sink.counter('cluster', cluster, 'upstream_cx_connect_attempts_exceeded', this.connectAttemptsExceeded);
    sink.counter('cluster', cluster, 'upstream_cx_idle_timeout', this.idleTimeouts);
    sink.counter('cluster', cluster, 'upstream_cx_idle_closed_remote', this.idleCloses);
    sink.counter('cluster', cluster, 'upstream_cx_idle_spared', this.idleSpared);
    sink.counter('cluster', cluster, 'upstream_cx_max_requests', this.requestLimitsReached);
    sink.counter('cluster', cluster, 'upstream_cx_max_duration_reached', this.agesReached);
    sink.counter('cluster', cluster, 'upstream_rq_total', this.requestsTotal);
    sink.gauge('cluster', cluster, 'upstream_rq_active', this.requestsActive);
    sink.counter('cluster', cluster, 'upstream_rq_retry', this.retries);
    sink.counter('cluster', cluster, 'upstream_rq_retry_unprocessed', this.retriesUnprocessed);
    sink.counter('cluster', cluster, 'upstream_rq_retry_repeated', this.retriesRepeated);
    sink.counter('cluster', cluster, 'upstream_rq_retry_success', this.retrySuccesses);
    sink.counter('cluster', cluster, 'upstream_rq_retry_overflow', this.retryOverflows);
    sink.counter('cluster', cluster, 'upstream_rq_retry_limit_exceeded', this.retryLimitsExceeded);
    sink.counter('cluster', cluster, 'upstream_rq_retry_backoff_exponential', this.retryBackOffs);
    sink.counter('cluster', cluster, 'upstream_rq_retry_backoff_ratelimited', this.retryBackOffsByAnswer);
    sink.counter('cluster', cluster, 'upstream_rq_timeout', this.requestTimeouts);
    sink.counter('cluster', cluster, 'upstream_rq_per_try_timeout', this.tryTimeouts);
    sink.counter('cluster', cluster, 'upstream_rq_per_try_idle_timeout', this.tryIdleTimeouts);
    sink.counter('cluster', cluster, 'upstream_rq_rx_reset', this.resets);
    sink.counter('cluster', cluster, 'upstream_cx_none_healthy', this.noHealthy);
    sink.counter('cluster', cluster, 'update_success', this.updates);
    sink.counter('cluster', cluster, 'update_failure', this.updateFailures);
    this.responses.collect('cluster', cluster, 'upstream', sink);
    if (this.#zones !== null) collectZones(this.#zones, cluster, sink);
  }
}

/** Source of the names: Envoy's load balancer statistics. */
function collectZones(zones: ZoneCounts, cluster: string, sink: StatSink): void {
  sink.counter('cluster', cluster, 'lb_recalculate_zone_structures', zones.recalculations);
  sink.counter('cluster', cluster, 'lb_zone_cluster_too_small', zones.tooSmall);
  sink.counter('cluster', cluster, 'lb_zone_number_differs', zones.numberDiffers);
  sink.counter('cluster', cluster, 'lb_local_cluster_not_ok', zones.localNotOk);
  sink.counter('cluster', cluster, 'lb_zone_routing_all_directly', zones.allDirectly);
  sink.counter('cluster', cluster, 'lb_zone_routing_sampled', zones.sampled);
  sink.counter('cluster', cluster, 'lb_zone_routing_cross_zone', zones.crossZone);
}
