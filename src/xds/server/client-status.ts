// What the control plane knows of one connected client: for `status`.
import { RESOURCE_TYPES } from '../resources/index.ts';
import { PREFETCH_HINTS_TYPE } from '../resources/prefetch-hints.ts';
import type { AnyResourceType } from '../resources/resource-type.ts';
import type { Refusal } from './acknowledgements.ts';
import type { AdsStream } from './ads-stream.ts';
import type { Subscription } from './subscription.ts';

/**
 * SYNCED: it has said yes to the newest of all that it asked for. STALE: it has not yet. NOT_SENT: nothing was sent that it needs.
 * ERROR: it refuses something. Source: envoy.service.status.v3.ConfigStatus.
 */
export const SYNC_STATES = ['SYNCED', 'NOT_SENT', 'STALE', 'ERROR'] as const;
export type SyncState = (typeof SYNC_STATES)[number];

export interface RefusedResource extends Refusal {
  /** '' where the client did not say which of the response's resources it means. */
  readonly name: string;
}

export interface ClientTypeStatus {
  readonly typeUrl: string;
  /** `CDS`, `EDS`, `LDS`, `RDS`. */
  readonly shortName: string;
  readonly state: SyncState;
  /** Asked for everything. */
  readonly wildcard: boolean;
  /** Number of resources asked for by name. */
  readonly names: number;
  /** Number of resources that it was told of and that it has not been told are gone. */
  readonly resources: number;
  /** Version of the last response; '' before the first. */
  readonly sentVersion: string;
  /** The last that the client said yes to; '' before the first. */
  readonly ackedVersion: string;
  /** The newest refusal that stands. */
  readonly nack: Refusal | null;
  /** All that stands refused, at most MAX_REFUSALS. */
  readonly refused: readonly RefusedResource[];
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
  /** `sotw` or `delta`, and `ads` or the one type of its stream: `delta ads`, `sotw CDS`. */
  readonly protocol: string;
  /** Milliseconds since the Unix epoch. */
  readonly connectedAt: number;
  /** The types that it has asked for, then those that it should have. */
  readonly types: readonly ClientTypeStatus[];
  /** Type URLs that it asks for and that nobody serves, a few. */
  readonly unserved: readonly string[];
}

/** Null while the client has not said who it is. */
export function describeClient(stream: AdsStream<never>, peer: string, connectedAt: number): ClientStatus | null {
  const { node, view, protocol } = stream;
  if (node === null || view === null) return null;
  const asked = [...stream.subscriptions].filter(isLasting).map((subscription) => describeType(subscription, stream));
  const missing = RESOURCE_TYPES.filter((type) => stream.hasYetToAsk(type)).map(describeMissing);
  const types = [...asked, ...missing];
  const { id: nodeId, namespace } = node;
  const unserved = [...stream.unserved];
  return { nodeId, namespace, view: view.view, peer, protocol, connectedAt, types, unserved };
}

/** Hints are asked for once, and are nothing that a client holds. */
function isLasting({ type }: Subscription): boolean {
  return type !== PREFETCH_HINTS_TYPE;
}

function describeType(subscription: Subscription, stream: AdsStream<never>): ClientTypeStatus {
  const { sentVersion, ackedVersion, refused } = subscription.answers;
  const synced = stream.isSettled(subscription);
  return {
    typeUrl: subscription.type.typeUrl,
    shortName: subscription.type.shortName,
    state: stateOf(subscription, synced),
    wildcard: subscription.wildcard,
    names: subscription.nameCount,
    resources: subscription.sent.size,
    sentVersion,
    ackedVersion,
    nack: [...refused.values()].at(-1) ?? null,
    refused: [...refused].map(([name, refusal]) => ({ name, ...refusal })),
    synced,
  };
}

function stateOf({ answers }: Subscription, synced: boolean): SyncState {
  if (synced) return 'SYNCED';
  if (answers.refused.size > 0) return 'ERROR';
  return answers.sentVersion === '' ? 'NOT_SENT' : 'STALE';
}

function describeMissing({ typeUrl, shortName }: AnyResourceType): ClientTypeStatus {
  const nothing = {
    wildcard: false,
    names: 0,
    resources: 0,
    sentVersion: '',
    ackedVersion: '',
    nack: null,
    refused: [],
  };
  return { typeUrl, shortName, state: 'NOT_SENT', ...nothing, synced: false };
}
