// `switchboard listeners`: where one sidecar takes connections.
import type { Command } from 'commander';
import { renderSocketAddress } from '../model/socket-address.ts';
import type { Cli } from './command.ts';
import { fieldAt, fieldOf, listOf, numberOf, textOf } from './json-value.ts';
import { renderTable } from './render-table.ts';
import { buildSidecarCommand } from './sidecar-command.ts';

const EXAMPLES = `Examples:
  switchboard listeners --pod default/client
  switchboard listeners --admin 127.0.0.1:9901     of a sidecar or an Envoy that runs a bootstrap file
  switchboard listeners -o json

A listener that is not there has a port that is taken, or waits for its routes: the log of the sidecar says which.
`;

/** The JSON that `switchboard listeners -o json` prints. */
export interface ListenerRow {
  readonly listener: string;
  /** `IP:PORT`, the main one first. */
  readonly addresses: readonly string[];
}

export function buildListenersCommand(command: Command, cli: Cli): void {
  buildSidecarCommand(command, cli, {
    description: 'Shows where one sidecar takes connections now.',
    examples: EXAMPLES,
    paths: ['/listeners?format=json'],
    read: readListeners,
    table: (rows) => renderTable(['LISTENER', 'ADDRESS'], rows.flatMap(cellsOf)),
    nothing: { sentence: 'It listens nowhere: its log tells why.' },
  });
}

function cellsOf({ listener, addresses }: ListenerRow): readonly (readonly string[])[] {
  return addresses.map((address) => [listener, address]);
}

/** `/listeners?format=json` of a sidecar, or of Envoy. */
export function readListeners(page: unknown): readonly ListenerRow[] {
  return listOf(fieldOf(page, 'listener_statuses')).map((status) => {
    const all = [fieldOf(status, 'local_address'), ...listOf(fieldOf(status, 'additional_local_addresses'))];
    return { listener: textOf(fieldOf(status, 'name')), addresses: all.flatMap(addressOf) };
  });
}

function addressOf(address: unknown): readonly string[] {
  const socket = fieldAt(address, 'socket_address');
  if (socket === undefined) return [];
  return [
    renderSocketAddress({ host: textOf(fieldOf(socket, 'address')), port: numberOf(fieldOf(socket, 'port_value')) }),
  ];
}
