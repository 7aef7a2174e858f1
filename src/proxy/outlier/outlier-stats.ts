// The numbers of outlier detection in one cluster, under Envoy's names.
import { EJECTION_REASONS, type EjectionReason } from '../../model/outlier-detection-spec.ts';
import type { StatSink } from '../../telemetry/stats.ts';

export class OutlierStats {
  ejectionsActive = 0;
  /** Found, and not ejected because too many are out already. */
  overflow = 0;
  readonly #detected = new Map<EjectionReason, number>();
  readonly #enforced = new Map<EjectionReason, number>();

  noteDetected(reason: EjectionReason): void {
    this.#detected.set(reason, (this.#detected.get(reason) ?? 0) + 1);
  }

  noteEnforced(reason: EjectionReason): void {
    this.#enforced.set(reason, (this.#enforced.get(reason) ?? 0) + 1);
  }

  /** Source of the names: Envoy's outlier detection statistics. */
  collect(cluster: string, sink: StatSink): void {
    const count = (name: string, value: number): void =>
      sink.counter('cluster', cluster, `outlier_detection.${name}`, value);
    let enforced = 0;
    for (const reason of EJECTION_REASONS) {
      const name = statName(reason);
      count(`ejections_detected_${name}`, this.#detected.get(reason) ?? 0);
      count(`ejections_enforced_${name}`, this.#enforced.get(reason) ?? 0);
      enforced += this.#enforced.get(reason) ?? 0;
    }
    count('ejections_enforced_total', enforced);
    count('ejections_overflow', this.overflow);
    sink.gauge('cluster', cluster, 'outlier_detection.ejections_active', this.ejectionsActive);
  }
}

function statName(reason: EjectionReason): string {
  const name = reason.replaceAll('-', '_');
  // Envoy's has its words in another order.
  return name === 'local_origin_failure_percentage' ? 'failure_percentage_local_origin' : name;
}
