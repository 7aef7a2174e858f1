// Percentages of policies as shares of requests.
import { ALWAYS, type FractionSpec } from '../../model/fraction-spec.ts';

const MILLIONTHS_PER_PERCENT = 10_000;

/** 0 … 100; absent = all. What a hundred cannot say is said in millionths. */
export function fractionOf(percentage: number | undefined): FractionSpec {
  if (percentage === undefined) return ALWAYS;
  if (Number.isInteger(percentage)) return { numerator: percentage, denominator: 100 };
  return { numerator: Math.round(percentage * MILLIONTHS_PER_PERCENT), denominator: 1_000_000 };
}
