// What siblings of a new pod hold now: what it will dial too, most likely; and which Service all of them are behind.
import { type NodeIdentity, parseSidecarNodeId } from '../model/node-identity.ts';
import { MAX_PREFETCH_HINTS, type PrefetchHintsSpec, SIBLINGS } from '../model/prefetch-hints-spec.ts';

/** A connected client that asks for what is dialled. */
export interface DiallingClient {
  /** The same object for as long as it is connected. */
  readonly node: NodeIdentity;
  /** Names of route configurations that it asks for, the longest held first. */
  readonly routes: ReadonlySet<string>;
}

/** So many of a workload's thousand pods tell what it dials; the first that are found. */
export const MAX_SIBLINGS = 20;
/** So many names of each are looked at. */
export const MAX_NAMES = 1_000;

/** Asks for something about a pod by namespace and name; null = nobody knows. */
type AskOfPod = (namespace: string, pod: string) => string | null;

export class PrefetchHints {
  readonly #workloadOf: AskOfPod;
  readonly #homeOf: AskOfPod;
  /** A rollout asks for every new pod about all that are connected. */
  readonly #workloads = new WeakMap<NodeIdentity, string>();

  /** `workloadOf`: without one nobody is a sibling. `homeOf`: the Service port that a pod is behind (`portRouteName`). */
  constructor(workloadOf: AskOfPod, homeOf: AskOfPod = () => null) {
    this.#workloadOf = workloadOf;
    this.#homeOf = homeOf;
  }

  /** Clients are looked at in their order, so the oldest should come first: they have dialled the most. */
  of(node: NodeIdentity, clients: Iterable<DiallingClient>): PrefetchHintsSpec {
    const own = this.#workload(node);
    const holders = new Map<string, number>();
    let siblings = 0;
    for (const client of own === null ? [] : clients) {
      if (client.routes.size === 0 || client.node.namespace !== node.namespace) continue;
      if (this.#workload(client.node) !== own) continue;
      count(client.routes, holders);
      siblings += 1;
      if (siblings === MAX_SIBLINGS) break;
    }
    const sorted = [...holders].sort(([a, many], [b, more]) => more - many || (a < b ? -1 : 1));
    const name = parseSidecarNodeId(node.id);
    const home = name === null ? null : this.#homeOf(name.namespace, name.pod);
    return {
      name: SIBLINGS,
      routes: sorted.slice(0, MAX_PREFETCH_HINTS).map(([route]) => route),
      ...(home === null ? {} : { home }),
    };
  }

  /** What is known of a pod stays for as long as its client is connected. */
  #workload(node: NodeIdentity): string | null {
    const known = this.#workloads.get(node);
    if (known !== undefined) return known;
    const name = parseSidecarNodeId(node.id);
    const workload = name === null ? null : this.#workloadOf(name.namespace, name.pod);
    if (workload !== null) this.#workloads.set(node, workload);
    return workload;
  }
}

function count(routes: ReadonlySet<string>, holders: Map<string, number>): void {
  let left = MAX_NAMES;
  for (const name of routes) {
    if (left === 0) return;
    left -= 1;
    holders.set(name, (holders.get(name) ?? 0) + 1);
  }
}
