// Which endpoints of a Service its callers prefer, as Kubernetes lets a Service say it: near ones, or none but those of their own node.
import { type Issue, warningIssue } from '../../base/result.ts';
import { type Located, placeOf } from '../../kube/meta.ts';
import type { Service } from '../../kube/service.ts';
import type { NearestSpec, NearTier } from '../../model/balancing-spec.ts';
import type { Backend } from './backend.ts';

/** Source: ServiceSpec.trafficDistribution. The node itself before its zone, as kube-proxy does it. */
const DISTRIBUTIONS: Readonly<Record<string, readonly NearTier[]>> = {
  PreferClose: ['zone'],
  PreferSameZone: ['zone'],
  PreferSameNode: ['node', 'zone'],
};

const ONLY_NODE: NearestSpec = { kind: 'nearest', tiers: ['node'], onlyNode: true };

/** Null = it says nothing. `internalTrafficPolicy: Local` goes before all preferences. */
export function serviceLocality({ spec }: Service): NearestSpec | null {
  if (spec.internalTrafficPolicy === 'Local') return ONLY_NODE;
  const tiers = DISTRIBUTIONS[spec.trafficDistribution ?? ''];
  return tiers === undefined ? null : { kind: 'nearest', tiers };
}

/** Hints count only where every endpoint has one, as for kube-proxy: else some would get nothing at all. */
export function areHinted(backends: readonly Backend[]): boolean {
  const serving = backends.filter(({ health }) => health !== 'unhealthy');
  return serving.length > 0 && serving.every(({ forZones = [] }) => forZones.length > 0);
}

/** What hints say where the Service says nothing (`service.kubernetes.io/topology-mode`). */
export const BY_HINTS: NearestSpec = { kind: 'nearest', tiers: ['zone'] };

export function checkDistribution(service: Located<Service>): readonly Issue[] {
  const { trafficDistribution: said } = service.object.spec;
  if (said === undefined || said === '' || DISTRIBUTIONS[said] !== undefined) return [];
  const remedy = `write one of ${Object.keys(DISTRIBUTIONS).join(', ')}`;
  const place = { ...placeOf(service, 'spec.trafficDistribution'), remedy };
  return [warningIssue(`"${said}" is not known here; all endpoints are used alike`, place)];
}
