// The numbers of outlier detection in one cluster, under Envoy's names.
import { EJECTION_REASONS, type EjectionReason } from '../../model/outlier-detection-spec.ts';
import type { StatSink } from '../../telemetry/stats.ts';

export class OutlierStats {
  ejectionsActive = 0;
  /** Those that would be out, in shadow mode. */
  shadowActive = 0;
  #shadowTotal = 0;
  /** Found by too few callers to count, or while its peers failed as well. */
  spared = 0;
  /** Found, and not ejected because too many are out already. */
  overflow = 0;
  readonly #detected = new Map<EjectionReason, number>();
  readonly #enforced = new Map<EjectionReason, number>();

  noteDetected(reason: EjectionReason): void {
    this.#detected.set(reason, (this.#detected.get(reason) ?? 0) + 1);
  }

  noteEjected(reason: EjectionReason, shadow: boolean): void {
    if (shadow) {
      this.shadowActive += 1;
      this.#shadowTotal += 1;
      return;
    }
    this.ejectionsActive += 1;
    this.#enforced.set(reason, (this.#enforced.get(reason) ?? 0) + 1);
  }

  noteEnd(shadow: boolean): void {
    if (shadow) this.shadowActive -= 1;
    else this.ejectionsActive -= 1;
  }

  /** Source of the names: Envoy's outlier detection statistics; those of peers, callers and shadow mode are ours. */
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
    count('ejections_shadow_total', this.#shadowTotal);
    count('ejections_spared', this.spared);
    sink.gauge('cluster', cluster, 'outlier_detection.ejections_active', this.ejectionsActive);
    sink.gauge('cluster', cluster, 'outlier_detection.ejections_shadow_active', this.shadowActive);
  }
}

function statName(reason: EjectionReason): string {
  const name = reason.replaceAll('-', '_');
  // Envoy's has its words in another order.
  return name === 'local_origin_failure_percentage' ? 'failure_percentage_local_origin' : name;
}
