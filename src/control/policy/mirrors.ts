// TrafficPolicy's mirrors as the copies that routes to its targets make.
import type { Located } from '../../kube/meta.ts';
import type { ReferenceGrant } from '../../kube/reference-grant.ts';
import type { Service } from '../../kube/service.ts';
import type { MirrorsSection } from '../../kube/traffic-policy/mirrors-section.ts';
import type { MirrorSpec } from '../../model/mirror-spec.ts';
import { mirrorOf } from '../translate/gateway/mirrors.ts';
import type { Problem } from '../translate/gateway/problem.ts';

/** What policies of a Service refer to beside their targets. */
export interface PolicyReferences {
  /** As far as there are such, by `serviceKey`. */
  readonly services: ReadonlyMap<string, Located<Service>>;
  /** Those of their namespaces. */
  readonly grants: readonly Located<ReferenceGrant>[];
}

export const NO_REFERENCES: PolicyReferences = { services: new Map(), grants: [] };

export interface PolicyMirrors {
  readonly mirrors: readonly MirrorSpec[];
  /** Of copies that go nowhere: nobody who calls is worse off without them. */
  readonly problems: readonly Problem[];
}

const ALL = 100;

/** `namespace`: of the policy. */
export function mirrorsOf(
  section: MirrorsSection,
  namespace: string,
  references: PolicyReferences,
  clusterDomain: string,
): PolicyMirrors {
  const referrer = {
    ...{ group: 'switchboard.dev', kind: 'TrafficPolicy', namespace, plural: 'policies' as const },
    ...{ trusted: [], ...references },
  };
  const mirrors: MirrorSpec[] = [];
  const problems: Problem[] = [];
  for (const [index, { backendRef, percentage = ALL }] of section.entries()) {
    const mirror = mirrorOf(referrer, backendRef, percentage, `spec.mirrors[${index}].backendRef`, clusterDomain);
    if ('cluster' in mirror) mirrors.push(mirror);
    else problems.push(mirror);
  }
  return { mirrors, problems };
}
