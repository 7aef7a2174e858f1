// CONNECT to a Service port: the dial and the relay of a TCP proxy, behind a request head and its answer.
import type { Socket } from 'node:net';
import type { ErrorCode } from '../../model/errors.ts';
import { isPrefaceBegun, readHttpStart } from '../codec/detection/http-start.ts';
import type { DownstreamStream, OpenTunnel } from '../codec/downstream.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import { FirstBytes } from '../tcp/first-bytes.ts';
import { noteRelayEnd, Relay, type RelayEnd, type RelayOwner } from '../tcp/relay.ts';
import { type DialOwner, type UpstreamConnection, UpstreamDial } from '../tcp/upstream-dial.ts';
import type { Cluster } from '../upstream/cluster.ts';
import { MAX_RETRIES } from '../upstream/retry-policy.ts';
import type { ExchangeContext } from './exchange-context.ts';
import type { ExchangeRecord } from './exchange-record.ts';

/** The exchange that the CONNECT request began. */
export interface TunnelOwner {
  readonly stream: DownstreamStream;
  readonly record: ExchangeRecord;
  rescue(code: ErrorCode, detail: string): void;
  finishTunnel(bytesReceived: number, bytesSent: number): void;
}

/** The caller's own timeouts end a tunnel. */
const NO_IDLE_TIMEOUT_MS = 0;

/** How long a caller may be silent before the pod is dialled for it (docs/adr). */
const SILENCE_MS = 50;

export class Tunnel implements DialOwner, RelayOwner {
  readonly #owner: TunnelOwner;
  readonly #context: ExchangeContext;
  readonly #cluster: Cluster;
  readonly #authority: string;
  readonly #dial: UpstreamDial;
  #relay: Relay | null = null;
  /** The caller's side, once it has been told that the tunnel is there. */
  #socket: Socket | null = null;
  #ended = false;

  /** `authority`: where the tunnel leads to. */
  constructor(owner: TunnelOwner, cluster: Cluster, authority: string, context: ExchangeContext) {
    this.#owner = owner;
    this.#cluster = cluster;
    this.#authority = authority;
    this.#context = context;
    this.#dial = new UpstreamDial(this, cluster, 1 + MAX_RETRIES, null, context);
  }

  /** Who is told 503 learns more than who is cut off: a tunnel is promised before the pod is reached only where HTTP/2 may come. */
  start(): void {
    const { serveHttp2 } = this.#context;
    const mayBeHttp2 =
      serveHttp2 !== null && this.#cluster.spec.protocol === 'http2' && this.#cluster.endpointCount > 0;
    if (!mayBeHttp2) {
      this.#dial.start();
      return;
    }
    // What came behind the head is kept by its connection only when that has done with the head.
    queueMicrotask(() => {
      if (!this.#ended) this.#lookForHttp2(serveHttp2);
    });
  }

  /** The caller is gone while the pod is being dialled. */
  close(): void {
    this.#ended = true;
    this.#dial.cancel();
  }

  onAttempt(endpoint: Endpoint): void {
    this.#owner.record.attempts += 1;
    this.#owner.record.upstreamHost = endpoint.address;
  }

  onConnected(upstream: UpstreamConnection): void {
    const { socket, first } = this.#socket === null ? this.#establish() : { socket: this.#socket, first: null };
    this.#relay = new Relay(this, socket, upstream, NO_IDLE_TIMEOUT_MS, this.#context);
    this.#relay.start(first);
  }

  onDialFailed(code: ErrorCode, detail: string): void {
    if (this.#socket === null) {
      this.#owner.rescue(code, detail);
      return;
    }
    this.#owner.record.fail(code, detail);
    this.#socket.resetAndDestroy();
    this.#end();
  }

  onRelayEnd(end: RelayEnd): void {
    noteRelayEnd(this.#owner.record, end);
    this.#end();
  }

  #establish(): OpenTunnel {
    const open = this.#owner.stream.openTunnel();
    this.#socket = open.socket;
    this.#owner.record.status = 200;
    return open;
  }

  /** HTTP/2 in a tunnel is routed stream by stream; of anything else, and of silence, the pod hears as it comes. */
  #lookForHttp2(serveHttp2: (socket: Socket, authority: string) => void): void {
    const { socket, first } = this.#establish();
    if (first !== null) socket.unshift(first);
    const look = (bytes: Buffer): 'h2c' | 'other' | null => {
      const found = readHttpStart(bytes);
      if (found === 'h2c') return found;
      return found === 'incomplete' && isPrefaceBegun(bytes) ? null : 'other';
    };
    new FirstBytes<'h2c' | 'other'>(socket, look, SILENCE_MS, this.#context.wheel, (found) => {
      if (found === 'h2c') {
        this.#end();
        serveHttp2(socket, this.#authority);
      } else if (found === 'gone') {
        socket.destroy();
        this.#owner.record.fail('downstream_gone', 'the caller left the tunnel');
        this.#end();
      } else this.#dialBehindCaller(socket);
    });
  }

  #dialBehindCaller(socket: Socket): void {
    socket.on('error', () => {});
    socket.once('close', () => {
      if (this.#relay !== null || this.#ended) return;
      this.#dial.cancel();
      this.#owner.record.fail('downstream_gone', 'the caller left while the pod was dialled');
      this.#end();
    });
    this.#dial.start();
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#owner.finishTunnel(this.#relay?.bytesReceived ?? 0, this.#relay?.bytesSent ?? 0);
  }
}
