// Composition root of the control plane: registries → snapshots → xDS server, with its admin pages.
import { AdminServer } from '../admin/admin-server.ts';
import type { Clock } from '../base/clock.ts';
import type { Lifecycle } from '../base/lifecycle.ts';
import { type Log, silentLog } from '../base/log.ts';
import { systemRandom } from '../base/random.ts';
import type { Result } from '../base/result.ts';
import { ControlPlane } from '../control/control-plane.ts';
import { PrefetchHints } from '../control/prefetch-hints.ts';
import { parseRegistries } from '../control/registry/parse-registries.ts';
import type { Registry } from '../control/registry/registry.ts';
import type { StatusReporter } from '../control/status/status-reporter.ts';
import { viewKey } from '../control/translate/view.ts';
import type { SocketAddressSpec } from '../model/listener-spec.ts';
import { SnapshotCache } from '../xds/cache/snapshot-cache.ts';
import { AdsServer } from '../xds/server/ads-server.ts';
import { explainRefusal } from './client-report.ts';
import { controlPlaneRoutes } from './control-plane-routes.ts';
import { Csds } from './csds.ts';
import { findKube } from './kube-connection.ts';
import { createStatusReporter } from './status-writing.ts';

export interface ControlPlaneAppOptions {
  /** At least one; later ones win over earlier ones. */
  readonly registries: readonly Registry[];
  readonly xdsAddress: SocketAddressSpec;
  readonly adminAddress: SocketAddressSpec;
  readonly clusterDomain: string;
  /** Age at which streams end, up to a fifth earlier by chance, ms; 0 or absent: never. */
  readonly maxStreamAgeMs?: number;
  /** Absent: status is written to no API server. */
  readonly statusNamespace?: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Makes what `start` rejects with of the system's error (`code` EADDRINUSE …); default: the error itself. */
  readonly explainListen?: (error: unknown, port: keyof ControlPlaneAppBound) => unknown;
}

export interface ControlPlaneAppBound {
  readonly xds: SocketAddressSpec;
  readonly admin: SocketAddressSpec;
}

/** Reads what `--registry` names, in order, or tells every problem. */
export function openRegistries(
  values: readonly string[],
  clock: Clock,
  env: Readonly<Record<string, string | undefined>> = process.env,
  log: Log = silentLog,
): Result<readonly Registry[]> {
  return parseRegistries(values, { clock, kube: { random: systemRandom, log, find: () => findKube(env, clock) } });
}

export class ControlPlaneApp implements Lifecycle<ControlPlaneAppBound> {
  /** Resolves when every registry has been read: from then on clients are answered. */
  readonly ready: Promise<void>;
  readonly #explainListen: NonNullable<ControlPlaneAppOptions['explainListen']>;
  readonly #controlPlane: ControlPlane;
  readonly #xds: AdsServer;
  readonly #admin: AdminServer;
  readonly #csds: Csds;
  readonly #status: StatusReporter | null;

  constructor(options: ControlPlaneAppOptions) {
    const { registries, clusterDomain, xdsAddress, adminAddress, clock, log } = options;
    this.#explainListen = options.explainListen ?? ((error) => error);
    const controlPlane = new ControlPlane({ registries, clock, log, clusterDomain });
    const hints = new PrefetchHints(
      (...pod) => controlPlane.workloadOf(...pod),
      (...pod) => controlPlane.homeOf(...pod),
    );
    const cache = new SnapshotCache({
      resolveView: viewKey,
      snapshotFor: (node) => controlPlane.state?.snapshotFor(node) ?? null,
      onDemand: {
        apiListener: (node, name) => controlPlane.state?.apiListener(node, name) ?? null,
        routeConfig: (node, name) => controlPlane.state?.routeConfig(node, name) ?? null,
        prefetchHints: (node) => hints.of(node, this.#xds.dialledRoutes()),
      },
    });
    this.ready = new Promise((resolve) => {
      controlPlane.subscribe(() => {
        cache.refresh();
        resolve();
      });
    });
    this.#controlPlane = controlPlane;
    const { statusNamespace: namespace } = options;
    const writing = { registries, controlPlane, clock, random: systemRandom, log };
    const status = namespace === undefined ? null : createStatusReporter({ namespace, ...writing });
    this.#status = status;
    const { maxStreamAgeMs: ms = 0 } = options;
    const maxStreamAge = ms === 0 ? {} : { maxStreamAge: { ms, random: systemRandom } };
    this.#xds = new AdsServer({ ...xdsAddress, cache, clock, log, ...maxStreamAge });
    const routes = controlPlaneRoutes({
      state: () => controlPlane.state,
      pods: () => controlPlane.pods,
      registries: () => controlPlane.registries,
      clients: () => this.#xds.connectedClients(),
      turnedAway: () => this.#xds.turnedAway(),
      statusReport: () => status?.report ?? null,
      residentBytes: () => process.memoryUsage.rss(),
    });
    this.#csds = new Csds(this.#xds.clientStatus((...refusal) => explainRefusal(controlPlane.state, ...refusal)));
    this.#admin = new AdminServer({ address: adminAddress, routes, http2: this.#csds.serve, clock, log });
  }

  /** Resolves when both ports are bound. */
  async start(): Promise<ControlPlaneAppBound> {
    const admin = await this.#admin.start().catch((error: unknown) => {
      throw this.#explainListen(error, 'admin');
    });
    const xds = await this.#xds.start().catch((error: unknown) => {
      throw this.#explainListen(error, 'xds');
    });
    this.#controlPlane.start();
    this.#status?.start();
    return { xds, admin };
  }

  /** Clients are sent away in order, so that they look for another replica at once; which may write status from now on. */
  async drain(deadlineMs: number): Promise<void> {
    await Promise.all([this.#xds.drain(deadlineMs), this.#status?.close()]);
  }

  async close(): Promise<void> {
    await this.#status?.close();
    this.#controlPlane.close();
    await this.#xds.close();
    await this.#csds.close();
    await this.#admin.close();
  }
}
