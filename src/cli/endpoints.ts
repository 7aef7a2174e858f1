// `switchboard endpoints`: who stands behind each Service, as one sidecar sees it now.
import type { Command } from 'commander';
import type { Cli } from './command.ts';
import { readClusters } from './read-clusters.ts';
import { renderEndpoints } from './render-endpoints.ts';
import { buildSidecarCommand } from './sidecar-command.ts';

const DESCRIPTION =
  'Shows what one sidecar holds now: each Service port with its pods, whether they are healthy, and what they were sent.';

const EXAMPLES = `Examples:
  switchboard endpoints --pod default/client     the sidecar of a pod, by the control plane's knowledge
  switchboard endpoints --admin 127.1.0.4:15000  the sidecar whose admin server is there
  switchboard endpoints -o json | jq '.[].endpoints[].address'

HEALTH is healthy, warming (new or back, gets less than its share yet), draining (its pod is told to end), degraded (asked when others cannot take
all), unhealthy (not ready), failing (its health checks), or ejected (for what it answered). Only healthy and warming ones take new requests, but for those
of sessions with a draining one. ERRORS are answers from 500 on and requests without an answer; LAST ERROR says why it is out, else what went
wrong last.

A Service without endpoints has no pod that is ready: look at its selector and at the readiness of its pods.
`;

export function buildEndpointsCommand(command: Command, cli: Cli): void {
  buildSidecarCommand(command, cli, {
    description: DESCRIPTION,
    examples: EXAMPLES,
    paths: ['/clusters?format=json'],
    read: readClusters,
    table: renderEndpoints,
    nothing: 'Service',
  });
}
