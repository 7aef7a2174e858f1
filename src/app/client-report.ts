// What each client holds and refuses, with the lines that a refused resource was made from.
import type { MeshState } from '../control/control-plane.ts';
import { type ResourceOrigin, renderOriginPlace } from '../model/resource-origin.ts';
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
  const refused = type.refused.map((refusal) => ({
    ...refusal,
    origins: originsOf(state, type.shortName, refusal.name, refusal.reason),
  }));
  return { ...type, refused };
}

function originsOf(state: MeshState | null, shortName: string, name: string, reason: string) {
  const family = FAMILIES[shortName];
  return family === undefined ? [] : (state?.originsOf(family, name, reason) ?? []);
}

/** `Service default/web at apps/web.yaml:7`, for each object that stands behind a refused resource. */
export function explainRefusal(state: MeshState | null, shortName: string, name: string, reason: string): string[] {
  return originsOf(state, shortName, name, reason).map(
    (origin) => `${origin.kind} ${origin.namespace}/${origin.name} at ${renderOriginPlace(origin)}`,
  );
}
