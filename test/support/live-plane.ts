// A real data plane in the test's process, on a port of its own, with what it logged and counted.
import { connect } from 'node:net';
import { type Clock, systemClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { seededRandom } from '../../src/base/random.ts';
import { TimerWheel } from '../../src/base/timer-wheel.ts';
import type { ClusterSpec } from '../../src/model/cluster-spec.ts';
import type { Changes } from '../../src/model/config-sink.ts';
import type { EndpointHealth, LoadAssignmentSpec } from '../../src/model/endpoint-spec.ts';
import { type HttpConnectionManagerSpec, httpChain, type ListenerSpec } from '../../src/model/listener-spec.ts';
import type { RouteActionSpec, RouteConfigSpec, VirtualHostSpec } from '../../src/model/route-spec.ts';
import type { UpgradesSpec } from '../../src/model/upgrades-spec.ts';
import type { Home } from '../../src/proxy/balance/home.ts';
import { DataPlane } from '../../src/proxy/data-plane.ts';
import type { Endpoint } from '../../src/proxy/endpoint/endpoint.ts';
import type { Admission } from '../../src/proxy/exchange/exchange-context.ts';
import { noOriginalDestination, type OriginalDestination } from '../../src/proxy/listener/original-destination.ts';
import type { OnDemandSpec } from '../../src/proxy/on-demand-routes.ts';
import type { Dial } from '../../src/proxy/upstream/connection-pool.ts';
import type { AccessRecord } from '../../src/telemetry/access-log.ts';
import { listStats } from '../../src/telemetry/prometheus.ts';
import { RawClient } from './raw-client.ts';
import { until } from './until.ts';

export interface TestAddress {
  readonly host: string;
  readonly port: number;
  readonly health?: EndpointHealth;
  /** UID of the pod behind it; absent = nobody says. */
  readonly uid?: string;
  readonly leaving?: true;
}

export interface LivePlaneOptions {
  /** Endpoints by the name under which callers know the Service; its cluster has the same name. */
  readonly services?: Readonly<Record<string, readonly TestAddress[]>>;
  /** Those of them whose endpoints speak HTTP/2. */
  readonly http2Services?: readonly string[];
  /** What clusters say beyond their name and endpoints. */
  readonly cluster?: Partial<ClusterSpec>;
  /** What routes say beyond cluster and timeouts. */
  readonly action?: Partial<RouteActionSpec>;
  /** What callers may speak. Default: as they begin. */
  readonly codec?: 'http1' | 'http2';
  /** Default: the system's. */
  readonly clock?: Clock;
  readonly dial?: Dial;
  /** Of the pod whose sidecar it is; default: nobody knows. */
  readonly ownAddress?: string;
  /** As of ClusterOptions. */
  readonly isCurrent?: () => boolean;
  /** Default: nothing is redirected. */
  readonly originalDestination?: OriginalDestination;
  readonly routeTimeoutMs?: number;
  readonly routeIdleTimeoutMs?: number;
  readonly routeUpgrades?: UpgradesSpec;
  readonly connectTimeoutMs?: number;
  readonly headTimeoutMs?: number;
  readonly idleTimeoutMs?: number;
  readonly upstreamIdleTimeoutMs?: number;
  readonly replayBytes?: number;
  readonly maxHeadBytes?: number;
  readonly maxFields?: number;
  /** These six by default without bound, but for 5 minutes in which nothing moves. */
  readonly streamIdleTimeoutMs?: number;
  readonly requestBodyTimeoutMs?: number;
  readonly maxRequests?: number;
  readonly maxAgeMs?: number;
  readonly maxConnections?: number;
  readonly maxIdleMs?: number;
  /** What the listener says itself. */
  readonly http?: Partial<HttpConnectionManagerSpec>;
  /** Of callers' connections; default 64 KiB. */
  readonly connectionBufferBytes?: number;
  /** Default: nothing is refused. */
  readonly admission?: Admission;
  /** The cluster that it is of. */
  readonly home?: Home;
  /** Then the listener's routes come on demand, and nothing else is there at first. */
  readonly onDemand?: OnDemandSpec;
}

export const ROUTES = 'routes';
export const LISTENER = 'outbound';

export const systemDial: Dial = (host, port, onread) =>
  connect({ host, port, allowHalfOpen: true, noDelay: true, onread });

export class LivePlane {
  readonly plane: DataPlane;
  readonly wheel: TimerWheel;
  /** Every finished exchange, oldest first. */
  readonly log: AccessRecord[] = [];
  readonly #options: LivePlaneOptions;
  readonly #clients: RawClient[] = [];
  /** Also those that a later change has removed. */
  readonly #endpoints = new Set<Endpoint>();
  #ids = 0;

  private constructor(options: LivePlaneOptions) {
    this.#options = options;
    const clock = options.clock ?? systemClock;
    this.wheel = new TimerWheel(clock);
    this.plane = this.#createPlane(clock, options.dial ?? systemDial);
  }

  /** Resolves when the listener accepts connections. */
  static async start(options: LivePlaneOptions): Promise<LivePlane> {
    const live = new LivePlane(options);
    if (options.onDemand !== undefined) return live.#startOnDemand();
    const services = options.services ?? {};
    live.apply({
      clusters: { upserted: Object.keys(services).map((name) => live.cluster(name)), removed: [] },
      endpoints: {
        upserted: Object.entries(services).map(([name, endpoints]) => assignment(name, endpoints)),
        removed: [],
      },
      routes: { upserted: [live.routes(Object.keys(services))], removed: [] },
      listeners: { upserted: [live.listener()], removed: [] },
    });
    await until(
      'the listener accepts',
      () => live.plane.readiness().ready,
      () => live.plane.readiness(),
    );
    return live;
  }

  async #startOnDemand(): Promise<LivePlane> {
    this.apply({ listeners: { upserted: [this.listener(0, { kind: 'on-demand' })], removed: [] } });
    await until('the listener accepts', () => this.plane.listeners[0]?.listening === true);
    return this;
  }

  get port(): number {
    return this.plane.listeners[0]?.addresses[0]?.port ?? 0;
  }

  /** Expects no issue. */
  apply(changes: Changes): void {
    const issues = this.plane.apply(changes);
    if (issues.length > 0) throw new Error(issues.map(({ message }) => message).join('; '));
    for (const cluster of this.plane.clusters) for (const endpoint of cluster.endpoints) this.#endpoints.add(endpoint);
  }

  setEndpoints(service: string, endpoints: readonly TestAddress[]): void {
    this.apply({ endpoints: { upserted: [assignment(service, endpoints)], removed: [] } });
  }

  async client(): Promise<RawClient> {
    const client = await RawClient.connect(this.port);
    this.#clients.push(client);
    return client;
  }

  /** One statistic by Envoy's dotted name. */
  stat(name: string): number {
    return listStats([this.plane]).get(name) ?? Number.NaN;
  }

  endpoint(service: string, address: TestAddress): Endpoint | undefined {
    const cluster = this.plane.clusters.find(({ name }) => name === service);
    return [...(cluster?.endpoints ?? [])].find(({ port, host }) => port === address.port && host === address.host);
  }

  /** The record of the exchange with that number, from 0, once it has finished. */
  async logged(index: number): Promise<AccessRecord> {
    await until(`exchange ${index} is logged`, () => this.log.length > index);
    return this.log[index] as AccessRecord;
  }

  /** Nothing is in work any more, on either side: all counters of activity are back at 0. */
  async quiet(): Promise<void> {
    await until(
      'nothing is active',
      () => this.#activity().every(([, value]) => value === 0),
      () => this.#activity().filter(([, value]) => value !== 0),
    );
  }

  /** Ends the callers, expects silence, ends the plane and expects that it leaves neither connections nor timers behind. */
  async close(): Promise<void> {
    for (const client of this.#clients) client.socket.destroy();
    await this.quiet();
    this.plane.close();
    await until(
      'upstream connections are closed',
      () => this.#connections() === 0,
      () => this.#connections(),
    );
    await until(
      'no timer is left',
      () => this.wheel.size === 0,
      () => this.wheel.size,
    );
    this.wheel.close();
  }

  cluster(name: string): ClusterSpec {
    const connectTimeoutMs = this.#options.connectTimeoutMs ?? 5_000;
    const http2 = this.#options.http2Services?.includes(name) === true;
    return {
      name,
      discovery: { kind: 'eds', serviceName: name },
      connectTimeoutMs,
      ...(http2 ? { protocol: 'http2' } : {}),
      loadBalancer: 'round-robin',
      ...this.#options.cluster,
    };
  }

  /** Each service answers to its own name, with or without port 80, and to CONNECT on port 80. */
  routes(services: readonly string[]): RouteConfigSpec {
    return { name: ROUTES, virtualHosts: services.map((name) => this.#virtualHost(name)) };
  }

  listener(port = 0, routes: HttpConnectionManagerSpec['routes'] = { kind: 'rds', name: ROUTES }): ListenerSpec {
    return {
      name: LISTENER,
      address: { host: '127.0.0.1', port },
      additionalAddresses: [],
      filterChains: [
        httpChain({
          statPrefix: LISTENER,
          ...(this.#options.codec === undefined ? {} : { codec: this.#options.codec }),
          routes,
          idleTimeoutMs: this.#options.idleTimeoutMs ?? 3_600_000,
          requestHeadersTimeoutMs: this.#options.headTimeoutMs ?? 10_000,
          ...this.#options.http,
        }),
      ],
    };
  }

  #virtualHost(name: string): VirtualHostSpec {
    const path = { kind: 'prefix' as const, value: '/' };
    const { routeTimeoutMs: timeoutMs = 0, routeIdleTimeoutMs: idleTimeoutMs, routeUpgrades: upgrades } = this.#options;
    const action = {
      ...{ cluster: name, timeoutMs },
      ...(idleTimeoutMs === undefined ? {} : { idleTimeoutMs }),
      ...(upgrades === undefined ? {} : { upgrades }),
      ...this.#options.action,
    };
    return {
      name,
      domains: [name, `${name}:80`],
      routes: [
        { name: `${name}-connect`, match: { path, connect: true }, action },
        { name: `${name}-route`, match: { path }, action },
      ],
    };
  }

  #createPlane(clock: Clock, dial: Dial): DataPlane {
    const { wheel } = this;
    const random = seededRandom(1);
    const maxHeadBytes = this.#options.maxHeadBytes ?? 61_440;
    const maxFields = this.#options.maxFields ?? 100;
    const { onDemand } = this.#options;
    return new DataPlane({
      ...(onDemand === undefined ? {} : { onDemand }),
      listener: {
        shared: {
          accessLog: { record: (record) => this.log.push(copy(record)) },
          clock,
          random,
          wheel,
          dial,
          ownAddress: this.#options.ownAddress ?? '',
          newRequestIdLine: () => `x-request-id: made-${++this.#ids}\r\n`,
          replayBytes: this.#options.replayBytes ?? 65_536,
          bodyMeter: { note: () => {} },
          admission: this.#options.admission ?? { refusing: false, reason: '' },
          streamIdleTimeoutMs: this.#options.streamIdleTimeoutMs ?? 300_000,
          requestBodyTimeoutMs: this.#options.requestBodyTimeoutMs ?? 0,
        },
        limits: {
          ...{ maxHeadBytes, maxFields },
          maxRequests: this.#options.maxRequests ?? 0,
          maxAgeMs: this.#options.maxAgeMs ?? 0,
        },
        maxIdleMs: this.#options.maxIdleMs ?? 0,
        maxConnections: this.#options.maxConnections ?? 0,
        connectionBufferBytes: this.#options.connectionBufferBytes ?? 65_536,
        requestHeadersTimeoutMs: 0,
        originalDestination: this.#options.originalDestination ?? noOriginalDestination,
        log: silentLog,
        rebindMs: 1_000,
      },
      cluster: {
        pool: { dial, wheel, idleTimeoutMs: this.#options.upstreamIdleTimeoutMs ?? 4_000, now: () => clock.now() },
        maxHeadBytes,
        maxFields,
        random,
        ...(this.#options.isCurrent === undefined ? {} : { isCurrent: this.#options.isCurrent }),
        ...(this.#options.home === undefined ? {} : { home: this.#options.home }),
      },
    });
  }

  #activity(): [string, number][] {
    const active = [...listStats([this.plane])].filter(
      ([name]) => name.endsWith('_active') && !/(?:upstream_cx_(?:http2_)?|ejections_(?:shadow_)?)active$/.test(name),
    );
    const endpoints = [...this.#endpoints].map(({ address, activeRequests }): [string, number] => [
      address,
      activeRequests,
    ]);
    return [...active, ...endpoints, ['activeRequests', this.plane.activeRequests]];
  }

  #connections(): number {
    let open = 0;
    for (const endpoint of this.#endpoints) open += endpoint.connectionsActive;
    return open;
  }
}

export function assignment(name: string, endpoints: readonly TestAddress[]): LoadAssignmentSpec {
  const locality = { region: '', zone: '', subZone: '' };
  return {
    name,
    localities: [
      {
        locality,
        priority: 0,
        weight: 1,
        endpoints: endpoints.map(({ host, port, health = 'healthy', uid, leaving }) => ({
          ...{ host, port, health, weight: 1 },
          ...(uid === undefined ? {} : { pod: { namespace: 'shop', name: `pod-${uid}`, uid } }),
          ...(leaving === undefined ? {} : { leaving }),
        })),
      },
    ],
  };
}

/** The plane uses its records again and again. */
function copy(record: AccessRecord): AccessRecord {
  const { method, authority, path, protocol, userAgent, requestId, downstreamRemote, traceId } = record;
  const { startedAtWallMs, durationMs, status, flags, details, bytesReceived, bytesSent } = record;
  const { attempts, upstreamHost, upstreamCluster, route } = record;
  return {
    ...{ method, authority, path, protocol, userAgent, requestId, downstreamRemote, traceId },
    ...{ startedAtWallMs, durationMs, status, flags, details, bytesReceived, bytesSent },
    ...{ attempts, upstreamHost, upstreamCluster, route },
  };
}
