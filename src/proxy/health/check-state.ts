// Whether one endpoint counts as healthy, after what it has answered, and when it is asked again. Source: Envoy's health checker.
import { type Random, randomBelow } from '../../base/random.ts';
import { DEFAULT_NO_TRAFFIC_INTERVAL_MS, type HealthCheckSpec } from '../../model/health-check-spec.ts';
import type { CheckOutcome } from './probe.ts';

/** `pending`: it would change, and the threshold is not reached yet. */
export type CheckTransition = 'none' | 'pending' | 'changed';

export class CheckState {
  healthy = false;
  /** It has answered, or not answered, at least once. */
  checked = false;
  #successes = 0;
  #failures = 0;

  note(outcome: CheckOutcome, spec: HealthCheckSpec): CheckTransition {
    const isFirst = !this.checked;
    this.checked = true;
    return outcome === 'passed' ? this.#onPassed(isFirst, spec) : this.#onFailed(outcome, spec);
  }

  #onPassed(isFirst: boolean, { healthyThreshold }: HealthCheckSpec): CheckTransition {
    this.#failures = 0;
    if (this.healthy) return 'none';
    this.#successes += 1;
    if (!isFirst && this.#successes < healthyThreshold) return 'pending';
    this.#successes = 0;
    this.healthy = true;
    return 'changed';
  }

  /** Whoever says itself that it cannot serve is believed at once. */
  #onFailed(outcome: CheckOutcome, { unhealthyThreshold }: HealthCheckSpec): CheckTransition {
    this.#successes = 0;
    if (!this.healthy) return 'none';
    this.#failures += 1;
    if (outcome !== 'failed' && this.#failures < unhealthyThreshold) return 'pending';
    this.#failures = 0;
    this.healthy = false;
    return 'changed';
  }

  /** Until the next check, ms (> 0). `isCalled`: the cluster has made a connection for a request, ever. */
  delayMs(transition: CheckTransition, isCalled: boolean, spec: HealthCheckSpec, random: Random): number {
    const baseMs = isCalled ? this.#intervalMs(transition, spec) : this.#quietMs(spec);
    const { intervalJitterMs = 0, intervalJitterPercent = 0 } = spec;
    return baseMs + drawn(random, intervalJitterMs) + drawn(random, (baseMs * intervalJitterPercent) / 100);
  }

  #intervalMs(transition: CheckTransition, spec: HealthCheckSpec): number {
    const { intervalMs, unhealthyIntervalMs = intervalMs } = spec;
    const { healthyEdgeIntervalMs = intervalMs, unhealthyEdgeIntervalMs = unhealthyIntervalMs } = spec;
    // Before the threshold is reached the endpoint still counts as what it was.
    if (transition === 'pending') return this.healthy ? unhealthyEdgeIntervalMs : healthyEdgeIntervalMs;
    return this.healthy ? intervalMs : unhealthyIntervalMs;
  }

  #quietMs(spec: HealthCheckSpec): number {
    const { noTrafficIntervalMs = DEFAULT_NO_TRAFFIC_INTERVAL_MS } = spec;
    return this.healthy ? (spec.noTrafficHealthyIntervalMs ?? noTrafficIntervalMs) : noTrafficIntervalMs;
  }
}

function drawn(random: Random, below: number): number {
  return below < 1 ? 0 : randomBelow(random, Math.floor(below));
}
