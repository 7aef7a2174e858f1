// A live listener: accepts connections on its addresses and gives each to the filter chain that fits it; it is drained and closed as a whole.
import type { Socket } from 'node:net';
import type { Log } from '../../base/log.ts';
import {
  type FilterChainSpec,
  type HttpConnectionManagerSpec,
  httpManagersOf,
  type InspectionSpec,
  type ListenerSpec,
  type NetworkFilterSpec,
  type SocketAddressSpec,
} from '../../model/listener-spec.ts';
import { renderSocketAddress } from '../../model/socket-address.ts';
import type { DownstreamTlsSpec } from '../../model/tls-spec.ts';
import type { AccessLog } from '../../telemetry/access-log.ts';
import type { StatSink, StatSource } from '../../telemetry/stats.ts';
import { type Detected, detect, PLAIN_BYTES } from '../codec/detection/detect.ts';
import type { DownstreamStream, ServerExchange } from '../codec/downstream.ts';
import type { ServerConnectionLimits } from '../codec/server-connection-limits.ts';
import type { ExchangeContext, RouteSlot } from '../exchange/exchange-context.ts';
import { FilterCommons } from '../filter/filter-commons.ts';
import { FirstBytes } from '../tcp/first-bytes.ts';
import type { TlsTerminator } from '../tls/tls-terminator.ts';
import type { ClusterSlot } from '../upstream/cluster.ts';
import { Acceptor } from './acceptor.ts';
import { ChainChooser } from './chain-chooser.ts';
import type { ConnectionChain } from './connection-chain.ts';
import { HttpChain, type OwnContext } from './http-chain.ts';
import type { ListenerAddresses } from './listener-addresses.ts';
import type { OriginalDestination } from './original-destination.ts';
import { TcpChain } from './tcp-chain.ts';
import { TlsChain } from './tls-chain.ts';

export interface ListenerOptions {
  /** What the exchanges of every listener share. */
  readonly shared: Omit<ExchangeContext, OwnContext>;
  /** For a listener that names its access logs; null = none can be written. Must not throw. Absent: it gets the shared one. */
  readonly openAccessLogs?: (paths: readonly string[]) => AccessLog | null;
  readonly limits: Omit<ServerConnectionLimits, 'headTimeoutMs' | 'idleTimeoutMs'>;
  /** For listeners whose configuration says nothing of it (0), ms. */
  readonly requestHeadersTimeoutMs: number;
  /** No connection stays longer without a request, whatever the configuration says, ms; 0 = what that says. */
  readonly maxIdleMs: number;
  /** Beyond so many open connections a new one is closed at once; 0 = however many. */
  readonly maxConnections: number;
  /** As of AcceptorOptions. */
  readonly connectionBufferBytes: number;
  readonly originalDestination: OriginalDestination;
  /** All listeners of this sidecar. Absent: there is no other. */
  readonly neighbours?: () => ListenerAddresses<Listener>;
  readonly log: Log;
  /** How long after a failed bind the next try is made, ms. */
  readonly rebindMs: number;
  /** As of AcceptorOptions. */
  readonly reusePort?: boolean;
  /** Part of the limits of the whole sidecar that this data plane may take, 0 < share ≤ 1. Default: all of it. */
  readonly share?: number;
  /** What HTTP filters of all listeners have in common. Absent: there is no other listener. */
  readonly filterCommons?: FilterCommons;
}

/** What a chain refers to, by name; the same for the same name, always. */
export interface ListenerParts {
  routesOf(http: HttpConnectionManagerSpec): RouteSlot;
  slotOf(cluster: string): ClusterSlot;
  terminatorOf(tls: DownstreamTlsSpec): TlsTerminator;
}

export class Listener implements StatSource {
  readonly name: string;
  readonly #options: ListenerOptions;
  readonly #acceptors: readonly Acceptor[];
  /** By what makes a chain the same one after a change. */
  #chains = new Map<string, ConnectionChain>();
  /** Chains that a change has taken away and that still have connections. */
  readonly #retired = new Set<ConnectionChain>();
  #chooser: ChainChooser<ConnectionChain>;
  /** The default chain, where that takes bytes to wherever they were going. */
  #passthrough: ConnectionChain | null = null;
  #spec: ListenerSpec;
  #connections = 0;
  #refused = 0;
  #overflowed = 0;
  #unmatched = 0;
  #passedOn = 0;
  /** Sockets whose first bytes are awaited. */
  readonly #inspected = new Map<Socket, FirstBytes<Detected | 'malformed'>>();
  #inspectionTimeouts = 0;
  #inspectionErrors = 0;
  #draining = false;

  constructor(spec: ListenerSpec, parts: ListenerParts, options: ListenerOptions) {
    this.name = spec.name;
    this.#options = options;
    this.#spec = spec;
    this.#chooser = this.#createChains(spec, parts);
    const { shared, log, rebindMs, connectionBufferBytes, reusePort = false } = options;
    const accepting = { clock: shared.clock, log, rebindMs, connectionBufferBytes, reusePort };
    this.#acceptors = (spec.bindToPort === false ? [] : addressesOf(spec)).map(
      (address) => new Acceptor(spec.name, address, accepting, (socket) => this.#onConnection(socket)),
    );
  }

  /** False: connections come from a listener that hands them over. */
  get bindsToPort(): boolean {
    return this.#spec.bindToPort !== false;
  }

  /** Every address accepts connections, where any is bound. */
  get listening(): boolean {
    return this.#acceptors.every(({ bound }) => bound !== null);
  }

  get addresses(): readonly SocketAddressSpec[] {
    if (!this.bindsToPort) return addressesOf(this.#spec);
    return this.#acceptors.map(({ bound, address }) => bound ?? address);
  }

  /** Why an address is not bound, '' = all is well. */
  get problem(): string {
    return this.#acceptors.find(({ problem }) => problem !== '')?.problem ?? '';
  }

  /** Requests and tunnels in work. */
  get active(): number {
    let active = 0;
    for (const chain of [...this.#chains.values(), ...this.#retired]) active += chain.active;
    return active;
  }

  get connections(): number {
    let active = this.#inspected.size;
    for (const chain of [...this.#chains.values(), ...this.#retired]) active += chain.connections;
    return active;
  }

  /**
   * Takes changed chains for connections to come, and changed routes for the next request; connections of a chain that is gone are drained.
   * Addresses do not change: another address is another listener.
   */
  update(spec: ListenerSpec, parts: ListenerParts): void {
    this.#spec = spec;
    const before = this.#chains;
    this.#chooser = this.#createChains(spec, parts);
    for (const [key, chain] of before) {
      if (this.#chains.has(key)) continue;
      chain.drain();
      if (chain instanceof TlsChain) chain.retire();
      this.#retired.add(chain);
    }
    for (const chain of this.#retired) if (chain.connections === 0) this.#retired.delete(chain);
  }

  /** Answers carry `Connection: close` from now on, idle connections close; new ones are still accepted. */
  drain(): void {
    this.#draining = true;
    for (const chain of this.#chains.values()) chain.drain();
  }

  /** Accepts nothing more; what runs goes on. */
  stopAccepting(): void {
    for (const acceptor of this.#acceptors) acceptor.close();
    for (const chain of this.#chains.values()) if (chain instanceof TlsChain) chain.retire();
  }

  close(): void {
    this.stopAccepting();
    for (const [socket, first] of this.#inspected) {
      first.cancel();
      socket.destroy();
    }
    this.#inspected.clear();
    for (const chain of [...this.#chains.values(), ...this.#retired]) chain.close();
  }

  /** Source of the names: Envoy's listener statistics. */
  collect(sink: StatSink): void {
    for (const chain of this.#chains.values()) chain.collect(sink);
    const where = renderSocketAddress(this.#spec.address);
    sink.counter('listener', where, 'downstream_cx_total', this.#connections);
    sink.gauge('listener', where, 'downstream_cx_active', this.connections);
    sink.counter('listener', where, 'downstream_cx_overflow', this.#overflowed);
    sink.counter('listener', where, 'downstream_cx_destination_refused', this.#refused);
    sink.counter('listener', where, 'no_filter_chain_match', this.#unmatched);
    sink.counter('listener', where, 'downstream_cx_passthrough', this.#passedOn);
    sink.counter('listener', where, 'downstream_pre_cx_timeout', this.#inspectionTimeouts);
    sink.counter('listener', where, 'downstream_listener_filter_error', this.#inspectionErrors);
  }

  #createChains(spec: ListenerSpec, parts: ListenerParts): ChainChooser<ConnectionChain> {
    const before = this.#chains;
    const chains = new Map<string, ConnectionChain>();
    const live = (chain: FilterChainSpec, isDefault: boolean): ConnectionChain => {
      const key = chainKey(chain, isDefault);
      const made = this.#keepOrCreate(before.get(key), chain, parts);
      chains.set(key, made);
      return made;
    };
    const { filterChains, defaultFilterChain } = spec;
    const chooser = new ChainChooser(
      filterChains.map((chain) => [chain.match, live(chain, false)] as const),
      defaultFilterChain === undefined ? null : live(defaultFilterChain, true),
    );
    this.#chains = chains;
    this.#passthrough =
      defaultFilterChain?.filter.kind === 'tcp' ? (chains.get(chainKey(defaultFilterChain, true)) ?? null) : null;
    return chooser;
  }

  #keepOrCreate(
    before: ConnectionChain | undefined,
    { filter, tls }: FilterChainSpec,
    parts: ListenerParts,
  ): ConnectionChain {
    if (before !== undefined) {
      const inner = before instanceof TlsChain ? before.inner : before;
      if (filter.kind === 'http' && inner instanceof HttpChain) inner.update(filter.http, parts.routesOf(filter.http));
      if (filter.kind === 'tcp' && inner instanceof TcpChain) inner.update(filter.tcp, parts.slotOf);
      return before;
    }
    const inner = this.#createChain(filter, parts);
    const where = renderSocketAddress(this.#spec.address);
    const chain = tls === undefined ? inner : new TlsChain(parts.terminatorOf(tls), inner, where);
    if (this.#draining) chain.drain();
    return chain;
  }

  #createChain(filter: NetworkFilterSpec, parts: ListenerParts): ConnectionChain {
    const { shared, limits, requestHeadersTimeoutMs, maxIdleMs } = this.#options;
    if (filter.kind === 'tcp') {
      return new TcpChain(filter.tcp, parts.slotOf, { ...shared, accessLog: this.#accessLog(filter.tcp.accessLogs) });
    }
    const { http } = filter;
    const accessLog = this.#accessLog(http.accessLogs);
    const passOn = (socket: Socket, destination: SocketAddressSpec): void => this.#passOn(socket, destination);
    const { share = 1, filterCommons: commons = new FilterCommons() } = this.#options;
    const filterContext = { clock: shared.clock, random: shared.random, share, commons };
    const options = { shared, limits, requestHeadersTimeoutMs, maxIdleMs, accessLog, passOn, filterContext };
    return new HttpChain(http, parts.routesOf(http), options);
  }

  #accessLog(paths: readonly string[] | undefined): AccessLog | null {
    const { openAccessLogs, shared } = this.#options;
    return paths === undefined || openAccessLogs === undefined ? shared.accessLog : openAccessLogs(paths);
  }

  #onConnection(socket: Socket): void {
    this.#connections += 1;
    if (this.#overflows(socket)) return;
    const redirected = this.#options.originalDestination.of(socket);
    const own = redirected === null || this.#isOwn(redirected, socket);
    const neighbours = own ? undefined : this.#options.neighbours?.();
    if (!own && (this.#spec.originalDestination === undefined || neighbours?.isBound(redirected) === true)) {
      // Redirected traffic needs the routes of its destination, which only an intercepted listener has; a listener of ours has none for itself.
      this.#refused += 1;
      socket.destroy();
      return;
    }
    const other = this.#spec.originalDestination === 'hand-over' && !own ? neighbours?.at(redirected) : null;
    if (other != null && other !== this) other.takeOver(socket, redirected as SocketAddressSpec);
    else this.#take(socket, own ? null : redirected);
  }

  /** A connection that another listener has accepted, and that was going here. */
  takeOver(socket: Socket, destination: SocketAddressSpec): void {
    this.#connections += 1;
    if (this.#overflows(socket)) return;
    this.#take(socket, destination);
  }

  /** As of HttpChain, in the first chain that takes HTTP; null where none does. */
  openExchange(stream: DownstreamStream, remote: string): ServerExchange | null {
    for (const chain of this.#chains.values())
      if (chain instanceof HttpChain) return chain.openExchange(stream, remote);
    return null;
  }

  #overflows(socket: Socket): boolean {
    const { maxConnections } = this.#options;
    if (maxConnections === 0 || this.connections < maxConnections) return false;
    this.#overflowed += 1;
    socket.destroy();
    return true;
  }

  #take(socket: Socket, redirected: SocketAddressSpec | null): void {
    const { inspection } = this.#spec;
    if (inspection === undefined) this.#handOver(socket, PLAIN_BYTES, redirected);
    else this.#inspect(socket, inspection, redirected);
  }

  #inspect(socket: Socket, inspection: InspectionSpec, redirected: SocketAddressSpec | null): void {
    const look = (bytes: Buffer): Detected | 'malformed' | null => detect(bytes, inspection);
    const { wheel } = this.#options.shared;
    const first = new FirstBytes(socket, look, inspection.timeoutMs, wheel, (found) => {
      this.#inspected.delete(socket);
      if (found === 'timeout') {
        this.#inspectionTimeouts += 1;
        if (inspection.continueOnTimeout) this.#handOver(socket, PLAIN_BYTES, redirected);
        else socket.destroy();
      } else if (found === 'malformed' || found === 'too-long' || found === 'gone') {
        if (found !== 'gone') this.#inspectionErrors += 1;
        socket.destroy();
      } else this.#handOver(socket, found, redirected);
    });
    this.#inspected.set(socket, first);
  }

  #handOver(socket: Socket, detected: Detected, redirected: SocketAddressSpec | null): void {
    const destination = redirected ?? { host: socket.localAddress ?? '', port: socket.localPort ?? 0 };
    const chain = this.#chooser.choose({ destination, ...detected });
    if (chain !== null) {
      chain.accept(socket, redirected);
      return;
    }
    this.#unmatched += 1;
    socket.destroy();
  }

  /** To what no Service has: byte for byte, by the default chain. */
  #passOn(socket: Socket, destination: SocketAddressSpec): void {
    const chain = this.#passthrough;
    if (chain !== null) {
      this.#passedOn += 1;
      chain.accept(socket, destination);
      return;
    }
    this.#unmatched += 1;
    socket.destroy();
  }

  /** Whether `destination` is where it accepts connections; `socket` is one that came here. */
  #isOwn({ host, port }: SocketAddressSpec, socket: Socket): boolean {
    if (socket.localAddress === host && socket.localPort === port) return true;
    return this.addresses.some((address) => address.host === host && address.port === port);
  }

  /** Connections that go there come here: of one that takes redirected connections that may be every address with its port. */
  answersAt({ host, port }: SocketAddressSpec): boolean {
    const redirected = this.#spec.originalDestination !== undefined;
    return this.addresses.some(
      (address) =>
        address.port === port &&
        (address.host === host || (redirected && (WILDCARDS.has(address.host) || isSidecarPort(port)))),
    );
  }
}

const WILDCARDS: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

/** Nothing that goes to one of them may be redirected (contract: ports), so whatever is came round. */
function isSidecarPort(port: number): boolean {
  return port >= 15_000 && port <= 15_099;
}

function addressesOf({ address, additionalAddresses }: ListenerSpec): readonly SocketAddressSpec[] {
  return [address, ...additionalAddresses];
}

/** Chains that differ in anything else are changed in place: their connections stay. */
function chainKey({ match, filter, tls }: FilterChainSpec, isDefault: boolean): string {
  const { statPrefix, accessLogs } = filter.kind === 'http' ? filter.http : filter.tcp;
  // What is offered in a handshake follows from the codec.
  const codec = tls !== undefined && filter.kind === 'http' ? filter.http.codec : undefined;
  return JSON.stringify([isDefault, match, tls, filter.kind, statPrefix, accessLogs, codec]);
}

/** The names by which a listener finds its routes: those that stand in it are its own, whatever they are called. */
export function routeKeysOf(spec: ListenerSpec): ReadonlyMap<HttpConnectionManagerSpec, string> {
  const keys = new Map<HttpConnectionManagerSpec, string>();
  for (const [index, http] of httpManagersOf(spec).entries()) {
    if (http.routes.kind === 'on-demand') continue;
    keys.set(http, http.routes.kind === 'rds' ? http.routes.name : `listener ${spec.name} ${index}`);
  }
  return keys;
}
