// What the control plane knows of one connected client: for `status`.
import type { AdsStream } from './ads-stream.ts';
import type { Subscription } from './subscription.ts';

export interface ClientTypeStatus {
  readonly typeUrl: string;
  /** `CDS`, `EDS`, `LDS`, `RDS`. */
  readonly shortName: string;
  /** Asked for everything. */
  readonly wildcard: boolean;
  /** Number of resources asked for by name. */
  readonly names: number;
  /** version_info of the last response; '' before the first. */
  readonly sentVersion: string;
  /** The last that the client said yes to; '' before the first. */
  readonly ackedVersion: string;
  /** Set while the last response stands refused. */
  readonly nack: { readonly version: string; readonly reason: string; readonly at: number } | null;
  /** The client has said yes to the newest of what it asked for. */
  readonly synced: boolean;
}

export interface ClientStatus {
  readonly nodeId: string;
  readonly namespace: string;
  /** Key of the view that it gets. */
  readonly view: string;
  /** Address and port that it calls from. */
  readonly peer: string;
  /** Milliseconds since the Unix epoch. */
  readonly connectedAt: number;
  /** The types that it has asked for. */
  readonly types: readonly ClientTypeStatus[];
}

/** Null while the client has not said who it is. */
export function describeClient(stream: AdsStream<never>, peer: string, connectedAt: number): ClientStatus | null {
  const { node, view } = stream;
  if (node === null || view === null) return null;
  const types = [...stream.subscriptions].map((subscription) => describeType(subscription, stream));
  return { nodeId: node.id, namespace: node.namespace, view: view.view, peer, connectedAt, types };
}

function describeType(subscription: Subscription, stream: AdsStream<never>): ClientTypeStatus {
  return {
    typeUrl: subscription.type.typeUrl,
    shortName: subscription.type.shortName,
    wildcard: subscription.wildcard,
    names: subscription.nameCount,
    sentVersion: subscription.sentVersion,
    ackedVersion: subscription.ackedVersion,
    nack: subscription.refusal,
    synced: stream.isSettled(subscription),
  };
}
