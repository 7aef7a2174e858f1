// A data plane in this process, with what it needs of the process: memory, access logs, the system's resolver.

import { randomFillSync } from 'node:crypto';
import { connect } from 'node:net';
import type { ListenerStatus } from '../admin/sidecar-status.ts';
import type { Cancel, Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import type { Issue } from '../base/result.ts';
import { TimerWheel } from '../base/timer-wheel.ts';
import type { ProxySettings } from '../config/index.ts';
import type { ClientHomeSpec } from '../model/client-home-spec.ts';
import type { Changes } from '../model/config-sink.ts';
import type { HomeSpec } from '../model/home-spec.ts';
import type { ConfigDemand } from '../model/on-demand.ts';
import type { ServicePortName } from '../model/service-name-spec.ts';
import { Home } from '../proxy/balance/home.ts';
import { DataPlane, type DataPlaneOptions } from '../proxy/data-plane.ts';
import { RequestIdLines } from '../proxy/exchange/request-id-lines.ts';
import type { HealthEvent } from '../proxy/health/health-checker.ts';
import type { CreateProbe } from '../proxy/health/probe.ts';
import type { PlacesMemo } from '../proxy/lb/places-memo.ts';
import type { ListenerOptions } from '../proxy/listener/listener.ts';
import { noOriginalDestination, type OriginalDestination } from '../proxy/listener/original-destination.ts';
import type { OutlierEvent } from '../proxy/outlier/ejections.ts';
import { OverloadMonitor } from '../proxy/overload-monitor.ts';
import type { Dial } from '../proxy/upstream/connection-pool.ts';
import type { CreateEndpointPool } from '../proxy/upstream/endpoint-pools.ts';
import type { RetryBudgetSpec } from '../proxy/upstream/retry-budget.ts';
import type { AccessLog } from '../telemetry/access-log.ts';
import type { StatSource } from '../telemetry/stats.ts';
import type { ClusterFigures, PlaneState, SidecarPlane } from '../workers/plane.ts';
import { AccessLogs, type OpenSink } from './access-logs.ts';
import { BufferReclaimer } from './buffer-reclaimer.ts';
import { endpointStatuses } from './endpoint-status.ts';
import { usedMemoryBytes } from './memory-mark.ts';
import { SystemResolver } from './system-resolver.ts';

const REBIND_MS = 1_000;
/**
 * From when it is ready, and from a moment with requests to the next, ms. What the first configuration was read from is garbage then: in a large
 * mesh tens of megabytes. Collecting takes a tenth of a second.
 */
export const SETTLED_MS = 1_000;

export interface LocalPlaneOptions {
  readonly settings: ProxySettings;
  /** For what is dialled; null: a file says what is held, or all is. */
  readonly demand: ConfigDemand | null;
  /** As of OnDemandSpec. */
  readonly dialled?: readonly ServicePortName[];
  /** As of ClusterOptions. */
  readonly isCurrent?: () => boolean;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly originalDestination?: OriginalDestination;
  /** Default: files are written by this process. */
  readonly openSink?: OpenSink;
  /** As of OverloadOptions. */
  readonly memoryMarkBytes: number;
  /** Default: what this process uses. */
  readonly usedMemoryBytes?: () => number;
  /** Processes that share the limits of each cluster; default 1. */
  readonly workerCount?: number;
  /** Absent: its default. */
  readonly retryBudget?: RetryBudgetSpec;
  /** Part of the limits of routes and listeners that this plane may take: one of several workers. Default: all of it. */
  readonly share?: number;
  /** The ports are shared with other processes that ask for the same. Default: they are this one's alone. */
  readonly reusePort?: boolean;
  /** Absent: requests keep to zones where their cluster says so, and the control plane which cluster this sidecar is of. */
  readonly home?: HomeSpec;
  /** As of EndpointPoolsOptions. */
  readonly createPool?: CreateEndpointPool;
  /** Absent: connections of the system, as the settings say. */
  readonly dial?: Dial;
  /** As of ClusterOptions. */
  readonly createProbe?: CreateProbe;
  /** What hashing has built before. Default: what this plane has. */
  readonly places?: PlacesMemo;
  /** Told of clients that stay with an endpoint: for other processes of this sidecar. Default: there are none. */
  readonly onClientHome?: (home: ClientHomeSpec) => void;
  /** Told of endpoints that are taken out and let back in, beside the log. */
  readonly onOutlier?: (cluster: string, event: OutlierEvent) => void;
}

export class LocalPlane implements SidecarPlane {
  readonly dataPlane: DataPlane;
  readonly accessLogs: AccessLogs;
  readonly #options: LocalPlaneOptions;
  readonly #wheel: TimerWheel;
  readonly #overload: OverloadMonitor;
  readonly #reclaimer = new BufferReclaimer();
  #cancelReclaim: Cancel = () => {};

  /** Throws where the access log of the settings cannot be written. */
  constructor(options: LocalPlaneOptions) {
    const { settings, clock, log, memoryMarkBytes } = options;
    this.#options = options;
    this.#wheel = new TimerWheel(clock);
    this.accessLogs = new AccessLogs(clock, log, options.openSink);
    const lagMarkMs = settings.overloadLagMs;
    const used = options.usedMemoryBytes ?? usedMemoryBytes;
    this.#overload = new OverloadMonitor({ clock, log, lagMarkMs, memoryMarkBytes, usedMemoryBytes: used });
    this.dataPlane = this.#createDataPlane();
  }

  apply(changes: Changes): readonly Issue[] {
    return this.dataPlane.apply(changes);
  }

  state(): PlaneState {
    const { dataPlane, activeRequests } = this;
    return { ...dataPlane.readiness(), held: dataPlane.held(), clusters: dataPlane.clusters.length, activeRequests };
  }

  get activeRequests(): number {
    return this.dataPlane.activeRequests;
  }

  /** What its parts count. */
  stats(): readonly StatSource[] {
    return [this.dataPlane, this.#overload, processStats(this.accessLogs)];
  }

  clusters(): readonly ClusterFigures[] {
    const nowMs = this.#options.clock.now();
    return this.dataPlane.clusters.map((cluster) => ({
      name: cluster.name,
      endpoints: endpointStatuses(cluster, nowMs),
    }));
  }

  listeners(): readonly ListenerStatus[] {
    return this.dataPlane.listeners.map(({ name, addresses }) => ({ name, addresses }));
  }

  /** What stands in the file is there before anybody is asked for more. */
  async start(first: Changes, accessLogs: readonly string[]): Promise<readonly Issue[]> {
    for (const path of accessLogs) this.accessLogs.open(path);
    this.#overload.start();
    return this.apply(first);
  }

  settle(): void {
    this.#cancelReclaim = this.#options.clock.after(SETTLED_MS, () => {
      if (this.activeRequests > 0) this.settle();
      else this.#reclaimer.reclaimAll();
    });
  }

  noteProblem(): void {
    this.dataPlane.noteProblem();
  }

  workers(): readonly [] {
    return [];
  }

  drain(): void {
    this.dataPlane.drain();
  }

  async close(): Promise<void> {
    this.#cancelReclaim();
    this.#overload.close();
    this.dataPlane.close();
    this.#wheel.close();
    await this.accessLogs.close();
  }

  #createDataPlane(): DataPlane {
    const { settings, clock, random, log, workerCount, retryBudget, createPool, createProbe, places, onOutlier, home } =
      this.#options;
    const { isCurrent } = this.#options;
    const dial = this.#options.dial ?? createDial(settings.upstreamSourceAddress, settings.connectionBufferBytes);
    return new DataPlane({
      ...(settings.xdsFetchTimeoutMs === 0 ? {} : { holdMs: settings.xdsFetchTimeoutMs }),
      ...this.#onDemand(),
      cluster: {
        maxHeadBytes: settings.maxRequestHeadBytes,
        maxFields: settings.maxFields,
        random,
        onHealth: (cluster, event) => tellHealth(log, cluster, event),
        onOutlier: (cluster, event) => {
          tellOutlier(log, cluster, event);
          onOutlier?.(cluster, event);
        },
        ...(createPool === undefined ? {} : { createPool }),
        ...(createProbe === undefined ? {} : { createProbe }),
        ...(places === undefined ? {} : { places }),
        ...(workerCount === undefined ? {} : { workers: workerCount }),
        ...(retryBudget === undefined ? {} : { retryBudget }),
        ...homeOf(home, settings),
        ...this.#clientSharing(),
        ...(isCurrent === undefined ? {} : { isCurrent }),
        place: { zone: settings.zone ?? '', node: settings.nodeName ?? '' },
        dns: { resolver: new SystemResolver(), clock, random },
        pool: { dial, wheel: this.#wheel, idleTimeoutMs: settings.upstreamIdleTimeoutMs, now: () => clock.now() },
      },
      listener: this.#listenerOptions(dial),
    });
  }

  #clientSharing(): Pick<DataPlaneOptions['cluster'], 'clientSharing'> {
    const { clock, onClientHome } = this.#options;
    if (onClientHome === undefined) return {};
    return { clientSharing: { wallNow: () => clock.wallNow(), tell: onClientHome } };
  }

  #listenerOptions(dial: Dial): ListenerOptions {
    const { settings, clock, random, log, originalDestination, reusePort, share } = this.#options;
    const requestIds = new RequestIdLines((bytes) => randomFillSync(bytes));
    return {
      shared: {
        accessLog: this.#openSettingsLog(),
        clock,
        random,
        wheel: this.#wheel,
        dial,
        // The setting's default is everybody's address, and says nothing.
        ownAddress: settings.podIp === '127.0.0.1' ? '' : settings.podIp,
        newRequestIdLine: () => requestIds.next(),
        replayBytes: settings.replayBufferBytes,
        bodyMeter: this.#reclaimer,
        admission: this.#overload,
        streamIdleTimeoutMs: settings.streamIdleTimeoutMs,
        requestBodyTimeoutMs: settings.requestBodyTimeoutMs,
      },
      limits: {
        maxHeadBytes: settings.maxRequestHeadBytes,
        maxFields: settings.maxFields,
        maxRequests: settings.maxRequestsPerConnection,
        maxStreams: settings.maxStreamsPerConnection,
        maxAgeMs: settings.maxConnectionAgeMs,
      },
      maxIdleMs: settings.downstreamIdleTimeoutMs,
      maxConnections: settings.maxListenerConnections,
      connectionBufferBytes: settings.connectionBufferBytes,
      openAccessLogs: (paths) => this.accessLogs.openAll(paths),
      requestHeadersTimeoutMs: settings.requestHeadTimeoutMs,
      originalDestination: originalDestination ?? noOriginalDestination,
      log,
      rebindMs: REBIND_MS,
      ...(reusePort === undefined ? {} : { reusePort }),
      ...(share === undefined ? {} : { share }),
    };
  }

  #openSettingsLog(): AccessLog | null {
    const target = this.#options.settings.accessLog;
    if (target.kind === 'off') return null;
    return this.accessLogs.open(target.kind === 'stdout' ? '/dev/stdout' : target.path);
  }

  #onDemand(): Pick<DataPlaneOptions, 'onDemand'> {
    const { settings, demand, dialled = [] } = this.#options;
    if (demand === null) return {};
    const { podNamespace: namespace, clusterDomain, onDemandWaitMs: waitMs, onDemandIdleMs: idleMs } = settings;
    const { prefetchWaitMs, onUnavailable } = settings;
    const times = { waitMs, idleMs, prefetchWaitMs };
    return { onDemand: { namespace, clusterDomain, demand, ...times, onUnavailable, dialled } };
  }
}

/** Of this process, whatever it does. */
export function processStats(accessLogs: AccessLogs): StatSource {
  return {
    collect(sink) {
      sink.gauge('server', '', 'memory_resident', process.memoryUsage.rss());
      sink.counter('server', '', 'access_log_lines_dropped', accessLogs.dropped);
    },
  };
}

function createDial(sourceAddress: string | null, bufferBytes: number): Dial {
  const base = {
    ...{ noDelay: true, allowHalfOpen: true, highWaterMark: bufferBytes },
    ...(sourceAddress === null ? {} : { localAddress: sourceAddress }),
  };
  return (host, port, onread) => connect({ ...base, host, port, onread });
}

function tellOutlier(log: Log, cluster: string, event: OutlierEvent): void {
  const { endpoint, change, reason, detail, forMs, shadow } = event;
  const fields = { cluster, endpoint: endpoint.address, reason, detail };
  if (change === 'detected') log.debug('an endpoint is worse than it should be, and stays', fields);
  else if (shadow && change === 'ejected')
    log.warn('would have taken an endpoint out for what it answered (shadow mode)', { ...fields, forMs });
  else if (shadow) log.info('an endpoint would have come back (shadow mode)', { ...fields, afterMs: forMs });
  else if (change === 'ejected') log.warn('took an endpoint out for what it answered', { ...fields, forMs });
  else log.info('an endpoint may take requests again', { ...fields, afterMs: forMs });
}

function tellHealth(log: Log, cluster: string, { endpoint, change, detail }: HealthEvent): void {
  const fields = { cluster, endpoint: endpoint.address };
  if (change === 'unhealthy') log.warn('an endpoint fails its health checks', { ...fields, detail });
  else if (change === 'healthy') log.info('an endpoint passes its health checks', fields);
  else if (change === 'degraded') log.info('an endpoint says that others should be asked first', fields);
  else if (change === 'failed') log.warn('a health check has failed', { ...fields, detail });
  else log.info('a health check has passed', fields);
}

/** Who does not know its zone cannot keep to it. */
function homeOf(given: HomeSpec | undefined, { zone }: LocalPlaneOptions['settings']): { readonly home?: Home } {
  if (given !== undefined) return { home: new Home(given) };
  if (zone === null || zone === '') return {};
  return { home: new Home({ cluster: '', locality: { region: '', zone, subZone: '' }, onlyWhereAsked: true }) };
}
