// What siblings of a new pod hold now: what it will dial too, most likely.
import { type NodeIdentity, parseSidecarNodeId } from '../model/node-identity.ts';
import { MAX_PREFETCH_HINTS, type PrefetchHintsSpec, SIBLINGS } from '../model/prefetch-hints-spec.ts';

/** A connected client that asks for what is dialled. */
export interface DiallingClient {
  readonly node: NodeIdentity;
  /** Names of route configurations that it asks for. */
  readonly routes: ReadonlySet<string>;
}

/** So many of a workload's thousand pods tell what it dials; the first that are found. */
export const MAX_SIBLINGS = 20;

/**
 * `workloadOf`: of a pod by namespace and name, null where nobody knows; then there are no hints. Clients are looked at in their order, so
 * the oldest should come first: they have dialled the most.
 */
export function prefetchHints(
  node: NodeIdentity,
  clients: Iterable<DiallingClient>,
  workloadOf: (namespace: string, pod: string) => string | null,
): PrefetchHintsSpec {
  const ofNode = ({ id }: NodeIdentity): string | null => {
    const name = parseSidecarNodeId(id);
    return name === null ? null : workloadOf(name.namespace, name.pod);
  };
  const own = ofNode(node);
  const holders = new Map<string, number>();
  let siblings = 0;
  for (const client of own === null ? [] : clients) {
    if (client.node.namespace !== node.namespace || client.routes.size === 0 || ofNode(client.node) !== own) continue;
    for (const name of client.routes) holders.set(name, (holders.get(name) ?? 0) + 1);
    siblings += 1;
    if (siblings === MAX_SIBLINGS) break;
  }
  const sorted = [...holders].sort(([a, many], [b, more]) => more - many || (a < b ? -1 : 1));
  return { name: SIBLINGS, routes: sorted.slice(0, MAX_PREFETCH_HINTS).map(([name]) => name) };
}
