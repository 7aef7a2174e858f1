// One proxied connection: a caller's socket, the endpoint that is found for it, and the relay between them.
import type { Socket } from 'node:net';
import type { Clock } from '../../base/clock.ts';
import { codeOf } from '../../base/coded-error.ts';
import type { ErrorCode } from '../../model/errors.ts';
import type { SocketAddressSpec } from '../../model/listener-spec.ts';
import type { AccessLog } from '../../telemetry/access-log.ts';
import { callerAddress } from '../codec/caller-address.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import type { ClusterSlot } from '../upstream/cluster.ts';
import { noteRelayEnd, Relay, type RelayContext, type RelayEnd, type RelayOwner } from './relay.ts';
import { TcpRecord } from './tcp-record.ts';
import type { TcpStats } from './tcp-stats.ts';
import { type DialContext, type DialOwner, type UpstreamConnection, UpstreamDial } from './upstream-dial.ts';

export interface TcpContext extends DialContext, RelayContext {
  readonly clock: Clock;
  /** `null` = off. */
  readonly accessLog: AccessLog | null;
  readonly stats: TcpStats;
  /** Of the sidecar's own pod; '' = it is not known. */
  readonly ownAddress: string;
}

/** What a connection takes of its configuration when it begins. */
export interface TcpLimits {
  readonly maxConnectAttempts: number;
  readonly idleTimeoutMs: number;
  readonly hashesClients?: true;
}

export class TcpConnection implements DialOwner, RelayOwner {
  readonly #socket: Socket;
  readonly #context: TcpContext;
  readonly #limits: TcpLimits;
  readonly #record: TcpRecord;
  readonly #onEnd: (connection: TcpConnection) => void;
  #dial: UpstreamDial | null = null;
  #relay: Relay | null = null;
  #failure = '';
  #ended = false;

  /** `socket` is not read yet. `onEnd` is called once, when both sides are closed. */
  constructor(socket: Socket, limits: TcpLimits, context: TcpContext, onEnd: (connection: TcpConnection) => void) {
    this.#socket = socket;
    this.#limits = limits;
    this.#context = context;
    this.#onEnd = onEnd;
    this.#record = new TcpRecord(`${socket.remoteAddress ?? ''}:${socket.remotePort ?? ''}`, context.clock);
    context.stats.connectionsTotal += 1;
    context.stats.connectionsActive += 1;
    socket.on('error', (error) => {
      this.#failure = codeOf(error);
    });
    socket.on('close', () => this.#onDownstreamClosed());
  }

  /** Called once. */
  start(slot: ClusterSlot, originalDestination: SocketAddressSpec | null): void {
    this.#record.upstreamCluster = slot.name;
    if (slot.cluster === null) {
      this.#context.stats.noRoute += 1;
      this.onDialFailed('cluster_not_found', slot.name);
      return;
    }
    const { maxConnectAttempts, hashesClients } = this.#limits;
    const client = callerAddress(this.#record.downstreamRemote, this.#context.ownAddress);
    const dialled = { originalDestination, client, hashed: hashesClients === true };
    this.#dial = new UpstreamDial(this, slot.cluster, maxConnectAttempts, dialled, this.#context);
    this.#dial.start();
  }

  /** Ends both sides at once. */
  close(): void {
    if (this.#relay !== null) this.#relay.close();
    else this.#socket.destroy();
  }

  onAttempt(endpoint: Endpoint): void {
    this.#record.attempts += 1;
    this.#record.upstreamHost = endpoint.address;
  }

  onConnected(upstream: UpstreamConnection): void {
    this.#relay = new Relay(this, this.#socket, upstream, this.#limits.idleTimeoutMs, this.#context);
    this.#relay.start(null);
  }

  onDialFailed(code: ErrorCode, detail: string): void {
    this.#record.fail(code, detail);
    this.#socket.destroy();
  }

  onRelayEnd(end: RelayEnd): void {
    if (end === 'idle') this.#context.stats.idleTimeouts += 1;
    noteRelayEnd(this.#record, end);
    this.#finish();
  }

  /** While an endpoint is looked for; afterwards the relay tells when both sides are done. */
  #onDownstreamClosed(): void {
    if (this.#relay !== null) return;
    this.#dial?.cancel();
    if (this.#record.flags === '') {
      this.#record.fail('downstream_gone', this.#failure || 'the caller closed the connection');
    }
    this.#finish();
  }

  #finish(): void {
    if (this.#ended) return;
    this.#ended = true;
    const { stats, clock, accessLog } = this.#context;
    this.#record.bytesReceived = this.#relay?.bytesReceived ?? 0;
    this.#record.bytesSent = this.#relay?.bytesSent ?? 0;
    stats.bytesReceived += this.#record.bytesReceived;
    stats.bytesSent += this.#record.bytesSent;
    stats.pauses += this.#relay?.pauses ?? 0;
    stats.connectionsActive -= 1;
    this.#record.end(clock.now());
    accessLog?.record(this.#record);
    this.#onEnd(this);
  }
}
