// A connection that rules of the network sent here: where it was going stands for the CONNECT that nobody has sent.
import type { Socket } from 'node:net';
import { type TimerOwner, WheelTimer } from '../../base/timer-wheel.ts';
import type { ErrorCode } from '../../model/errors.ts';
import { DEFAULT_IDLE_TIMEOUT_MS, type SocketAddressSpec } from '../../model/listener-spec.ts';
import { renderSocketAddress } from '../../model/socket-address.ts';
import type { OpenTunnel } from '../codec/downstream.ts';
import type { RouteTable } from '../route/route-table.ts';
import { TcpRecord } from '../tcp/tcp-record.ts';
import type { TcpStats } from '../tcp/tcp-stats.ts';
import type { ExchangeContext } from './exchange-context.ts';
import type { RouteDemand, RouteWaiter } from './route-demand.ts';
import { Tunnel, type TunnelOwner } from './tunnel.ts';

export interface RedirectedOwner {
  /** No Service has that address: the socket is somebody else's now, unread. No `onRedirectedEnd` follows. */
  onUnknownDestination(connection: RedirectedConnection, socket: Socket, destination: SocketAddressSpec): void;
  /** It is over, or whoever serves HTTP has it. The last call. */
  onRedirectedEnd(connection: RedirectedConnection): void;
}

export class RedirectedConnection implements TunnelOwner, RouteWaiter, TimerOwner {
  readonly record: TcpRecord;
  readonly #owner: RedirectedOwner;
  readonly #socket: Socket;
  readonly #destination: SocketAddressSpec;
  readonly #demand: RouteDemand;
  readonly #context: ExchangeContext;
  readonly #stats: TcpStats;
  readonly #timer: WheelTimer;
  #tunnel: Tunnel | null = null;
  #failure = '';
  #ended = false;

  /** `socket` is not read yet. */
  constructor(
    owner: RedirectedOwner,
    socket: Socket,
    destination: SocketAddressSpec,
    demand: RouteDemand,
    context: ExchangeContext,
    stats: TcpStats,
  ) {
    this.#owner = owner;
    this.#socket = socket;
    this.#destination = destination;
    this.#demand = demand;
    this.#context = context;
    this.#stats = stats;
    this.#timer = new WheelTimer(this);
    const remote = `${socket.remoteAddress ?? ''}:${socket.remotePort ?? ''}`;
    this.record = new TcpRecord(remote, context.clock, renderSocketAddress(destination));
    socket.on('error', this.#onError);
    socket.on('close', this.#onClosed);
  }

  /** Called once. */
  start(): void {
    const { clock, wheel, admission, stats } = this.#context;
    if (admission.refusing) {
      stats.overloadRefusals += 1;
      this.rescue('overloaded', admission.reason);
      return;
    }
    const authority = this.record.authority;
    const table = this.#demand.tableOf(authority, clock.now());
    if (table !== null) {
      this.onRoutes(table, '');
      return;
    }
    wheel.set(this.#timer, this.#demand.waitMs);
    this.#demand.ask(authority, this);
  }

  /** Ends both sides at once. */
  close(): void {
    this.#socket.destroy();
  }

  onRoutes(table: RouteTable, note: string): void {
    this.#context.wheel.cancel(this.#timer);
    this.record.details = note;
    const entry = table.matchConnection(this.record.authority);
    const destination = entry?.destination ?? entry?.weighted?.choose(this.#context.random);
    if (entry === null || destination === undefined) {
      this.rescue('no_route', `${table.spec.name} has no route for connections`);
      return;
    }
    this.record.route = entry.name;
    const { slot } = destination;
    this.record.upstreamCluster = slot.name;
    if (slot.cluster === null) {
      this.rescue('cluster_not_found', slot.name);
      return;
    }
    const target = {
      ...{ cluster: slot.cluster, authority: this.record.authority, redirected: true },
      ...{ idleTimeoutMs: DEFAULT_IDLE_TIMEOUT_MS, hashesClients: entry.hashing?.clients === true },
    };
    this.#tunnel = new Tunnel(this, target, this.#context);
    this.#tunnel.start();
  }

  onNoRoutes(code: ErrorCode, detail: string): void {
    this.#context.wheel.cancel(this.#timer);
    if (code !== 'no_route') {
      this.rescue(code, detail);
      return;
    }
    this.#ended = true;
    this.#letGo();
    this.#owner.onUnknownDestination(this, this.#socket, this.#destination);
  }

  onTimer(): void {
    this.rescue('not_configured', this.#demand.giveUp(this));
  }

  // ── of its tunnel ──

  get stream(): this {
    return this;
  }

  openTunnel(): OpenTunnel {
    this.#letGo();
    return { socket: this.#socket, first: null };
  }

  /** Nobody who speaks has been promised an answer that could say why. */
  rescue(code: ErrorCode, detail: string): void {
    if (code === 'no_route' || code === 'cluster_not_found') this.#stats.noRoute += 1;
    this.record.fail(code, detail);
    this.#socket.resetAndDestroy();
    this.#finish(true);
  }

  /** Requests that were found in it have lines of their own in the access log. */
  finishTunnel(bytesReceived: number, bytesSent: number, handedOver: boolean): void {
    this.record.bytesReceived = bytesReceived;
    this.record.bytesSent = bytesSent;
    if (this.record.details === 'idle_timeout') this.#stats.idleTimeouts += 1;
    this.#finish(!handedOver);
  }

  readonly #onError = (error: Error): void => {
    this.#failure = error.message;
  };

  /** Before the tunnel has taken the socket. */
  readonly #onClosed = (): void => {
    if (this.#ended) return;
    this.#tunnel?.close();
    this.record.fail('downstream_gone', this.#failure || 'the caller closed the connection');
    this.#finish(true);
  };

  #letGo(): void {
    this.#socket.off('close', this.#onClosed);
    this.#socket.off('error', this.#onError);
  }

  #finish(logged: boolean): void {
    if (this.#ended) return;
    this.#ended = true;
    const { clock, wheel, accessLog } = this.#context;
    wheel.cancel(this.#timer);
    this.#demand.forget(this);
    this.#stats.bytesReceived += this.record.bytesReceived;
    this.#stats.bytesSent += this.record.bytesSent;
    this.record.end(clock.now());
    if (logged) accessLog?.record(this.record);
    this.#owner.onRedirectedEnd(this);
  }
}
