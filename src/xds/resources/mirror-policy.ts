// MirrorSpec ↔ envoy.config.route.v3.RouteAction.RequestMirrorPolicy.
import type { MessageInitShape } from '@bufbuild/protobuf';
import { MIRROR_STEPS_PER_PERCENT, type MirrorSpec } from '../../model/mirror-spec.ts';
import type {
  RouteAction_RequestMirrorPolicy,
  RouteAction_RequestMirrorPolicySchema,
} from '../gen/envoy/config/route/v3/route_components_pb.ts';
import { FractionalPercent_DenominatorType as Denominator } from '../gen/envoy/type/v3/percent_pb.ts';
import type { DecodeContext } from './decode-context.ts';
import { isVisible } from './legal-text.ts';

const ALL = 100;
const PARTS = new Map<Denominator, number>([
  [Denominator.HUNDRED, 100],
  [Denominator.TEN_THOUSAND, 10_000],
  [Denominator.MILLION, 1_000_000],
]);

/** Nothing where nothing is mirrored. */
export function decodeMirrors(
  policies: readonly RouteAction_RequestMirrorPolicy[],
  context: DecodeContext,
  path: string,
): { readonly mirrors?: readonly MirrorSpec[] } {
  if (policies.length === 0) return {};
  return { mirrors: policies.map((policy, index) => decodeMirror(policy, context, `${path}[${index}]`)) };
}

function decodeMirror(policy: RouteAction_RequestMirrorPolicy, context: DecodeContext, path: string): MirrorSpec {
  const { cluster, hostRewriteLiteral: hostRewrite, disableShadowHostSuffixAppend: keepsHost } = policy;
  if (cluster === '') context.refuse(`${path}.cluster`, 'is empty', 'name a cluster');
  if (hostRewrite !== '' && !isVisible(hostRewrite)) {
    context.refuse(`${path}.host_rewrite_literal`, `"${hostRewrite}" is not a host`, 'use host[:port]');
  }
  return {
    cluster,
    percent: decodePercent(policy, context, `${path}.runtime_fraction.default_value`),
    ...(hostRewrite === '' ? {} : { hostRewrite }),
    ...(keepsHost ? { keepsHost } : {}),
  };
}

function decodePercent(
  { runtimeFraction }: RouteAction_RequestMirrorPolicy,
  context: DecodeContext,
  path: string,
): number {
  if (runtimeFraction === undefined) return ALL;
  const { numerator = 0, denominator = Denominator.HUNDRED } = runtimeFraction.defaultValue ?? {};
  const parts = PARTS.get(denominator);
  if (parts === undefined) context.refuse(`${path}.denominator`, `is ${denominator}`, 'use 0 to 2');
  return Math.min(ALL, (numerator * ALL) / (parts ?? ALL));
}

export function encodeMirror(spec: MirrorSpec): MessageInitShape<typeof RouteAction_RequestMirrorPolicySchema> {
  const numerator = Math.round(spec.percent * MIRROR_STEPS_PER_PERCENT);
  const defaultValue = { numerator, denominator: Denominator.MILLION };
  return {
    cluster: spec.cluster,
    ...(spec.percent === ALL ? {} : { runtimeFraction: { defaultValue } }),
    hostRewriteLiteral: spec.hostRewrite ?? '',
    disableShadowHostSuffixAppend: spec.keepsHost === true,
  };
}
