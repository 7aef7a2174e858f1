// Shares of requests that something happens to, by chance.

export const FRACTION_DENOMINATORS = [100, 10_000, 1_000_000] as const;

/** Source: envoy.type.v3.FractionalPercent. More than the whole counts as the whole. */
export interface FractionSpec {
  /** A whole number, ≥ 0. */
  readonly numerator: number;
  readonly denominator: (typeof FRACTION_DENOMINATORS)[number];
}

export const ALWAYS: FractionSpec = { numerator: 100, denominator: 100 };
export const NEVER: FractionSpec = { numerator: 0, denominator: 100 };
