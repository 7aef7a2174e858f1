// What a bootstrap file says, as the sidecar takes it.
import type { JsonObject } from '@bufbuild/protobuf';
import type { Issue } from '../../base/result.ts';
import type { ClusterSpec } from '../../model/cluster-spec.ts';
import type { HomeSpec } from '../../model/home-spec.ts';
import type { ListenerSpec, SocketAddressSpec } from '../../model/listener-spec.ts';
import type { GivenNode } from '../node.ts';

/** Source: envoy.config.bootstrap.v3.Bootstrap. */
export interface BootstrapSpec {
  /** `null`: nobody is asked for more than stands in the file. */
  readonly ads: AdsSpec | null;
  /** Where the admin pages are served; `null` = nowhere. */
  readonly admin: SocketAddressSpec | null;
  /** Without those that only the control plane is reached through. */
  readonly clusters: readonly ClusterSpec[];
  readonly listeners: readonly ListenerSpec[];
  /** Absent: requests do not keep to zones. */
  readonly home?: HomeSpec;
  /** What was left out, where it stands and what follows from that. */
  readonly notes: readonly Issue[];
  /** The file as it was understood: sections of envoy.admin.v3.ConfigDump as JSON. */
  readonly configDump: readonly JsonObject[];
}

export interface AdsSpec {
  readonly node: GivenNode;
  /** `host:port` of the control plane, the first to be tried first; hosts may be names. At least one. */
  readonly addresses: readonly string[];
  readonly incremental: boolean;
  readonly connectTimeoutMs: number;
  /** It is asked for clusters (cds_config), for listeners (lds_config). */
  readonly clusters: boolean;
  readonly listeners: boolean;
}
