// How many retries may be in work: RetryLimitSpec ↔ max_retries and retry_budget of envoy.config.cluster.v3.CircuitBreakers.Thresholds.
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { RetryLimitSpec } from '../../model/circuit-breakers-spec.ts';
import type {
  CircuitBreakers_Thresholds,
  CircuitBreakers_ThresholdsSchema,
} from '../gen/envoy/config/cluster/v3/circuit_breaker_pb.ts';
import type { DecodeContext } from './decode-context.ts';

/** Stands for "as many as there are", which is left to the budget that counts where nothing is said. */
const UNLIMITED = 2 ** 32 - 1;
/** What absent fields of a budget mean. */
const DEFAULT_PERCENT = 20;
const DEFAULT_MIN_CONCURRENT = 3;

/** A budget goes before a number. Nothing where neither says anything. */
export function decodeRetryLimit(
  { retryBudget, maxRetries }: CircuitBreakers_Thresholds,
  context: DecodeContext,
  path: string,
): { readonly retries?: RetryLimitSpec } {
  if (retryBudget !== undefined) {
    const percent = retryBudget.budgetPercent?.value ?? DEFAULT_PERCENT;
    if (!(percent >= 0 && percent <= 100)) {
      context.refuse(`${path}.retry_budget.budget_percent`, `is ${percent}`, 'give 0 to 100');
    }
    const minConcurrent = retryBudget.minRetryConcurrency ?? DEFAULT_MIN_CONCURRENT;
    return { retries: { kind: 'share', percent, minConcurrent } };
  }
  if (maxRetries === undefined || maxRetries === UNLIMITED) return {};
  return { retries: { kind: 'number', max: maxRetries } };
}

export function encodeRetryLimit(
  spec: RetryLimitSpec | undefined,
): Pick<MessageInitShape<typeof CircuitBreakers_ThresholdsSchema>, 'maxRetries' | 'retryBudget'> {
  if (spec === undefined) return {};
  if (spec.kind === 'number') return { maxRetries: spec.max };
  return { retryBudget: { budgetPercent: { value: spec.percent }, minRetryConcurrency: spec.minConcurrent } };
}
