// A connection to a pod over which nothing has been sent yet: hears whether the pod speaks before its caller does.
import type { ReadBufferOwner } from './read-buffer.ts';
import type { UpstreamConnection } from './upstream-dial.ts';

/** One of these is called, once, and nothing after `release` and `abandon`. */
export interface SilentUpstreamOwner {
  /** The answer is that of ReadBufferOwner.onRead: a relay has taken the connection by then. */
  onUpstreamSpoke(upstream: UpstreamConnection, bytes: Buffer): boolean;
  /** It ended its side. */
  onUpstreamEnded(upstream: UpstreamConnection): void;
  /** It is closed for good. */
  onUpstreamClosed(): void;
}

export class SilentUpstream implements ReadBufferOwner {
  readonly #owner: SilentUpstreamOwner;
  readonly #upstream: UpstreamConnection;

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
    return this.#owner.onUpstreamSpoke(this.release(), bytes);
  }

  /** Of sockets that read into no buffer of ours. */
  readonly #onData = (bytes: Buffer): void => {
    this.onRead(bytes);
  };

  readonly #onEnd = (): void => {
    this.#owner.onUpstreamEnded(this.release());
  };

  readonly #onClose = (): void => {
    this.release();
    this.#owner.onUpstreamClosed();
  };
}
