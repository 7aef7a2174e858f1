// @hot
// How long a request takes a pod, from a number that was drawn for it.
import type { LatencySpec } from './scenario-spec.ts';

/** Of the standard normal distribution: 99 of 100 values are below. */
const NORMAL_P99 = 2.326_347_874_040_841;
/** Nobody is drawn nearer to the ends: their logarithm has none. */
const EDGE = 1e-9;

/** The value below which a share of `drawn` (in [0, 1)) of all requests are, ms. */
export function latencyMs(spec: LatencySpec, drawn: number): number {
  if (spec.kind === 'fixed') return spec.ms;
  const sigma = Math.log(spec.p99Ms / spec.medianMs) / NORMAL_P99;
  return spec.medianMs * Math.exp(sigma * normalQuantile(Math.min(1 - EDGE, Math.max(EDGE, drawn))));
}

/** Source: P. J. Acklam's rational approximation of the inverse normal distribution; relative error below 1.2e−9. */
function normalQuantile(share: number): number {
  if (share < 0.02425) return tail(Math.sqrt(-2 * Math.log(share)));
  if (share > 1 - 0.02425) return -tail(Math.sqrt(-2 * Math.log(1 - share)));
  const q = share - 0.5;
  const r = q * q;
  const above =
    ((((-39.696_830_286_653_76 * r + 220.946_098_424_520_5) * r - 275.928_510_446_968_7) * r + 138.357_751_867_269) *
      r -
      30.664_798_066_147_16) *
      r +
    2.506_628_277_459_239;
  const below =
    ((((-54.476_098_798_224_06 * r + 161.585_836_858_040_9) * r - 155.698_979_859_886_6) * r + 66.801_311_887_719_72) *
      r -
      13.280_681_552_885_72) *
      r +
    1;
  return (above * q) / below;
}

function tail(q: number): number {
  const above =
    ((((-0.007_784_894_002_430_293 * q - 0.322_396_458_041_136_5) * q - 2.400_758_277_161_838) * q -
      2.549_732_539_343_734) *
      q +
      4.374_664_141_464_968) *
      q +
    2.938_163_982_698_783;
  const below =
    (((0.007_784_695_709_041_462 * q + 0.322_467_129_070_039_8) * q + 2.445_134_137_142_996) * q +
      3.754_408_661_907_416) *
      q +
    1;
  return above / below;
}
