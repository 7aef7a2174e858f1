// How much work a peer may cause that carries nothing: buckets that fill with time and with work that is real.

interface Bucket {
  /** What it holds when full: a burst. */
  readonly burst: number;
  /** What comes back each second. */
  readonly perSecond: number;
}

/** Streams that end in an error or a reset. Source of the numbers: nghttp2's stream reset rate limit. */
const RESETS: Bucket = { burst: 1_000, perSecond: 33 };
/** PING, SETTINGS, PRIORITY, window updates and frames of unknown types. */
const CONTROL: Bucket = { burst: 2_000, perSecond: 200 };
/** DATA frames without data that end nothing. */
const EMPTY: Bucket = { burst: 100, perSecond: 10 };
const BUCKETS: readonly Bucket[] = [RESETS, CONTROL, EMPTY];

export const FLOOD_RESET = 0;
export const FLOOD_CONTROL = 1;
export const FLOOD_EMPTY = 2;

/** What a stream that opens, and each DATA frame either way, gives back to control frames. */
const CONTROL_PER_FRAME = 4;

export class FloodGuard {
  readonly #now: () => number;
  readonly #levels: number[] = BUCKETS.map(({ burst }) => burst);
  #filledAtMs: number;

  constructor(now: () => number) {
    this.#now = now;
    this.#filledAtMs = now();
  }

  /** False = the peer has gone too far. */
  take(bucket: number): boolean {
    const level = (this.#levels[bucket] as number) - 1;
    this.#levels[bucket] = level;
    if (level >= 0) return true;
    this.#refill();
    return (this.#levels[bucket] as number) >= 0;
  }

  /** Something real was sent or received. */
  useful(): void {
    const level = this.#levels[FLOOD_CONTROL] as number;
    if (level < CONTROL.burst) this.#levels[FLOOD_CONTROL] = level + CONTROL_PER_FRAME;
  }

  #refill(): void {
    const nowMs = this.#now();
    const seconds = (nowMs - this.#filledAtMs) / 1_000;
    this.#filledAtMs = nowMs;
    BUCKETS.forEach(({ burst, perSecond }, bucket) => {
      this.#levels[bucket] = Math.min(burst, (this.#levels[bucket] as number) + seconds * perSecond);
    });
  }
}
