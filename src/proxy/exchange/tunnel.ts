// CONNECT to a Service port: the dial and the relay of a TCP proxy, behind a request head and its answer.
import type { ErrorCode } from '../../model/errors.ts';
import type { Http1ServerConnection } from '../codec/http1/server-connection.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import { noteRelayEnd, Relay, type RelayEnd, type RelayOwner } from '../tcp/relay.ts';
import { type DialOwner, type UpstreamConnection, UpstreamDial } from '../tcp/upstream-dial.ts';
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

/** The caller's own timeouts end a tunnel. */
const NO_IDLE_TIMEOUT_MS = 0;

const ESTABLISHED = 'HTTP/1.1 200 Connection Established\r\n\r\n';

export class Tunnel implements DialOwner, RelayOwner {
  readonly #owner: TunnelOwner;
  readonly #context: ExchangeContext;
  readonly #dial: UpstreamDial;
  #relay: Relay | null = null;

  constructor(owner: TunnelOwner, cluster: Cluster, context: ExchangeContext) {
    this.#owner = owner;
    this.#context = context;
    this.#dial = new UpstreamDial(this, cluster, 1 + MAX_RETRIES, null, context);
  }

  start(): void {
    this.#dial.start();
  }

  /** The caller is gone while the pod is being dialled. */
  close(): void {
    this.#dial.cancel();
  }

  onAttempt(endpoint: Endpoint): void {
    this.#owner.record.attempts += 1;
    this.#owner.record.upstreamHost = endpoint.address;
  }

  onConnected(upstream: UpstreamConnection): void {
    const { connection, record } = this.#owner;
    const first = connection.detach();
    record.status = 200;
    connection.socket.write(ESTABLISHED, 'latin1');
    this.#relay = new Relay(this, connection.socket, upstream, NO_IDLE_TIMEOUT_MS, this.#context);
    this.#relay.start(first);
  }

  onDialFailed(code: ErrorCode, detail: string): void {
    this.#owner.rescue(code, detail);
  }

  onRelayEnd(end: RelayEnd): void {
    noteRelayEnd(this.#owner.record, end);
    this.#owner.finishTunnel(this.#relay?.bytesReceived ?? 0, this.#relay?.bytesSent ?? 0);
  }
}
