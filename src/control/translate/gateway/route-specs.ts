// One match of one rule, as routes of a Service port.
import type { RouteMatchSpec } from '../../../model/route-match-spec.ts';
import type { DirectResponseSpec, RouteActionSpec, RouteSpec } from '../../../model/route-spec.ts';
import type { SessionSpec } from '../../../model/session-spec.ts';
import type { ServiceAction } from '../service-action.ts';
import { safeRetries } from '../service-retries.ts';
import type { RouteBackend } from './backends.ts';
import { pathRewrite } from './path-changes.ts';
import { redirectTo } from './redirects.ts';
import type { FailedAnswer, RuleTarget, TranslatedRule } from './translate-rule.ts';

/** As many as where nobody says anything. */
const DEFAULT_RETRIES = 2;

interface Port {
  readonly port: number;
  readonly action: ServiceAction;
}

/** One; where a share of requests cannot be sent anywhere that share first. */
export function routeSpecs(rule: TranslatedRule, match: RouteMatchSpec, port: Port): readonly RouteSpec[] {
  const { name, target } = rule;
  const filters = rule.filters === undefined ? {} : { filters: rule.filters };
  const changes = { ...(rule.headers === undefined ? {} : { headers: rule.headers }), ...filters };
  if (target.kind === 'redirect') {
    return [{ name, match, action: redirectTo(target.redirect, match, port.port), ...changes }];
  }
  if (target.kind === 'failed') return [failedRoute(rule, match, target.answer)];
  const route: RouteSpec = { name, match, action: actionOf(target, match, port.action), ...changes };
  if (target.failedShare === 0) return [route];
  const share = { numerator: target.failedShare, denominator: 1_000_000 } as const;
  return [failedRoute(rule, { ...match, share }, target.answer), route];
}

function actionOf(
  target: RuleTarget & { kind: 'backends' },
  match: RouteMatchSpec,
  own: ServiceAction,
): RouteActionSpec {
  const { backends, rewrite, policy, mirrors } = target;
  const { hashPolicies: _hash, session: _session, ...others } = own;
  const { perTryTimeoutMs, session, ...said } = policy;
  const retry = said.retry ?? own.retry ?? safeRetries(DEFAULT_RETRIES);
  return {
    cluster: clusterOf(backends),
    ...others,
    ...said,
    ...affinityOf(backends, session),
    ...(perTryTimeoutMs === undefined ? {} : { retry: { ...retry, perTryTimeoutMs } }),
    ...(mirrors.length === 0 ? {} : { mirrors }),
    ...(rewrite.hostname === undefined ? {} : { hostRewrite: { kind: 'literal', value: rewrite.hostname } }),
    ...(rewrite.path === undefined ? {} : { pathRewrite: pathRewrite(rewrite.path, match) }),
  };
}

/**
 * What keeps requests together belongs to where they go, not to the name that they are called by. Of several backends sessions are kept where the
 * rule says so, or each of them: as the first one says.
 */
function affinityOf(backends: readonly RouteBackend[], asked: SessionSpec | undefined): RouteBackend['affinity'] {
  const hashPolicies = backends.find(({ affinity }) => affinity.hashPolicies !== undefined)?.affinity.hashPolicies;
  const everywhere = backends.every(({ affinity }) => affinity.session !== undefined);
  const session = asked ?? (everywhere ? backends[0]?.affinity.session : undefined);
  return {
    ...(hashPolicies === undefined ? {} : { hashPolicies }),
    ...(session === undefined ? {} : { session }),
  };
}

function clusterOf(backends: readonly RouteBackend[]): RouteActionSpec['cluster'] {
  const [first] = backends;
  if (backends.length === 1 && first !== undefined && first.headers === undefined) return first.cluster;
  return backends.map(({ cluster: name, weight, headers }) => ({
    name,
    weight,
    ...(headers === undefined ? {} : { headers }),
  }));
}

/** An answer that the sidecar makes itself says so. */
function failedRoute({ name }: TranslatedRule, match: RouteMatchSpec, { status, why }: FailedAnswer): RouteSpec {
  const action: DirectResponseSpec = {
    kind: 'direct-response',
    status,
    body: `The route ${name} sends this nowhere: ${why}.\n`,
  };
  const error = { name: 'x-switchboard-error', value: 'NR invalid_backend', action: 'overwrite' } as const;
  return { name, match, action, headers: { response: { add: [error], remove: [] } } };
}
