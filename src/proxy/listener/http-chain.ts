// The connections of one HTTP connection manager: an exchange and a codec for each.
import type { Socket } from 'node:net';
import type { HttpConnectionManagerSpec, SocketAddressSpec } from '../../model/listener-spec.ts';
import type { AccessLog } from '../../telemetry/access-log.ts';
import type { StatSink } from '../../telemetry/stats.ts';
import type { DownstreamStream, ServerExchange } from '../codec/downstream.ts';
import { Http1ServerConnection } from '../codec/http1/server-connection.ts';
import { Http2Commons } from '../codec/http2/http2-commons.ts';
import { Http2Stats } from '../codec/http2/http2-stats.ts';
import { Http2ServerConnection, type Http2ServerOwner } from '../codec/http2/server-connection.ts';
import type { Http2ServerStream } from '../codec/http2/server-stream.ts';
import type { ServerConnectionLimits } from '../codec/server-connection-limits.ts';
import { EnvoyHeaders } from '../exchange/envoy-headers.ts';
import { Exchange } from '../exchange/exchange.ts';
import type { ExchangeContext, RouteSlot } from '../exchange/exchange-context.ts';
import { ExchangeStats } from '../exchange/exchange-stats.ts';
import { RedirectedConnection, type RedirectedOwner } from '../exchange/redirected-connection.ts';
import type { FilterContext } from '../filter/filter-context.ts';
import { HttpFilters } from '../filter/http-filters.ts';
import { Detection } from '../tcp/detection.ts';
import { TcpStats } from '../tcp/tcp-stats.ts';
import type { ConnectionChain } from './connection-chain.ts';

/** Share of the age that is taken off by chance. */
const AGE_JITTER = 0.1;

/** What each chain says for itself. */
export type OwnContext =
  | 'routes'
  | 'upgrades'
  | 'filters'
  | 'envoyHeaders'
  | 'stats'
  | 'draining'
  | 'pinnedAuthority'
  | 'serveTunnelled'
  | 'detection'
  | 'maxStreamDurationMs';

export interface HttpChainOptions {
  /** What the exchanges of every listener share. */
  readonly shared: Omit<ExchangeContext, OwnContext | 'accessLog'>;
  readonly accessLog: AccessLog | null;
  readonly filterContext: FilterContext;
  readonly limits: Omit<ServerConnectionLimits, 'headTimeoutMs' | 'idleTimeoutMs'>;
  /** Takes redirected connections to what no Service has. */
  readonly passOn: (socket: Socket, destination: SocketAddressSpec) => void;
  /** Where the configuration says nothing of it (0), ms. */
  readonly requestHeadersTimeoutMs: number;
  /** Whatever the configuration says beyond it, ms; 0 = what that says. */
  readonly maxIdleMs: number;
}

export class HttpChain implements ConnectionChain, Http2ServerOwner, RedirectedOwner {
  readonly #options: HttpChainOptions;
  readonly #exchanges = new Set<Exchange>();
  readonly #http2 = new Set<Http2ServerConnection>();
  /** Those of them that carry no HTTP, or about which that is not known yet. */
  readonly #redirected = new Set<RedirectedConnection>();
  readonly #tcpStats = new TcpStats();
  #commons: Http2Commons | null = null;
  /** From its first connection of HTTP/2 on. */
  #http2Stats: Http2Stats | null = null;
  readonly #context: ExchangeContext;
  readonly #stats = new ExchangeStats();
  readonly #detection: Detection;
  #http: HttpConnectionManagerSpec;

  constructor(http: HttpConnectionManagerSpec, routes: RouteSlot, options: HttpChainOptions) {
    const { shared, accessLog } = options;
    this.#options = options;
    this.#http = http;
    this.#detection = new Detection(shared.clock);
    this.#context = {
      ...shared,
      ...{ accessLog, routes, upgrades: null, filters: null, stats: this.#stats, draining: false },
      ...{ pinnedAuthority: null, maxStreamDurationMs: 0, envoyHeaders: null },
      serveTunnelled: (socket, authority, protocol) => this.#serveTunnelled(socket, authority, protocol),
      detection: this.#detection,
    };
    this.update(http, routes);
  }

  get active(): number {
    return this.#stats.requestsActive + this.#redirected.size + (this.#context.draining ? this.#awaited : 0);
  }

  /** Connections that drain and may still bring a request. */
  get #awaited(): number {
    let awaited = 0;
    for (const { connection } of this.#exchanges) if (connection.awaitsRequest) awaited += 1;
    return awaited;
  }

  get connections(): number {
    return this.#exchanges.size + this.#http2.size + this.#redirected.size;
  }

  /** Takes routes for the next request, and limits for connections to come; those that are there keep theirs. */
  update(http: HttpConnectionManagerSpec, routes: RouteSlot): void {
    const { shared } = this.#options;
    this.#http = http;
    this.#context.routes = routes;
    this.#context.upgrades = http.upgrades ?? null;
    this.#context.filters = HttpFilters.compile(http.filters, this.#options.filterContext, this.#context.filters);
    this.#context.streamIdleTimeoutMs = http.streamIdleTimeoutMs ?? shared.streamIdleTimeoutMs;
    this.#context.requestBodyTimeoutMs = http.requestTimeoutMs ?? shared.requestBodyTimeoutMs;
    this.#context.envoyHeaders = EnvoyHeaders.compile(http.envoyHeaders);
    this.#context.maxStreamDurationMs = http.maxStreamDurationMs ?? 0;
    if (this.#commons?.text.maxListBytes !== this.#limits().maxHeadBytes) this.#commons = null;
  }

  /** A redirected connection goes where it was going, where routes can tell what that is. */
  accept(socket: Socket, originalDestination: SocketAddressSpec | null): void {
    const { demand } = this.#context.routes;
    if (originalDestination !== null && demand !== null) {
      const context = this.#context;
      const connection = new RedirectedConnection(this, socket, originalDestination, demand, context, this.#tcpStats);
      this.#redirected.add(connection);
      this.#tcpStats.connectionsTotal += 1;
      this.#tcpStats.connectionsActive += 1;
      connection.start();
      return;
    }
    this.#stats.connectionsTotal += 1;
    this.#stats.connectionsActive += 1;
    if (this.#http.codec === 'http2' || (this.#http.codec !== 'http1' && hasAgreedOnHttp2(socket))) {
      this.#serveHttp2(socket);
      return;
    }
    const exchange = this.#serveHttp1(socket, this.#context);
    if (this.#http.codec !== 'http1') {
      exchange.connection.onHttp2 = (bytes) => this.#takeOver(exchange, socket, bytes);
    }
  }

  onUnknownDestination(connection: RedirectedConnection, socket: Socket, destination: SocketAddressSpec): void {
    this.onRedirectedEnd(connection);
    this.#options.passOn(socket, destination);
  }

  onRedirectedEnd(connection: RedirectedConnection): void {
    if (this.#redirected.delete(connection)) this.#tcpStats.connectionsActive -= 1;
  }

  createExchange(stream: Http2ServerStream): ServerExchange {
    return this.#createExchange(stream, remoteOf(stream.socket), this.#context);
  }

  /** For a caller that has no connection; its stream is used for one request after the other. `remote`: who it is. */
  openExchange(stream: DownstreamStream, remote: string): ServerExchange {
    return this.#createExchange(stream, remote, this.#context);
  }

  onMalformedRequest(): void {
    this.#stats.protocolErrors += 1;
  }

  onHttp2Closed(connection: Http2ServerConnection): void {
    if (this.#http2.delete(connection)) this.#stats.connectionsActive -= 1;
  }

  /** Answers carry `Connection: close`, or GOAWAY is sent, from now on; new connections are still taken. */
  drain(): void {
    this.#context.draining = true;
    for (const exchange of this.#exchanges) exchange.connection.drain();
    for (const connection of this.#http2) connection.drain();
  }

  close(): void {
    for (const connection of this.#redirected) connection.close();
    for (const exchange of this.#exchanges) exchange.connection.destroy();
    for (const connection of this.#http2) connection.destroy();
  }

  /** The caller of a new connection speaks HTTP/2 by prior knowledge. */
  #takeOver(exchange: Exchange, socket: Socket, bytes: Buffer): void {
    this.#exchanges.delete(exchange);
    exchange.onDownstreamClosed();
    this.#serveHttp2(socket).receive(bytes);
  }

  /** What comes through a tunnel goes where the tunnel leads to, whatever it says itself. Everything else is as it is outside of tunnels. */
  #serveTunnelled(socket: Socket, authority: string, protocol: 'http1' | 'http2'): void {
    this.#stats.connectionsTotal += 1;
    this.#stats.connectionsActive += 1;
    // Its prototype, so that it follows every change.
    const context: ExchangeContext = Object.create(this.#context, { pinnedAuthority: { value: authority } });
    if (protocol === 'http1') {
      this.#serveHttp1(socket, context);
      return;
    }
    this.#serveHttp2(socket, {
      createExchange: (stream) => this.#createExchange(stream, remoteOf(stream.socket), context),
      onMalformedRequest: () => this.onMalformedRequest(),
      onHttp2Closed: (connection) => this.onHttp2Closed(connection),
    });
  }

  #serveHttp1(socket: Socket, context: ExchangeContext): Exchange {
    const exchange = new Exchange(context, remoteOf(socket), this.#onExchangeClosed);
    exchange.bind(new Http1ServerConnection(socket, exchange, this.#limits(), this.#options.shared.wheel));
    this.#exchanges.add(exchange);
    return exchange;
  }

  #createExchange(stream: DownstreamStream, remote: string, context: ExchangeContext): Exchange {
    const exchange = new Exchange(context, remote, this.#onExchangeClosed);
    exchange.bindStream(stream);
    return exchange;
  }

  #serveHttp2(socket: Socket, owner: Http2ServerOwner = this): Http2ServerConnection {
    const { shared } = this.#options;
    const limits = this.#limits();
    this.#http2Stats ??= new Http2Stats();
    this.#commons ??= new Http2Commons(limits.maxHeadBytes, () => shared.clock.now(), this.#http2Stats);
    const connection = new Http2ServerConnection(socket, owner, limits, this.#commons, shared.wheel);
    this.#http2.add(connection);
    if (this.#context.draining) connection.drain();
    return connection;
  }

  collect(sink: StatSink): void {
    const { statPrefix } = this.#http;
    this.#stats.collect(statPrefix, sink);
    this.#context.filters?.collect(statPrefix, sink);
    this.#http2Stats?.collect('http', statPrefix, 'downstream', sink);
    this.#detection.collect(this.#http.statPrefix, sink);
    if (this.#tcpStats.connectionsTotal > 0) this.#tcpStats.collect(this.#http.statPrefix, sink);
  }

  readonly #onExchangeClosed = (exchange: Exchange): void => {
    if (this.#exchanges.delete(exchange)) this.#stats.connectionsActive -= 1;
  };

  #limits(): ServerConnectionLimits {
    const { limits, requestHeadersTimeoutMs, maxIdleMs, shared } = this.#options;
    const { maxRequestsPerConnection = limits.maxRequests, maxConnectionDurationMs = limits.maxAgeMs } = this.#http;
    const bounds = [this.#http.idleTimeoutMs, maxIdleMs].filter((boundMs) => boundMs > 0);
    return {
      ...limits,
      maxHeadBytes: this.#http.maxRequestHeadBytes ?? limits.maxHeadBytes,
      maxFields: this.#http.maxRequestFields ?? limits.maxFields,
      headTimeoutMs: this.#http.requestHeadersTimeoutMs || requestHeadersTimeoutMs,
      idleTimeoutMs: bounds.length === 0 ? 0 : Math.min(...bounds),
      // Callers that came together shall not all have to come again together.
      maxRequests: maxRequestsPerConnection,
      maxAgeMs: maxConnectionDurationMs * (1 - AGE_JITTER * shared.random.next()),
    };
  }
}

function remoteOf(socket: Socket): string {
  return `${socket.remoteAddress ?? ''}:${socket.remotePort ?? ''}`;
}

/** TLS callers who have agreed on HTTP/2 speak nothing else (RFC 9113 section 3.2). */
function hasAgreedOnHttp2(socket: Socket): boolean {
  return 'alpnProtocol' in socket && socket.alpnProtocol === 'h2';
}
