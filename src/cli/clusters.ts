// `switchboard clusters`: what one sidecar does for each Service port that it calls, endpoint by endpoint left out.
import type { Command } from 'commander';
import type { Cli } from './command.ts';
import { balancerWords, checkWords, ejectionWords, limitWords } from './config-words.ts';
import { fieldOf, textOf } from './json-value.ts';
import { readClusters, type ServiceEndpoints } from './read-clusters.ts';
import { readConfigDump } from './read-config-dump.ts';
import { renderTable } from './render-table.ts';
import { type ServicePort, serviceOf } from './service-name.ts';
import { buildSidecarCommand } from './sidecar-command.ts';

const DESCRIPTION =
  'Shows what one sidecar does for each Service port that it calls: how it chooses a pod, whom it takes out, what it limits.';

const EXAMPLES = `Examples:
  switchboard clusters --pod default/client
  switchboard clusters -o json | jq '.[] | select(.healthy == 0)'

What stands there comes from TrafficPolicies, annotations and fields of the Service; http://127.0.0.1:15014/debug/policies says which of them counts.
All of it, field by field, is /config_dump of the sidecar. Next: \`switchboard endpoints\` (the pods), \`switchboard routes\` (time-outs and retries).
`;

/** The JSON that `switchboard clusters -o json` prints. */
export interface ClusterRow extends ServicePort {
  readonly cluster: string;
  readonly loadBalancer: string;
  readonly endpoints: number;
  /** Those that get new requests. */
  readonly healthy: number;
  /** Taken out for what they answered. */
  readonly ejection: string;
  /** None = as much as there is. */
  readonly limits: readonly string[];
  readonly healthCheck: string;
}

export function buildClustersCommand(command: Command, cli: Cli): void {
  buildSidecarCommand(command, cli, {
    description: DESCRIPTION,
    examples: EXAMPLES,
    paths: ['/config_dump', '/clusters?format=json'],
    read: (dump, live) => clusterRows(dump, readClusters(live)),
    table: (rows) => renderTable(HEADER, rows.map(cellsOf)),
    nothing: 'cluster',
  });
}

/** `page`: a configuration dump. Sorted as `live` is; what is configured and not there yet comes last. */
export function clusterRows(page: unknown, live: readonly ServiceEndpoints[]): readonly ClusterRow[] {
  const order = new Map(live.map(({ cluster }, index) => [cluster, index]));
  const rows = readConfigDump(page).clusters.map((config) => {
    const cluster = textOf(fieldOf(config, 'name'));
    const endpoints = live.find((one) => one.cluster === cluster)?.endpoints ?? [];
    return {
      ...serviceOf(cluster),
      cluster,
      loadBalancer: balancerWords(config),
      endpoints: endpoints.length,
      healthy: endpoints.filter(({ health }) => health === 'healthy').length,
      ejection: ejectionWords(config),
      limits: limitWords(config),
      healthCheck: checkWords(config),
    };
  });
  const place = ({ cluster }: ClusterRow): number => order.get(cluster) ?? order.size;
  return rows.sort((left, right) => place(left) - place(right));
}

const HEADER = ['SERVICE', 'PORT', 'HEALTHY', 'LOAD BALANCER', 'EJECTION', 'HEALTH CHECK', 'LIMITS'];

function cellsOf(row: ClusterRow): readonly string[] {
  const healthy = `${row.healthy} of ${row.endpoints}`;
  const limits = row.limits.length === 0 ? 'none' : row.limits.join(', ');
  return [
    row.service,
    row.port === null ? '' : String(row.port),
    healthy,
    row.loadBalancer,
    row.ejection,
    row.healthCheck,
    limits,
  ];
}
