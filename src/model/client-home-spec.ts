// Which endpoint a client of one cluster is with (`sessionAffinity: ClientIP`), as the processes of one sidecar tell each other.

export interface ClientHomeSpec {
  readonly cluster: string;
  /** Its address, and what else tells its requests apart. */
  readonly client: string;
  /** Of the endpoint, `host:port`. */
  readonly address: string;
  /** Of the endpoint's pod; '' = nobody says. */
  readonly uid: string;
  /** When the client came to it, ms since the Unix epoch by the machine's clock: of two that differ the older one counts. */
  readonly sinceMs: number;
}
