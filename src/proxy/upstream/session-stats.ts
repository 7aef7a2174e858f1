// What became of the sessions of one cluster.
import type { StatSink } from '../../telemetry/stats.ts';

export class SessionStats {
  /** Answers that began a session. */
  begun = 0;
  /** Requests that went to the pod of their session. */
  kept = 0;
  /** Answers that told of a session's new pod, since the old one is gone. */
  moved = 0;
  /** Requests that another pod has answered, while that of their session could not. */
  away = 0;
  /** Requests that were refused, since the pod of their session is gone or cannot take them. */
  lost = 0;
  /** Requests whose session was over its time. */
  expired = 0;

  collect(cluster: string, sink: StatSink): void {
    sink.counter('cluster', cluster, 'session_begun', this.begun);
    sink.counter('cluster', cluster, 'session_kept', this.kept);
    sink.counter('cluster', cluster, 'session_moved', this.moved);
    sink.counter('cluster', cluster, 'session_away', this.away);
    sink.counter('cluster', cluster, 'session_lost', this.lost);
    sink.counter('cluster', cluster, 'session_expired', this.expired);
  }
}
