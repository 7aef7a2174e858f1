// What sibling pods of a workload hold, and which Service they are behind, as a new one of them is told at its start.

/** Source: switchboard.discovery.v1.PrefetchHints. */
export interface PrefetchHintsSpec {
  readonly name: string;
  /** Names of route configurations (`portRouteName`), what most siblings hold first. At most MAX_PREFETCH_HINTS; none of them need exist. */
  readonly routes: readonly string[];
  /** The Service port (`portRouteName`) whose endpoints the pod is one of; absent = none. Zone-aware routing goes by it (HomeSpec). */
  readonly home?: string;
}

/** What a sidecar asks for under this name depends on who asks. */
export const SIBLINGS = 'siblings';

/** A pod that calls more than that has its first requests to the others wait. */
export const MAX_PREFETCH_HINTS = 100;
