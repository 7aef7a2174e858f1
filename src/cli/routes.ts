// `switchboard routes`: where one sidecar sends which requests, how long it waits and what it tries again.
import type { Command } from 'commander';
import type { Cli } from './command.ts';
import { besideWords, matchWords, retryWords, targetWords, timeoutWords } from './config-words.ts';
import { fieldOf, listOf, textOf } from './json-value.ts';
import { readConfigDump } from './read-config-dump.ts';
import { renderTable } from './render-table.ts';
import { buildSidecarCommand } from './sidecar-command.ts';

const DESCRIPTION =
  'Shows where one sidecar sends which requests, in the order in which it tries its routes: the first that matches counts.';

const EXAMPLES = `Examples:
  switchboard routes --pod default/client
  switchboard routes -o json | jq '.[] | select(.route == "default/shop/canary")'

ROUTE is what \`route\` says in the access log. RETRIES are "default" where nobody says otherwise: what is safe to send again (docs/guides/retries.md).
ALSO names what else happens on the way: HTTP filters (fault, local_ratelimit …), mirror, hash. A request that no row takes is answered 404, NR.
`;

/** The JSON that `switchboard routes -o json` prints. */
export interface RouteRow {
  /** Of its virtual host. */
  readonly host: string;
  /** '' = it has none. */
  readonly route: string;
  readonly match: string;
  readonly to: string;
  /** Null: it answers by itself. */
  readonly timeout: string | null;
  readonly retries: string | null;
  readonly also: readonly string[];
}

export function buildRoutesCommand(command: Command, cli: Cli): void {
  buildSidecarCommand(command, cli, {
    description: DESCRIPTION,
    examples: EXAMPLES,
    paths: ['/config_dump'],
    read: routeRows,
    table: (rows) => renderTable(HEADER, rows.map(cellsOf)),
    nothing: 'route',
  });
}

/** `page`: a configuration dump. */
export function routeRows(page: unknown): readonly RouteRow[] {
  return readConfigDump(page).routeConfigs.flatMap((config) =>
    listOf(fieldOf(config, 'virtual_hosts')).flatMap((host) =>
      listOf(fieldOf(host, 'routes')).map((route) => ({
        host: shortHost(textOf(fieldOf(host, 'name'))),
        route: textOf(fieldOf(route, 'name')),
        match: matchWords(fieldOf(route, 'match')),
        to: targetWords(route),
        timeout: timeoutWords(route),
        retries: retryWords(route, host),
        also: besideWords(route, host, config),
      })),
    ),
  );
}

/** `shop.default.svc.cluster.local:80` → `shop.default:80`. */
function shortHost(name: string): string {
  return name.replace(/\.svc\.[^:]*/, '');
}

const HEADER = ['HOST', 'ROUTE', 'MATCH', 'TO', 'TIMEOUT', 'ALSO', 'RETRIES'];

function cellsOf({ host, match, to, timeout, retries, also, route }: RouteRow): readonly string[] {
  return [host, route, match, to, timeout ?? '-', also.join(', ') || '-', retries ?? '-'];
}
