// Joins the control plane with whoever writes status to the API server that it reads.
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import type { ControlPlane } from '../control/control-plane.ts';
import type { Registry } from '../control/registry/registry.ts';
import { type StatusReport, StatusReporter } from '../control/status/status-reporter.ts';

/** Of the Lease that says which replica writes. */
const LEASE = 'switchboard-status';

export interface StatusWritingOptions {
  /** Where the Lease stands. */
  readonly namespace: string;
  readonly registries: readonly Registry[];
  readonly controlPlane: ControlPlane;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** Null where no registry has an API server. It is told of each new state of the control plane. */
export function createStatusReporter(options: StatusWritingOptions): StatusReporter | null {
  const { namespace, registries, controlPlane, clock, random, log } = options;
  for (const { connect, statuses } of registries) {
    if (connect === undefined || statuses === undefined) continue;
    const reporter = new StatusReporter({
      ...{ connect, present: statuses, lease: { namespace, name: LEASE }, clock, random, log },
      wanted: () => controlPlane.state?.statuses() ?? null,
      // The name of the pod, for people; another one with each start.
      identity: `${hostname()}_${randomUUID()}`,
    });
    controlPlane.subscribe(() => reporter.wake());
    return reporter;
  }
  return null;
}

/** '' where nothing is written by any replica. */
export function renderStatusMetrics(report: StatusReport | null): string {
  if (report === null) return '';
  const { leads, written, conflicts, failed, waiting, withoutRoom } = report;
  return [
    metric(
      'gauge',
      'switchboard_status_leads',
      '1 where this replica writes status, 0 where another may.',
      leads ? 1 : 0,
    ),
    metric('counter', 'switchboard_status_writes_total', 'Statuses of routes and policies that were written.', written),
    metric(
      'counter',
      'switchboard_status_conflicts_total',
      'Writes for which another controller was faster.',
      conflicts,
    ),
    metric('counter', 'switchboard_status_failures_total', 'Writes that failed otherwise.', failed),
    metric('gauge', 'switchboard_status_waiting', 'Statuses that are not written yet.', waiting),
    metric('gauge', 'switchboard_status_entries_without_room', 'Entries for which others leave no room.', withoutRoom),
  ].join('');
}

function metric(type: 'gauge' | 'counter', name: string, help: string, value: number): string {
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${name} ${value}\n`;
}
