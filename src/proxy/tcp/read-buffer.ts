// @hot
// The memory that an outgoing socket reads into, used again for every read: Node would allocate 64 KiB for each.
import type { OnReadOpts } from 'node:net';

/** Most connections carry little: they begin small, and grow where reads fill them. */
const FIRST_BYTES = 8 * 1024;
const GROWTH = 4;
const MAX_BYTES = 128 * 1024;

export interface ReadBufferOwner {
  /** `bytes` are valid during the call. `false` = read no more until the socket is resumed. */
  onRead(bytes: Buffer): boolean;
}

/** Handed to `net.connect` as `onread`; accepted sockets know no such thing. */
export class ReadBuffer implements OnReadOpts {
  #owner: ReadBufferOwner | null = null;
  #memory = Buffer.allocUnsafeSlow(FIRST_BYTES);
  #replace = false;

  /** Who gets what is read; nothing may be read before. */
  set owner(owner: ReadBufferOwner) {
    this.#owner = owner;
  }

  /** What was read last is still being written somewhere: it must not be overwritten. */
  giveAway(): void {
    this.#replace = true;
  }

  readonly buffer = (): Uint8Array => {
    if (this.#replace) {
      this.#replace = false;
      this.#memory = Buffer.allocUnsafeSlow(this.#memory.length);
    }
    return this.#memory;
  };

  readonly callback = (length: number): boolean => {
    const memory = this.#memory;
    const full = length === memory.length;
    const goOn = this.#owner?.onRead(full ? memory : memory.subarray(0, length)) ?? false;
    if (full && length < MAX_BYTES) this.#grow();
    return goOn;
  };

  #grow(): void {
    this.#replace = false;
    this.#memory = Buffer.allocUnsafeSlow(this.#memory.length * GROWTH);
  }
}
