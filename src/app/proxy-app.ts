// Composition root of the sidecar: xDS client → data plane, with its admin pages and logs.

import { AdminServer } from '../admin/admin-server.ts';
import { sidecarRoutes } from '../admin/sidecar-routes.ts';
import { type Cancel, type Clock, sleep } from '../base/clock.ts';
import { CodedError } from '../base/coded-error.ts';
import type { Lifecycle } from '../base/lifecycle.ts';
import type { Log } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import { renderIssue } from '../base/result.ts';
import type { ProxySettings } from '../config/index.ts';
import type { Changes } from '../model/config-sink.ts';
import type { HomeSpec } from '../model/home-spec.ts';
import { accessLogsOf, type SocketAddressSpec } from '../model/listener-spec.ts';
import { sidecarNodeId } from '../model/node-identity.ts';
import type { ConfigDemand } from '../model/on-demand.ts';
import { EMPTY_SNAPSHOT, type Snapshot } from '../model/snapshot.ts';
import { renderSocketAddress } from '../model/socket-address.ts';
import type { DataPlane, Readiness } from '../proxy/data-plane.ts';
import type { OriginalDestination } from '../proxy/listener/original-destination.ts';
import type { StatSource } from '../telemetry/stats.ts';
import type { Trouble } from '../workers/messages.ts';
import type { SidecarPlane } from '../workers/plane.ts';
import type { BootstrapSpec } from '../xds/bootstrap/bootstrap-spec.ts';
import { AdsClient } from '../xds/client/ads-client.ts';
import { sidecarStatus } from '../xds/csds/held-configs.ts';
import { Csds } from './csds.ts';
import { LocalPlane } from './local-plane.ts';
import { memoryMark } from './memory-mark.ts';
import { sidecarSource } from './sidecar-source.ts';

const DRAIN_POLL_MS = 20;

export interface ProxyAppOptions {
  readonly settings: ProxySettings;
  /** Takes the place of the settings that say where configuration comes from and where listeners are. */
  readonly bootstrap?: BootstrapSpec;
  /** Where the admin pages are served; null = nowhere. Absent: as the settings say. */
  readonly adminAddress?: SocketAddressSpec | null;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly originalDestination?: OriginalDestination;
  /** Where the data plane runs, if not in this process. */
  readonly createPlane?: (parts: PlaneParts) => SidecarPlane;
  /** Called once when somebody asks the sidecar to stop through its admin page. */
  readonly onQuit: () => void;
}

/** What a data plane needs of its sidecar. */
export interface PlaneParts extends Pick<ProxyAppOptions, 'settings' | 'clock' | 'random' | 'log'> {
  /** For what is dialled; null: a file says what is held, or all is. */
  readonly demand: ConfigDemand | null;
  /** Whoever brings configuration: why nothing may come at present. */
  readonly trouble: Trouble;
  /** As the file says; absent: requests do not keep to zones. */
  readonly home?: HomeSpec;
}

export interface ProxyAppBound {
  /** Null: there are no admin pages. */
  readonly admin: SocketAddressSpec | null;
}

export class ProxyApp implements Lifecycle<ProxyAppBound> {
  readonly #options: ProxyAppOptions;
  readonly #plane: SidecarPlane;
  readonly #xds: AdsClient | null;
  readonly #csds: Csds;
  readonly #admin: AdminServer | null;
  readonly #startedAt: number;
  #cancelReadyWatch: Cancel = () => {};
  #draining = false;
  #wasReady = false;

  constructor(options: ProxyAppOptions) {
    this.#options = options;
    this.#startedAt = options.clock.now();
    this.#plane = this.#createPlane();
    this.#xds = this.#createXds();
    this.#csds = new Csds(sidecarStatus(this.#xds, staticsOf(options.bootstrap)));
    this.#admin = this.#createAdmin();
  }

  get readiness(): Readiness {
    return this.#plane.state();
  }

  /** Of a sidecar without workers, and of no other. */
  get dataPlane(): DataPlane {
    if (this.#plane instanceof LocalPlane) return this.#plane.dataPlane;
    throw new Error('its data plane runs in workers');
  }

  async start(): Promise<ProxyAppBound> {
    const admin = (await this.#admin?.start()) ?? null;
    await this.#startPlane();
    this.#xds?.start();
    this.#cancelReadyWatch = this.#options.clock.every(DRAIN_POLL_MS, () => this.#noteReady());
    return { admin };
  }

  /** Readiness fails, answers close their connections, running requests are finished: at most `deadlineMs`. */
  async drain(deadlineMs: number): Promise<void> {
    const { clock, log } = this.#options;
    this.#draining = true;
    this.#plane.drain();
    const deadline = clock.now() + deadlineMs;
    while (this.#plane.activeRequests > 0 && clock.now() < deadline) await sleep(clock, DRAIN_POLL_MS);
    const cutOff = this.#plane.activeRequests;
    if (cutOff > 0) log.warn('drain deadline passed, running requests are cut off', { requests: cutOff, deadlineMs });
  }

  async close(): Promise<void> {
    this.#cancelReadyWatch();
    this.#xds?.close();
    await this.#plane.close();
    await this.#csds.close();
    await this.#admin?.close();
  }

  /** Says once that the sidecar serves, and how long that took. */
  #noteReady(): void {
    if (this.#wasReady || this.#xds?.synced === false) return;
    const { ready, clusters } = this.#plane.state();
    if (!ready) return;
    this.#wasReady = true;
    this.#cancelReadyWatch();
    const { clock, log } = this.#options;
    this.#plane.settle();
    log.info('ready', { clusters, afterMs: Math.round(clock.now() - this.#startedAt) });
  }

  #createPlane(): SidecarPlane {
    const { settings, bootstrap, createPlane, clock, random, log, originalDestination } = this.#options;
    const home = bootstrap?.home === undefined ? {} : { home: bootstrap.home };
    const trouble = this.#trouble();
    const parts = { settings, demand: this.#demand(trouble), trouble, clock, random, log, ...home };
    if (createPlane !== undefined) return createPlane(parts);
    const memoryMarkBytes = memoryMark(settings.overloadMemoryBytes);
    const outside = originalDestination === undefined ? {} : { originalDestination };
    const isCurrent = () => trouble.problem === null;
    return new LocalPlane({ ...parts, isCurrent, memoryMarkBytes, ...outside });
  }

  #createXds(): AdsClient | null {
    const { settings, bootstrap, clock, random, log } = this.#options;
    if (bootstrap !== undefined) return this.#createXdsOfFile(bootstrap);
    return new AdsClient({
      address: renderSocketAddress(settings.xdsAddress),
      node: {
        id: sidecarNodeId(settings.podIp, settings.podName, settings.podNamespace, settings.clusterDomain),
        namespace: settings.podNamespace,
        outboundAddresses: settings.outboundAddresses,
        onDemand: settings.xdsScope === 'on-demand',
        ...(settings.interception === 'redirect' ? { interception: settings.interception } : {}),
      },
      sink: this.#plane,
      clock,
      random,
      log,
      protocol: settings.xdsProtocol,
      // Who knows its zone wants to know what its pod is behind, too.
      prefetch: settings.prefetchWaitMs > 0 || (settings.zone ?? '') !== '',
      fetchTimeoutMs: settings.xdsFetchTimeoutMs,
      onChange: () => this.#onXdsChange(),
    });
  }

  #createXdsOfFile(bootstrap: BootstrapSpec): AdsClient | null {
    const { ads } = bootstrap;
    if (ads === null) return null;
    const { settings, clock, random, log } = this.#options;
    return new AdsClient({
      address: ads.addresses,
      node: ads.node,
      scope: { statics: staticsOf(bootstrap), clusters: ads.clusters, listeners: ads.listeners },
      sink: this.#plane,
      ...{ clock, random, log },
      connectTimeoutMs: ads.connectTimeoutMs,
      protocol: ads.incremental ? 'delta' : 'sotw',
      fetchTimeoutMs: settings.xdsFetchTimeoutMs,
      onChange: () => this.#onXdsChange(),
    });
  }

  #onXdsChange(): void {
    this.#plane.noteProblem();
    this.#noteReady();
  }

  /** What stands in the file is there before anybody is asked for more. */
  async #startPlane(): Promise<void> {
    const { clusters = [], listeners = [] } = this.#options.bootstrap ?? {};
    const first: Changes = {
      ...(clusters.length === 0 ? {} : { clusters: { upserted: clusters, removed: [] } }),
      ...(listeners.length === 0 ? {} : { listeners: { upserted: listeners, removed: [] } }),
    };
    const issues = await this.#plane.start(first, listeners.flatMap(accessLogsOf));
    if (issues.length > 0) throw new CodedError('bootstrap', issues.map(renderIssue).join('\n'));
  }

  #createAdmin(): AdminServer | null {
    const { settings, bootstrap, adminAddress: address = settings.adminAddress, clock, log } = this.#options;
    if (address === null) return null;
    const source = sidecarSource({
      plane: this.#plane,
      xds: this.#xds,
      staticClusters: new Set(bootstrap?.clusters.map(({ name }) => name)),
      fileDump: bootstrap?.configDump ?? [],
      serverStats: this.#serverStats(),
      draining: () => this.#draining,
      quit: this.#options.onQuit,
    });
    return new AdminServer({ address, routes: sidecarRoutes(source), http2: this.#csds.serve, clock, log });
  }

  /** A file says itself what is held. */
  #demand(trouble: Trouble): ConfigDemand | null {
    const { settings, bootstrap } = this.#options;
    if (bootstrap !== undefined || settings.xdsScope !== 'on-demand') return null;
    return {
      subscribe: (ports) => this.#xds?.subscribe(ports),
      unsubscribe: (ports) => this.#xds?.unsubscribe(ports),
      get problem() {
        return trouble.problem;
      },
      get unreachable() {
        return trouble.unreachable;
      },
    };
  }

  /** The client is made after the data plane that it brings configuration to. */
  #trouble(): Trouble {
    const client = (): AdsClient | null => this.#xds;
    return {
      get problem() {
        return client()?.problem ?? null;
      },
      get unreachable() {
        return client()?.unreachable ?? false;
      },
    };
  }

  #serverStats(): StatSource {
    return {
      collect: (sink) => {
        const { clock } = this.#options;
        sink.gauge('server', '', 'uptime', Math.floor((clock.now() - this.#startedAt) / 1_000));
        sink.gauge('server', '', 'live', this.#draining || !this.readiness.ready ? 0 : 1);
        const xds = this.#xds?.status();
        sink.gauge('control_plane', '', 'connected_state', xds?.connected === true ? 1 : 0);
        sink.gauge('control_plane', '', 'resources_refused', xds?.refused.length ?? 0);
        sink.gauge('control_plane', '', 'resources_missing', xds?.missing.length ?? 0);
      },
    };
  }
}

/** What stands in the file. */
function staticsOf(bootstrap: BootstrapSpec | undefined): Snapshot {
  const byName = <Spec extends { readonly name: string }>(specs: readonly Spec[] = []): ReadonlyMap<string, Spec> =>
    new Map(specs.map((spec) => [spec.name, spec]));
  return { ...EMPTY_SNAPSHOT, clusters: byName(bootstrap?.clusters), listeners: byName(bootstrap?.listeners) };
}
