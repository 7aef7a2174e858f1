// The control plane's page of clients as rows: one per node, whatever the number of its streams.
import { parseSidecarNodeId } from '../model/node-identity.ts';
import { fieldOf, listOf, numberOf, textOf } from './json-value.ts';
import { type RegistryRow, readRegistry } from './render-registries.ts';

export interface ClientRefusal {
  /** Of the resource; '' = the client did not say. */
  readonly resource: string;
  readonly reason: string;
  /** `Service default/web at apps/web.yaml:7`, as far as it is known. */
  readonly origins: readonly string[];
}

export interface ClientType {
  /** `CDS`, `EDS`, `LDS`, `RDS`. */
  readonly type: string;
  /** SYNCED, STALE, NOT_SENT or ERROR. */
  readonly state: string;
  readonly resources: number;
  readonly sentVersion: string;
  readonly ackedVersion: string;
  readonly refused: readonly ClientRefusal[];
}

export interface ClientRow {
  /** Of a sidecar its pod's name, else the node id. */
  readonly pod: string;
  readonly namespace: string;
  readonly nodeId: string;
  readonly peer: string;
  /** `delta ads`, `sotw CDS`, … */
  readonly protocol: string;
  /** It has asked for something, and has the newest of all that it needs. */
  readonly synced: boolean;
  readonly types: readonly ClientType[];
  /** Type URLs that it asks for in vain. */
  readonly unserved: readonly string[];
}

/** A client that was sent away because of what it said. */
export interface TurnedAwayRow {
  /** '' where it had not said who it is. */
  readonly nodeId: string;
  readonly peer: string;
  readonly reason: string;
}

export interface ClientsPage {
  /** The control plane has read every registry. */
  readonly ready: boolean;
  /** Grows with each change of the mesh. */
  readonly version: number;
  /** By namespace and pod. */
  readonly clients: readonly ClientRow[];
  /** Of the control plane. */
  readonly registries: readonly RegistryRow[];
  /** The last few. */
  readonly turnedAway: readonly TurnedAwayRow[];
}

export function readClients(page: unknown): ClientsPage {
  const rows = new Map<string, ClientRow>();
  for (const client of listOf(fieldOf(page, 'clients'))) {
    const row = readClient(client);
    const known = rows.get(row.nodeId);
    rows.set(row.nodeId, known === undefined ? row : merge(known, row));
  }
  const clients = [...rows.values()].sort((left, right) => (sortKey(left) < sortKey(right) ? -1 : 1));
  const turnedAway = listOf(fieldOf(page, 'turnedAway')).map(readTurnedAway);
  const registries = listOf(fieldOf(page, 'registries')).map(readRegistry);
  const version = numberOf(fieldOf(page, 'version'));
  return { ready: fieldOf(page, 'ready') === true, version, clients, registries, turnedAway };
}

function readTurnedAway(one: unknown): TurnedAwayRow {
  return {
    nodeId: textOf(fieldOf(one, 'nodeId')),
    peer: textOf(fieldOf(one, 'peer')),
    reason: textOf(fieldOf(one, 'reason')),
  };
}

function readClient(client: unknown): ClientRow {
  const nodeId = textOf(fieldOf(client, 'nodeId'));
  const types = listOf(fieldOf(client, 'types')).map(readType);
  return {
    pod: parseSidecarNodeId(nodeId)?.pod ?? nodeId,
    namespace: textOf(fieldOf(client, 'namespace')),
    nodeId,
    peer: textOf(fieldOf(client, 'peer')),
    protocol: textOf(fieldOf(client, 'protocol')),
    synced: areSynced(types),
    types,
    unserved: listOf(fieldOf(client, 'unserved')).map(textOf),
  };
}

function readType(type: unknown): ClientType {
  return {
    type: textOf(fieldOf(type, 'shortName')),
    state: textOf(fieldOf(type, 'state')),
    resources: numberOf(fieldOf(type, 'resources')),
    sentVersion: textOf(fieldOf(type, 'sentVersion')),
    ackedVersion: textOf(fieldOf(type, 'ackedVersion')),
    refused: listOf(fieldOf(type, 'refused')).map(readRefusal),
  };
}

function readRefusal(refusal: unknown): ClientRefusal {
  return {
    resource: textOf(fieldOf(refusal, 'name')),
    reason: textOf(fieldOf(refusal, 'reason')),
    origins: listOf(fieldOf(refusal, 'origins')).map(readOrigin),
  };
}

function readOrigin(origin: unknown): string {
  const line = fieldOf(origin, 'line');
  const place = `${textOf(fieldOf(origin, 'source'))}${line === undefined ? '' : `:${numberOf(line)}`}`;
  const name = `${textOf(fieldOf(origin, 'namespace'))}/${textOf(fieldOf(origin, 'name'))}`;
  return `${textOf(fieldOf(origin, 'kind'))} ${name} at ${place}`;
}

/** A client that is not aggregated has a stream for each type. */
function merge(left: ClientRow, right: ClientRow): ClientRow {
  const types = [...left.types, ...right.types];
  const unserved = [...left.unserved, ...right.unserved];
  return { ...left, protocol: `${left.protocol}, ${right.protocol}`, types, unserved, synced: areSynced(types) };
}

function areSynced(types: readonly ClientType[]): boolean {
  return types.length > 0 && types.every(({ state }) => state === 'SYNCED');
}

function sortKey({ namespace, pod }: ClientRow): string {
  return `${namespace} ${pod}`;
}
