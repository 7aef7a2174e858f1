// Clients of the control plane as a table, with what they refuse below it.
import type { ClientRefusal, ClientRow, TurnedAwayRow } from './read-clients.ts';
import { renderTable } from './render-table.ts';

/** Always shown; others where a client has asked for them. */
const TYPES = ['CDS', 'EDS', 'LDS', 'RDS'];
/** What a client has not asked for. */
const NOT_ASKED = '-';
/** More words for one refusal make a wall of text; `-o json` has all of them. */
const MAX_REASON_LENGTH = 500;

export function renderClients(clients: readonly ClientRow[]): string {
  const types = new Set([...TYPES, ...clients.flatMap((client) => client.types.map(({ type }) => type))]);
  const columns = [...types];
  const rows = clients.map((client) => [
    client.pod,
    client.namespace,
    ...columns.map((type) => stateOf(client, type)),
    client.protocol,
  ]);
  const table = renderTable(['POD', 'NAMESPACE', ...columns, 'PROTOCOL'], rows);
  const remarks = clients.flatMap((client) => [...refusalsOf(client), ...unservedOf(client)]);
  return remarks.length === 0 ? table : `${table}\n\n${remarks.join('\n')}`;
}

function unservedOf({ namespace, pod, unserved }: ClientRow): string[] {
  return unserved.map((type) => `${namespace}/${pod} asks for ${type}, which this control plane does not serve`);
}

/** `127.0.0.1:4711 was turned away: the request is no …`. */
export function renderTurnedAway({ nodeId, peer, reason }: TurnedAwayRow): string {
  return `${nodeId === '' ? peer : `${nodeId} (${peer})`} was turned away: ${shortened(reason)}`;
}

function stateOf(client: ClientRow, type: string): string {
  const states = client.types.filter((one) => one.type === type).map((one) => one.state);
  // Several streams may carry one type: the worst counts.
  const worst = ['ERROR', 'NOT_SENT', 'STALE', 'SYNCED'].find((state) => states.includes(state));
  return (worst ?? states[0] ?? NOT_ASKED).replace('_', ' ');
}

function refusalsOf(client: ClientRow): string[] {
  return client.types.flatMap(({ type, refused }) =>
    refused.map((refusal) => `${client.namespace}/${client.pod} refuses ${type} ${renderRefusal(refusal)}`),
  );
}

function renderRefusal({ resource, reason, origins }: ClientRefusal): string {
  const from = origins.length === 0 ? '' : ` (from ${origins.join('; ')})`;
  return `${resource === '' ? 'resources that it does not name' : resource}${from}: ${shortened(reason)}`;
}

/** One line. */
function shortened(reason: string): string {
  const line = reason.replaceAll('\r', ' ').replaceAll('\n', ' ');
  return line.length > MAX_REASON_LENGTH ? `${line.slice(0, MAX_REASON_LENGTH)}…` : line;
}

/** `default/client (CDS STALE, RDS NOT SENT)`: why a client is waited for. */
export function renderWaiting(client: ClientRow): string {
  const late = client.types.filter(({ state }) => state !== 'SYNCED');
  const states = late.map(({ type, state }) => `${type} ${state.replace('_', ' ')}`);
  return `${client.namespace}/${client.pod} (${states.length === 0 ? 'has asked for nothing' : states.join(', ')})`;
}
