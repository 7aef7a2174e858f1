// The seam to whatever answers names: the system's resolver, or a scripted one.

export interface DnsAnswer {
  /** IP literals of the family that was asked for, at least one, in the order of the answer. */
  readonly addresses: readonly string[];
  /** How long the answer may be kept, ms; `null` = unknown. */
  readonly ttlMs: number | null;
}

export interface DnsResolver {
  /**
   * Rejects where there is no address, with an error whose `code` tells why (ENOTFOUND, …). `wantTtl`: its life matters, so a way that
   * tells it is to be preferred. May take as long as it likes: who asks gives up by itself.
   */
  resolve(name: string, family: 4 | 6, wantTtl: boolean): Promise<DnsAnswer>;
}
