// What the admin pages of a sidecar show, as plain data: the data plane fills it when somebody asks.
import type { EndpointHealth, LocalitySpec, PodIdentity } from '../model/endpoint-spec.ts';
import type { SocketAddressSpec } from '../model/listener-spec.ts';

/**
 * `PRE_INITIALIZING`: no configuration yet. `INITIALIZING`: configuration is there, not everything listens. `LIVE`: serves. `DRAINING`: was
 * told to stop. Source: envoy.admin.v3.ServerInfo.State.
 */
export type ServerState = 'PRE_INITIALIZING' | 'INITIALIZING' | 'LIVE' | 'DRAINING';

export interface ClusterStatus {
  readonly name: string;
  /** True where xDS brought it, false where it stands in a file. */
  readonly addedViaApi: boolean;
  readonly endpoints: readonly EndpointStatus[];
}

/** Counters since the sidecar began to know the endpoint. Source: Envoy's admin documentation, `GET /clusters`. */
export interface EndpointStatus {
  readonly host: string;
  readonly port: number;
  readonly pod?: PodIdentity;
  /** As configuration says. */
  readonly health: EndpointHealth;
  /** Why the sidecar has taken it out itself (outlier detection); null = it has not. */
  readonly ejected: string | null;
  /** Why it would have, in shadow mode; null = it would not. */
  readonly wouldBeEjected: string | null;
  /** How long it stays out, or would, ms (≥ 0; it is let back at the next look); absent = it is not, and would not be. */
  readonly ejectionLeftMs?: number;
  /** How often it was ejected, or would have been, since the sidecar knows it; absent = never. */
  readonly ejections?: number;
  /** How long it gets less than its share, as it is new or was out, ms (> 0); absent = it gets all of it. */
  readonly warmingMs?: number;
  /** Why it fails its health checks; absent = it passes them, or is not asked. */
  readonly failedCheck?: string;
  /** It passes them, and says that others should be asked first. */
  readonly degradedByCheck?: true;
  readonly weight: number;
  readonly priority: number;
  readonly locality: LocalitySpec;
  readonly cxActive: number;
  readonly cxTotal: number;
  readonly cxConnectFail: number;
  readonly rqActive: number;
  readonly rqTotal: number;
  /** Answers below 500. */
  readonly rqSuccess: number;
  /** Answers from 500, and attempts that got none. */
  readonly rqError: number;
  readonly rqTimeout: number;
  /** The newest failure in words, e.g. `ECONNREFUSED`, `answered 503`, `no answer in time`; null where there was none. */
  readonly lastError: string | null;
}

/** One of the processes that carry the traffic. */
export interface WorkerStatus {
  /** From 1; the one that takes its place has the same. */
  readonly index: number;
  /** Null: it is gone, and the next one has not been started yet. */
  readonly pid: number | null;
  /** It runs the configuration that is in force. */
  readonly running: boolean;
  /** As it was told last. */
  readonly activeRequests: number;
  /** How many before it have ended. */
  readonly restarts: number;
}

export interface ListenerStatus {
  readonly name: string;
  /** As bound, the main one first. */
  readonly addresses: readonly SocketAddressSpec[];
}

/** What stands between the control plane and this sidecar. */
export interface XdsStatus {
  /** `delta` or `sotw`. */
  readonly protocol: string;
  readonly connected: boolean;
  /** Why the last connection ended or could not be made; null while connected. */
  readonly lastError: string | null;
  /** Of the newest accepted configuration, by short name (`CDS`, …); '' before the first. */
  readonly versions: Readonly<Record<string, string>>;
  /** The newest version could not be used: the last good one, if there was any, is. */
  readonly refused: readonly { readonly type: string; readonly name: string; readonly reasons: readonly string[] }[];
  /** Asked for, and treated as not existing; name `*`: nothing of that type has come at all. */
  readonly missing: readonly { readonly type: string; readonly name: string; readonly reason: string }[];
  /** Has come, and waits for something else before it is in force: sentences. */
  readonly held: readonly string[];
  /** What readiness waits for: sentences. */
  readonly waitingFor: readonly string[];
  /** Fields that were left out because they are not supported: `CDS name: path`. */
  readonly ignored: readonly string[];
  /** Types that the control plane sends and that nobody asked for. */
  readonly stray: readonly string[];
}
