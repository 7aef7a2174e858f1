// How new endpoints get their share: BalancingSpec.slowStart ↔ SlowStartConfig, in its older form and as part of a policy.
import type { Duration } from '@bufbuild/protobuf/wkt';
import { type BalancingSpec, DEFAULT_SLOW_START } from '../../model/balancing-spec.ts';
import type { RuntimeDouble } from '../gen/envoy/config/core/v3/base_pb.ts';
import type { DecodeContext } from './decode-context.ts';
import { decodeDuration, encodeDuration } from './duration.ts';

interface SlowStartOptions {
  readonly slowStartWindow?: Duration | undefined;
  readonly aggression?: RuntimeDouble | undefined;
  readonly minWeightPercent?: { readonly value: number } | undefined;
}

/** Without a window there is none. */
export function decodeSlowStart(
  options: SlowStartOptions | undefined,
  context: DecodeContext,
  path: string,
): Pick<BalancingSpec, 'slowStart'> {
  const windowMs = decodeDuration(options?.slowStartWindow, 0, context, `${path}.slow_start_window`);
  const aggression = options?.aggression?.defaultValue ?? DEFAULT_SLOW_START.aggression;
  const minWeightPercent = options?.minWeightPercent?.value ?? DEFAULT_SLOW_START.minWeightPercent;
  if (!(aggression > 0 && aggression < Number.POSITIVE_INFINITY)) {
    context.refuse(`${path}.aggression.default_value`, `is ${aggression}`, 'give more than 0');
  }
  if (!(minWeightPercent >= 0 && minWeightPercent <= 100)) {
    context.refuse(`${path}.min_weight_percent`, `is ${minWeightPercent}`, 'give 0 … 100');
  }
  return windowMs === 0 ? {} : { slowStart: { windowMs, aggression, minWeightPercent } };
}

export function encodeSlowStart({ slowStart }: BalancingSpec) {
  if (slowStart === undefined) return {};
  const { windowMs, aggression, minWeightPercent } = slowStart;
  return {
    slowStartConfig: {
      slowStartWindow: encodeDuration(windowMs),
      aggression: { defaultValue: aggression, runtimeKey: 'switchboard.slow_start_aggression' },
      minWeightPercent: { value: minWeightPercent },
    },
  };
}
