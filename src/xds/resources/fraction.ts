// Shares of requests: FractionSpec ↔ envoy.type.v3.FractionalPercent and what names it by runtime keys.
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { FractionSpec } from '../../model/fraction-spec.ts';
import type { RuntimeFractionalPercent, RuntimeFractionalPercentSchema } from '../gen/envoy/config/core/v3/base_pb.ts';
import {
  FractionalPercent_DenominatorType as Denominator,
  type FractionalPercent,
  type FractionalPercentSchema,
} from '../gen/envoy/type/v3/percent_pb.ts';
import type { DecodeContext } from './decode-context.ts';

const DENOMINATORS: Readonly<Record<FractionSpec['denominator'], Denominator>> = {
  100: Denominator.HUNDRED,
  10000: Denominator.TEN_THOUSAND,
  1000000: Denominator.MILLION,
};

const VALUES: ReadonlyMap<Denominator, FractionSpec['denominator']> = new Map([
  [Denominator.HUNDRED, 100],
  [Denominator.TEN_THOUSAND, 10_000],
  [Denominator.MILLION, 1_000_000],
]);

export function encodeFraction({
  numerator,
  denominator,
}: FractionSpec): MessageInitShape<typeof FractionalPercentSchema> {
  return { numerator, denominator: DENOMINATORS[denominator] };
}

export function decodeFraction(
  message: FractionalPercent | undefined,
  absent: FractionSpec,
  context: DecodeContext,
  path: string,
): FractionSpec {
  if (message === undefined) return absent;
  const denominator = VALUES.get(message.denominator);
  if (denominator === undefined) context.refuse(`${path}.denominator`, `is ${message.denominator}`, 'use 0 to 2');
  return { numerator: message.numerator, denominator: denominator ?? 100 };
}

/** Nobody changes runtime keys here: the default value is what counts, as in Envoy while nobody does. */
export function encodeRuntimeFraction(spec: FractionSpec): MessageInitShape<typeof RuntimeFractionalPercentSchema> {
  return { defaultValue: encodeFraction(spec) };
}

export function decodeRuntimeFraction(
  message: RuntimeFractionalPercent | undefined,
  absent: FractionSpec,
  context: DecodeContext,
  path: string,
): FractionSpec {
  return decodeFraction(message?.defaultValue, absent, context, `${path}.default_value`);
}
