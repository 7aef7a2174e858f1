// Composition root of the sidecar: xDS client → data plane, with its admin pages and logs.
import { randomFillSync } from 'node:crypto';
import { connect } from 'node:net';
import { AdminServer } from '../admin/admin-server.ts';
import { sidecarRoutes } from '../admin/sidecar-routes.ts';
import { type Cancel, type Clock, sleep } from '../base/clock.ts';
import { CodedError } from '../base/coded-error.ts';
import type { Lifecycle } from '../base/lifecycle.ts';
import type { Log } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import { renderIssue } from '../base/result.ts';
import { TimerWheel } from '../base/timer-wheel.ts';
import type { ProxySettings } from '../config/index.ts';
import { accessLogsOf, type SocketAddressSpec } from '../model/listener-spec.ts';
import { sidecarNodeId } from '../model/node-identity.ts';
import type { ConfigDemand } from '../model/on-demand.ts';
import { EMPTY_SNAPSHOT, type Snapshot } from '../model/snapshot.ts';
import { renderSocketAddress } from '../model/socket-address.ts';
import { DataPlane, type DataPlaneOptions, type Readiness } from '../proxy/data-plane.ts';
import { RequestIdLines } from '../proxy/exchange/request-id-lines.ts';
import { noOriginalDestination, type OriginalDestination } from '../proxy/listener/original-destination.ts';
import { OverloadMonitor } from '../proxy/overload-monitor.ts';
import type { Dial } from '../proxy/upstream/connection-pool.ts';
import type { AccessLog } from '../telemetry/access-log.ts';
import type { StatSource } from '../telemetry/stats.ts';
import type { BootstrapSpec } from '../xds/bootstrap/bootstrap-spec.ts';
import { AdsClient } from '../xds/client/ads-client.ts';
import { sidecarStatus } from '../xds/csds/held-configs.ts';
import { AccessLogs } from './access-logs.ts';
import { BufferReclaimer } from './buffer-reclaimer.ts';
import { Csds } from './csds.ts';
import { memoryMark, usedMemoryBytes } from './memory-mark.ts';
import { sidecarSource } from './sidecar-source.ts';
import { SystemResolver } from './system-resolver.ts';

const REBIND_MS = 1_000;
const DRAIN_POLL_MS = 20;
/** From when it is ready, and from a moment with requests to the next, ms. */
const SETTLED_MS = 1_000;

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
  /** Called once when somebody asks the sidecar to stop through its admin page. */
  readonly onQuit: () => void;
}

export interface ProxyAppBound {
  /** Null: there are no admin pages. */
  readonly admin: SocketAddressSpec | null;
}

export class ProxyApp implements Lifecycle<ProxyAppBound> {
  readonly dataPlane: DataPlane;
  readonly #options: ProxyAppOptions;
  readonly #wheel: TimerWheel;
  readonly #accessLogs: AccessLogs;
  readonly #xds: AdsClient | null;
  readonly #csds: Csds;
  readonly #admin: AdminServer | null;
  readonly #overload: OverloadMonitor;
  readonly #startedAt: number;
  readonly #reclaimer = new BufferReclaimer();
  #cancelReadyWatch: Cancel = () => {};
  #draining = false;
  #wasReady = false;

  constructor(options: ProxyAppOptions) {
    const { clock, log } = options;
    this.#options = options;
    this.#startedAt = clock.now();
    this.#wheel = new TimerWheel(clock);
    this.#accessLogs = new AccessLogs(clock, log);
    this.#overload = this.#createOverload();
    this.dataPlane = this.#createDataPlane();
    this.#xds = this.#createXds();
    this.#csds = new Csds(sidecarStatus(this.#xds, staticsOf(options.bootstrap)));
    this.#admin = this.#createAdmin();
  }

  get readiness(): Readiness {
    return this.dataPlane.readiness();
  }

  async start(): Promise<ProxyAppBound> {
    const admin = (await this.#admin?.start()) ?? null;
    this.#applyFile();
    this.#overload.start();
    this.#xds?.start();
    this.#cancelReadyWatch = this.#options.clock.every(DRAIN_POLL_MS, () => this.#noteReady());
    return { admin };
  }

  /** Readiness fails, answers close their connections, running requests are finished: at most `deadlineMs`. */
  async drain(deadlineMs: number): Promise<void> {
    const { clock, log } = this.#options;
    this.#draining = true;
    this.dataPlane.drain();
    const deadline = clock.now() + deadlineMs;
    while (this.dataPlane.activeRequests > 0 && clock.now() < deadline) await sleep(clock, DRAIN_POLL_MS);
    const cutOff = this.dataPlane.activeRequests;
    if (cutOff > 0) log.warn('drain deadline passed, running requests are cut off', { requests: cutOff, deadlineMs });
  }

  async close(): Promise<void> {
    this.#cancelReadyWatch();
    this.#overload.close();
    this.#xds?.close();
    this.dataPlane.close();
    this.#wheel.close();
    await this.#csds.close();
    await this.#admin?.close();
    this.#accessLogs.close();
  }

  /** Says once that the sidecar serves, and how long that took. */
  #noteReady(): void {
    if (this.#wasReady || this.#xds?.synced === false || !this.readiness.ready) return;
    this.#wasReady = true;
    this.#cancelReadyWatch();
    const { clock, log } = this.#options;
    this.#reclaimWhenQuiet();
    log.info('ready', { clusters: this.dataPlane.clusters.length, afterMs: Math.round(clock.now() - this.#startedAt) });
  }

  /** What the first configuration was read from is garbage: in a large mesh tens of megabytes. Collecting takes a tenth of a second. */
  #reclaimWhenQuiet(): void {
    this.#cancelReadyWatch = this.#options.clock.after(SETTLED_MS, () => {
      if (this.dataPlane.activeRequests > 0) this.#reclaimWhenQuiet();
      else this.#reclaimer.reclaimAll();
    });
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
      sink: this.dataPlane,
      clock,
      random,
      log,
      protocol: settings.xdsProtocol,
      fetchTimeoutMs: settings.xdsFetchTimeoutMs,
      onChange: () => this.#noteReady(),
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
      sink: this.dataPlane,
      ...{ clock, random, log },
      connectTimeoutMs: ads.connectTimeoutMs,
      protocol: ads.incremental ? 'delta' : 'sotw',
      fetchTimeoutMs: settings.xdsFetchTimeoutMs,
      onChange: () => this.#noteReady(),
    });
  }

  /** What stands in the file is there before anybody is asked for more. */
  #applyFile(): void {
    const { bootstrap } = this.#options;
    if (bootstrap === undefined) return;
    const { clusters, listeners } = bootstrap;
    for (const path of listeners.flatMap(accessLogsOf)) this.#accessLogs.open(path);
    const issues = this.dataPlane.apply({
      clusters: { upserted: clusters, removed: [] },
      listeners: { upserted: listeners, removed: [] },
    });
    if (issues.length > 0) throw new CodedError('bootstrap', issues.map(renderIssue).join('\n'));
  }

  #createAdmin(): AdminServer | null {
    const { settings, bootstrap, adminAddress: address = settings.adminAddress, clock, log } = this.#options;
    if (address === null) return null;
    const source = sidecarSource({
      dataPlane: this.dataPlane,
      xds: this.#xds,
      staticClusters: new Set(bootstrap?.clusters.map(({ name }) => name)),
      fileDump: bootstrap?.configDump ?? [],
      statSources: [this.dataPlane, this.#overload, this.#serverStats()],
      draining: () => this.#draining,
      quit: this.#options.onQuit,
    });
    return new AdminServer({ address, routes: sidecarRoutes(source), http2: this.#csds.serve, clock, log });
  }

  #openSettingsLog(): AccessLog | null {
    const target = this.#options.settings.accessLog;
    if (target.kind === 'off') return null;
    return this.#accessLogs.open(target.kind === 'stdout' ? '/dev/stdout' : target.path);
  }

  #createDataPlane(): DataPlane {
    const { settings, clock, random, log } = this.#options;
    const wheel = this.#wheel;
    const dial = createDial(settings.upstreamSourceAddress, settings.connectionBufferBytes);
    const requestIds = new RequestIdLines((bytes) => randomFillSync(bytes));
    const limits = { maxHeadBytes: settings.maxRequestHeadBytes, maxFields: settings.maxFields };
    return new DataPlane({
      ...(settings.xdsFetchTimeoutMs === 0 ? {} : { holdMs: settings.xdsFetchTimeoutMs }),
      ...this.#onDemand(),
      cluster: {
        ...limits,
        random,
        dns: { resolver: new SystemResolver(), clock, random },
        pool: { dial, wheel, idleTimeoutMs: settings.upstreamIdleTimeoutMs, now: () => clock.now() },
      },
      listener: {
        shared: {
          accessLog: this.#openSettingsLog(),
          clock,
          random,
          wheel,
          dial,
          newRequestIdLine: () => requestIds.next(),
          replayBytes: settings.replayBufferBytes,
          bodyMeter: this.#reclaimer,
          admission: this.#overload,
          streamIdleTimeoutMs: settings.streamIdleTimeoutMs,
          requestBodyTimeoutMs: settings.requestBodyTimeoutMs,
        },
        limits: {
          ...limits,
          maxRequests: settings.maxRequestsPerConnection,
          maxStreams: settings.maxStreamsPerConnection,
          maxAgeMs: settings.maxConnectionAgeMs,
        },
        maxIdleMs: settings.downstreamIdleTimeoutMs,
        maxConnections: settings.maxListenerConnections,
        connectionBufferBytes: settings.connectionBufferBytes,
        openAccessLogs: (paths) => this.#accessLogs.openAll(paths),
        requestHeadersTimeoutMs: settings.requestHeadTimeoutMs,
        originalDestination: this.#options.originalDestination ?? noOriginalDestination,
        log,
        rebindMs: REBIND_MS,
      },
    });
  }

  #createOverload(): OverloadMonitor {
    const { settings, clock, log } = this.#options;
    return new OverloadMonitor({
      clock,
      log,
      lagMarkMs: settings.overloadLagMs,
      memoryMarkBytes: memoryMark(settings.overloadMemoryBytes),
      usedMemoryBytes,
    });
  }

  /** A file says itself what is held. */
  #onDemand(): Pick<DataPlaneOptions, 'onDemand'> {
    const { settings, bootstrap } = this.#options;
    if (bootstrap !== undefined || settings.xdsScope !== 'on-demand') return {};
    const { podNamespace: namespace, clusterDomain, onDemandWaitMs: waitMs, onDemandIdleMs: idleMs } = settings;
    // The client is made after the data plane that it brings configuration to.
    const client = (): AdsClient | null => this.#xds;
    const demand: ConfigDemand = {
      subscribe: (port) => client()?.subscribe(port),
      unsubscribe: (ports) => client()?.unsubscribe(ports),
      get problem() {
        return client()?.problem ?? null;
      },
    };
    return { onDemand: { namespace, clusterDomain, demand, waitMs, idleMs } };
  }

  #serverStats(): StatSource {
    return {
      collect: (sink) => {
        const { clock } = this.#options;
        sink.gauge('server', '', 'uptime', Math.floor((clock.now() - this.#startedAt) / 1_000));
        sink.gauge('server', '', 'live', this.#draining || !this.readiness.ready ? 0 : 1);
        sink.gauge('server', '', 'memory_resident', process.memoryUsage.rss());
        const xds = this.#xds?.status();
        sink.gauge('control_plane', '', 'connected_state', xds?.connected === true ? 1 : 0);
        sink.gauge('control_plane', '', 'resources_refused', xds?.refused.length ?? 0);
        sink.gauge('control_plane', '', 'resources_missing', xds?.missing.length ?? 0);
        sink.counter('server', '', 'access_log_lines_dropped', this.#accessLogs.dropped);
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

function createDial(sourceAddress: string | null, bufferBytes: number): Dial {
  const base = {
    ...{ noDelay: true, allowHalfOpen: true, highWaterMark: bufferBytes },
    ...(sourceAddress === null ? {} : { localAddress: sourceAddress }),
  };
  return (host, port, onread) => connect({ ...base, host, port, onread });
}
