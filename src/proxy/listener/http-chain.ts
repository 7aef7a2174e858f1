// The connections of one HTTP connection manager: an exchange and a codec for each.
import type { Socket } from 'node:net';
import type { HttpConnectionManagerSpec } from '../../model/listener-spec.ts';
import type { AccessLog } from '../../telemetry/access-log.ts';
import type { StatSink } from '../../telemetry/stats.ts';
import { Http1ServerConnection } from '../codec/http1/server-connection.ts';
import type { ServerConnectionLimits } from '../codec/server-connection-limits.ts';
import { Exchange } from '../exchange/exchange.ts';
import type { ExchangeContext, RouteSlot } from '../exchange/exchange-context.ts';
import { ExchangeStats } from '../exchange/exchange-stats.ts';
import type { ConnectionChain } from './connection-chain.ts';

/** Share of the age that is taken off by chance. */
const AGE_JITTER = 0.1;

export interface HttpChainOptions {
  /** What the exchanges of every listener share. */
  readonly shared: Omit<ExchangeContext, 'routes' | 'stats' | 'draining' | 'accessLog'>;
  readonly accessLog: AccessLog | null;
  readonly limits: Omit<ServerConnectionLimits, 'headTimeoutMs' | 'idleTimeoutMs'>;
  /** Where the configuration says nothing of it (0), ms. */
  readonly requestHeadersTimeoutMs: number;
  /** Whatever the configuration says beyond it, ms; 0 = what that says. */
  readonly maxIdleMs: number;
}

export class HttpChain implements ConnectionChain {
  readonly #options: HttpChainOptions;
  readonly #exchanges = new Set<Exchange>();
  readonly #context: ExchangeContext;
  readonly #stats = new ExchangeStats();
  #http: HttpConnectionManagerSpec;

  constructor(http: HttpConnectionManagerSpec, routes: RouteSlot, options: HttpChainOptions) {
    const { shared, accessLog } = options;
    this.#options = options;
    this.#http = http;
    this.#context = { ...shared, accessLog, routes, stats: this.#stats, draining: false };
  }

  get active(): number {
    return this.#stats.requestsActive;
  }

  get connections(): number {
    return this.#exchanges.size;
  }

  /** Takes routes for the next request, and limits for connections to come; those that are there keep theirs. */
  update(http: HttpConnectionManagerSpec, routes: RouteSlot): void {
    this.#http = http;
    this.#context.routes = routes;
  }

  accept(socket: Socket): void {
    const exchange = new Exchange(
      this.#context,
      `${socket.remoteAddress ?? ''}:${socket.remotePort ?? ''}`,
      this.#onExchangeClosed,
    );
    exchange.bind(new Http1ServerConnection(socket, exchange, this.#limits(), this.#options.shared.wheel));
    this.#exchanges.add(exchange);
    this.#stats.connectionsTotal += 1;
    this.#stats.connectionsActive += 1;
  }

  /** Answers carry `Connection: close` from now on; new connections are still taken. */
  drain(): void {
    this.#context.draining = true;
    for (const exchange of this.#exchanges) exchange.connection.drain();
  }

  close(): void {
    for (const exchange of this.#exchanges) exchange.connection.destroy();
  }

  collect(sink: StatSink): void {
    this.#stats.collect(this.#http.statPrefix, sink);
  }

  readonly #onExchangeClosed = (exchange: Exchange): void => {
    if (this.#exchanges.delete(exchange)) this.#stats.connectionsActive -= 1;
  };

  #limits(): ServerConnectionLimits {
    const { limits, requestHeadersTimeoutMs, maxIdleMs, shared } = this.#options;
    const bounds = [this.#http.idleTimeoutMs, maxIdleMs].filter((boundMs) => boundMs > 0);
    return {
      ...limits,
      headTimeoutMs: this.#http.requestHeadersTimeoutMs || requestHeadersTimeoutMs,
      idleTimeoutMs: bounds.length === 0 ? 0 : Math.min(...bounds),
      // Callers that came together shall not all have to come again together.
      maxAgeMs: limits.maxAgeMs * (1 - AGE_JITTER * shared.random.next()),
    };
  }
}
