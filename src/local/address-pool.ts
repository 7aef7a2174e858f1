// Hands out loopback addresses of the pod range: each once, none again before the range has wrapped.
import { formatIpv4, type PodCidr } from './pod-cidr.ts';

/** Where one supervisor says that a block is its own, so that several can share a range on one machine. */
export interface BlockClaims {
  /** Claims the block whose network address this is; false when another supervisor has it. Kept until the supervisor ends. */
  claim(networkAddress: string): Promise<boolean>;
}

/** A /24, or the whole range where that is smaller. */
const BLOCK = 256;

export class AddressPool {
  readonly #cidr: PodCidr;
  readonly #blockSize: number;
  readonly #claims: BlockClaims;
  readonly #used = new Set<string>();
  readonly #owned = new Map<number, Promise<boolean>>();
  #next = 0;

  constructor(cidr: PodCidr, claims: BlockClaims) {
    this.#cidr = cidr;
    this.#blockSize = Math.min(BLOCK, cidr.size);
    this.#claims = claims;
  }

  /** null when every address of the range is in use or belongs to another supervisor. */
  async allocate(): Promise<string | null> {
    for (let seen = 0; seen < this.#cidr.size; seen += 1) {
      const offset = this.#next;
      this.#next = (offset + 1) % this.#cidr.size;
      const address = formatIpv4(this.#cidr.base + offset);
      if (!isUsable(offset) || this.#used.has(address)) continue;
      this.#used.add(address);
      if (await this.#ownsBlock(Math.floor(offset / this.#blockSize))) return address;
      this.#used.delete(address);
      seen += this.#skipBlock(offset);
    }
    return null;
  }

  /** Whether the first block of the range is ours; claims it when nobody has. */
  ownsFirstBlock(): Promise<boolean> {
    return this.#ownsBlock(0);
  }

  release(address: string): void {
    this.#used.delete(address);
  }

  #ownsBlock(block: number): Promise<boolean> {
    let owned = this.#owned.get(block);
    if (owned === undefined) {
      owned = this.#claims.claim(formatIpv4(this.#cidr.base + block * this.#blockSize));
      this.#owned.set(block, owned);
    }
    return owned;
  }

  /** Moves on to the next block; answers how many addresses that leaves out. */
  #skipBlock(offset: number): number {
    const end = (Math.floor(offset / this.#blockSize) + 1) * this.#blockSize;
    this.#next = end % this.#cidr.size;
    return end - offset - 1;
  }
}

/** .0 and .255 look like network and broadcast addresses to some programs. */
function isUsable(offset: number): boolean {
  const last = offset & 255;
  return last !== 0 && last !== 255;
}
