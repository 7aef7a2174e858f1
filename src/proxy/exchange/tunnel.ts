// Bytes to a Service port whose protocol the sidecar may have to find out: CONNECT, and connections that were redirected.

import type { Socket } from 'node:net';
import { type TimerOwner, WheelTimer } from '../../base/timer-wheel.ts';
import type { ErrorCode } from '../../model/errors.ts';
import { callerAddress } from '../codec/caller-address.ts';
import { type FirstWord, readFirstWord, readHttp2Word } from '../codec/detection/first-word.ts';
import type { DownstreamStream, OpenTunnel } from '../codec/downstream.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import { MAX_RETRIES } from '../route/retry-policy.ts';
import { FirstBytes, type NoFinding } from '../tcp/first-bytes.ts';
import { noteRelayEnd, Relay, type RelayEnd, type RelayOwner } from '../tcp/relay.ts';
import { SilentUpstream, type SilentUpstreamOwner } from '../tcp/silent-upstream.ts';
import { type DialOwner, type UpstreamConnection, UpstreamDial } from '../tcp/upstream-dial.ts';
import type { ExchangeContext, ServeTunnelled } from './exchange-context.ts';
import { planOf, type TunnelPlan, type TunnelTarget } from './tunnel-plan.ts';

/** What is kept of it for the access log. */
export interface TunnelRecord {
  status: number;
  details: string;
  attempts: number;
  upstreamHost: string;
  readonly flags: string;
  readonly downstreamRemote: string;
  fail(code: ErrorCode, detail: string): void;
}

/** Who began the tunnel. */
export interface TunnelOwner {
  readonly stream: Pick<DownstreamStream, 'openTunnel'>;
  readonly record: TunnelRecord;
  /** No pod can be reached, and nothing has been promised. The last call. */
  rescue(code: ErrorCode, detail: string): void;
  /** The last call. `handedOver`: HTTP was found in it, and whoever serves that has the socket. */
  finishTunnel(bytesReceived: number, bytesSent: number, handedOver: boolean): void;
}

/** A beginning that may still become HTTP is waited for so long, ms: whoever sends less than a line at once is no HTTP client. */
const PARTIAL_MS = 5_000;

export class Tunnel implements DialOwner, RelayOwner, SilentUpstreamOwner, TimerOwner {
  readonly #owner: TunnelOwner;
  readonly #context: ExchangeContext;
  readonly #target: TunnelTarget;
  readonly #plan: TunnelPlan;
  readonly #dial: UpstreamDial;
  readonly #timer: WheelTimer;
  #dialled = false;
  #relay: Relay | null = null;
  /** The caller's side, once it has been told that the tunnel is there. */
  #socket: Socket | null = null;
  #first: FirstBytes<FirstWord> | null = null;
  /** The pod's side, while nobody has spoken. */
  #silent: SilentUpstream | null = null;
  /** What is said of it in the access log, once that is known. */
  #found = '';
  #silentMs = 0;
  #ended = false;

  constructor(owner: TunnelOwner, target: TunnelTarget, context: ExchangeContext) {
    this.#owner = owner;
    this.#target = target;
    this.#context = context;
    this.#plan = planOf(target, context);
    const client = callerAddress(owner.record.downstreamRemote, context.ownAddress);
    const dialled = { originalDestination: null, client, hashed: target.hashesClients };
    this.#dial = new UpstreamDial(this, target.cluster, 1 + MAX_RETRIES, dialled, context);
    this.#timer = new WheelTimer(this);
  }

  /** Who is told 503 learns more than who is cut off: where the plan allows it, the tunnel is promised when the pod has been reached. */
  start(): void {
    const { looks, dialsFirst, why } = this.#plan;
    if (looks === 'nothing') {
      this.#found = why;
      this.#startDial();
    } else if (dialsFirst) this.#startDial();
    // What came behind the head is kept by its connection only when that has done with the head.
    else
      queueMicrotask(() => {
        if (!this.#ended) this.#look();
      });
  }

  /** The caller is gone while the pod is being dialled. */
  close(): void {
    this.#settle();
    this.#ended = true;
    this.#dial.cancel();
  }

  onAttempt(endpoint: Endpoint): void {
    this.#owner.record.attempts += 1;
    this.#owner.record.upstreamHost = endpoint.address;
  }

  onConnected(upstream: UpstreamConnection): void {
    if (this.#found !== '') {
      this.#startRelay(upstream);
      return;
    }
    this.#silent = new SilentUpstream(this, upstream);
    if (this.#socket === null) this.#look();
  }

  onDialFailed(code: ErrorCode, detail: string): void {
    if (this.#socket === null) {
      this.#settle();
      this.#owner.rescue(code, detail);
      return;
    }
    this.#owner.record.fail(code, detail);
    this.#cutOff();
  }

  onRelayEnd(end: RelayEnd): void {
    noteRelayEnd(this.#owner.record, end);
    this.#end();
  }

  onUpstreamSpoke(upstream: UpstreamConnection, bytes: Buffer): boolean {
    const { detection } = this.#context;
    // A server of HTTP that gives up on a silent caller says so.
    if (bytes.toString('latin1', 0, 5) !== 'HTTP/') detection.learn(this.#destination, 'server');
    detection.noteFound('server-first');
    this.#found = `tcp: the server spoke first${this.#plan.why === '' ? '' : `, ${this.#plan.why}`}`;
    return this.#startRelay(upstream).onRead(bytes);
  }

  /** The next caller is not dialled for ahead: that would be in vain. */
  onUpstreamSettings(): void {
    this.#context.detection.learn(this.#destination, 'http');
  }

  onUpstreamEnded(upstream: UpstreamConnection): void {
    this.#found = 'tcp: the server ended it before anybody spoke';
    this.#startRelay(upstream);
  }

  onUpstreamClosed(): void {
    this.#owner.record.fail('upstream_connection_termination', 'it closed before anybody spoke');
    this.#cutOff();
  }

  /** The caller is silent, or has said half a word. */
  onTimer(): void {
    const first = this.#first;
    if (first === null) return;
    if (!this.#dialled) {
      this.#context.detection.noteSpeculative();
      this.#startDial();
    } else if (first.seen > 0) {
      first.cancel();
      this.#relayBytes({ protocol: 'tcp', detail: `no whole request line within ${PARTIAL_MS} ms` });
      return;
    } else if (this.#isIdle()) return;
    if (!this.#ended) this.#context.wheel.set(this.#timer, PARTIAL_MS);
  }

  /** Promises the tunnel, and looks at what the caller says. */
  #look(): void {
    const { socket, first } = this.#establish();
    if (first !== null && first.length > 0) socket.unshift(first);
    socket.on('error', ignore);
    socket.on('close', this.#onCallerClosed);
    const { wheel } = this.#context;
    const read = this.#plan.looks === 'http2' ? readHttp2Word : readFirstWord;
    const timeoutMs = this.#dialled ? PARTIAL_MS : this.#plan.silenceMs;
    if (timeoutMs > 0) wheel.set(this.#timer, timeoutMs);
    // It may be told at once what has come already.
    this.#first = new FirstBytes<FirstWord>(socket, read, 0, wheel, (found) => this.#onFirst(socket, found));
    if (timeoutMs === 0) this.onTimer();
  }

  #onFirst(socket: Socket, found: FirstWord | NoFinding): void {
    this.#first = null;
    if (found === 'gone') {
      if (socket.destroyed || this.#target.cluster.spec.appProtocol !== 'detect') socket.destroy();
      else this.#relayBytes({ protocol: 'tcp', detail: 'the caller said nothing and ended its side' });
    } else if (found === 'too-long' || found === 'timeout') {
      this.#relayBytes({ protocol: 'tcp', detail: 'a line that has no end' });
    } else if (found.protocol === 'http2' || (found.protocol === 'http1' && this.#plan.looks === 'everything')) {
      this.#serve(socket, found);
    } else this.#relayBytes(found);
  }

  #serve(socket: Socket, { protocol, detail }: FirstWord): void {
    const { serveTunnelled, detection } = this.#context;
    detection.learn(this.#destination, 'http');
    if (this.#dialled) detection.noteInVain();
    this.#note(protocol, `${detail}: the caller's first bytes`);
    this.#settle();
    this.#dial.cancel();
    this.#silent?.abandon();
    socket.off('error', ignore);
    socket.off('close', this.#onCallerClosed);
    this.#end(true);
    (serveTunnelled as ServeTunnelled)(socket, this.#target.authority, protocol as 'http1' | 'http2');
  }

  #relayBytes({ protocol, detail }: FirstWord): void {
    this.#first = null;
    this.#context.wheel.cancel(this.#timer);
    this.#note(protocol, `${protocol}: ${detail}`);
    const upstream = this.#silent?.release() ?? null;
    if (upstream !== null) this.#startRelay(upstream);
    else if (!this.#dialled) this.#startDial();
  }

  #note(protocol: FirstWord['protocol'], found: string): void {
    this.#context.detection.noteFound(protocol);
    this.#found = found;
  }

  #startDial(): void {
    this.#dialled = true;
    this.#dial.start();
  }

  #startRelay(upstream: UpstreamConnection): Relay {
    this.#settle();
    const answered = this.#silent?.held ?? null;
    this.#silent = null;
    const { socket, first } = this.#socket === null ? this.#establish() : { socket: this.#socket, first: null };
    socket.off('close', this.#onCallerClosed);
    this.#owner.record.details ||= this.#found;
    const relay = new Relay(this, socket, upstream, this.#target.idleTimeoutMs, this.#context);
    this.#relay = relay;
    relay.start(first, answered);
    return relay;
  }

  #establish(): OpenTunnel {
    const open = this.#owner.stream.openTunnel();
    this.#socket = open.socket;
    if (!this.#target.redirected) this.#owner.record.status = 200;
    return open;
  }

  get #destination(): string {
    return this.#target.cluster.name;
  }

  /** Neither side has said anything for as long as a relay may be silent. */
  #isIdle(): boolean {
    const { idleTimeoutMs } = this.#target;
    this.#silentMs += PARTIAL_MS;
    if (idleTimeoutMs === 0 || this.#silentMs < idleTimeoutMs) return false;
    this.#owner.record.details = 'idle_timeout';
    this.#cutOff();
    return true;
  }

  readonly #onCallerClosed = (): void => {
    if (this.#ended || this.#relay !== null) return;
    if (this.#owner.record.flags === '') {
      const when = this.#dialled ? 'while the pod was dialled' : 'before it said anything';
      this.#owner.record.fail('downstream_gone', `the caller left ${when}`);
    }
    this.#dial.cancel();
    this.#silent?.abandon();
    this.#end();
  };

  #cutOff(): void {
    this.#socket?.resetAndDestroy();
    this.#dial.cancel();
    this.#silent?.abandon();
    this.#end();
  }

  /** Nothing is waited for any more. */
  #settle(): void {
    this.#first?.cancel();
    this.#first = null;
    this.#context.wheel.cancel(this.#timer);
  }

  #end(handedOver = false): void {
    if (this.#ended) return;
    this.#settle();
    this.#ended = true;
    const { record } = this.#owner;
    if (record.details === '') record.details = this.#found;
    this.#owner.finishTunnel(this.#relay?.bytesReceived ?? 0, this.#relay?.bytesSent ?? 0, handedOver);
  }
}

/** What is wrong with the socket is told by its `close`. */
function ignore(): void {}
