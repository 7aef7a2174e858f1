// A connection to a pod over which nothing has been sent yet: hears whether the pod speaks before its caller does.
import type { ReadBufferOwner } from './read-buffer.ts';
import type { UpstreamConnection } from './upstream-dial.ts';

/** One of these is called, once but where it says so, and nothing after `release` and `abandon`. */
export interface SilentUpstreamOwner {
  /** The answer is that of ReadBufferOwner.onRead: a relay has taken the connection by then. */
  onUpstreamSpoke(upstream: UpstreamConnection, bytes: Buffer): boolean;
  /** It speaks HTTP/2, and waits for its caller; more may be called. */
  onUpstreamSettings(): void;
  /** It ended its side. */
  onUpstreamEnded(upstream: UpstreamConnection): void;
  /** It is closed for good. */
  onUpstreamClosed(): void;
}

/** Length (3 bytes), SETTINGS, no flags, stream 0 (RFC 9113 sections 4.1 and 6.5). */
const FRAME_HEADER_BYTES = 9;
const SETTINGS = 4;

/** Servers of HTTP/2 may send their SETTINGS before they have heard anything (RFC 9113 section 3.4): that is no greeting. */
function isHttp2Settings(bytes: Buffer): boolean {
  if (bytes.length < FRAME_HEADER_BYTES || bytes[3] !== SETTINGS || bytes[4] !== 0 || bytes.readUInt32BE(5) !== 0)
    return false;
  return bytes.readUIntBE(0, 3) % 6 === 0;
}

export class SilentUpstream implements ReadBufferOwner {
  readonly #owner: SilentUpstreamOwner;
  readonly #upstream: UpstreamConnection;
  /** What it has said that the caller has to hear, should it speak anything else than HTTP/2; null = nothing. */
  held: Buffer | null = null;

  constructor(owner: SilentUpstreamOwner, upstream: UpstreamConnection) {
    this.#owner = owner;
    this.#upstream = upstream;
    const { socket, buffer } = upstream;
    buffer.owner = this;
    socket.on('data', this.#onData);
    socket.on('end', this.#onEnd);
    socket.on('close', this.#onClose);
    socket.resume();
  }

  /** For a relay, which has to take it in this turn. */
  release(): UpstreamConnection {
    const { socket } = this.#upstream;
    socket.off('data', this.#onData);
    socket.off('end', this.#onEnd);
    socket.off('close', this.#onClose);
    return this.#upstream;
  }

  /** Nobody needs it. */
  abandon(): void {
    this.release().socket.destroy();
  }

  onRead(bytes: Buffer): boolean {
    if (!isHttp2Settings(bytes)) return this.#owner.onUpstreamSpoke(this.release(), bytes);
    this.held = Buffer.from(bytes);
    this.#owner.onUpstreamSettings();
    return false;
  }

  /** Of sockets that read into no buffer of ours. */
  readonly #onData = (bytes: Buffer): void => {
    if (!this.onRead(bytes) && this.held !== null) this.#upstream.socket.pause();
  };

  readonly #onEnd = (): void => {
    this.#owner.onUpstreamEnded(this.release());
  };

  readonly #onClose = (): void => {
    this.release();
    this.#owner.onUpstreamClosed();
  };
}
