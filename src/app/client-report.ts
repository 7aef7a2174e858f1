// What each client holds and refuses, with the lines that a refused resource was made from.
import type { MeshState } from '../control/control-plane.ts';
import type { ResourceOrigin } from '../model/resource-origin.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { ClientStatus, ClientTypeStatus, RefusedResource } from '../xds/server/client-status.ts';

export interface ReportedRefusal extends RefusedResource {
  /** Empty where no object stands behind it, or the client did not say what it refuses. */
  readonly origins: readonly ResourceOrigin[];
}

export interface ReportedType extends ClientTypeStatus {
  readonly refused: readonly ReportedRefusal[];
}

export interface ReportedClient extends ClientStatus {
  readonly types: readonly ReportedType[];
}

const FAMILIES: Readonly<Record<string, keyof Snapshot>> = {
  CDS: 'clusters',
  EDS: 'endpoints',
  LDS: 'listeners',
  RDS: 'routes',
  NDS: 'names',
};

/** `state`: null before every registry has been read. */
export function reportClients(clients: readonly ClientStatus[], state: MeshState | null): readonly ReportedClient[] {
  return clients.map((client) => ({ ...client, types: client.types.map((type) => reportType(type, state)) }));
}

function reportType(type: ClientTypeStatus, state: MeshState | null): ReportedType {
  const family = FAMILIES[type.shortName];
  const refused = type.refused.map((refusal) => {
    const origins = family === undefined ? [] : state?.originsOf(family, refusal.name, refusal.reason);
    return { ...refusal, origins: origins ?? [] };
  });
  return { ...type, refused };
}
