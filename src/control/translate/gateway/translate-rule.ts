// One rule of a route: what it matches, and what becomes of requests that it takes.
import type { GrpcRouteRule } from '../../../kube/grpc-route.ts';
import type { HttpRouteRule } from '../../../kube/http-route.ts';
import type { RequestRedirect, RouteFilter, UrlRewrite } from '../../../kube/route-filters.ts';
import type { HeaderChangesSpec } from '../../../model/header-changes-spec.ts';
import type { FilterOverridesSpec } from '../../../model/http-filter-spec.ts';
import type { MirrorSpec } from '../../../model/mirror-spec.ts';
import { type RouteBackend, translateBackends } from './backends.ts';
import { corsOverrides } from './cors.ts';
import { headerChanges } from './header-modifiers.ts';
import { translateMirrors } from './mirrors.ts';
import type { Problem } from './problem.ts';
import type { RouteInputs } from './route-inputs.ts';
import { checkPatterns, grpcMatch, httpMatch, type RankedMatch } from './rule-matches.ts';
import { type RulePolicy, rulePolicy } from './rule-policy.ts';

export interface TranslatedRule {
  /** As access logs show it: `<namespace>/<route>/<name of the rule, or its number from 0>`. */
  readonly name: string;
  readonly matches: readonly RankedMatch[];
  readonly target: RuleTarget;
  readonly headers?: HeaderChangesSpec;
  /** What filters of the listener do for it. */
  readonly filters?: FilterOverridesSpec;
  readonly problems: readonly Problem[];
  /** What is left out although the rule takes effect. */
  readonly omissions: readonly Problem[];
}

/** `failed`: every request is answered that it cannot be sent anywhere. */
export type RuleTarget =
  | { readonly kind: 'redirect'; readonly redirect: RequestRedirect }
  | { readonly kind: 'failed'; readonly answer: FailedAnswer }
  | {
      readonly kind: 'backends';
      readonly backends: readonly RouteBackend[];
      /** The share of requests, of one million, that is answered like that; 0 = none. */
      readonly failedShare: number;
      readonly answer: FailedAnswer;
      readonly rewrite: UrlRewrite;
      /** Goes before what the Service says. */
      readonly policy: RulePolicy;
      readonly mirrors: readonly MirrorSpec[];
    };

export interface FailedAnswer {
  readonly status: number;
  readonly why: string;
}

const MILLION = 1_000_000;

/** Source: gateway.networking.k8s.io/v1: 500 by HTTPRouteRule.backendRefs; UNAVAILABLE by GRPCRouteRule.backendRefs, as 503 is understood. */
const FAILED_STATUS = { HTTPRoute: 500, GRPCRoute: 503 } as const;

const CHANGES_ELSEWHERE: readonly RouteFilter['type'][] = ['RequestRedirect', 'URLRewrite', 'CORS', 'RequestMirror'];

export function translateRules(inputs: RouteInputs, clusterDomain: string): readonly TranslatedRule[] {
  const { kind, metadata, spec } = inputs.route.object;
  return spec.rules.map((rule: HttpRouteRule | GrpcRouteRule, index) => {
    const name = `${metadata.namespace}/${metadata.name}/${rule.name ?? index}`;
    return translateRule(
      { inputs, path: `spec.rules[${index}]`, status: FAILED_STATUS[kind], clusterDomain },
      rule,
      name,
    );
  });
}

interface RuleContext {
  readonly inputs: RouteInputs;
  readonly path: string;
  /** Of answers where a request cannot be sent anywhere. */
  readonly status: number;
  readonly clusterDomain: string;
}

function translateRule(context: RuleContext, rule: HttpRouteRule | GrpcRouteRule, name: string): TranslatedRule {
  const { path } = context;
  const ranked = rule.matches.map((match) => ('path' in match ? httpMatch(match) : grpcMatch(match)));
  const badPatterns = ranked.map((match, at) => checkPatterns(match, `${path}.matches[${at}]`));
  const { headers, problems } = headerChanges(rule.filters, `${path}.filters`, CHANGES_ELSEWHERE, 'here');
  const cors = rule.filters.find((filter) => filter.type === 'CORS')?.cors;
  const { inputs, clusterDomain } = context;
  const { mirrors, omissions } = translateMirrors(inputs, rule.filters, `${path}.filters`, clusterDomain);
  const target = targetOf(context, rule, mirrors, problems);
  return {
    name,
    // A pattern that cannot be used would be refused with all that stands beside it.
    matches: ranked.filter((_, at) => badPatterns[at]?.length === 0),
    target: target.target,
    ...(headers === null ? {} : { headers }),
    ...(cors === undefined ? {} : { filters: corsOverrides(cors) }),
    omissions,
    problems: [...badPatterns.flat(), ...problems, ...target.problems],
  };
}

/** A filter that cannot be obeyed is never passed over. */
function targetOf(
  context: RuleContext,
  rule: HttpRouteRule | GrpcRouteRule,
  mirrors: readonly MirrorSpec[],
  unusable: readonly Problem[],
): { readonly target: RuleTarget; readonly problems: readonly Problem[] } {
  const { inputs, path, status, clusterDomain } = context;
  const failed = (why: string): RuleTarget => ({ kind: 'failed', answer: { status, why } });
  if (unusable[0] !== undefined) return { target: failed(unusable[0].message), problems: [] };
  const redirect = rule.filters.find((filter) => filter.type === 'RequestRedirect')?.requestRedirect;
  if (redirect !== undefined) return { target: { kind: 'redirect', redirect }, problems: [] };
  const { usable, failedWeight, problems } = translateBackends(inputs, rule.backendRefs, path, clusterDomain);
  const why = problems[0]?.message ?? 'it names no backend that gets any request';
  if (usable.length === 0) return { target: failed(why), problems };
  const total = usable.reduce((sum, { weight }) => sum + weight, failedWeight);
  const target: RuleTarget = {
    kind: 'backends',
    backends: usable,
    failedShare: Math.round((failedWeight / total) * MILLION),
    answer: { status, why },
    rewrite: rule.filters.find((filter) => filter.type === 'URLRewrite')?.urlRewrite ?? {},
    policy: rulePolicy({ ...rule }),
    mirrors,
  };
  return { target, problems };
}
