// Which clusters rules of routes keep sessions with: those learn which of their pods a rollout is about to replace.
import { serviceOfCluster } from '../../../model/names.ts';
import type { TranslatedRoute } from './translate-route.ts';

export const NO_SESSIONS: readonly string[] = [];

/** By the full name of their Service, each once, in the order in which routes name them. */
export function sessionClusters(routes: readonly TranslatedRoute[]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  for (const cluster of new Set(routes.flatMap(ownSessions))) {
    const service = serviceOfCluster(cluster);
    found.set(service, [...(found.get(service) ?? NO_SESSIONS), cluster]);
  }
  return found;
}

/** Where a rule says nothing of sessions, its backends do, or nobody. */
function ownSessions({ rules }: TranslatedRoute): readonly string[] {
  return rules.flatMap(({ target }) => {
    if (target.kind !== 'backends' || target.policy.session === undefined) return [];
    return target.backends.map(({ cluster }) => cluster);
  });
}
