// What filters need of the sidecar.
import type { Clock } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import type { FilterCommons } from './filter-commons.ts';

export interface FilterContext {
  readonly clock: Clock;
  readonly random: Random;
  /** Part of the sidecar's limits that is this data plane's, 0 < share ≤ 1. */
  readonly share: number;
  readonly commons: FilterCommons;
}
