// Services and their endpoints as the table of `switchboard endpoints`: who takes requests, who does not, and why.
import type { EndpointRow, ServiceEndpoints } from './read-clusters.ts';
import { renderTable } from './render-table.ts';

const HEADER = ['SERVICE', 'PORT', 'ENDPOINT', 'POD', 'HEALTH', 'ACTIVE', 'REQUESTS', 'ERRORS', 'LAST ERROR'];

export function renderEndpoints(services: readonly ServiceEndpoints[]): string {
  return renderTable(HEADER, services.flatMap(rowsOf));
}

function rowsOf(service: ServiceEndpoints): string[][] {
  const name = [service.service, service.port === null ? '' : String(service.port)];
  if (service.endpoints.length === 0) return [[...name, 'none', '', '', '', '', '', '']];
  return service.endpoints.map((row) => [
    ...name,
    row.address,
    row.pod ?? '',
    row.health === 'healthy' && row.warmingMs !== null ? 'warming' : row.health,
    String(row.active),
    String(row.requests),
    String(row.errors),
    ejected(row) ?? failing(row) ?? wouldBe(row) ?? warming(row) ?? row.lastError ?? '',
  ]);
}

function ejected({ ejectedBecause: reason, ejectionLeftMs, ejections }: EndpointRow): string | null {
  if (reason === null) return null;
  const left = ejectionLeftMs === null ? [] : [`${seconds(ejectionLeftMs)} more`];
  const often = ejections > 1 ? [`${ejections} times so far`] : [];
  const more = [...left, ...often].join(', ');
  return more === '' ? reason : `${reason} (${more})`;
}

function warming({ warmingMs, lastError }: EndpointRow): string | null {
  if (warmingMs === null) return null;
  return `gets less than its share for ${seconds(warmingMs)} more${lastError === null ? '' : `; before: ${lastError}`}`;
}

/** As nobody looks twice in a second. */
function seconds(ms: number): string {
  return `${Math.ceil(ms / 1_000)} s`;
}

function failing({ failedCheckBecause: reason }: EndpointRow): string | null {
  return reason === null ? null : `health check: ${reason}`;
}

/** In shadow mode. */
function wouldBe({ wouldBeEjectedBecause: reason }: EndpointRow): string | null {
  return reason === null ? null : `would be ejected (shadow): ${reason}`;
}
