// A live listener: accepts connections on its addresses and gives each its exchange; it is drained and closed as a whole.
import { createServer, type Server, type Socket } from 'node:net';
import { codeOf, messageOf } from '../../base/coded-error.ts';
import type { Log } from '../../base/log.ts';
import type { HttpConnectionManagerSpec, ListenerSpec, SocketAddressSpec } from '../../model/listener-spec.ts';
import type { AccessLog } from '../../telemetry/access-log.ts';
import type { StatSink, StatSource } from '../../telemetry/stats.ts';
import { Http1ServerConnection, type ServerConnectionLimits } from '../codec/http1/server-connection.ts';
import { Exchange } from '../exchange/exchange.ts';
import type { ExchangeContext, RouteSlot } from '../exchange/exchange-context.ts';
import { ExchangeStats } from '../exchange/exchange-stats.ts';
import type { OriginalDestination } from './original-destination.ts';

export interface ListenerOptions {
  /** What the exchanges of every listener share. */
  readonly shared: Omit<ExchangeContext, 'routes' | 'stats' | 'draining'>;
  /** For a listener that names its access logs; null = none can be written. Must not throw. Absent: it gets the shared one. */
  readonly openAccessLogs?: (paths: readonly string[]) => AccessLog | null;
  readonly limits: Pick<ServerConnectionLimits, 'maxHeadBytes' | 'maxFields'>;
  /** For listeners whose configuration says nothing of it (0), ms. */
  readonly requestHeadersTimeoutMs: number;
  readonly originalDestination: OriginalDestination;
  readonly log: Log;
  /** How long after a failed bind the next try is made, ms. */
  readonly rebindMs: number;
}

interface Binding {
  readonly address: SocketAddressSpec;
  readonly server: Server;
  bound: SocketAddressSpec | null;
}

export class Listener implements StatSource {
  readonly name: string;
  readonly #options: ListenerOptions;
  readonly #exchanges = new Set<Exchange>();
  readonly #context: ExchangeContext;
  readonly #stats = new ExchangeStats();
  #bindings: Binding[] = [];
  #http: HttpConnectionManagerSpec;
  #refused = 0;
  #closed = false;
  #problem = '';

  constructor(spec: ListenerSpec, routes: RouteSlot, options: ListenerOptions) {
    this.name = spec.name;
    this.#options = options;
    this.#http = spec.http;
    const accessLog = accessLogOf(spec, options);
    this.#context = { ...options.shared, accessLog, routes, stats: this.#stats, draining: false };
    for (const address of [spec.address, ...spec.additionalAddresses]) this.#bind(address);
  }

  /** Every address accepts connections. */
  get listening(): boolean {
    return this.#bindings.length > 0 && this.#bindings.every((binding) => binding.bound !== null);
  }

  get addresses(): readonly SocketAddressSpec[] {
    return this.#bindings.map((binding) => binding.bound ?? binding.address);
  }

  /** Why an address is not bound, '' = all is well. */
  get problem(): string {
    return this.#problem;
  }

  get activeRequests(): number {
    return this.#stats.requestsActive;
  }

  /** Takes routes for the next request, and limits for connections to come; those that are there keep theirs. Addresses do not change: another address is another listener. */
  update(http: HttpConnectionManagerSpec, routes: RouteSlot): void {
    this.#http = http;
    this.#context.routes = routes;
  }

  /** Answers carry `Connection: close` from now on, idle connections close; new ones are still accepted. */
  drain(): void {
    this.#context.draining = true;
    for (const exchange of this.#exchanges) exchange.connection.drain();
  }

  /** Accepts nothing more; what runs goes on. */
  stopAccepting(): void {
    this.#closed = true;
    for (const binding of this.#bindings) binding.server.close();
  }

  close(): void {
    this.stopAccepting();
    for (const exchange of this.#exchanges) exchange.connection.destroy();
  }

  collect(sink: StatSink): void {
    this.#stats.collect(this.#http.statPrefix, sink);
    sink.counter('http', this.#http.statPrefix, 'downstream_cx_destination_refused', this.#refused);
  }

  #bind(address: SocketAddressSpec): void {
    const server = createServer({ noDelay: true, allowHalfOpen: true, pauseOnConnect: false });
    const binding: Binding = { address, server, bound: null };
    this.#bindings.push(binding);
    server.on('connection', (socket) => this.#onConnection(socket));
    server.on('listening', () => {
      const bound = server.address();
      if (bound !== null && typeof bound === 'object') binding.bound = { host: bound.address, port: bound.port };
      this.#problem = '';
      this.#options.log.info('listening', {
        listener: this.name,
        address: `${address.host}:${binding.bound?.port ?? address.port}`,
      });
    });
    server.on('error', (error) => this.#onBindError(binding, error));
    this.#listen(binding);
  }

  #listen(binding: Binding): void {
    binding.server.listen({ host: binding.address.host, port: binding.address.port, backlog: 1024 });
  }

  /** A port that is taken may become free: say so once, then try again and again. */
  #onBindError(binding: Binding, error: unknown): void {
    if (binding.bound !== null || this.#closed) return;
    const where = `${binding.address.host}:${binding.address.port}`;
    const problem =
      codeOf(error) === 'EADDRINUSE'
        ? `${where} is taken by another program; find it with "ss -ltnp" and stop it, or give this listener another address`
        : `${where} cannot be bound: ${messageOf(error)}`;
    if (problem !== this.#problem) this.#options.log.error(problem, { listener: this.name });
    this.#problem = problem;
    this.#options.shared.clock.after(this.#options.rebindMs, () => {
      if (!this.#closed) this.#listen(binding);
    });
  }

  #onConnection(socket: Socket): void {
    const destination = this.#options.originalDestination.of(socket);
    if (destination !== null && !this.#isOwn(destination)) {
      // Redirected traffic needs the routes of its destination, which only an intercepted listener has.
      this.#refused += 1;
      socket.destroy();
      return;
    }
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

  readonly #onExchangeClosed = (exchange: Exchange): void => {
    if (this.#exchanges.delete(exchange)) this.#stats.connectionsActive -= 1;
  };

  #limits(): ServerConnectionLimits {
    return {
      ...this.#options.limits,
      headTimeoutMs: this.#http.requestHeadersTimeoutMs || this.#options.requestHeadersTimeoutMs,
      idleTimeoutMs: this.#http.idleTimeoutMs,
    };
  }

  #isOwn(destination: SocketAddressSpec): boolean {
    return this.#bindings.some(
      ({ bound }) => bound !== null && bound.host === destination.host && bound.port === destination.port,
    );
  }
}

function accessLogOf({ http }: ListenerSpec, { openAccessLogs, shared }: ListenerOptions): AccessLog | null {
  if (http.accessLogs === undefined || openAccessLogs === undefined) return shared.accessLog;
  return openAccessLogs(http.accessLogs);
}
