// How well a registry keeps up with what it reads from, for people and for metrics.

/**
 * `starting`: its first list is not in. `following`: changes arrive. `behind`: it holds what it was told last and tries again.
 * `absent`: the server does not have this kind, which is looked for again.
 */
export type KindState = 'starting' | 'following' | 'behind' | 'absent';

export interface KindHealth {
  /** As people name it to kubectl: `httproutes.gateway.networking.k8s.io`. */
  readonly resource: string;
  readonly state: KindState;
  /** That are held. */
  readonly objects: number;
  /** Whole lists that were read. */
  readonly lists: number;
  /** Watches that were opened after the first. */
  readonly watchRestarts: number;
  /** Lists and watches that failed, and watches that fell silent. */
  readonly failures: number;
  /** Since the server was last heard of for this kind (list, event, bookmark, end of a watch), ms; null = never. */
  readonly heardMsAgo: number | null;
  /** Why it is not following, '' where it is. */
  readonly trouble: string;
}

export interface RegistryHealth {
  readonly kinds: readonly KindHealth[];
}

export interface RegistryStatus {
  /** As it was asked for. */
  readonly name: string;
  /** Everything that was there at the beginning has been told. */
  readonly synced: boolean;
  /** Empty for a registry that has nothing to keep up with. */
  readonly kinds: readonly KindHealth[];
}
