// Composition root of the sidecar: xDS client → data plane, with its admin pages and logs.
import { randomUUID } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { AdminServer } from '../admin/admin-server.ts';
import { sidecarRoutes } from '../admin/sidecar-routes.ts';
import { type Cancel, type Clock, sleep } from '../base/clock.ts';
import type { Lifecycle } from '../base/lifecycle.ts';
import type { Log } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import { TimerWheel } from '../base/timer-wheel.ts';
import type { ProxySettings } from '../config/index.ts';
import type { SocketAddressSpec } from '../model/listener-spec.ts';
import { sidecarNodeId } from '../model/node-identity.ts';
import { renderSocketAddress } from '../model/socket-address.ts';
import { DataPlane, type Readiness } from '../proxy/data-plane.ts';
import { noOriginalDestination, type OriginalDestination } from '../proxy/listener/original-destination.ts';
import { JsonAccessLog } from '../telemetry/access-log.ts';
import type { StatSource } from '../telemetry/stats.ts';
import { AdsClient } from '../xds/client/ads-client.ts';
import { BufferReclaimer } from './buffer-reclaimer.ts';
import { LineSink } from './line-sink.ts';
import { sidecarSource } from './sidecar-source.ts';

const REBIND_MS = 1_000;
const DRAIN_POLL_MS = 20;

export interface ProxyAppOptions {
  readonly settings: ProxySettings;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly originalDestination?: OriginalDestination;
  /** Called once when somebody asks the sidecar to stop through its admin page. */
  readonly onQuit: () => void;
}

export interface ProxyAppBound {
  readonly admin: SocketAddressSpec;
}

export class ProxyApp implements Lifecycle<ProxyAppBound> {
  readonly dataPlane: DataPlane;
  readonly #options: ProxyAppOptions;
  readonly #wheel: TimerWheel;
  readonly #accessLog: LineSink | null;
  readonly #xds: AdsClient;
  readonly #admin: AdminServer;
  readonly #startedAt: number;
  #cancelReadyWatch: Cancel = () => {};
  #draining = false;
  #wasReady = false;

  constructor(options: ProxyAppOptions) {
    const { settings, clock, random, log } = options;
    this.#options = options;
    this.#startedAt = clock.now();
    this.#wheel = new TimerWheel(clock);
    this.#accessLog = openAccessLog(settings, clock);
    this.dataPlane = this.#createDataPlane();
    this.#xds = new AdsClient({
      address: renderSocketAddress(settings.xdsAddress),
      node: {
        id: sidecarNodeId(settings.podIp, settings.podName, settings.podNamespace, settings.clusterDomain),
        namespace: settings.podNamespace,
        outboundAddresses: settings.outboundAddresses,
      },
      sink: this.dataPlane,
      clock,
      random,
      log,
      protocol: settings.xdsProtocol,
      fetchTimeoutMs: settings.xdsFetchTimeoutMs,
      onChange: () => this.#noteReady(),
    });
    const source = sidecarSource({
      dataPlane: this.dataPlane,
      xds: this.#xds,
      statSources: [this.dataPlane, this.#serverStats()],
      draining: () => this.#draining,
      quit: options.onQuit,
    });
    this.#admin = new AdminServer({ address: settings.adminAddress, routes: sidecarRoutes(source), clock, log });
  }

  get readiness(): Readiness {
    return this.dataPlane.readiness();
  }

  async start(): Promise<ProxyAppBound> {
    const admin = await this.#admin.start();
    this.#xds.start();
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
    this.#xds.close();
    this.dataPlane.close();
    this.#wheel.close();
    await this.#admin.close();
    this.#accessLog?.close();
  }

  /** Says once that the sidecar serves, and how long that took. */
  #noteReady(): void {
    if (this.#wasReady || !this.#xds.synced || !this.readiness.ready) return;
    this.#wasReady = true;
    this.#cancelReadyWatch();
    const { clock, log } = this.#options;
    log.info('ready', { clusters: this.dataPlane.clusters.length, afterMs: Math.round(clock.now() - this.#startedAt) });
  }

  #createDataPlane(): DataPlane {
    const { settings, clock, random, log } = this.#options;
    const wheel = this.#wheel;
    const dial = createDial(settings.upstreamSourceAddress);
    const limits = { maxHeadBytes: settings.maxRequestHeadBytes, maxFields: settings.maxFields };
    return new DataPlane({
      ...(settings.xdsFetchTimeoutMs === 0 ? {} : { holdMs: settings.xdsFetchTimeoutMs }),
      cluster: {
        ...limits,
        random,
        pool: { dial, wheel, idleTimeoutMs: settings.upstreamIdleTimeoutMs, now: () => clock.now() },
      },
      listener: {
        shared: {
          accessLog: this.#accessLog === null ? null : new JsonAccessLog(this.#accessLog.write),
          clock,
          random,
          wheel,
          dial,
          newRequestId: () => randomUUID(),
          replayBytes: settings.replayBufferBytes,
          bodyMeter: new BufferReclaimer(),
        },
        limits,
        requestHeadersTimeoutMs: settings.requestHeadTimeoutMs,
        originalDestination: this.#options.originalDestination ?? noOriginalDestination,
        log,
        rebindMs: REBIND_MS,
      },
    });
  }

  #serverStats(): StatSource {
    return {
      collect: (sink) => {
        const { clock } = this.#options;
        sink.gauge('server', '', 'uptime', Math.floor((clock.now() - this.#startedAt) / 1_000));
        sink.gauge('server', '', 'live', this.#draining || !this.readiness.ready ? 0 : 1);
        sink.gauge('server', '', 'memory_resident', process.memoryUsage.rss());
        sink.gauge('control_plane', '', 'connected_state', this.#xds.status().connected ? 1 : 0);
        sink.counter('server', '', 'access_log_lines_dropped', this.#accessLog?.dropped ?? 0);
      },
    };
  }
}

function openAccessLog(settings: ProxySettings, clock: Clock): LineSink | null {
  const target = settings.accessLog;
  if (target.kind === 'off') return null;
  return new LineSink(target.kind === 'stdout' ? 1 : target.path, clock);
}

function createDial(sourceAddress: string | null): (host: string, port: number) => Socket {
  const base = {
    noDelay: true,
    allowHalfOpen: true,
    ...(sourceAddress === null ? {} : { localAddress: sourceAddress }),
  };
  return (host, port) => connect({ ...base, host, port });
}
