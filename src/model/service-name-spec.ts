// Names that callers may dial, as a sidecar is told of them that holds only what is dialled.

/** A Service, or one pod of a headless Service. Source: switchboard.discovery.v1.ServiceName. */
export interface ServiceNameSpec {
  /** Full, in lower case: `web.shop.svc.cluster.local`, `db-0.db.shop.svc.cluster.local`. */
  readonly name: string;
  /** IP literals that mean it, as they stand in an authority: IPv6 in brackets. */
  readonly addresses: readonly string[];
  /** Of two with one number the first counts. */
  readonly ports: readonly ServiceNamePort[];
}

export interface ServiceNamePort {
  /** 1–65535, as callers write it. */
  readonly number: number;
  /** The Service port whose routes it has: the same, but for the port of a headless Service's pods. */
  readonly servicePort: number;
  /** Where they are not those of the name. */
  readonly addresses?: readonly string[];
}

/** One Service port: what its routes, cluster and endpoints are named after. */
export interface ServicePortName {
  /** Full name. */
  readonly host: string;
  readonly port: number;
}
