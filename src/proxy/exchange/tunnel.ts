// CONNECT to a Service port: bytes both ways between the caller and one pod, untouched, each side closing for itself.
import type { Socket } from 'node:net';
import { codeOf } from '../../base/coded-error.ts';
import { resetSocket } from '../../base/reset-socket.ts';
import { type TimerOwner, WheelTimer } from '../../base/timer-wheel.ts';
import type { ErrorCode } from '../../model/errors.ts';
import type { Http1ServerConnection } from '../codec/http1/server-connection.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import type { PickContext } from '../lb/load-balancer.ts';
import type { Cluster } from '../upstream/cluster.ts';
import { MAX_RETRIES } from '../upstream/retry-policy.ts';
import type { ExchangeContext } from './exchange-context.ts';
import type { ExchangeRecord } from './exchange-record.ts';

/** The exchange that the CONNECT request began. */
export interface TunnelOwner {
  readonly connection: Http1ServerConnection;
  readonly record: ExchangeRecord;
  rescue(code: ErrorCode, detail: string): void;
  finishTunnel(bytesReceived: number, bytesSent: number): void;
}

/** How long a side may take what is left for it after the other has closed for good, ms. */
const LAST_BYTES_MS = 60_000;

const ESTABLISHED = 'HTTP/1.1 200 Connection Established\r\n\r\n';

export class Tunnel implements PickContext, TimerOwner {
  readonly #owner: TunnelOwner;
  readonly #cluster: Cluster;
  readonly #context: ExchangeContext;
  /** Guards the dialling, then the last bytes. */
  readonly #timer: WheelTimer;
  readonly #tried: Endpoint[] = [];
  #upstream: Socket | null = null;
  #downstream: Socket | null = null;
  #bytesReceived = 0;
  #bytesSent = 0;
  #ended = false;

  constructor(owner: TunnelOwner, cluster: Cluster, context: ExchangeContext) {
    this.#owner = owner;
    this.#cluster = cluster;
    this.#context = context;
    this.#timer = new WheelTimer(this);
  }

  wasTried(endpoint: Endpoint): boolean {
    return this.#tried.includes(endpoint);
  }

  /** Dials; a pod that can't be reached makes way for another, as nothing has been sent yet. */
  start(): void {
    const endpoint = this.#cluster.pick(this);
    if (endpoint === null) {
      this.#cluster.stats.noHealthy += 1;
      this.#ended = true;
      this.#owner.rescue('no_healthy_upstream', this.#cluster.describeNoEndpoint());
      return;
    }
    this.#tried.push(endpoint);
    this.#owner.record.attempts += 1;
    this.#owner.record.upstreamHost = endpoint.address;
    this.#dial(endpoint);
  }

  /** The caller is gone while the pod is being dialled. */
  close(): void {
    this.#ended = true;
    this.#context.wheel.cancel(this.#timer);
    this.#upstream?.destroy();
  }

  onTimer(): void {
    if (this.#downstream === null) {
      this.#upstream?.destroy(new Error(`no connection within ${this.#cluster.spec.connectTimeoutMs} ms`));
      return;
    }
    for (const side of [this.#upstream, this.#downstream]) if (side !== null) resetSocket(side);
  }

  #dial(endpoint: Endpoint): void {
    const socket = this.#context.dial(endpoint.host, endpoint.port);
    this.#upstream = socket;
    endpoint.requestsTotal += 1;
    endpoint.connectionsTotal += 1;
    endpoint.connectionsActive += 1;
    this.#cluster.stats.connectionsTotal += 1;
    this.#cluster.stats.connectionsActive += 1;
    this.#context.wheel.set(this.#timer, this.#cluster.spec.connectTimeoutMs);
    let connected = false;
    let failure = 'the connection was closed';
    socket.on('connect', () => {
      connected = true;
      this.#context.wheel.cancel(this.#timer);
      this.#open(socket);
    });
    socket.on('error', (error) => {
      failure = codeOf(error) || error.message;
    });
    socket.on('close', (failed) => {
      endpoint.connectionsActive -= 1;
      this.#cluster.stats.connectionsActive -= 1;
      if (connected) this.#onSideClosed(failed);
      else this.#onConnectFailed(endpoint, failure);
    });
  }

  #onConnectFailed(endpoint: Endpoint, failure: string): void {
    this.#context.wheel.cancel(this.#timer);
    endpoint.connectFailures += 1;
    endpoint.lastError = failure;
    this.#cluster.stats.connectFailures += 1;
    if (this.#ended) return;
    if (this.#tried.length <= MAX_RETRIES && this.#cluster.offersUntried(this)) {
      this.#cluster.stats.retries += 1;
      this.start();
    } else {
      this.#ended = true;
      this.#owner.rescue('upstream_connection_failure', `${endpoint.address}: ${failure}`);
    }
  }

  #open(upstream: Socket): void {
    const rest = this.#owner.connection.detach();
    const downstream = this.#owner.connection.socket;
    this.#downstream = downstream;
    this.#owner.record.status = 200;
    downstream.on('error', () => downstream.destroy());
    downstream.on('close', (failed) => this.#onSideClosed(failed));
    downstream.write(ESTABLISHED, 'latin1');
    if (rest !== null) {
      this.#bytesReceived += rest.length;
      upstream.write(rest);
    }
    pump(downstream, upstream, (bytes) => {
      this.#bytesReceived += bytes;
      this.#context.bodyMeter.note(bytes);
    });
    pump(upstream, downstream, (bytes) => {
      this.#bytesSent += bytes;
      this.#context.bodyMeter.note(bytes);
    });
  }

  /**
   * A FIN travels through by itself. A socket that is closed for good takes the other one with it: at once where it was reset, which must not
   * pass for an end in order; else once that has sent what it holds.
   */
  #onSideClosed(failed: boolean): void {
    const upstream = this.#upstream as Socket;
    const downstream = this.#downstream as Socket;
    const open = upstream.destroyed ? downstream : upstream;
    if (!open.destroyed) {
      if (failed) resetSocket(open);
      else this.#destroySoon(open);
      return;
    }
    if (this.#ended) return;
    this.#ended = true;
    this.#context.wheel.cancel(this.#timer);
    this.#owner.finishTunnel(this.#bytesReceived, this.#bytesSent);
  }

  #destroySoon(side: Socket): void {
    this.#context.wheel.set(this.#timer, LAST_BYTES_MS);
    side.destroySoon();
  }
}

/** Carries bytes one way in bounded memory, and the FIN behind them. Both sockets allow half-open. */
function pump(from: Socket, to: Socket, count: (bytes: number) => void): void {
  from.on('data', (bytes: Buffer) => {
    count(bytes.length);
    if (!to.write(bytes)) from.pause();
  });
  to.on('drain', () => from.resume());
  from.on('end', () => to.end());
  from.resume();
}
