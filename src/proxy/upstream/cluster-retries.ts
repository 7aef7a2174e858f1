// Which retries of one cluster are allowed: a budget of its own, unless its circuit breakers say how many.
import {
  type CircuitBreakersSpec,
  ROUTING_PRIORITIES,
  type RoutingPriority,
} from '../../model/circuit-breakers-spec.ts';
import type { StatSink } from '../../telemetry/stats.ts';
import { DEFAULT_RETRY_BUDGET, RetryBudget, type RetryBudgetSpec } from './retry-budget.ts';
import { type RetryAllowance, RetryLimit } from './retry-limit.ts';

export interface ClusterRetriesOptions {
  /** Default: DEFAULT_RETRY_BUDGET. */
  readonly retryBudget?: RetryBudgetSpec;
  /** Processes that the limits are divided among; default 1. */
  readonly workers?: number;
}

export class ClusterRetries {
  /** Of routes of that priority. */
  default: RetryAllowance;
  high: RetryAllowance;
  readonly #budget: RetryBudget;
  readonly #load: { readonly requestsActive: number };
  readonly #workers: number;

  /** `load`: what is in work for the cluster. */
  constructor(load: { readonly requestsActive: number }, { retryBudget, workers }: ClusterRetriesOptions) {
    this.#load = load;
    this.#workers = workers ?? 1;
    this.#budget = new RetryBudget(retryBudget ?? DEFAULT_RETRY_BUDGET);
    this.default = this.#budget;
    this.high = this.#budget;
  }

  /** Retries in work stay counted where there is a limit before and after. */
  update(spec: CircuitBreakersSpec | undefined): void {
    for (const priority of ROUTING_PRIORITIES) this[priority] = this.#allowance(priority, spec);
  }

  collect(cluster: string, sink: StatSink): void {
    for (const priority of ROUTING_PRIORITIES) {
      const limit = this[priority];
      if (!(limit instanceof RetryLimit)) continue;
      sink.gauge('cluster', cluster, `circuit_breakers.${priority}.rq_retry_open`, limit.open ? 0 : 1);
    }
  }

  #allowance(priority: RoutingPriority, spec: CircuitBreakersSpec | undefined): RetryAllowance {
    const said = spec?.[priority]?.retries;
    if (said === undefined) return this.#budget;
    const before = this[priority];
    const limit = before instanceof RetryLimit ? before : new RetryLimit(this.#load);
    limit.set(said, this.#workers);
    return limit;
  }
}
