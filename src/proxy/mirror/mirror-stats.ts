// What is counted of the copies that a cluster gets.
import type { StatSink } from '../../telemetry/stats.ts';

export class MirrorStats {
  total = 0;
  active = 0;
  /** Answered, whatever the status. */
  answered = 0;
  /** No answer: no endpoint, no connection, or not in time. */
  failed = 0;
  /** Given up, as there were too many already, or the cluster took its body too slowly. */
  dropped = 0;
  /** The request was over before its body had come: so is its copy. */
  cancelled = 0;

  collect(cluster: string, sink: StatSink): void {
    sink.counter('cluster', cluster, 'mirror.rq_total', this.total);
    sink.gauge('cluster', cluster, 'mirror.rq_active', this.active);
    sink.counter('cluster', cluster, 'mirror.rq_answered', this.answered);
    sink.counter('cluster', cluster, 'mirror.rq_failed', this.failed);
    sink.counter('cluster', cluster, 'mirror.rq_dropped', this.dropped);
    sink.counter('cluster', cluster, 'mirror.rq_cancelled', this.cancelled);
  }
}
