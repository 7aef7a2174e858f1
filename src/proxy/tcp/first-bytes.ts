// Looks at the first bytes of an accepted socket and leaves them where they are.
import type { Socket } from 'node:net';
import { type TimerOwner, type TimerWheel, WheelTimer } from '../../base/timer-wheel.ts';

/** Why there is no finding: the time was up, what has come fills the socket's buffer, or the caller has gone. */
export type NoFinding = 'timeout' | 'too-long' | 'gone';

const ENDS = ['end', 'error', 'close'] as const;

export class FirstBytes<Finding> implements TimerOwner {
  readonly #socket: Socket;
  readonly #look: (bytes: Buffer) => Finding | null;
  readonly #wheel: TimerWheel;
  readonly #timer: WheelTimer;
  readonly #onDone: (finding: Finding | NoFinding) => void;
  #seen = 0;
  #done = false;

  /**
   * `look` gets all bytes so far, each time that there are more, until it answers something else than null.
   * `timeoutMs`: 0 = for ever. `onDone` is called once; no listener of ours is left then, and what was seen is still to be read.
   */
  constructor(
    socket: Socket,
    look: (bytes: Buffer) => Finding | null,
    timeoutMs: number,
    wheel: TimerWheel,
    onDone: (finding: Finding | NoFinding) => void,
  ) {
    this.#socket = socket;
    this.#look = look;
    this.#wheel = wheel;
    this.#timer = new WheelTimer(this);
    this.#onDone = onDone;
    // Node remembers a reader that removeAllListeners took away, and would let the bytes flow for it; `off` makes it forget.
    socket.off('data', this.#onReadable);
    socket.on('readable', this.#onReadable);
    for (const event of ENDS) socket.on(event, this.#onGone);
    if (timeoutMs > 0) wheel.set(this.#timer, timeoutMs);
  }

  /** Bytes that have come so far. */
  get seen(): number {
    return this.#seen;
  }

  /** Stops looking; nothing is told. */
  cancel(): void {
    this.#done = true;
    this.#wheel.cancel(this.#timer);
    this.#socket.off('readable', this.#onReadable);
    for (const event of ENDS) this.#socket.off(event, this.#onGone);
    // An earlier wish to read on must not make it flow before somebody listens.
    this.#socket.pause();
  }

  onTimer(): void {
    this.#finish('timeout');
  }

  /** Read and put back at once: an empty buffer would let an end pass unseen by whoever takes the socket. */
  readonly #onReadable = (): void => {
    const length = this.#socket.readableLength;
    if (this.#done || length <= this.#seen) return;
    // Without a length it would be the first piece alone.
    const bytes = this.#socket.read(length) as Buffer;
    this.#socket.unshift(bytes);
    this.#seen = bytes.length;
    const finding = this.#look(bytes);
    if (finding !== null) this.#finish(finding);
    else if (bytes.length >= this.#socket.readableHighWaterMark) this.#finish('too-long');
  };

  readonly #onGone = (): void => this.#finish('gone');

  #finish(finding: Finding | NoFinding): void {
    if (this.#done) return;
    this.cancel();
    this.#onDone(finding);
  }
}
