// Where copies of the requests of one route go, and how many of them.
import { type Random, randomBelow } from '../../base/random.ts';
import { MIRROR_STEPS_PER_PERCENT, type MirrorSpec } from '../../model/mirror-spec.ts';
import type { ClusterSlot } from '../upstream/cluster.ts';

const ALL = 100 * MIRROR_STEPS_PER_PERCENT;

export class Mirror {
  readonly slot: ClusterSlot;
  readonly #share: number;
  readonly #spec: MirrorSpec;

  constructor(spec: MirrorSpec, slot: ClusterSlot) {
    this.slot = slot;
    this.#spec = spec;
    this.#share = Math.round(spec.percent * MIRROR_STEPS_PER_PERCENT);
  }

  /** This request is one of those. */
  takes(random: Random): boolean {
    return this.#share >= ALL || (this.#share > 0 && randomBelow(random, ALL) < this.#share);
  }

  /** What the copy is addressed to. `withSuffix` makes it known as a copy. */
  hostOf(host: string, withSuffix: (host: string) => string): string {
    const { hostRewrite = host, keepsHost } = this.#spec;
    return keepsHost === true || this.#spec.hostRewrite !== undefined ? hostRewrite : withSuffix(host);
  }
}

/** Null = nothing is mirrored. */
export function compileMirrors(
  specs: readonly MirrorSpec[] | undefined,
  slotOf: (cluster: string) => ClusterSlot,
): readonly Mirror[] | null {
  if (specs === undefined || specs.length === 0) return null;
  return specs.map((spec) => new Mirror(spec, slotOf(spec.cluster)));
}
