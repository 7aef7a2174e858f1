// Passes an answer on no faster than it is told, in slices of 50 ms, and keeps little of it: whoever sends it has to wait.
import type { Cancel, Clock } from '../../base/clock.ts';

/** As Envoy has it: a token is for one slice, and so many are saved up while nothing comes. */
const SLICE_MS = 50;
const SLICES_A_SECOND = 20;
const BYTES_A_KIB = 1_024;
/** More is not taken. */
const MAX_HELD_BYTES = 65_536;

export interface PaceOwner {
  /** A piece that may go to the caller now. */
  onPacedData(bytes: Buffer, start: number, end: number): void;
  /** So much for this slice: flush it. */
  onResponseBatchEnd(): void;
  /** There is room again. */
  onPaceRoom(): void;
  /** All of it has been passed on, and its end has been told. */
  onResponseEnd(trailers: string): void;
}

interface Piece {
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
}

/** Of one answer. */
export class ResponsePace {
  readonly #owner: PaceOwner;
  readonly #clock: Clock;
  readonly #sliceBytes: number;
  #pieces: Piece[] = [];
  #heldBytes = 0;
  #tokens = 1;
  #atMs: number;
  #cancelSlice: Cancel | null = null;
  /** Null = more may come. */
  #trailers: string | null = null;

  /** `kibPerSecond`: ≥ 1. */
  constructor(owner: PaceOwner, clock: Clock, kibPerSecond: number) {
    this.#owner = owner;
    this.#clock = clock;
    this.#sliceBytes = Math.floor((kibPerSecond * BYTES_A_KIB) / SLICES_A_SECOND);
    this.#atMs = clock.now();
  }

  get full(): boolean {
    return this.#heldBytes >= MAX_HELD_BYTES;
  }

  /** `false`: wait for `onPaceRoom`. */
  add(bytes: Buffer, start: number, end: number): boolean {
    this.#pieces.push({ bytes, start, end });
    this.#heldBytes += end - start;
    if (this.#cancelSlice === null) this.#passOn();
    return !this.full;
  }

  /** The answer has come whole. False: so it has gone, too; else the owner hears of its end later. */
  holdsEnd(trailers: string): boolean {
    if (this.#heldBytes === 0) return false;
    this.#trailers = trailers;
    return true;
  }

  stop(): void {
    this.#cancelSlice?.();
    this.#cancelSlice = null;
    this.#pieces = [];
    this.#heldBytes = 0;
    this.#trailers = null;
  }

  #passOn(): void {
    let left = this.#takeSlices() * this.#sliceBytes;
    for (let piece = this.#pieces[0]; piece !== undefined && left > 0; piece = this.#pieces[0]) {
      const { bytes, start } = piece;
      const end = Math.min(piece.end, start + left);
      if (end === piece.end) this.#pieces.shift();
      else this.#pieces[0] = { bytes, start: end, end: piece.end };
      left -= end - start;
      this.#heldBytes -= end - start;
      this.#owner.onPacedData(bytes, start, end);
    }
    this.#owner.onResponseBatchEnd();
    if (this.#heldBytes > 0) this.#awaitSlice();
  }

  /** As many as what is held needs, and as there are. */
  #takeSlices(): number {
    const nowMs = this.#clock.now();
    this.#tokens = Math.min(SLICES_A_SECOND, this.#tokens + (nowMs - this.#atMs) / SLICE_MS);
    this.#atMs = nowMs;
    const taken = Math.min(Math.floor(this.#tokens), Math.ceil(this.#heldBytes / this.#sliceBytes));
    this.#tokens -= taken;
    return taken;
  }

  #awaitSlice(): void {
    this.#cancelSlice = this.#clock.after(SLICE_MS, () => {
      this.#cancelSlice = null;
      const wasFull = this.full;
      this.#passOn();
      if (this.#trailers !== null && this.#heldBytes === 0) this.#owner.onResponseEnd(this.#trailers);
      else if (wasFull && !this.full) this.#owner.onPaceRoom();
    });
  }
}
